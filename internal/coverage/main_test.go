// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const projectRoot = "../.."

// TestCurrent compares the committed document with the sources.
func TestCurrent(t *testing.T) {
	a, err := load(projectRoot)
	require.NoError(t, err)
	have, err := os.ReadFile(filepath.Join(projectRoot, output))
	require.NoError(t, err)
	require.Equal(t, a.emit(), string(have), "%s is stale; run go generate in the root", output)
}

// TestAreasComplete: in all areas every function that servers export has a name in
// package rm and a test.
func TestAreasComplete(t *testing.T) {
	a, err := load(projectRoot)
	require.NoError(t, err)
	// What no server of the tests has; and a function that reads beyond a text that is not whole.
	without := map[string][]string{
		"keyspace-events": {"RedisModule_UnsubscribeFromKeyspaceEvents has no test", "RedisModule_AddPostNotificationJobForKey has no test"},
		"key-meta": {
			"RedisModule_CreateKeyMetaClass has no name in package rm", "RedisModule_CreateKeyMetaClass has no test",
			"RedisModule_ReleaseKeyMetaClass has no name in package rm", "RedisModule_ReleaseKeyMetaClass has no test",
			"RedisModule_SetKeyMeta has no name in package rm", "RedisModule_SetKeyMeta has no test",
			"RedisModule_GetKeyMeta has no name in package rm", "RedisModule_GetKeyMeta has no test",
		},
		"scripting": {"ValkeyModule_ScriptingEngineDebuggerLogRespReplyStr has no test"},
	}
	seen := map[string]bool{helperArea: true}
	for _, f := range a.functions {
		area := f.area
		if seen[area] {
			continue
		}
		seen[area] = true
		assert.Equal(t, without[area], a.missing(area), "area %s", area)
	}
}

// TestRawLayerComplete: all functions but the bootstrap and what is in the C header
// have a name in the raw layer.
func TestRawLayerComplete(t *testing.T) {
	a, err := load(projectRoot)
	require.NoError(t, err)
	for _, f := range a.functions {
		if f.exempt == "" || f.exempt == notExported && f.area != helperArea {
			require.NotEmpty(t, f.raw, f.name)
		} else {
			require.Empty(t, f.raw, f.name)
		}
	}
}

