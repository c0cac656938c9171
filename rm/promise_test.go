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

// withPromises runs a test where calls can block; on servers before, it looks for the
// error.
func withPromises(t *testing.T, test func(t *testing.T, s *rmtest.Server)) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		if !serverHas(t, s, "CallReplyPromiseAbort") {
			w := dial(t, s, 2)
			require.Equal(t, "-"+lacking("CallReplyPromiseAbort", "one of the call flags")+"\r\n", w.alone("d.promise", "p", "-", "BLPOP", "l", "0"))
			if is70(s) {
				end, flag := lacking("CallReplyPromiseSetUnblockHandler"), lacking("CallReplyPromiseAbort", "one of the call flags")
				require.Equal(t, []any{end, end, flag, flag, flag}, s.MustDo("d.promise.bad", "l"))
			}
			return
		}
		test(t, s)
	})
}

// TestPromise calls commands that block, and hears of their end.
// Drives: Call, CallReplyPromiseSetUnblockHandler, FreeCallReply.
func TestPromise(t *testing.T) {
	withPromises(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		s.MustDo("RPUSH", "full", "x")
		require.Equal(t, "*2\r\n"+bulk("full")+bulk("x"), w.alone("d.promise", "now", "-", "BLPOP", "full", "0"), "it need not wait")
		require.Contains(t, w.alone("d.promise", "no", "-", "BLPOP", "full"), "-ERR wrong number")
		hears(t, s)

		for _, how := range []string{"-", "free", "calls"} {
			require.Equal(t, "+waits\r\n", w.alone("d.promise", "p", how, "BLPOP", "list", "0"))
			hears(t, s)
			s.MustDo("RPUSH", "list", "v")
			hears(t, s, "p: array[list v] in 0")
			require.Nil(t, s.MustDo("LPOP", "list"))
			require.Equal(t, "*4\r\n:0\r\n:0\r\n:0\r\n:0\r\n", w.alone("d.promise.abort", "p"))
		}
		require.Equal(t, []any{"p"}, s.MustDo("LRANGE", "from the handler", 0, -1))
		// Its time is over; and it is of another type when it is there.
		require.Equal(t, "+waits\r\n", w.alone("d.promise", "late", "-", "BLPOP", "list", "0.01"))
		hears(t, s, "late: null in 0")
		// In another database.
		require.Equal(t, "+OK\r\n", w.do("SELECT", "5"))
		require.Equal(t, "+waits\r\n", w.alone("d.promise", "five", "calls", "BLMOVE", "list", "other", "LEFT", "LEFT", "0"))
		s.MustDo("RPUSH", "list", "v") // in database 0
		require.Equal(t, ":1\r\n", w.do("RPUSH", "list", "w"))
		hears(t, s, "five: w in 5")
		require.Equal(t, "*1\r\n"+bulk("five"), w.do("LRANGE", "from the handler", "0", "-1"))
		require.Equal(t, "*1\r\n"+bulk("w"), w.do("LRANGE", "other", "0", "-1"))
		require.Equal(t, "+OK\r\n", w.do("SELECT", "0"))
		s.MustDo("DEL", "list")
		// One after the other, from the handler of the one before.
		require.Equal(t, "+waits\r\n", w.alone("d.promise", "p", "again", "BLPOP", "list", "0"))
		s.MustDo("RPUSH", "list", "v")
		hears(t, s, "p: array[list v] in 0")
		s.MustDo("RPUSH", "again", "w")
		hears(t, s, "p: array[again w] in 0")
		// Many at a time, whose client goes away.
		names := []any{}
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			require.Equal(t, "+waits\r\n", w.alone("d.promise", name, "-", "BLPOP", "list", "0"))
			names = append(names, name+": array[list v] in 0")
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
			s.MustDo("d.promise", "p", "panic", "BLPOP", "list", "0")
			s.MustDo("RPUSH", "list", "v")
			hears(t, s, "p: array[list v] in 0")
		}
		require.True(t, s.WaitLog("the function for the end of a blocking call: panic: a handler that panics", patience))
		require.Equal(t, "OK", s.MustDo("MODULE", "UNLOAD", "datamod"))
	})
}

