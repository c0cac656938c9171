// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// api is what the tables say.
type api struct {
	funcs   []*function
	consts  []*constant
	twins   []twin
	skipped []string // rows that are not generated, see excludedFunctions and excludedConstants
}

// row is one line of a table, with its place for messages.
type row struct {
	file string
	line int
	col  []string
}

func (r row) errorf(format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", r.file, r.line, fmt.Sprintf(format, args...))
}

// load reads the tables in dir.
func load(dir string) (*api, error) {
	read := func(name string, header string) ([]row, error) {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		return parseTable(name, string(b), strings.Fields(header))
	}
	functions, err := read("functions.tsv", "name ret params since_redis since_valkey area notes")
	if err != nil {
		return nil, err
	}
	lanes, err := read("lanes.tsv", "name lane reenters blocks thread cost confidence why")
	if err != nil {
		return nil, err
	}
	constants, err := read("constants.tsv", "name value group since_redis notes")
	if err != nil {
		return nil, err
	}
	a := &api{}
	if err := a.addFunctions(functions); err != nil {
		return nil, err
	}
	if err := a.addLanes(lanes, functions); err != nil {
		return nil, err
	}
	twins, err := read("twins.tsv", "c go offset size")
	if err != nil {
		return nil, err
	}
	if err := a.addTwins(twins); err != nil {
		return nil, err
	}
	words, err := read("words.tsv", "name what calls")
	if err != nil {
		return nil, err
	}
	if err := a.addWords(words); err != nil {
		return nil, err
	}
	if err := a.addConstants(constants); err != nil {
		return nil, err
	}
	return a, nil
}

// parseTable splits a table into rows and checks its shape: the header, the
// number of columns, a name in each row.
func parseTable(file, text string, header []string) ([]row, error) {
	var rows []row
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		r := row{file, i + 1, strings.Split(line, "\t")}
		switch {
		case i == 0:
			if strings.Join(r.col, "\t") != strings.Join(header, "\t") {
				return nil, r.errorf("header is %q, want %q", line, strings.Join(header, "\t"))
			}
			continue
		case len(r.col) != len(header):
			return nil, r.errorf("%d columns, want %d", len(r.col), len(header))
		case r.col[0] == "":
			return nil, r.errorf("the name is empty")
		}
		for c, s := range r.col {
			if s != strings.TrimSpace(s) {
				return nil, r.errorf("column %s has space around %q", header[c], s)
			}
		}
		rows = append(rows, r)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s: no rows", file)
	}
	return rows, nil
}

var sincePattern = regexp.MustCompile(`^(-|unreleased|\d+\.\d+(\.\d+)?)$`)

func (a *api) addFunctions(rows []row) error {
	seen := map[string]int{}
	bare := map[string]*function{}
	for _, r := range rows {
		name := r.col[0]
		if line := seen[name]; line != 0 {
			return r.errorf("%s is listed twice, first at line %d", name, line)
		}
		seen[name] = r.line
		if reason(r) != "" {
			a.skipped = append(a.skipped, name)
			continue
		}
		f, err := parseFunction(r)
		if err != nil {
			return err
		}
		if other := bare[f.bare]; other != nil {
			return r.errorf("%s and %s have the same bare name, which the table of addresses cannot tell apart", name, other.cName)
		}
		bare[f.bare] = f
		a.funcs = append(a.funcs, f)
	}
	return nil
}

// reason tells why a row of functions.tsv is not generated, or "".
func reason(r row) string {
	if s := excludedAreas[r.col[5]]; s != "" {
		return s
	}
	return excludedFunctions[r.col[0]]
}

var functionName = regexp.MustCompile(`^(Redis|Valkey)Module_(\w+)$`)

func parseFunction(r row) (*function, error) {
	m := functionName.FindStringSubmatch(r.col[0])
	if m == nil {
		return nil, r.errorf("%q is not a RedisModule_ or ValkeyModule_ name", r.col[0])
	}
	f := &function{
		row: r, cName: r.col[0], bare: m[2], goName: m[2], valkey: m[1] == "Valkey",
		cRet: r.col[1], cParams: r.col[2], area: r.col[5], lane: lane{lane: "safe", reenters: "unknown"},
	}
	if n := goFunctionNames[f.cName]; n != "" {
		f.goName = n
	}
	for i, s := range r.col[3:5] {
		if !sincePattern.MatchString(s) {
			return nil, r.errorf("%s: since is %q, want a version or -", f.cName, s)
		}
		*[]*string{&f.sinceRedis, &f.sinceValkey}[i] = s
	}
	if groupOf(f.area) == "" {
		return nil, r.errorf("%s: area %q belongs to no file, see groups in overrides.go", f.cName, f.area)
	}
	if err := f.parseNotes(r.col[6]); err != nil {
		return nil, r.errorf("%s: %v", f.cName, err)
	}
	var err error
	if f.ret, err = resultType(f.cRet); err != nil {
		return nil, r.errorf("%s: result: %v", f.cName, err)
	}
	if err := f.parseParams(); err != nil {
		return nil, r.errorf("%s: %v", f.cName, err)
	}
	if err := f.checkClass(); err != nil {
		return nil, r.errorf("%s: %v", f.cName, err)
	}
	return f, nil
}

