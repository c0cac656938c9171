// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"go/format"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "apigen:", err)
		}
		os.Exit(1)
	}
}

// run is main without the process around it.
func run(args []string, stdout io.Writer) error {
	fs := flag.NewFlagSet("apigen", flag.ContinueOnError)
	out := fs.String("out", ".", "folder of the root package, where zapi_*.go go")
	in := fs.String("api", "api", "folder of the fact tables")
	if err := fs.Parse(args); err != nil {
		return err
	}
	a, err := load(*in)
	if err != nil {
		return err
	}
	files, err := generate(a)
	if err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(*out, "zapi_*.go"))
	if err != nil {
		return err
	}
	for _, name := range old {
		if _, keep := files[filepath.Base(name)]; !keep {
			if err := os.Remove(name); err != nil {
				return err
			}
		}
	}
	for name, text := range files {
		path := filepath.Join(*out, name)
		// A file that is right already keeps its time, and with it the build cache.
		if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, text) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return err
		}
	}
	summary(stdout, a)
	return nil
}

// generate returns the text of every output file by name.
func generate(a *api) (map[string][]byte, error) {
	names := newRegistry()
	raw := map[string]string{
		"zapi_ids.go":   emitIDs(a),
		"zapi_table.go": emitTable(a),
	}
	var err error
	if raw["zapi_types.go"], err = emitTypes(names); err != nil {
		return nil, err
	}
	if raw["zapi_constants.go"], err = emitConstants(a, names); err != nil {
		return nil, err
	}
	if err := emitFunctions(a, names, raw); err != nil {
		return nil, err
	}
	emitTwins(a, raw)
	files := map[string][]byte{}
	for name, text := range raw {
		if !strings.HasSuffix(name, ".go") {
			files[name] = []byte(text)
			continue
		}
		b, err := format.Source([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		files[name] = b
	}
	return files, nil
}

// fileHeader starts every output file. Its first line is the form that Go tools
// know generated code by.
func fileHeader(imports ...string) string {
	var b strings.Builder
	b.WriteString(licence("//") + "package redismodule\n\n")
	if len(imports) == 0 {
		return b.String()
	}
	slices.Sort(imports)
	b.WriteString("import (\n")
	for i, group := range [][]string{imports, imports} {
		for _, p := range group {
			if own := strings.Contains(p, "."); own == (i == 1) {
				fmt.Fprintf(&b, "\t%q\n", p)
			}
		}
		if i == 0 {
			b.WriteString("\n")
		}
	}
	b.WriteString(")\n\n")
	return b.String()
}

// registry refuses a second declaration of a Go name in the package.
type registry map[string]string

func newRegistry() registry { return registry{} }

// declare records name as the Go name of what; a name that is taken is an error.
func (r registry) declare(name, what string) error {
	if prev, taken := r[name]; taken {
		return fmt.Errorf("both %s and %s need the Go name %s: give one another in overrides.go", prev, what, name)
	}
	r[name] = what
	return nil
}

// summary says what was generated, and what a reader of the tables should know.
func summary(w io.Writer, a *api) {
	byClass := map[class]int{}
	pointers, stack, valkeyOnly := 0, 0, 0
	var noLane []string
	for _, f := range a.funcs {
		byClass[f.class()]++
		if f.hasPointers() {
			pointers++
			if f.stackPointers() {
				stack++
			}
		}
		if f.valkey {
			valkeyOnly++
		}
		if !f.lane.listed {
			noLane = append(noLane, f.bare)
		}
	}
	fmt.Fprintf(w, "%d functions (%d only in Valkey), %d constants, %d skipped\n",
		len(a.funcs), valkeyOnly, len(a.consts), len(a.skipped))
	for c := range classNames {
		fmt.Fprintf(w, "  %-12s %d\n", classNames[c], byClass[class(c)])
	}
	fmt.Fprintf(w, "pointer parameters: %d functions, %d of them may get stack addresses\n", pointers, stack)
	fmt.Fprintf(w, "lane not listed, so safe: %s\n", strings.Join(noLane, " "))
}
