// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write testdata/golden anew")

// generated runs the whole generator over the tables in dir.
func generated(t *testing.T, dir string) (*api, map[string][]byte) {
	t.Helper()
	a, err := load(dir)
	if err != nil {
		t.Fatal(err)
	}
	files, err := generate(a)
	if err != nil {
		t.Fatal(err)
	}
	return a, files
}

// compareFiles reports each file of want that is missing, different or too many
// in the folder, where the file for a name has the suffix.
func compareFiles(t *testing.T, want map[string][]byte, dir, pattern, suffix, remedy string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		have, err := os.ReadFile(filepath.Join(dir, name+suffix))
		switch {
		case err != nil:
			t.Errorf("%v; %s", err, remedy)
		case !bytes.Equal(have, want[name]):
			t.Errorf("%s is stale at line %d; %s", name+suffix, firstDifference(have, want[name]), remedy)
		}
	}
	there, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range there {
		if _, ok := want[strings.TrimSuffix(filepath.Base(path), suffix)]; !ok {
			t.Errorf("%s is not generated any more; %s", path, remedy)
		}
	}
}

func firstDifference(a, b []byte) int {
	la, lb := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	for i := range min(len(la), len(lb)) {
		if !bytes.Equal(la[i], lb[i]) {
			return i + 1
		}
	}
	return min(len(la), len(lb)) + 1
}

// TestGolden holds the output for a small table with every class of function and
// constant.
func TestGolden(t *testing.T) {
	a, files := generated(t, "testdata/api")
	if *update {
		old, err := filepath.Glob("testdata/golden/*")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range old {
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
		}
		for name, text := range files {
			path := filepath.Join("testdata/golden", name+".golden")
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	compareFiles(t, files, "testdata/golden", "*.golden", ".golden", "look at the change, then go test -update")
	have := map[class]bool{}
	for _, f := range a.funcs {
		have[f.class()] = true
	}
	for c, name := range classNames {
		if !have[class(c)] {
			t.Errorf("testdata has no function of class %s", name)
		}
	}
}

// TestGeneratedUpToDate compares the files in the root package with the tables.
func TestGeneratedUpToDate(t *testing.T) {
	_, files := generated(t, "../../api")
	compareFiles(t, files, "../..", "zapi_*.go", "", "run go generate in the root")
}

// TestDeterministic generates twice: the order of a map must not show.
func TestDeterministic(t *testing.T) {
	_, first := generated(t, "../../api")
	for range 5 {
		_, again := generated(t, "../../api")
		for name := range first {
			if !bytes.Equal(first[name], again[name]) {
				t.Fatalf("%s differs between two runs", name)
			}
		}
	}
}

// TestEscapeRule reads the output and the lanes on their own and checks the rule
// that keeps stack addresses away from functions that can come back into Go.
func TestEscapeRule(t *testing.T) {
	text, err := os.ReadFile("../../api/lanes.tsv")
	if err != nil {
		t.Fatal(err)
	}
	stackAllowed := map[string]bool{}
	for _, line := range strings.Split(string(text), "\n") {
		if col := strings.Split(line, "\t"); len(col) > 2 {
			stackAllowed[col[0]] = col[1] == "fast" && strings.HasPrefix(col[2], "no")
		}
	}
	_, files := generated(t, "../../api")
	checked := map[bool]int{}
	for name, text := range files {
		if !strings.HasPrefix(name, "zapi_functions_") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			pointers := pointerParams(fn)
			escaped := map[string]bool{}
			conversions := map[string]bool{} // in the argument list of a gate
			array := false
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				id, ok := call.Fun.(*ast.Ident)
				if !ok {
					return true
				}
				switch {
				case id.Name == "escape":
					escaped[innerIdent(call.Args[0])] = true
				case id.Name == "gateWords":
					array = true
				case strings.HasPrefix(id.Name, "gate") && id.Name != "gateLongDouble":
					for _, arg := range call.Args {
						conversions[innerIdent(arg)] = true
					}
				}
				return true
			})
			for _, p := range pointers {
				if fn.Name.Name == "StringToLongDouble" {
					continue // the pointer stays in Go
				}
				onStack := stackAllowed[fn.Name.Name] && !array
				checked[onStack]++
				if onStack == escaped[p] {
					t.Errorf("%s: %s may be on the stack: %t, but escapes: %t", fn.Name.Name, p, onStack, escaped[p])
				}
				if !array && !conversions[p] {
					t.Errorf("%s: %s is not converted in the gate's argument list", fn.Name.Name, p)
				}
			}
		}
	}
	if checked[true] < 50 || checked[false] < 50 {
		t.Errorf("checked only %v", checked)
	}
}