// project writes files below a new folder, with tables of a few functions.
func project(t *testing.T, files map[string]string) string {
	t.Helper()
	all := map[string]string{
		"api/functions.tsv": `name	ret	params	since_redis	since_valkey	area	notes
RedisModule_ListPush	int	void	4.0	7.2	lists	
RedisModule_ListPop	int	void	4.0	7.2	lists	first=4.0.3; a note
RedisModule_ThingLock	int	void	5.0	-	things	
RedisModule_ThingUnlock	int	void	-	8.1	things	first-valkey=8.1.2 (or so)
ValkeyModule_Later	int	void	-	-	things	not exported
RedisModule_GetApi	int	void	4.0	7.2	things	
RedisModule_Init	int	void	4.0	7.2	helper	
ValkeyModule_Init	int	void	-	7.2	helper	
`,
		"api/lanes.tsv": "name\tlane\treenters\nListPush\tfast\tno\nThingLock\tinit\tno\n",
		"zapi_functions_x.go": `package redismodule

// ListPush calls it.
//
// C: int RedisModule_ListPush(void)
// since Redis 4.0.
func ListPush() int32 { return 0 }

// ListPop calls it.
//
// C: int RedisModule_ListPop(void)
func ListPop() int32 { return 0 }

// Later calls it.
//
// C: int ValkeyModule_Later(void)
func Later() int32 { return 0 }
`,
		"rm/list.go": `package rm

// WriteKey is a key.
type WriteKey struct{}

// ListPush pushes.
//
// C: RedisModule_ListPush, since Redis 4.0.
func (k *WriteKey) ListPush() {}

// Move moves.
//
// C: RedisModule_ListPop, since Redis 4.0.3, Valkey 7.2; and
// RedisModule_ListPush, since Redis 4.0.
func Move() {}

// Walk is a walk. C: this is no such line.
//
// C: RedisModule_ThingLock and Unlock, since Redis 5.0.
type Walk[T any] struct {
	// Next goes on.
	//
	// C: RedisModule_ListPop, since Redis 4.0.
	Next func()
}

// Do does.
//
// C: RedisModule_ListPop, since Redis 4.0.
func (w Walk[T]) Do() {}

// The modes.
//
// C: RedisModule_ThingLock, since Redis 5.0.
const (
	// ModeA is the first.
	ModeA = iota
	// ModeB is the second.
	//
	// C: RedisModule_ThingUnlock, since Valkey 8.1.
	ModeB
)
`,
		"rm/list_test.go": `package rm_test

// TestList tests.
//
// Drives: ListPush,
// ListPop and ThingLock.
func TestList() {}

// TestOther tests.
// Drives: ListPush.
func TestOther() {}
`,
		"internal/safety/x_test.go": "package safety\n\n// Drives: ThingLock.\nfunc TestX() {}\n",
		"x_test.go":                 "package redismodule_test\n\n// TestRaw tests.\n//\n// Drives: ThingUnlock.\nfunc TestRaw() {}\n",
	}
	for name, text := range files {
		all[name] = text
	}
	root := t.TempDir()
	for name, text := range all {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	require.NoError(t, os.MkdirAll(filepath.Join(root, "docs"), 0o755))
	return root
}

func TestDocument(t *testing.T) {
	root := project(t, nil)
	require.NoError(t, run([]string{"-root", root}, io.Discard))
	b, err := os.ReadFile(filepath.Join(root, output))
	require.NoError(t, err)
	_, tables, _ := strings.Cut(string(b), "| area |")
	require.Equal(t, ` functions | raw | typed | tested | not counted |
| --- | ---: | ---: | ---: | ---: | ---: |
| [helper](#helper) | 0 | 0 | 0 | 0 | 2 |
| [lists](#lists) | 2 | 2 | 2 | 2 | 0 |
| [things](#things) | 2 | 0 | 2 | 2 | 2 |
| all | 4 | 2 | 4 | 4 | 4 |

## helper

| functions | raw | typed | tested | not counted |
| ---: | ---: | ---: | ---: | ---: |
| 0 | 0 | 0 | 0 | 2 |

| function | raw | typed | lane | Redis | Valkey | tests |
| --- | --- | --- | --- | --- | --- | --- |
| RedisModule_Init | – | – | – | 4.0 | 7.2 | (a macro or a static function of the C header) |
| ValkeyModule_Init | – | – | – | – | 7.2 | (a macro or a static function of the C header) |

## lists

| functions | raw | typed | tested | not counted |
| ---: | ---: | ---: | ---: | ---: |
| 2 | 2 | 2 | 2 | 0 |

| function | raw | typed | lane | Redis | Valkey | tests |
| --- | --- | --- | --- | --- | --- | --- |
| RedisModule_ListPush | `+"`ListPush` | `Move`, `WriteKey.ListPush`"+` | fast | 4.0 | 7.2 | rm.TestList, rm.TestOther |
| RedisModule_ListPop | `+"`ListPop` | `Move`, `Walk.Do`, `Walk.Next`"+` | safe (not listed) | 4.0.3 | 7.2 | rm.TestList |

## things

| functions | raw | typed | tested | not counted |
| ---: | ---: | ---: | ---: | ---: |
| 2 | 0 | 2 | 2 | 2 |

| function | raw | typed | lane | Redis | Valkey | tests |
| --- | --- | --- | --- | --- | --- | --- |
| RedisModule_ThingLock | – | `+"`ModeA`, `Walk`"+` | init | 5.0 | – | rm.TestList, safety.TestX |
| RedisModule_ThingUnlock | – | `+"`ModeB`, `Walk`"+` | safe (not listed) | – | 8.1.2 | TestRaw |
| ValkeyModule_Later | `+"`Later`"+` | – | safe (not listed) | – | – | (no server exports it) |
| RedisModule_GetApi | – | – | safe (not listed) | 4.0 | 7.2 | (the way to all the others; it comes with the context of the load) |
`, tables)

	// A second run leaves the file alone.
	before, err := os.Stat(filepath.Join(root, output))
	require.NoError(t, err)
	require.NoError(t, run([]string{"-root", root}, io.Discard))
	after, err := os.Stat(filepath.Join(root, output))
	require.NoError(t, err)
	require.Equal(t, before.ModTime(), after.ModTime())
}

func TestMissing(t *testing.T) {
	a, err := load(project(t, map[string]string{"rm/list_test.go": "package rm_test\n", "rm/list.go": `package rm

// Pop pops.
//
// C: RedisModule_ListPop, since Redis 4.0.
func Pop() {}
`}))
	require.NoError(t, err)
	require.Equal(t, []string{
		"RedisModule_ListPush has no name in package rm", "RedisModule_ListPush has no test", "RedisModule_ListPop has no test",
	}, a.missing("lists"))
	require.Equal(t, []string{"RedisModule_ThingLock has no name in package rm", "RedisModule_ThingUnlock has no name in package rm"}, a.missing("things"))
	require.Equal(t, []string{"there is no area nothing"}, a.missing("nothing"))
	require.Empty(t, a.missing("helper"))
}

// TestRefused are lines that say nothing true.
func TestRefused(t *testing.T) {
	doc := func(line, declaration string) string {
		return "package rm\n\n// Text.\n//\n// " + line + "\n" + declaration + "\n"
	}
	for name, c := range map[string]struct{ file, text, want string }{
		"unknown function":       {"rm/a.go", doc("C: RedisModule_None, since Redis 4.0.", "func A() {}"), "A: RedisModule_None is no function of the API"},
		"unknown second":         {"rm/a.go", doc("C: RedisModule_ListPop; RedisModule_None.", "func A() {}"), "RedisModule_None is no function"},
		"unknown short name":     {"rm/a.go", doc("C: RedisModule_ListPop and Nothing, since 4.0.", "func A() {}"), "Nothing, after RedisModule_ListPop, is no function"},
		"of a method":            {"rm/a.go", doc("C: RedisModule_None.", "func (k *K) A() {}"), "K.A: RedisModule_None"},
		"unexported":             {"rm/a.go", doc("C: RedisModule_ListPop.", "func a() {}"), `"C: RedisModule_ListPop." belongs to nothing`},
		"in a body":              {"rm/a.go", "package rm\n\nfunc A() {\n\t// C: RedisModule_ListPop.\n}\n", "belongs to nothing"},
		"apart":                  {"rm/a.go", doc("C: RedisModule_ListPop.", "\nfunc A() {}"), "belongs to nothing"},
		"unknown driven":         {"rm/a_test.go", doc("Drives: ListPop, None.", "func TestA() {}"), `TestA: "None" is no function of the API`},
		"whole name driven":      {"rm/a_test.go", doc("Drives: ListPop ListPush.", "func TestA() {}"), `"ListPop ListPush" is no function`},
		"nothing driven":         {"rm/a_test.go", doc("Drives: ListPop,.", "func TestA() {}"), `"" is no function`},
		"no test":                {"rm/a_test.go", doc("Drives: ListPop.", "func helper() {}"), `"Drives: ListPop." belongs to nothing`},
		"no function in the raw": {"zapi_functions_y.go", "package redismodule\n\n// C: int RedisModule_None(void)\nfunc None() {}\n", `None: "RedisModule_None" is no function`},
		"broken file":            {"rm/a.go", "package\n", "expected 'IDENT'"},
		"lane of nothing":        {"api/lanes.tsv", "name\tlane\nNone\tfast\n", "lanes.tsv: None is not in functions.tsv"},
		"no column":              {"api/lanes.tsv", "name\tway\nNone\tfast\n", "no column lane"},
		"short row":              {"api/lanes.tsv", "name\tlane\nNone\n", "lanes.tsv:2: 1 columns, want 2"},
	} {
		t.Run(name, func(t *testing.T) {
			root := project(t, map[string]string{c.file: c.text})
			err := run([]string{"-root", root}, io.Discard)
			require.ErrorContains(t, err, c.want)
			require.NoFileExists(t, filepath.Join(root, output))
		})
	}
}

func TestTraces(t *testing.T) {
	root := project(t, nil)
	traces := map[string]string{
		"rm.TestList":  "+ ListPush\n+ ListPop\n- ThingLock\n. ThingUnlock\n",
		"rm.TestOther": "+ ListPush\n. ListPop\n",
	}
	check := func(traces map[string]string) (string, error) {
		dir := t.TempDir()
		for name, text := range traces {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
		}
		var out strings.Builder
		err := run([]string{"-root", root, "-trace", dir}, &out)
		require.NoFileExists(t, filepath.Join(root, output))
		return out.String(), err
	}
	out, err := check(traces)
	require.NoError(t, err)
	require.Equal(t, "3 claims of tests proved, 3 not looked at (absent functions, forks, 2 tests without a trace)\n"+
		"  no trace of TestRaw\n  no trace of safety.TestX\n", out)

	traces["rm.TestOther"] = ". ListPush\n+ ListPop\n"
	_, err = check(traces)
	require.EqualError(t, err, "1 wrong claims:\nrm.TestOther says that it drives ListPush, but no call was seen")

	traces["rm.TestOther"] = "+ListPush\n"
	_, err = check(traces)
	require.ErrorContains(t, err, `"+ListPush" is no line of a trace`)

	_, err = check(nil)
	require.ErrorContains(t, err, "has no trace of any test")
}
