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
	names, err := insideTests("a", []byte("package main\nfunc InsideB() {}\nfunc Insider() {}\nfunc (t x) InsideC() {}\nfunc Inside_d() {}\nfunc Inside() {}\n"))
	require.NoError(t, err)
	require.Equal(t, []string{"InsideB", "Inside_d", "Inside"}, names)
	file := filepath.Join(t.TempDir(), "inside_test.go")
	require.NoError(t, os.WriteFile(file, []byte("package main\nfunc f() {}\n"), 0o600))
	_, err = insideOverlay(filepath.Dir(file), t.TempDir(), []string{file})
	require.ErrorContains(t, err, "has no test in *inside_test.go")
	for text, want := range map[string]string{
		"package lib\nfunc InsideB() {}\n":   "package lib: tests inside the server are in the module's package, main",
		"package main\nfunc InsideB( {}\n\n": "a:2",
	} {
		_, err := insideTests("a", []byte(text))
		require.ErrorContains(t, err, want)
	}
}
