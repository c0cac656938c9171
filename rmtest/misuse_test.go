// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rmtest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMisuses: which lines of a server's log fail a test.
func TestMisuses(t *testing.T) {
	require.Empty(t, misuses("1:M 1 Jan * Ready\n2:M * rm_debugger\n"))
	require.Equal(t, []string{"2:M # <x> x.a: panic: rm_debug: ERR the key is closed (a.go:1)", "3:M # <x> rm_debug: command x.b has written to keys"},
		misuses("1:M * Ready\n2:M # <x> x.a: panic: rm_debug: ERR the key is closed (a.go:1)\r\n3:M # <x> rm_debug: command x.b has written to keys\n"+
			"4:M # <x> rm_debug: command rmtest.run has written to keys and replicated nothing\n"))
}
