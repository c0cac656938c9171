// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const docFile = "docs/MODULEAPI.md"

// The table of a document stands between these lines.
const (
	tableBegin = "<!-- written by make moduleapi -->"
	tableEnd   = "<!-- end -->"
)

// table makes the text of the table and of the explanations.
func table(results []result, known differences) string {
	var b strings.Builder
	b.WriteString("\n| unit |")
	line := "| --- |"
	for _, t := range targets {
		fmt.Fprintf(&b, " %s: C | resident | portable |", t.name)
		line += " --- | --- | --- |"
	}
	b.WriteString("\n" + line + "\n")
	var names []string
	for _, r := range results {
		if !slices.Contains(names, r.unit) {
			names = append(names, r.unit)
		}
	}
	without := map[string][]string{}
	for _, name := range names {
		row := "| " + name + " |"
		if beside := besideOf(results, name); len(beside) > 0 {
			row = "| " + name + " (" + strings.Join(beside, ", ") + " in C) |"
		}
		any := false
		for _, t := range targets {
			for _, module := range append([]string{inC}, modes...) {
				i := slices.IndexFunc(results, func(r result) bool { return r.unit == name && r.server == t.name && r.module == module })
				if i < 0 {
					row += " |"
					continue
				}
				any = true
				passed, failed := results[i].numbers()
				row += fmt.Sprintf(" %d", passed)
				if failed > 0 {
					row += fmt.Sprintf(" of %d", passed+failed)
				}
				row += " |"
			}
		}
		if any {
			b.WriteString(row + "\n")
		}
		for _, r := range results {
			if r.unit == name && r.module == notInGo {
				without[name] = r.missing
			}
		}
		if any {
			delete(without, name)
		}
	}
	unbuilt := slices.DeleteFunc(slices.Clone(results), func(r result) bool { return r.module != notBuilt })
	if len(known)+len(unbuilt) > 0 {
		b.WriteString("\n| unit | test | servers | with | why |\n| --- | --- | --- | --- | --- |\n")
		for _, d := range known {
			if d.modules == notInGo {
				continue
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", d.unit, d.test, d.servers, d.modules, d.why)
		}
		for _, r := range unbuilt {
			fmt.Fprintf(&b, "| %s | * | %s | all | It did not run: no server for it could be built: %s |\n", r.unit, r.server, strings.Join(r.missing, " "))
		}
	}
	if len(without) > 0 {
		b.WriteString("\n| unit that does not run with Go | its modules | why |\n| --- | --- | --- |\n")
	}
	for _, name := range names {
		if w, ok := without[name]; ok {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", name, strings.Join(w, ", "), known.reason(name))
		}
	}
	b.WriteString("\n")
	return b.String()
}

// besideOf returns the modules in C that a unit loads beside ours.
func besideOf(results []result, unit string) []string {
	var names []string
	for _, r := range results {
		if r.unit != unit || r.module != besideGo {
			continue
		}
		for _, name := range r.missing {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// replaceTable puts a table into a document.
func replaceTable(doc, table string) (string, error) {
	before, rest, ok := strings.Cut(doc, tableBegin)
	_, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		return "", fmt.Errorf("%s has no place for the table", docFile)
	}
	return before + tableBegin + "\n" + table + tableEnd + after, nil
}

// writeTable writes the table of the document.
func writeTable() error {
	results, err := readResults()
	if err != nil {
		return err
	}
	known, err := readDifferences()
	if err != nil {
		return err
	}
	file := filepath.FromSlash(docFile)
	doc, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	text, err := replaceTable(string(doc), table(results, known))
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}
