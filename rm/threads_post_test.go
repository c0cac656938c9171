// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestPost has functions run on the server's thread that nobody waits for, in a database of
// their own.
// Drives: EventLoopAddOneShot, SelectDb.
func TestPost(t *testing.T) {
	withBlocking(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		var want []any
		for i := range 20 {
			require.Equal(t, "+OK\r\n", w.do("d.post", fmt.Sprint(i%3), "-", fmt.Sprint(i)))
			want = append(want, "posted", fmt.Sprintf("%d in %d: <nil>", i, i%3))
		}
		ends(t, s, want...)
		for db := range 3 {
			require.Equal(t, "+OK\r\n", w.do("SELECT", fmt.Sprint(db)))
			var list string
			for i := db; i < 20; i += 3 {
				list += bulk(fmt.Sprint(i))
			}
			require.Equal(t, fmt.Sprintf("*%d\r\n", []int{7, 7, 6}[db])+list, w.do("LRANGE", "posted", "0", "-1"), "in their order")
		}
		require.Equal(t, "+OK\r\n", w.do("SELECT", "0"))
		require.Equal(t, "+OK\r\n", w.do("d.post", "0", "panic", "in a post"))
		require.Equal(t, "+OK\r\n", w.do("d.post", "0", "goexit", "x"))
		ends(t, s, "posted", "posted")
		require.True(t, s.WaitLog("the function of a one-shot: panic: in a post", patience))
		require.Equal(t, "+OK\r\n", w.do("d.post", "2", "again", "x"))
		ends(t, s, "posted", "x in 2: <nil>", "again: x in 0")
		require.Equal(t, "+OK\r\n", w.do("d.post", "0", "block", "x"))
		ends(t, s, "posted", "ERR the client cannot be blocked here: in a transaction, a script, or another place that must not wait; or its command has replied, or blocked it, before")
		require.Equal(t, "-ERR the thread-safe context is freed\r\n", w.do("d.post", "0", "freed", "x"))
		require.Equal(t, "-ERR DB index is out of range\r\n", w.do("d.post", "-1", "-", "x"))
		require.Equal(t, bulk("in 5"), w.alone("d.post", "5", "do", "x"))
		require.Equal(t, bulk("in 0"), w.alone("d.post", "0", "do", "x"))
		require.Equal(t, "-ERR DB index is out of range\r\n", w.alone("d.post", "999", "do", "x"))
		require.Equal(t, "+OK\r\n", w.do("d.post", "999", "-", "dropped"))
		ends(t, s, "posted")
		require.Equal(t, "+OK\r\n", w.do("d.post", "0", "-", "last"))
		ends(t, s, "posted", "last in 0: <nil>")
	})
}
