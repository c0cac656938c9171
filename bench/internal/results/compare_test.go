// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package results

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCompare runs ci/bench-compare.sh on results that are made up.
func TestCompare(t *testing.T) {
	dir := t.TempDir()
	made := func(machine string, samples, ns int) string {
		var b strings.Builder
		fmt.Fprintf(&b, "part: server\nmachine: %s\nserver: Redis 7.0.15\n", machine)
		for i := range samples {
			fmt.Fprintf(&b, "BenchmarkServer/op=noop/impl=go 1000 %d ns/op\n", ns+i)
		}
		file := filepath.Join(dir, fmt.Sprintf("%s-%d-%d", machine, samples, ns))
		require.NoError(t, os.WriteFile(file, []byte(b.String()), 0o600))
		return file
	}
	text := filepath.Join(dir, "text")
	require.NoError(t, os.WriteFile(text, []byte("no results\n"), 0o600))
	ten := made("one", 10, 500)
	const few, noInterval = "no difference is called significant", "no interval"
	for name, c := range map[string]struct {
		base, now string
		fails     bool
		want      string
		not       string
	}{
		"a difference":    {base: ten, now: made("one", 10, 600), want: "1 of 1 figures differ significantly", not: "samples:"},
		"none":            {base: ten, now: ten, want: "0 of 1 figures differ significantly", not: "samples:"},
		"no interval":     {base: ten, now: made("one", 5, 600), want: "Server: 10 and 5 samples: " + noInterval, not: few},
		"four":            {base: made("one", 4, 500), now: made("one", 4, 600), want: "1 of 1 figures differ significantly", not: few},
		"three":           {base: made("one", 3, 500), now: made("one", 3, 600), want: "Server: 3 and 3 samples: " + few, not: noInterval},
		"another machine": {base: ten, now: made("two", 10, 500), fails: true, want: "nothing to compare"},
		"no results":      {base: ten, now: text, fails: true, want: "there are no results in " + text},
		"no such file":    {base: ten, now: filepath.Join(dir, "none"), fails: true, want: "run make bench"},
		"no such base":    {base: "no-such-commit", now: ten, fails: true, want: "no-such-commit is no file, and no commit"},
		"no base":         {base: "", now: ten, fails: true, want: "BASE= names"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command("../../../ci/bench-compare.sh")
			cmd.Env = append(os.Environ(), "BASE="+c.base, "NEW="+c.now)
			out, err := cmd.CombinedOutput()
			require.Equal(t, c.fails, err != nil, "%v: %s", err, out)
			require.Contains(t, string(out), c.want)
			if c.not != "" {
				require.NotContains(t, string(out), c.not)
			}
		})
	}
}
