// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rmtest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestInsideTests(t *testing.T) {
	names, err := insideTests("a", []byte("package main\nfunc InsideB(t *inside.T, ctx rm.Context) {}\nfunc Insider() {}\nfunc (t x) InsideC() {}\nfunc Inside_d(_ *inside.T, _ rm.Context) {}\nfunc Inside(*T, Context) {}\n"))
	require.NoError(t, err)
	require.Equal(t, []string{"InsideB", "Inside_d", "Inside"}, names)
	file := filepath.Join(t.TempDir(), "inside_test.go")
	require.NoError(t, os.WriteFile(file, []byte("package main\nfunc f() {}\n"), 0o600))
	_, err = insideOverlay(filepath.Dir(file), t.TempDir(), []string{file})
	require.ErrorContains(t, err, "has no test in *inside_test.go")
	for text, want := range map[string]string{
		"package lib\nfunc InsideB() {}\n":                                    "package lib: tests inside the server are in the module's package, main",
		"package main\nfunc InsideB( {}\n\n":                                  "a:2",
		"package main\n\nfunc InsideB(t *inside.T) {}\n":                      "a:3:1: InsideB must be func InsideB(t *inside.T, ctx rm.Context)",
		"package main\nfunc InsideB(t *testing.T, ctx rm.Context) error {}\n": "a:2:1: InsideB must be",
		"package main\nfunc InsideB(ctx rm.Context, t *inside.T) {}\n":        "a:2:1: InsideB must be",
	} {
		_, err := insideTests("a", []byte(text))
		require.ErrorContains(t, err, want)
	}
}
