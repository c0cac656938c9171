// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/bench/internal/results"
)

func TestParseProgram(t *testing.T) {
	p, err := parseProgram("arm64=/x/y.test=qemu-aarch64 -L /usr")
	require.NoError(t, err)
	require.Equal(t, program{"arm64", []string{"qemu-aarch64", "-L", "/usr"}, "/x/y.test"}, p)
	for _, bad := range []string{"", "arm64", "arm64=x", "arm64=x=", "=x=y", "arm64==y"} {
		_, err := parseProgram(bad)
		require.Error(t, err, bad)
	}
}

// The program itself counts as a benchmark for this: a round of a shell's loop is the same number
// of instructions whatever the number of rounds.
func TestRun(t *testing.T) {
	for _, name := range []string{"gcc", "qemu-x86_64"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip("cannot count:", err)
		}
	}
	dir := t.TempDir()
	plugin := filepath.Join(dir, "count.so")
	out, err := exec.Command("gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-o", plugin, "../native/count.c").CombinedOutput()
	require.NoError(t, err, "%s", out)
	loop := filepath.Join(dir, "loop")
	out, err = exec.Command("gcc", "-O1", "-o", loop, "testdata/loop.c").CombinedOutput()
	require.NoError(t, err, "%s", out)
	var b bytes.Buffer
	require.NoError(t, run([]string{"-plugin", plugin, "-runs", "2", "-program", "amd64=" + loop + "=qemu-x86_64"}, &b))
	f, err := results.Parse(b.String())
	require.NoError(t, err)
	require.Len(t, f.Lines, len(benchmarks))
	for _, l := range f.Lines {
		// An addition, a comparison and a jump, or so.
		require.InDelta(t, 3, l.Values["insns/op"], 1.5)
	}
	require.ErrorContains(t, run([]string{"-plugin", plugin, "-runs", "1", "-program", "amd64=/bin/true=qemu-x86_64"}, &b), "no such benchmark")
	require.Error(t, run(nil, &b))
}
