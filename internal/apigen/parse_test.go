// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	functionsHeader = "name\tret\tparams\tsince_redis\tsince_valkey\tarea\tnotes\n"
	lanesHeader     = "name\tlane\treenters\tblocks\tthread\tcost\tconfidence\twhy\n"
	constantsHeader = "name\tvalue\tgroup\tsince_redis\tnotes\n"

	goodFunction = "RedisModule_Alloc\tvoid *\tsize_t bytes\t4.0\t7.2\tmemory\t\n"
	goodLane     = "Alloc\tfast\tno\tno\tany thread\tO(1)\thigh\t-\n"
	goodConstant = "REDISMODULE_OK\t0\tstatus\t4.0\tvalkey=7.2\n"
)

// tryTables generates from tables with the rows given after the headers.
func tryTables(t *testing.T, functions, lanes, constants string) error {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"functions.tsv": functions, "lanes.tsv": lanes, "constants.tsv": constants, "words.tsv": wordsFor(functions, lanes),
		"twins.tsv": goodTwins,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	a, err := load(dir)
	if err != nil {
		return err
	}
	_, err = generate(a)
	return err
}

const wordsHeader = "name\twhat\tcalls\n"

// wordsFor makes a words.tsv that fits.
func wordsFor(functions, lanes string) string {
	calls := map[string]string{}
	for _, line := range strings.Split(lanes, "\n") {
		if c := strings.Split(line, "\t"); len(c) > 2 && !strings.HasPrefix(c[2], "no") && c[2] != "unknown" {
			calls[c[0]] = "something"
		}
	}
	b, seen := wordsHeader, map[string]bool{}
	for _, line := range strings.Split(functions, "\n")[1:] {
		c := strings.Split(line, "\t")
		if m := functionName.FindStringSubmatch(c[0]); m != nil && !seen[m[2]] && len(c) == 7 && reason(row{col: c}) == "" {
			seen[m[2]] = true
			b += m[2] + "\tdoes it\t" + calls[m[2]] + "\n"
		}
	}
	return b
}

const (
	twinsHeader = "c\tgo\toffset\tsize\n"
	goodTwins   = twinsHeader + "struct x\tedge.X\t-\t16\n.a\t.A\t8\t8\nRM_Y\tcore.y\t-\t3\n"
)

func TestTwinErrors(t *testing.T) {
	for _, c := range []struct {
		name, rows string
		want       []string
	}{
		{"size", "struct x\tedge.X\t-\tbig\n", []string{"twins.tsv:2:", "big"}},
		{"field alone", ".a\t.A\t0\t8\n", []string{"twins.tsv:2:", ".a", "without a struct"}},
		{"field of a constant", "RM_Y\tcore.y\t-\t3\n.a\t.A\t0\t8\n", []string{"twins.tsv:3:", ".a", "without a struct"}},
		{"offset", "struct x\tedge.X\t-\t8\n.a\t.A\t-\t8\n", []string{"twins.tsv:3:", `"-"`}},
		{"offset of a struct", "struct x\tedge.X\t0\t8\n", []string{"twins.tsv:2:", `"0"`}},
		{"package", "struct x\trm.X\t-\t8\n", []string{"twins.tsv:2:", "rm.X"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, err := parseTable("twins.tsv", twinsHeader+c.rows, strings.Fields(twinsHeader))
			if err != nil {
				t.Fatal(err)
			}
			check(t, new(api).addTwins(rows), c.want)
		})
	}
}

