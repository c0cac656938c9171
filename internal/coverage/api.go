// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// function is one row of functions.tsv and what was found of it.
type function struct {
	name   string // RedisModule_ListPush
	area   string
	lane   string
	redis  string // first release, "" for none
	valkey string
	exempt string // why nothing needs to cover it; "" when something does
	raw    string
	typed  []string
	tests  []string
}

// bare is the name without its prefix.
func (f *function) bare() string { return bareName(f.name) }

func bareName(name string) string {
	_, bare, ok := strings.Cut(name, "Module_")
	if !ok {
		return name
	}
	return bare
}

// api is all functions, in the order of the table.
type api struct {
	functions []*function
	byName    map[string]*function // by the whole name, and by the bare one
}

// noFunctions says why rows of the table are not to be covered although servers
// have them, by the whole name.
var noFunctions = map[string]string{
	"RedisModule_GetApi": "the way to all the others; it comes with the context of the load",
}

const (
	helperArea  = "helper"
	notExported = "no server exports it"
	inHeader    = "a macro or a static function of the C header"
)

// loadAPI reads the two tables in dir.
func loadAPI(dir string) (*api, error) {
	functions, err := readTable(filepath.Join(dir, "functions.tsv"), "name", "since_redis", "since_valkey", "area", "notes")
	if err != nil {
		return nil, err
	}
	lanes, err := readTable(filepath.Join(dir, "lanes.tsv"), "name", "lane")
	if err != nil {
		return nil, err
	}
	a := &api{byName: map[string]*function{}}
	for _, r := range functions {
		f := &function{name: r["name"], area: r["area"], lane: "safe (not listed)",
			redis: first(r["since_redis"], r["notes"], "first="), valkey: first(r["since_valkey"], r["notes"], "first-valkey=")}
		switch {
		case f.area == helperArea:
			f.exempt, f.lane = inHeader, ""
		case f.redis == "" && f.valkey == "":
			f.exempt = notExported
		default:
			f.exempt = noFunctions[f.name]
		}
		a.functions = append(a.functions, f)
		for _, n := range slices.Compact([]string{f.name, f.bare()}) {
			if other := a.byName[n]; other != nil && f.area != helperArea {
				return nil, fmt.Errorf("%s and %s have the same bare name", other.name, f.name)
			}
			if a.byName[n] == nil {
				a.byName[n] = f
			}
		}
	}
	for _, r := range lanes {
		f := a.byName[r["name"]]
		if f == nil {
			return nil, fmt.Errorf("lanes.tsv: %s is not in functions.tsv", r["name"])
		}
		f.lane = r["lane"]
	}
	return a, nil
}

// first is the first release: of the column, or of a more exact note.
func first(column, notes, key string) string {
	if column == "-" {
		return ""
	}
	for note := range strings.SplitSeq(notes, ";") {
		if v, ok := strings.CutPrefix(strings.TrimSpace(note), key); ok {
			column, _, _ = strings.Cut(v, " ")
		}
	}
	return column
}

// readTable reads a table with a header line, which must have the columns.
func readTable(path string, columns ...string) ([]map[string]string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	header := strings.Split(lines[0], "\t")
	for _, c := range columns {
		if !slices.Contains(header, c) {
			return nil, fmt.Errorf("%s: no column %s", path, c)
		}
	}
	var rows []map[string]string
	for i, line := range lines[1:] {
		cells := strings.Split(line, "\t")
		if len(cells) != len(header) {
			return nil, fmt.Errorf("%s:%d: %d columns, want %d", path, i+2, len(cells), len(header))
		}
		r := map[string]string{}
		for i, c := range cells {
			r[header[i]] = c
		}
		rows = append(rows, r)
	}
	return rows, nil
}

var (
	wholeName = regexp.MustCompile(`\b(?:Redis|Valkey)Module_\w+`)
	// A bare name that follows a whole one: "..._ThreadSafeContextLock and Unlock".
	shortName = regexp.MustCompile(`^(?:,| and| or|/)\s*([A-Z]\w+)`)
)

// named returns the functions that the text of a C line names. A short name after a
// whole one shares the beginning of that.
func (a *api) named(text string) ([]*function, error) {
	var list []*function
	for {
		at := wholeName.FindStringIndex(text)
		if at == nil {
			return list, nil
		}
		name := text[at[0]:at[1]]
		f := a.byName[name]
		if f == nil {
			return nil, fmt.Errorf("%s is no function of the API", name)
		}
		list = append(list, f)
		text = text[at[1]:]
		for m := shortName.FindStringSubmatch(text); m != nil; m = shortName.FindStringSubmatch(text) {
			if m[1] == "Redis" || m[1] == "Valkey" || strings.Contains(m[1], "Module_") {
				break
			}
			g := a.sibling(name, m[1])
			if g == nil {
				return nil, fmt.Errorf("%s, after %s, is no function of the API", m[1], name)
			}
			list = append(list, g)
			text = text[len(m[0]):]
		}
	}
}

// sibling finds the function whose name is the beginning of another's and a short
// name: the longest such beginning wins.
func (a *api) sibling(name, short string) *function {
	for i := len(name); i >= len("RedisModule_"); i-- {
		if f := a.byName[name[:i]+short]; f != nil && strings.Contains(name[:i], "Module_") {
			return f
		}
	}
	return nil
}

// driven returns the functions that the text of a Drives line lists by their bare
// names.
func (a *api) driven(text string) ([]*function, error) {
	var list []*function
	text = strings.TrimSuffix(strings.TrimSpace(text), ".")
	for name := range strings.SplitSeq(strings.ReplaceAll(text, " and ", ", "), ",") {
		name = strings.TrimSpace(name)
		f := a.byName[name]
		if f == nil || name == "" {
			return nil, fmt.Errorf("%q is no function of the API", name)
		}
		list = append(list, f)
	}
	return list, nil
}
