// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestYield: a long command lets others in, or has them told that the server is busy.
// Drives: Yield.
func TestYield(t *testing.T) {
	withBlocking(t, func(t *testing.T, s *rmtest.Server) {
		long, other := dial(t, s, 2), dial(t, s, 2)
		long.send(command("d.yield", "1500", "2", "come back later"))
		time.Sleep(300 * time.Millisecond)
		require.Equal(t, "-BUSY come back later\r\n", other.do("GET", "k"))
		require.Equal(t, bulk("served"), other.do("d.busy"))
		require.Equal(t, bulk("served"), other.do("d.busy"))
		require.Equal(t, fmt.Sprintf("*2\r\n%s:2\r\n", bulk("come back later")), long.read())
		require.Equal(t, "$-1\r\n", other.do("GET", "k"))
		// The server's own text.
		long.send(command("d.yield", "700", "3", ""))
		time.Sleep(300 * time.Millisecond)
		require.Contains(t, other.do("GET", "k"), " is busy running a module command")
		require.Equal(t, fmt.Sprintf("*2\r\n%s:0\r\n", bulk("")), long.read())
		// Clients wait.
		long.send(command("d.yield", "500", "1", "unseen"))
		time.Sleep(100 * time.Millisecond)
		require.Equal(t, bulk("served"), other.do("d.busy"))
		require.Equal(t, fmt.Sprintf("*2\r\n%s:0\r\n", bulk("unseen")), long.read())
		// Where nobody may come in.
		require.Equal(t, "+OK\r\n", long.do("MULTI"))
		require.Equal(t, "+QUEUED\r\n", long.do("d.yield", "500", "2", "unseen"))
		long.send(command("EXEC"))
		time.Sleep(100 * time.Millisecond)
		require.Equal(t, bulk("served"), other.do("d.busy"))
		require.Equal(t, fmt.Sprintf("*1\r\n*2\r\n%s:0\r\n", bulk("unseen")), long.read())
		require.Equal(t, "-ERR keys are open\r\n", long.alone("d.yield", "100", "2", "key"))
		require.Contains(t, long.alone("d.yield", "100", "8", "x"), "ERR the flags do not exist or exclude each other")
		require.Contains(t, long.alone("d.yield", "100", "2", strings.Repeat("x", 512)), "ERR index out of range")
		require.Contains(t, long.alone("d.yield", "100", "2", "two\nlines"), "ERR text contains")
	}, "busy-reply-threshold 100")
}