// TestTwins: what is written checks size, offset and value on both sides.
func TestTwins(t *testing.T) {
	rows, err := parseTable("twins.tsv", goodTwins, strings.Fields(twinsHeader))
	if err != nil {
		t.Fatal(err)
	}
	a, files := new(api), map[string]string{}
	if err := a.addTwins(rows); err != nil {
		t.Fatal(err)
	}
	emitTwins(a, files)
	for name, want := range map[string][]string{
		twinHeader: {"_Static_assert(sizeof(struct x) == 16,", "_Static_assert(offsetof(struct x, a) == 8,",
			"_Static_assert(sizeof((struct x){0}.a) == 8,", "_Static_assert(RM_Y == 3,"},
		twinFiles["edge"]: {"[16]struct{} = [unsafe.Sizeof(X{})]", "[8]struct{} = [unsafe.Offsetof(X{}.A)]", "[8]struct{} = [unsafe.Sizeof(X{}.A)]"},
		twinFiles["core"]: {"[3]struct{} = [y]"},
	} {
		for _, text := range want {
			if !strings.Contains(files[name], text) {
				t.Errorf("%s has no %s:\n%s", name, text, files[name])
			}
		}
	}
}

func TestWordErrors(t *testing.T) {
	for _, c := range []struct {
		name, lane, rows string
		want             []string
	}{
		{"none", goodLane, "Free\tfrees\t\n", []string{"functions.tsv:2:", "Alloc", "words.tsv"}},
		{"twice", goodLane, "Alloc\tdoes it\t\nAlloc\tdoes it\t\n", []string{"words.tsv:3:", "Alloc", "line 2"}},
		{"unknown function", goodLane, "Alloc\tdoes it\t\nNothing\tdoes it\t\n", []string{"words.tsv:3:", "Nothing", "functions.tsv"}},
		{"empty", goodLane, "Alloc\t\t\n", []string{"words.tsv:2:", "Alloc", "full stop"}},
		{"full stop", goodLane, "Alloc\tdoes it.\t\n", []string{"words.tsv:2:", "Alloc", "full stop"}},
		{"calls too much", goodLane, "Alloc\tdoes it\tsomething\n", []string{"words.tsv:2:", "Alloc", "something"}},
		{"calls too little", "Alloc\tsafe\tyes: K\tno\tx\tx\tx\tx\n", "Alloc\tdoes it\t\n", []string{"words.tsv:2:", "Alloc", "yes: K"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{
				"functions.tsv": functionsHeader + goodFunction, "lanes.tsv": lanesHeader + c.lane,
				"constants.tsv": constantsHeader + goodConstant, "words.tsv": wordsHeader + c.rows, "twins.tsv": goodTwins,
			} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			_, err := load(dir)
			check(t, err, c.want)
		})
	}
}

func TestTablesGood(t *testing.T) {
	if err := tryTables(t, functionsHeader+goodFunction, lanesHeader+goodLane, constantsHeader+goodConstant); err != nil {
		t.Fatal(err)
	}
}

// function makes a row of functions.tsv.
func functionRow(name, ret, params string) string {
	return name + "\t" + ret + "\t" + params + "\t4.0\t7.2\tmemory\t\n"
}

