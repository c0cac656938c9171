// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package results

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGrouped(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 999.4: "999", 999.6: "1,000", 1234567: "1,234,567", -1234: "-1,234", -0.2: "0"} {
		require.Equal(t, want, Grouped(v))
	}
}

func TestReplaceSection(t *testing.T) {
	const document = "a\n<!-- x: begin -->\nold\n<!-- x: end -->\nb\n"
	got, err := ReplaceSection(document, "x", "new\n")
	require.NoError(t, err)
	require.Equal(t, "a\n<!-- x: begin -->\n\nnew\n\n<!-- x: end -->\nb\n", got)
	again, err := ReplaceSection(got, "x", "new\n")
	require.NoError(t, err)
	require.Equal(t, got, again)
	for _, bad := range []string{"", "<!-- x: begin -->\n", "<!-- x: end -->\n<!-- x: begin -->\n"} {
		_, err := ReplaceSection(bad, "x", "new")
		require.Error(t, err, bad)
	}
}

func TestAbout(t *testing.T) {
	require.Empty(t, File{}.About())
	f := File{Config: []Setting{{"go", "go1"}, {"commit", "c0ffee"}, {"machine", "2 x A"}, {"pinned", "no"}}}
	require.Equal(t, []string{"commit c0ffee, 2 x A, go1"}, f.About())
	require.Equal(t, "commit c0ffee, 2 x A, go1", f.AboutPart("any"))
	f = File{Config: []Setting{{"part", "a"}, {"go", "go1"}, {"commit", "c0ffee"}, {"part", "b"}, {"commit", "decaf"}, {"load", "0 0 0"}}}
	require.Equal(t, []string{"a: commit c0ffee, go1", "b: commit decaf, load 0 0 0"}, f.About())
	require.Equal(t, "commit decaf, load 0 0 0", f.AboutPart("b"))
	require.Empty(t, f.AboutPart("c"))
}