func (f *function) parseParams() error {
	if f.cParams == "void" {
		return nil
	}
	if f.cParams == "" {
		return fmt.Errorf("the parameters are empty, want void or a list")
	}
	list := splitParams(f.cParams)
	for i, s := range list {
		if s == "..." {
			if i != len(list)-1 || i == 0 {
				return fmt.Errorf("... must come last, after a fixed parameter")
			}
			f.variadic = true
			return nil
		}
		p, err := parseParam(s)
		if err != nil {
			return err
		}
		if o, ok := paramTypes[f.cName+" "+p.cName]; ok {
			p.typ = o.typ
		} else if p.typ, err = paramType(p.cType); err != nil {
			return fmt.Errorf("parameter %s: %w", p.cName, err)
		}
		for _, q := range f.params {
			if q.goName == p.goName {
				return fmt.Errorf("two parameters are named %s", p.goName)
			}
		}
		f.params = append(f.params, p)
	}
	return nil
}

// splitParams cuts at the commas outside parentheses.
func splitParams(s string) []string {
	var list []string
	depth, start := 0, 0
	for i, c := range s {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				list = append(list, strings.TrimSpace(s[start:i]))
				start = i + 1
			}
		}
	}
	return append(list, strings.TrimSpace(s[start:]))
}

var (
	inlineCallback = regexp.MustCompile(`^void \(\*(\w+)\)\(.*\)$`)
	plainParam     = regexp.MustCompile(`^(.*[ *])(\w+)$`)
)

// parseParam cuts a C parameter into its type and its name.
func parseParam(s string) (param, error) {
	if m := inlineCallback.FindStringSubmatch(s); m != nil {
		return param{cType: "void (*)()", cName: m[1], goName: goParamName(m[1])}, nil
	}
	m := plainParam.FindStringSubmatch(s)
	if m == nil || scalarTypes[s] != "" {
		return param{}, fmt.Errorf("parameter %q has no name", s)
	}
	return param{cType: strings.TrimSpace(m[1]), cName: m[2], goName: goParamName(m[2])}, nil
}

// goParamName makes a C parameter name one of Go's: camel case, and none that
// would hide a keyword, a builtin or something the wrappers' bodies use.
func goParamName(c string) string {
	if n := goParamNames[c]; n != "" {
		return n
	}
	var b strings.Builder
	for i, part := range strings.Split(c, "_") {
		if i > 0 && part != "" {
			part = strings.ToUpper(part[:1]) + part[1:]
		}
		b.WriteString(part)
	}
	return b.String()
}

// addLanes gives each function its row of lanes.tsv. A row may name a function
// that is not generated, but not one that functions.tsv does not have.
func (a *api) addLanes(rows, functions []row) error {
	known := map[string]bool{}
	for _, r := range functions {
		if m := functionName.FindStringSubmatch(r.col[0]); m != nil {
			known[m[2]] = true
		}
	}
	lanes := map[string]row{}
	for _, r := range rows {
		name := r.col[0]
		if prev, dup := lanes[name]; dup {
			return r.errorf("%s is listed twice, first at line %d", name, prev.line)
		}
		if !known[name] {
			return r.errorf("%s is not in functions.tsv", name)
		}
		switch r.col[1] {
		case "fast", "safe", "init":
		default:
			return r.errorf("%s: lane is %q, want fast, safe or init", name, r.col[1])
		}
		if r.col[2] == "" {
			return r.errorf("%s: reenters is empty", name)
		}
		lanes[name] = r
	}
	for _, f := range a.funcs {
		if r, ok := lanes[f.bare]; ok {
			f.lane = lane{true, r.col[1], r.col[2], r.col[3], r.col[4]}
		}
		if f.lane.lane == "fast" && !f.lane.neverReenters() {
			return lanes[f.bare].errorf("%s: lane fast, but it may re-enter (%s)", f.bare, f.lane.reenters)
		}
	}
	return nil
}

// addWords gives each function its row of words.tsv: what it does, and what of the
// module's may be called meanwhile, which must be said when lanes.tsv says that something
// may, and only then.
func (a *api) addWords(rows []row) error {
	words := map[string]row{}
	for _, r := range rows {
		if prev, dup := words[r.col[0]]; dup {
			return r.errorf("%s is listed twice, first at line %d", r.col[0], prev.line)
		}
		if r.col[1] == "" || strings.HasSuffix(r.col[1], ".") {
			return r.errorf("%s: what is %q, want words without a full stop", r.col[0], r.col[1])
		}
		words[r.col[0]] = r
	}
	for _, f := range a.funcs {
		r, ok := words[f.bare]
		if !ok {
			return f.row.errorf("%s has no words in words.tsv", f.bare)
		}
		delete(words, f.bare)
		f.what, f.calls = r.col[1], r.col[2]
		if may := f.lane.listed && !f.lane.neverReenters() && f.lane.reenters != "unknown"; may != (f.calls != "") {
			return r.errorf("%s: calls is %q, but lanes.tsv says that it re-enters: %s", f.bare, f.calls, f.lane.reenters)
		}
	}
	for name, r := range words {
		return r.errorf("%s is not in functions.tsv", name)
	}
	return nil
}
