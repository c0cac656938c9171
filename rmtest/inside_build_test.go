// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rmtest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestInsideTests(t *testing.T) {
	names, err := insideTests("a", []byte("package main\nfunc InsideB() {}\nfunc Insider() {}\nfunc (t x) InsideC() {}\nfunc Inside_d() {}\nfunc Inside() {}\n"))
	require.NoError(t, err)
	require.Equal(t, []string{"InsideB", "Inside_d", "Inside"}, names)
	for text, want := range map[string]string{
		"package main\nfunc f() {}\n":        "a has no test",
		"package lib\nfunc InsideB() {}\n":   "package lib: tests inside the server are in the module's package, main",
		"package main\nfunc InsideB( {}\n\n": "a:2",
	} {
		_, err := insideTests("a", []byte(text))
		require.ErrorContains(t, err, want)
	}
}
