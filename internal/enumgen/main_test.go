// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// source makes the folders of a root package and of package rm.
func source(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	rm := filepath.Join(dir, "rm")
	require.NoError(t, os.Mkdir(rm, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "zapi_constants.go"), []byte("package redismodule\nconst A, B = 1 << 31, 7\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(rm, "x.go"), []byte("package rm\nimport \"github.com/iredismodule/redismodule\"\n"+text), 0o644))
	return rm
}

// TestEnums finds types, leaves out what is none, and writes what Go can read.
func TestEnums(t *testing.T) {
	rm := source(t, `
var _ = missing.Thing
type Kind uint8
const ( KindB Kind = iota + redismodule.B; KindC; KindAlias = KindB; kindEnd )
type SomeFlags int32
const ( SomeA SomeFlags = -redismodule.A; SomeOne SomeFlags = 1; SomeTwo SomeFlags = 2; SomeBoth = SomeOne | SomeTwo; SomeNone SomeFlags = 0 )
type Error string
const ErrX Error = "x"
type small int
const smallOne small = 1
type Bare int
`)
	list, err := enums(rm, filepath.Dir(rm))
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, "Kind", list[0].name)
	require.Len(t, list[0].consts, 2)
	require.Equal(t, "KindB", list[0].consts[0].name, "the first of two names")
	require.False(t, list[0].flags)
	require.True(t, list[1].flags)
	require.NoError(t, run(rm))
	text, err := os.ReadFile(filepath.Join(rm, output))
	require.NoError(t, err)
	require.Contains(t, string(text), "case KindB:\n\t\treturn \"KindB\"\n\tcase KindC:")
	require.Regexp(t, `(?s)"SomeBoth"},.*"SomeOne"},.*"SomeTwo"},`, string(text), "what has more bits first")
	require.Contains(t, string(text), "return \"SomeNone\"")
	require.NoError(t, run(rm), "again, with what is there")
}

// TestEnumsRefused: what is written by hand, what looks like flags, and what has no value.
func TestEnumsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"type Kind int\nconst KindA Kind = 1\nfunc (k Kind) String() string { return \"\" }": "x.go:5:1: String is generated",
		"type Kind int\nconst ( KindA Kind = 1; KindB Kind = 2; KindC Kind = 4 )":            "Kind looks like flags",
		"type Kind int\nconst KindA Kind = redismodule.NoSuch":                               "the value of KindA is not known",
		"type Kind int": "no types with constants",
	} {
		rm := source(t, text)
		_, err := enums(rm, filepath.Dir(rm))
		require.ErrorContains(t, err, want)
	}
}
