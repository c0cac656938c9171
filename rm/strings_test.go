// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestStringMisuse uses freed strings with a module of the debug build, which names
// the line.
func TestStringMisuse(t *testing.T) {
	eachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{{
			Path: rmtest.Build(t, datamod, rmtest.Tags("rm_debug")), Args: []string{"rm-mode=" + mode},
		}}})
		w := dial(t, s, 2)
		lines := misuseLines(t, "../internal/testmod/datamod/strings.go")
		require.Len(t, lines, 5)
		for misuse, line := range lines {
			reply := w.alone("d.str.debug", misuse, "a text")
			require.Regexp(t, `^-ERR d\.str\.debug: panic: rm_debug: ERR the string is freed \(.*/strings\.go:\d+\); it is .* \(.*/strings\.go:`+
				strconv.Itoa(line)+`\)\r\n$`, reply, misuse)
		}
		require.Equal(t, bulk("a text"), w.alone("d.str.debug", "fine", "a text"))
		require.Equal(t, "+OK\r\n", w.alone("d.str.debug", "many", "a text"))
		require.Equal(t, bulk("ab"), w.alone("d.str.debug", "handover", "ab"))
		require.Equal(t, bulk("ab+"), w.alone("d.str.debug", "shared", "ab"))
		require.Equal(t, "-ERR nobody noticed\r\n", w.alone("d.str.debug", "nothing", "a text"))
	})
}

// misuseLines are the lines of a file that say "// misuse: NAME".
func misuseLines(t *testing.T, file string) map[string]int {
	t.Helper()
	source, err := os.ReadFile(file)
	require.NoError(t, err)
	lines := map[string]int{}
	for i, line := range strings.Split(string(source), "\n") {
		if _, name, found := strings.Cut(line, "// misuse: "); found {
			lines[name] = i + 1
		}
	}
	return lines
}