func TestFunctionErrors(t *testing.T) {
	for _, c := range []struct {
		name, rows string
		want       []string
	}{
		{"columns", "RedisModule_Free\tvoid\n", []string{"functions.tsv:3:", "2 columns, want 7"}},
		{"no name", "\tvoid\tvoid\t4.0\t7.2\tmemory\t\n", []string{"functions.tsv:3:", "name is empty"}},
		{"space", functionRow("RedisModule_Free ", "void", "void"), []string{"functions.tsv:3:", "space around"}},
		{"carriage return", "RedisModule_Free\tvoid\tvoid\t4.0\t7.2\tmemory\tx\r\n", []string{"functions.tsv:3:", "notes"}},
		{"duplicate", goodFunction, []string{"functions.tsv:3:", "RedisModule_Alloc", "line 2"}},
		{"same bare name", functionRow("ValkeyModule_Alloc", "void", "void"), []string{"functions.tsv:3:", "ValkeyModule_Alloc", "RedisModule_Alloc"}},
		{"same Go name", functionRow("RedisModule_Assert", "void", "void") + functionRow("RedisModule__Assert", "void", "void"),
			[]string{"functions.tsv:4:", "RedisModule__Assert", "Go name Assert"}},
		{"name of a type", functionRow("RedisModule_String", "void", "void"), []string{"functions.tsv:3:", "handle String"}},
		{"prefix", functionRow("Module_Free", "void", "void"), []string{"functions.tsv:3:", "Module_Free"}},
		{"unknown parameter type", functionRow("RedisModule_X", "void", "wchar_t c"), []string{"functions.tsv:3:", "RedisModule_X", "parameter c", `"wchar_t"`}},
		{"unknown handle", functionRow("RedisModule_X", "void", "RedisModuleNew *x"), []string{"RedisModule_X", `"RedisModuleNew *"`}},
		{"unknown result type", functionRow("RedisModule_X", "short", "void"), []string{"functions.tsv:3:", "RedisModule_X", "result", `"short"`}},
		{"unknown struct by value", functionRow("RedisModule_X", "void", "RedisModuleStreamID id"), []string{"RedisModule_X", `"RedisModuleStreamID"`}},
		{"no parameter name", functionRow("RedisModule_X", "void", "int a, long long"), []string{"functions.tsv:3:", "RedisModule_X", `"long long"`}},
		{"same parameter name", functionRow("RedisModule_X", "void", "int a_b, int aB"), []string{"RedisModule_X", "aB"}},
		{"no parameters", functionRow("RedisModule_X", "void", ""), []string{"RedisModule_X", "empty"}},
		{"dots first", functionRow("RedisModule_X", "void", "..., int a"), []string{"RedisModule_X", "..."}},
		{"dots alone", functionRow("RedisModule_X", "void", "..."), []string{"RedisModule_X", "..."}},
		{"variadic double", functionRow("RedisModule_X", "void", "double d, ..."), []string{"RedisModule_X", "float64"}},
		{"three doubles", functionRow("RedisModule_X", "void", "double a, double b, double c"), []string{"RedisModule_X", "3 floating-point"}},
		{"five words and a double", functionRow("RedisModule_X", "void", "int a, int b, int c, int d, int e, double f"), []string{"RedisModule_X", "5 words"}},
		{"struct on the stack", functionRow("RedisModule_X", "void", "int a, int b, int c, int d, int e, RedisModuleEvent f"), []string{"RedisModule_X", "7 words"}},
		{"long double shape", functionRow("RedisModule_X", "void", "long double a, int b"), []string{"RedisModule_X", "(ld int)"}},
		{"since", "RedisModule_X\tvoid\tvoid\tv4\t7.2\tmemory\t\n", []string{"functions.tsv:3:", "RedisModule_X", `"v4"`}},
		{"first", "RedisModule_X\tvoid\tvoid\t4.0\t7.2\tmemory\tfirst=soon\n", []string{"functions.tsv:3:", "RedisModule_X", "first=soon"}},
		{"area", "RedisModule_X\tvoid\tvoid\t4.0\t7.2\tnowhere\t\n", []string{"functions.tsv:3:", "RedisModule_X", `"nowhere"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			check(t, tryTables(t, functionsHeader+goodFunction+c.rows, lanesHeader+goodLane, constantsHeader+goodConstant), c.want)
		})
	}
}

func TestLaneErrors(t *testing.T) {
	for _, c := range []struct {
		name, rows string
		want       []string
	}{
		{"duplicate", goodLane, []string{"lanes.tsv:3:", "Alloc", "line 2"}},
		{"unknown function", "Nothing\tfast\tno\tno\tx\tx\tx\tx\n", []string{"lanes.tsv:3:", "Nothing", "functions.tsv"}},
		{"lane", "Free\tquick\tno\tno\tx\tx\tx\tx\n", []string{"lanes.tsv:3:", "Free", `"quick"`}},
		{"reenters", "Free\tsafe\t\tno\tx\tx\tx\tx\n", []string{"lanes.tsv:3:", "Free", "reenters is empty"}},
		{"fast and re-entering", "Free\tfast\tdyn: K\tno\tx\tx\tx\tx\n", []string{"lanes.tsv:3:", "Free", "dyn: K"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			functions := functionsHeader + goodFunction + functionRow("RedisModule_Free", "void", "void *ptr")
			check(t, tryTables(t, functions, lanesHeader+goodLane+c.rows, constantsHeader+goodConstant), c.want)
		})
	}
}

func TestConstantErrors(t *testing.T) {
	words := "command flags (CreateCommand strflags words)"
	letters := "call format letters (Call, Replicate, EmitAOF, ClusterPropagateForSlotMigration)"
	for _, c := range []struct {
		name, rows string
		want       []string
	}{
		{"columns", "REDISMODULE_ERR\t1\n", []string{"constants.tsv:3:", "2 columns, want 5"}},
		{"duplicate", goodConstant, []string{"constants.tsv:3:", "REDISMODULE_OK", "line 2"}},
		{"duplicate with another value", "REDISMODULE_OK\t3\tstatus\t4.0\t\n", []string{"constants.tsv:3:", "REDISMODULE_OK", "3 here and 0 at line 2"}},
		{"value", "REDISMODULE_X\tmany\tstatus\t4.0\t\n", []string{"constants.tsv:3:", "REDISMODULE_X", `"many"`}},
		{"range", "REDISMODULE_X\t18446744073709551616\tstatus\t4.0\t\n", []string{"constants.tsv:3:", "REDISMODULE_X"}},
		{"prefix", "MODULE_X\t1\tstatus\t4.0\t\n", []string{"constants.tsv:3:", "MODULE_X"}},
		{"since", "REDISMODULE_X\t1\tstatus\tnow\t\n", []string{"constants.tsv:3:", "REDISMODULE_X", `"now"`}},
		{"event", "RedisModuleEvent_X\t1\tevent variables\t6.0\t\n", []string{"constants.tsv:3:", "RedisModuleEvent_X", "id=N"}},
		{"word", "write\tread\t" + words + "\t4.0\t\n", []string{"constants.tsv:3:", "write", "read"}},
		{"letter", "Z\tZ\t" + letters + "\t4.0\t\n", []string{"constants.tsv:3:", `"Z"`, "wordGroups"}},
		{"two of Valkey", "VALKEYMODULE_X\t1\tstatus\t-\t\nVMSE_X\t1\tstatus\t-\t\nVALKEYMODULE_VMSE_X\t2\tstatus\t-\t\n",
			[]string{"constants.tsv:5:", "VMSE_X", "VALKEYMODULE_VMSE_X"}},
		{"name of a function", "REDISMODULE_Alloc\t1\tstatus\t4.0\t\n", []string{"RedisModule_Alloc", "REDISMODULE_Alloc", "Go name Alloc"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			check(t, tryTables(t, functionsHeader+goodFunction, lanesHeader+goodLane, constantsHeader+goodConstant+c.rows), c.want)
		})
	}
}

func TestHeaderErrors(t *testing.T) {
	check(t, tryTables(t, "name\tret\n", lanesHeader, constantsHeader), []string{"functions.tsv:1:", "header"})
	check(t, tryTables(t, functionsHeader, lanesHeader+goodLane, constantsHeader+goodConstant), []string{"functions.tsv", "no rows"})
}

// check wants an error with all the texts.
func check(t *testing.T, err error, want []string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", want)
	}
	for _, s := range want {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("error %q does not say %q", err, s)
		}
	}
}

func TestSplitParams(t *testing.T) {
	got := splitParams("int a, void (*f)(RedisModuleCtx *, void *), long b")
	want := []string{"int a", "void (*f)(RedisModuleCtx *, void *)", "long b"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSplitNotes(t *testing.T) {
	got := splitNotes("variadic (a; b); out: x,y; ")
	want := []string{"variadic (a; b)", "out: x,y"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, want %q", got, want)
	}
}