// pointerParams lists the parameters of pointer type.
func pointerParams(fn *ast.FuncDecl) []string {
	var list []string
	for _, f := range fn.Type.Params.List {
		switch f.Type.(type) {
		case *ast.StarExpr, *ast.SelectorExpr: // unsafe.Pointer is the only selector
			for _, n := range f.Names {
				list = append(list, n.Name)
			}
		}
	}
	return list
}

// innerIdent strips conversions.
func innerIdent(e ast.Expr) string {
	for {
		switch x := e.(type) {
		case *ast.CallExpr:
			if len(x.Args) != 1 {
				return ""
			}
			e = x.Args[0]
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// TestOverrides checks that each exception is still about something in the tables
// and says why.
func TestOverrides(t *testing.T) {
	rows := map[string]bool{}
	params := map[string]bool{}
	helpers := map[string]bool{}
	for _, name := range []string{"functions.tsv", "constants.tsv"} {
		text, err := os.ReadFile(filepath.Join("../../api", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
			col := strings.Split(line, "\t")
			rows[col[0]] = true
			if name == "functions.tsv" {
				for _, p := range splitParams(col[2]) {
					if i := strings.LastIndexAny(p, " *"); i >= 0 {
						params[col[0]+" "+p[i+1:]] = true
					}
				}
				if col[5] == "helper" {
					helpers[col[0]] = true
				}
			}
		}
	}
	for _, m := range []map[string]string{excludedFunctions, excludedConstants, excludedHelpers, constantTypes, goFunctionNames} {
		for name, text := range m {
			if !rows[name] {
				t.Errorf("%s is not in the tables", name)
			}
			if text == "" {
				t.Errorf("%s: empty", name)
			}
		}
	}
	for name, o := range paramTypes {
		if !params[name] {
			t.Errorf("parameter %s is not in functions.tsv", name)
		}
		if o.reason == "" {
			t.Errorf("parameter %s: no reason", name)
		}
	}
	for name := range helpers {
		if excludedHelpers[name] == "" {
			t.Errorf("helper %s: say in excludedHelpers what takes its place", name)
		}
	}
}

// TestRun drives the command: it writes what is missing or wrong, leaves what is
// right, and removes what is no longer generated.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	stale := filepath.Join(dir, "zapi_old.go")
	kept := filepath.Join(dir, "mine.go")
	for _, path := range []string{stale, kept} {
		if err := os.WriteFile(path, []byte("package redismodule\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"-api", "testdata/api", "-out", dir}
	var out strings.Builder
	if err := run(args, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"24 functions (2 only in Valkey)", "lane not listed, so safe: ClusterGetLocalSlotRanges MustObeyClient ReplyRaw"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the summary does not say %q:\n%s", want, out.String())
		}
	}
	if _, err := os.Stat(stale); err == nil {
		t.Error("zapi_old.go is still there")
	}
	if _, err := os.Stat(kept); err != nil {
		t.Error(err)
	}
	ids, table := filepath.Join(dir, "zapi_ids.go"), filepath.Join(dir, "zapi_table.go")
	past := time.Now().Add(-time.Hour).Truncate(time.Second)
	if err := os.Chtimes(ids, past, past); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(table, []byte("broken"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(args, io.Discard); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(ids); err != nil || !st.ModTime().Equal(past) {
		t.Errorf("zapi_ids.go was right and yet written: %v", err)
	}
	if b, err := os.ReadFile(table); err != nil || !bytes.HasPrefix(b, []byte("// Code generated")) {
		t.Errorf("zapi_table.go was not written: %v", err)
	}
	if err := run([]string{"-api", filepath.Join(dir, "nowhere")}, io.Discard); err == nil {
		t.Error("no error without tables")
	}
}