// TestPromiseAbort ends calls that wait.
// Drives: CallReplyPromiseAbort.
func TestPromiseAbort(t *testing.T) {
	withPromises(t, func(t *testing.T, s *rmtest.Server) {
		require.Equal(t, []any{int64(0), int64(0), int64(0), int64(0)}, s.MustDo("d.promise.abort", "none"))
		s.MustDo("d.promise", "p", "-", "BLPOP", "list", "0")
		s.MustDo("d.promise", "q", "-", "BLPOP", "list", "0")
		require.Equal(t, []any{int64(1), int64(1), int64(0), int64(0)}, s.MustDo("d.promise.abort", "p"))
		require.Equal(t, []any{int64(0), int64(0), int64(0), int64(0)}, s.MustDo("d.promise.abort", "p"))
		s.MustDo("RPUSH", "list", "v", "w")
		hears(t, s, "q: array[list v] in 0")
		require.Equal(t, []any{"w"}, s.MustDo("LRANGE", "list", 0, -1))
		// About to run: it cannot be aborted any more, and its handler runs.
		s.MustDo("DEL", "list")
		s.MustDo("d.promise", "p", "-", "BLPOP", "list", "0")
		pipe := s.Client().TxPipeline()
		pipe.Do(t.Context(), "RPUSH", "list", "v")
		abort := pipe.Do(t.Context(), "d.promise.abort", "p")
		_, err := pipe.Exec(t.Context())
		require.NoError(t, err)
		got, err := abort.Result()
		require.NoError(t, err)
		// The list is served when the transaction has ended; the call still waits in it.
		require.Equal(t, []any{int64(1), int64(1), int64(0), int64(0)}, got)
		hears(t, s)
		require.Equal(t, []any{"v"}, s.MustDo("LRANGE", "list", 0, -1))
	})
}

// TestPromiseMisuse: what is not allowed with promises.
// Drives: CallReplyType.
func TestPromiseMisuse(t *testing.T) {
	withPromises(t, func(t *testing.T, s *rmtest.Server) {
		const other = "ERR the reply is of another type"
		require.Equal(t, []any{other, other, "ERR the reply is still to come", "ERR there is no function for the call's end", other}, s.MustDo("d.promise.bad", "l"))
		_, err := s.Do("d.promise.auto", "l")
		require.EqualError(t, err, "ERR a context with automatic memory frees the call's promise")
		s.MustDo("RPUSH", "l", "v")
		require.Nil(t, s.MustDo("LPOP", "l"), "the call goes on")
		hears(t, s)
		// Nobody hears.
		require.Equal(t, "promise", s.MustDo("d.promise.forget", "BLPOP", "l", "0"))
		s.MustDo("RPUSH", "l", "v")
		require.Nil(t, s.MustDo("LPOP", "l"))
		s.MustDo("d.promise", "p", "-", "BLPOP", "l", "0")
		s.MustDo("RPUSH", "l", "v")
		hears(t, s, "p: array[l v] in 0")
	})
}

// TestPromiseInDo: automatic memory that a function of Do asks for is not on in a later
// one, whose promise it would free.
// Drives: CallReplyPromiseSetUnblockHandler.
func TestPromiseInDo(t *testing.T) {
	withPromises(t, func(t *testing.T, s *rmtest.Server) {
		for range 20 {
			s.MustDo("d.promise.do", "l")
			hears(t, s, "done: <nil>")
			s.MustDo("RPUSH", "l", "v")
			hears(t, s, "do: array[l v] in 0")
		}
	})
}

// TestPromiseUnload: the module stays while a call goes on, and works when it is
// loaded again.
// Drives: CallReplyPromiseSetUnblockHandler.
func TestPromiseUnload(t *testing.T) {
	withPromises(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("d.promise", "p", "-", "BLPOP", "list", "0")
		_, err := s.Do("MODULE", "UNLOAD", "datamod")
		require.Error(t, err)
		require.True(t, s.WaitLog("unload refused: a blocking call goes on", patience))
		s.MustDo("RPUSH", "list", "v")
		hears(t, s, "p: array[list v] in 0")
		for range 2 {
			path := s.Client().Do(t.Context(), "MODULE", "LIST")
			require.NoError(t, path.Err())
			require.Equal(t, "OK", s.MustDo("MODULE", "UNLOAD", "datamod"))
			s.MustDo("MODULE", "LOAD", rmtest.Build(t, datamod))
			s.MustDo("d.promise", "p", "-", "BLPOP", "list", "0")
			s.MustDo("RPUSH", "list", "v")
			hears(t, s, "p: array[list v] in 0")
		}
		s.MustDo("d.promise", "p", "-", "BLPOP", "list", "0")
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
				w.do("d.promise", "p", "free", "BLPOP", "list", "0")
				w.do("d.promise", "q", "-", "BLPOP", "list", "0")
				w.do("d.promise", "r", "-", "BLPOP", "list", "0")
				w.do("d.promise.abort", "r")
				w.do("d.promise.forget", "BLPOP", "list", "0")
				w.do("RPUSH", "list", "1", "2", "3")
				w.do("d.promise.heard")
			}
		})
	})
}
