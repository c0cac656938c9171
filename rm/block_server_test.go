// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestBlockUnload: a module with a blocked client stays, and so does what it will answer.
func TestBlockUnload(t *testing.T) {
	withBlocking(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		for _, c := range [][]string{{"d.block", "n", "-"}, {"d.pop", "n", "0"}, {"d.go", "0", "slower", "x"}} {
			w.waits(s, c...)
			_, err := s.Do("MODULE", "UNLOAD", "datamod")
			require.ErrorContains(t, err, "blocked clients")
			if c[0] != "d.go" {
				require.Equal(t, "true", s.MustDo("d.block.answer", "n", "reply", "x"))
			}
			require.Equal(t, bulk("x"), w.read())
		}
	})
}

// TestBlockShutdown: the server ends with blocked clients and goroutines that wait.
func TestBlockShutdown(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		since70(t, s)
		for _, c := range [][]string{{"d.block", "n", "-"}, {"d.pop", "n", "0"}, {"d.go", "0", "wait", "x"}, {"d.go", "9000", "slower", "x"}} {
			dial(t, s, 2).waits(s, c...)
		}
		s.Restart()
		require.Equal(t, "PONG", s.MustDo("PING"))
	})
}

// TestBlockFailover: the server becomes a replica, and ends the waiting of all clients.
// Drives: SetDisconnectCallback.
func TestBlockFailover(t *testing.T) {
	withBlocking(t, func(t *testing.T, s *rmtest.Server) {
		var all []*wire
		for _, c := range [][]string{{"d.block", "n", "-"}, {"d.pop", "k", "0"}, {"d.go", "0", "wait", "role"}} {
			w := dial(t, s, 2)
			w.waits(s, c...)
			all = append(all, w)
		}
		ends(t, s, "go role begins")
		s.MustDo("REPLICAOF", "127.0.0.1", 1)
		for _, w := range all {
			require.Contains(t, w.read(), "-UNBLOCKED")
		}
		ends(t, s, "n is gone: false", "n: data of n BlockDisconnected true", "k is gone: false", "k: data of k BlockDisconnected true",
			"go role: context canceled, ERR the client is gone, context canceled")
		s.MustDo("REPLICAOF", "NO", "ONE")
		require.Equal(t, "false", s.MustDo("d.block.answer", "n", "reply", "too late"))
	})
}

// TestBlockPaused: while writes are paused no answer writes, and none that does not is held up.
func TestBlockPaused(t *testing.T) {
	withBlocking(t, func(t *testing.T, s *rmtest.Server) {
		w, x := dial(t, s, 2), dial(t, s, 2)
		w.waits(s, "d.block", "w", "-")
		x.waits(s, "d.block", "x", "writes", "500")
		y := dial(t, s, 2)
		y.waits(s, "d.block", "y", "-")
		s.MustDo("CLIENT", "PAUSE", 60000, "WRITE")
		// The time passes, and the function for it tries to write.
		require.Equal(t, "-ERR writes are paused\r\n", x.read())
		s.MustDo("CLIENT", "UNPAUSE")
		require.Equal(t, "true", s.MustDo("d.block.answer", "w", "write"))
		require.Equal(t, ":1\r\n", w.read())
		require.Equal(t, "true", s.MustDo("d.block.answer", "y", "reply", "x"))
		require.Equal(t, bulk("x"), y.read())
		// A goroutine answers with what it has, and one that wants to write waits.
		w.waits(s, "d.go", "0", "slower", "before")
		s.MustDo("CLIENT", "PAUSE", 60000, "WRITE")
		require.Equal(t, bulk("before"), w.read())
		s.MustDo("CLIENT", "UNPAUSE")
		w.waits(s, "d.go", "0", "sleep and write", "n")
		s.MustDo("CLIENT", "PAUSE", 60000, "WRITE")
		time.Sleep(200 * time.Millisecond)
		require.Equal(t, "1", s.InfoField("clients", "blocked_clients"))
		s.MustDo("CLIENT", "UNPAUSE")
		require.Equal(t, ":2\r\n", w.read())
		s.MustDo("d.block.ends")
	})
}

// TestBlockMeasured: the time of goroutines is the command's.
// Drives: BlockedClientMeasureTimeStart, BlockedClientMeasureTimeEnd, BlockClientSetPrivateData, BlockClientGetPrivateData.
func TestBlockMeasured(t *testing.T) {
	withBlocking(t, func(t *testing.T, s *rmtest.Server) {
		spent := func(command string) int {
			m := regexp.MustCompile(`usec=(\d+)`).FindStringSubmatch(s.InfoField("commandstats", "cmdstat_"+command))
			if m == nil {
				return 0
			}
			n, err := strconv.Atoi(m[1])
			require.NoError(t, err)
			return n
		}
		w := dial(t, s, 2)
		w.waits(s, "d.block", "n", "-")
		time.Sleep(20 * time.Millisecond)
		require.Equal(t, "true", s.MustDo("d.block.answer", "n", "reply", "x"))
		require.Equal(t, bulk("x"), w.read())
		unmeasured := spent("d.block")
		w.waits(s, "d.block", "n", "-")
		require.Equal(t, "true", s.MustDo("d.block.answer", "n", "measure"))
		require.Equal(t, "true", s.MustDo("d.block.answer", "n", "reply", "x"))
		require.Equal(t, bulk("x"), w.read())
		require.GreaterOrEqual(t, spent("d.block")-unmeasured, 20_000)
		require.Equal(t, "false", s.MustDo("d.block.answer", "n", "measure"))
		require.Equal(t, bulk("x"), w.do("d.go", "0", "slow", "x"))
		require.GreaterOrEqual(t, spent("d.go"), 50_000)
		w.waits(s, "d.pop", "n", "0")
		require.Equal(t, "false", s.MustDo("d.block.answer", "n", "measure"), "the server may end it by itself")
		require.NoError(t, w.conn.Close())
		require.Eventually(t, func() bool { return s.InfoField("clients", "blocked_clients") == "0" }, patience, time.Millisecond)
		s.MustDo("d.block.ends")
	})
}

// TestBlockAllocates: blocking a client and answering it allocates nothing.
// Drives: BlockClient, UnblockClient.
func TestBlockAllocates(t *testing.T) {
	withBlocking(t, func(t *testing.T, s *rmtest.Server) {
		const rounds = 3000
		run := func(how string) int64 {
			w := dial(t, s, 2)
			var all []byte
			for range rounds {
				all = append(all, command("d.block.fast", how)...)
			}
			before := s.MustDo("d.mallocs").(int64)
			w.send(all)
			for range rounds {
				require.Equal(t, map[string]string{"reply": bulk("fast"), "finish": ":1\r\n", "unblock": ":2\r\n"}[how], w.read())
			}
			return s.MustDo("d.mallocs").(int64) - before
		}
		for _, how := range []string{"reply", "finish", "unblock"} {
			run(how) // what is kept for reuse
			least := run(how)
			for range 3 {
				least = min(least, run(how))
			}
			require.Less(t, least, int64(rounds/10), how)
		}
	})
}
