// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// hears waits for what the handlers of promises note.
func hears(t *testing.T, s *rmtest.Server, want ...any) {
	t.Helper()
	var got []any
	deadline := time.Now().Add(patience)
	for len(got) < len(want) && time.Now().Before(deadline) {
		got = append(got, s.MustDo("d.promise.heard").([]any)...)
		time.Sleep(time.Millisecond)
	}
	got = append(got, s.MustDo("d.promise.heard").([]any)...)
	require.Equal(t, want, got)
}

// withPromises runs a test where calls can block. What is done there and elsewhere by one
// client alone is tested in internal/inside.
func withPromises(t *testing.T, test func(t *testing.T, s *rmtest.Server)) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		if !serverHas(t, s, "CallReplyPromiseAbort") {
			t.Skip("calls do not block on this server")
		}
		test(t, s)
	})
}

// TestPromiseClientGone has many calls go on whose client goes away.
// Drives: Call, CallReplyPromiseSetUnblockHandler.
func TestPromiseClientGone(t *testing.T) {
	withPromises(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		names := []any{}
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			require.Equal(t, "+waits\r\n", w.alone("d.promise.wait", name, "list"))
			names = append(names, name+": list v")
		}
		require.NoError(t, w.conn.Close())
		s.MustDo("RPUSH", "list", "v", "v", "v", "v", "v", "rest")
		hears(t, s, names...)
		require.Equal(t, []any{"rest"}, s.MustDo("LRANGE", "list", 0, -1))
	})
}

// TestPromisePanics: a handler that panics is logged, and what it left open is closed.
// Drives: CallReplyPromiseSetUnblockHandler.
func TestPromisePanics(t *testing.T) {
	withPromises(t, func(t *testing.T, s *rmtest.Server) {
		for range 3 {
			s.MustDo("d.promise.panic", "p", "list")
			s.MustDo("RPUSH", "list", "v")
			hears(t, s, "p: list v")
		}
		require.True(t, s.WaitLog("the function for the end of a blocking call: panic: a handler that panics", patience))
		require.Equal(t, "OK", s.MustDo("MODULE", "UNLOAD", "datamod"))
	})
}

// TestPromiseAbortInMulti ends a call in the transaction in which its element came.
// Drives: CallReplyPromiseAbort.
func TestPromiseAbortInMulti(t *testing.T) {
	withPromises(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("d.promise.wait", "p", "list")
		pipe := s.Client().TxPipeline()
		pipe.Do(t.Context(), "RPUSH", "list", "v")
		abort := pipe.Do(t.Context(), "d.promise.abort", "p")
		_, err := pipe.Exec(t.Context())
		require.NoError(t, err)
		got, err := abort.Result()
		require.NoError(t, err)
		// The list is served when the transaction has ended; the call still waits in it.
		require.Equal(t, int64(1), got)
		require.Equal(t, int64(0), s.MustDo("d.promise.abort", "p"))
		hears(t, s)
		require.Equal(t, []any{"v"}, s.MustDo("LRANGE", "list", 0, -1))
	})
}

// TestPromiseUnload: the module stays while a call goes on, and works when it is
// loaded again.
// Drives: CallReplyPromiseSetUnblockHandler.
func TestPromiseUnload(t *testing.T) {
	withPromises(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("d.promise.wait", "p", "list")
		_, err := s.Do("MODULE", "UNLOAD", "datamod")
		require.Error(t, err)
		require.True(t, s.WaitLog("unload refused: a blocking call goes on", patience))
		s.MustDo("RPUSH", "list", "v")
		hears(t, s, "p: list v")
		for range 2 {
			path := s.Client().Do(t.Context(), "MODULE", "LIST")
			require.NoError(t, path.Err())
			require.Equal(t, "OK", s.MustDo("MODULE", "UNLOAD", "datamod"))
			s.MustDo("MODULE", "LOAD", rmtest.Build(t, datamod))
			s.MustDo("d.promise.wait", "p", "list")
			s.MustDo("RPUSH", "list", "v")
			hears(t, s, "p: list v")
		}
		s.MustDo("d.promise.wait", "p", "list")
		s.MustDo("d.promise.abort", "p")
		require.Equal(t, "OK", s.MustDo("MODULE", "UNLOAD", "datamod"))
	})
}

// TestPromiseNothingLeaks watches the server's memory.
// Drives: CallReplyPromiseSetUnblockHandler, CallReplyPromiseAbort, FreeCallReply.
func TestPromiseNothingLeaks(t *testing.T) {
	withPromises(t, func(t *testing.T, s *rmtest.Server) {
		leakless(t, s, 3, 16*100, func(w *wire) {
			for range 100 {
				w.do("d.promise.free", "p", "list")
				w.do("d.promise.wait", "q", "list")
				w.do("d.promise.wait", "r", "list")
				w.do("d.promise.abort", "r")
				w.do("d.promise.forget", "list")
				w.do("RPUSH", "list", "1", "2", "3")
				w.do("d.promise.heard")
			}
		})
	})
}
