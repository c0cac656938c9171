// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// withBlocking runs a test where clients can be blocked, and looks afterwards for what
// blocked clients have left.
func withBlocking(t *testing.T, test func(t *testing.T, s *rmtest.Server), config ...string) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		if !is70(s) {
			require.Contains(t, dial(t, s, 2).alone("d.block", "x", "-"), lacking("EventLoopAddOneShot"))
			return
		}
		goroutines := s.MustDo("d.block.state").([]any)[0].(int64)
		test(t, s)
		noBlocked(t, s, goroutines)
	}, config...)
}

// noBlocked looks for what blocked clients have left: the server's account, goroutines, entries.
func noBlocked(t *testing.T, s *rmtest.Server, goroutines int64) {
	t.Helper()
	require.Eventually(t, func() bool {
		return s.InfoField("clients", "blocked_clients") == "0" && s.MustDo("d.block.state").([]any)[0].(int64) <= goroutines
	}, patience, 10*time.Millisecond, "blocked clients, goroutines (before %d)", goroutines)
	require.Eventually(t, func() bool {
		_, err := s.Do("MODULE", "UNLOAD", "datamod")
		return err == nil
	}, patience, 10*time.Millisecond, "the module can be unloaded")
}

// waits sends a command, and waits until the server has blocked its client.
func (w *wire) waits(s *rmtest.Server, args ...string) {
	w.t.Helper()
	before, err := strconv.Atoi(s.InfoField("clients", "blocked_clients"))
	require.NoError(w.t, err)
	w.send(command(args...))
	require.Eventually(w.t, func() bool { return s.InfoField("clients", "blocked_clients") == strconv.Itoa(before+1) }, patience, time.Millisecond, "%q blocks", args)
}

func (w *wire) id() string { return strings.Trim(w.do("CLIENT", "ID"), ":\r\n") }

// ends waits for what the functions of blocked clients note.
func ends(t *testing.T, s *rmtest.Server, want ...any) {
	t.Helper()
	got := []any{}
	for begun := time.Now(); len(got) < len(want) && time.Since(begun) < patience; time.Sleep(time.Millisecond) {
		got = append(got, s.MustDo("d.block.ends").([]any)...)
	}
	require.ElementsMatch(t, want, got)
}

// TestGo: the reply of a goroutine, and what it does in its place.
// Drives: BlockClient, UnblockClient, SetDisconnectCallback, BlockedClientMeasureTimeStart, BlockedClientMeasureTimeEnd.
func TestGo(t *testing.T) {
	withBlocking(t, func(t *testing.T, s *rmtest.Server) {
		for _, protocol := range []int{2, 3} {
			w := dial(t, s, protocol)
			for _, c := range []struct{ how, text, want string }{
				{"text", "hello", bulk("hello")},
				{"error", "went wrong", "-ERR went wrong\r\n"},
				{"both", "x", "-BOTH of them\r\n"},
				{"panic", "on purpose", "-ERR d.go: panic: on purpose\r\n"},
				{"goexit", "", "-ERR the goroutine of the command ended without an answer: its function returned the zero Reply and no error, or called runtime.Goexit\r\n"},
				{"none", "", "-ERR the goroutine of the command ended without an answer: its function returned the zero Reply and no error, or called runtime.Goexit\r\n"},
				{"broken", "x", "-ERR invalid reply: it is not complete, at element 2 of an array of 2\r\n"},
				{"freed", "x", "-ERR the recorded reply is freed\r\n"},
				{"first", "second", bulk("first")},
				{"slow", "later", bulk("later")},
				{"bad", "", "-ERR unknown bad\r\n"},
			} {
				require.Equal(t, c.want, w.alone("d.go", "0", c.how, c.text), "%+v", c)
				require.Equal(t, c.want, w.alone("d.go", "9000", c.how, c.text), "%+v, with a time-out", c)
			}
			require.Equal(t, "-ERR too late\r\n", w.alone("d.go", "200", "wait", "late"))
			ends(t, s, "go late begins", "go late: context deadline exceeded, ERR the client has waited long enough, context deadline exceeded")
			require.Equal(t, "+OK\r\n", w.do("SELECT", "3"))
			require.Equal(t, fmt.Sprintf("*2\r\n:%d\r\n:3\r\n", protocol-1), w.alone("d.go", "0", "do", "counted"))
			// Many at a time on one connection are answered one after the other.
			var all []byte
			for i := range 50 {
				all = append(all, command("d.go", "0", "text", strconv.Itoa(i))...)
			}
			w.send(all)
			for i := range 50 {
				require.Equal(t, bulk(strconv.Itoa(i)), w.read())
			}
		}
		require.True(t, s.WaitLog("the function of Go of the command d.go: panic: on purpose", patience))
		require.True(t, s.WaitLog("the function of Go of the command d.go: it called runtime.Goexit", patience))
		require.True(t, s.WaitLog("dGo", patience), "the stack")
	})
}

// TestGoMeasured: the time of a goroutine counts as the command's, also when the client's
// time-out comes first.
//
// Drives: BlockedClientMeasureTimeStart, BlockedClientMeasureTimeEnd.
func TestGoMeasured(t *testing.T) {
	withBlocking(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		require.Eventually(t, func() bool {
			require.Equal(t, "-ERR too late\r\n", w.alone("d.go", "100", "wait", "late"))
			_, field, _ := strings.Cut(s.InfoField("commandstats", "cmdstat_d.go"), "usec=")
			field, _, _ = strings.Cut(field, ",")
			usec, err := strconv.Atoi(field)
			require.NoError(t, err)
			return usec > 50_000 // the handler and the reply alone take microseconds
		}, patience, time.Millisecond)
		s.MustDo("d.block.ends")
	})
}

// TestGoLeaves: the context of a goroutine ends with its client.
// Drives: BlockedClientDisconnected, SetDisconnectCallback.
func TestGoLeaves(t *testing.T) {
	withBlocking(t, func(t *testing.T, s *rmtest.Server) {
		gone := "context canceled, ERR the client is gone, context canceled"
		w := dial(t, s, 2)
		w.waits(s, "d.go", "0", "wait", "closed")
		ends(t, s, "go closed begins")
		require.NoError(t, w.conn.Close())
		ends(t, s, "go closed: "+gone)
		w = dial(t, s, 2)
		id := w.id()
		w.waits(s, "d.go", "0", "wait", "killed")
		ends(t, s, "go killed begins")
		require.EqualValues(t, 1, s.MustDo("CLIENT", "KILL", "ID", id))
		ends(t, s, "go killed: "+gone)
		w = dial(t, s, 2)
		id = w.id()
		w.waits(s, "d.go", "9000", "wait", "unblocked")
		ends(t, s, "go unblocked begins")
		require.EqualValues(t, 1, s.MustDo("CLIENT", "UNBLOCK", id, "ERROR"))
		require.Equal(t, "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n", w.read())
		ends(t, s, "go unblocked: "+gone)
		w.waits(s, "d.go", "9000", "wait", "timed out")
		ends(t, s, "go timed out begins")
		require.EqualValues(t, 1, s.MustDo("CLIENT", "UNBLOCK", id, "TIMEOUT"))
		require.Equal(t, "-ERR too late\r\n", w.read())
		ends(t, s, "go timed out: context deadline exceeded, ERR the client has waited long enough, context deadline exceeded")
		require.Equal(t, "+PONG\r\n", w.do("PING"))
	})
}

// TestGoLimit: no more functions run at a time than there may, and each has its turn.
func TestGoLimit(t *testing.T) {
	withBlocking(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("d.go.limit", 3)
		s.MustDo("d.block.state")
		var all []*wire
		for range 20 {
			w := dial(t, s, 2)
			w.send(command("d.go", "0", "slow", "x"))
			all = append(all, w)
		}
		for _, w := range all {
			require.Equal(t, bulk("x"), w.read())
		}
		require.EqualValues(t, 3, s.MustDo("d.block.state").([]any)[2])
		s.MustDo("d.go.limit", 0) // counts as 1
		told := s.MustDo("d.block.state").([]any)[1].(int64)
		for _, w := range all[:19] {
			w.send(command("d.go", "0", "slow", "x"))
		}
		// Who leaves before his turn has his end all the same.
		all[19].send(command("d.go", "60000", "slow", "x"))
		s.MustDo("PING")
		s.MustDo("PING") // what came before has been read
		require.NoError(t, all[19].conn.Close())
		for _, w := range all[:19] {
			require.Equal(t, bulk("x"), w.read())
		}
		require.Eventually(t, func() bool {
			state := s.MustDo("d.block.state").([]any)
			require.LessOrEqual(t, state[2], int64(1))
			return state[1] == told+1
		}, patience, 10*time.Millisecond)
		s.MustDo("d.go.limit", 256)
	})
}

// TestBlockAnswers: the ways to answer a client, from any goroutine; the first one counts.
// Drives: BlockClient, UnblockClient, IsBlockedReplyRequest, IsBlockedTimeoutRequest, GetBlockedClientPrivateData, GetBlockedClientHandle.
func TestBlockAnswers(t *testing.T) {
	withBlocking(t, func(t *testing.T, s *rmtest.Server) {
		for _, protocol := range []int{2, 3} {
			w := dial(t, s, protocol)
			for _, c := range []struct{ how, text, want, data string }{
				{"reply", "hello", bulk("hello"), "data of n"},
				{"error", "wrong", "-ERR wrong\r\n", "data of n"},
				{"nil error", "", "-ERR nil error\r\n", "data of n"},
				{"no reply", "", "-ERR the recorded reply is freed\r\n", "data of n"},
				{"unblock", "new", bulk("d.block 3 new true false true false false true false"), "new"},
				{"number", "four", bulk("d.block 3  false true true false false true false"), "4"},
				{"finish", "on the thread", bulk("on the thread 3 0 true"), "data of n"},
				{"nil", "", "-ERR the blocked client has no function for its reply: BlockOptions.Reply, or that of Finish, is nil\r\n", "data of n"},
				{"block", "", "-ERR the client cannot be blocked here: in a transaction, a script, or another place that must not wait; or its command has replied, or blocked it, before\r\n", "data of n"},
				{"keys left", "", "-ERR d.block: panic: with a key open\r\n", "data of n"},
			} {
				w.waits(s, "d.block", "n", "-")
				require.Equal(t, "true", s.MustDo("d.block.answer", "n", c.how, c.text), "%+v", c)
				require.Equal(t, c.want, w.read(), "%+v", c)
				for _, how := range []string{"reply", "error", "unblock", "finish"} {
					require.Equal(t, "false", s.MustDo("d.block.answer", "n", how, "too late"))
				}
				require.Equal(t, "+PONG\r\n", w.do("PING"))
				ends(t, s, "n: "+c.data+" BlockAnswered false")
			}
			w.waits(s, "d.block", "n", "bare")
			require.Equal(t, "true", s.MustDo("d.block.answer", "n", "unblock"))
			require.Equal(t, "-ERR the blocked client has no function for its reply: BlockOptions.Reply, or that of Finish, is nil\r\n", w.read())
			for how, want := range map[string]string{
				"panics":  "-ERR d.block: panic: the reply\r\n",
				"goexits": "-ERR d.block: the handler called runtime.Goexit\r\n",
				"quiet":   "-ERR command d.block did not reply\r\n",
				"array":   map[int]string{2: "*3\r\n:1\r\n-HALF of it\r\n$-1\r\n", 3: "*3\r\n:1\r\n-HALF of it\r\n_\r\n"}[protocol],
			} {
				w.waits(s, "d.block", "n", how)
				require.Equal(t, "true", s.MustDo("d.block.answer", "n", "unblock"))
				require.Equal(t, want, w.read(), how)
				require.Equal(t, "+PONG\r\n", w.do("PING"))
				if how == "quiet" || how == "array" {
					ends(t, s, "n:  BlockAnswered false")
				}
			}
			require.Equal(t, bulk("before the handler has returned"), w.alone("d.block", "n", "answered"))
			ends(t, s, "n: data of n BlockAnswered false")
		}
		for _, line := range []string{
			"the reply to a blocked client of the command d.block: panic: the reply",
			"the function for the data of a blocked client: panic: free",
			"the function for the data of a blocked client: the handler called runtime.Goexit",
			"command d.block: it did not reply",
		} {
			require.True(t, s.WaitLog(line, patience), line)
		}
	})
}

// TestBlockAndReply: a handler that blocks its client and replies, or fails, is an ordinary one.
// Drives: AbortBlock.
func TestBlockAndReply(t *testing.T) {
	withBlocking(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		for range 3 {
			for how, want := range map[string]string{
				"replies":              bulk("at once"),
				"fails":                "-FAILED at once\r\n",
				"dies":                 "-ERR d.block: panic: at once\r\n",
				"half":                 "*2\r\n:1\r\n$-1\r\n",
				"aborts":               bulk("aborted"),
				"answered and replies": bulk("at once"),
			} {
				require.Equal(t, want, w.alone("d.block", "n", how, "1"), how)
				if how == "aborts" {
					ends(t, s, "n aborts: true true false", "n: data of n BlockAnswered false")
				} else {
					ends(t, s, "n: data of n BlockAnswered false")
				}
				require.Equal(t, "false", s.MustDo("d.block.answer", "n", "reply", "too late"))
			}
		}
		require.Equal(t, "+OK\r\n", w.alone("d.block", "n", "replied"))
		ends(t, s, "n: ERR the client cannot be blocked here: in a transaction, a script, or another place that must not wait; or its command has replied, or blocked it, before")
		w.waits(s, "d.block", "n", "twice")
		require.Equal(t, "true", s.MustDo("d.block.answer", "n", "reply", "x"))
		require.Equal(t, bulk("x"), w.read())
		ends(t, s, "n: data of n BlockAnswered false", "n twice: ERR the client cannot be blocked here: in a transaction, a script, or another place that must not wait; or its command has replied, or blocked it, before")
	})
}

// TestBlockTimeout: the time passes, in the middle of what it may.
// Drives: BlockClient, IsBlockedTimeoutRequest.
func TestBlockTimeout(t *testing.T) {
	withBlocking(t, func(t *testing.T, s *rmtest.Server) {
		for _, protocol := range []int{2, 3} {
			w := dial(t, s, protocol)
			null := map[int]string{2: "$-1\r\n", 3: "_\r\n"}[protocol]
			for how, want := range map[string]string{
				"-":       bulk("timeout n data of n false true"),
				"bare":    null,
				"panics":  "-ERR d.block: panic: the time-out\r\n",
				"goexits": "-ERR d.block: the handler called runtime.Goexit\r\n",
				"quiet":   "-ERR command d.block did not reply\r\n",
			} {
				require.Equal(t, want, w.alone("d.block", "n", how, "1"), how)
				require.Equal(t, "false", s.MustDo("d.block.answer", "n", "reply", "too late"))
				var noted []any
				if how == "-" || how == "quiet" {
					noted = []any{"n: data of n BlockTimedOut false"}
				}
				ends(t, s, noted...)
				id := w.id()
				w.waits(s, "d.block", "n", how)
				if how == "bare" { // without a time-out there is nothing that CLIENT UNBLOCK could call
					require.EqualValues(t, 0, s.MustDo("CLIENT", "UNBLOCK", id, "TIMEOUT"))
					require.EqualValues(t, 0, s.MustDo("CLIENT", "UNBLOCK", id, "ERROR"))
					require.Equal(t, "true", s.MustDo("d.block.answer", "n", "reply", "x"))
					require.Equal(t, bulk("x"), w.read())
					continue
				}
				require.EqualValues(t, 1, s.MustDo("CLIENT", "UNBLOCK", id, "TIMEOUT"))
				require.Equal(t, want, w.read(), how)
				ends(t, s, noted...)
			}
		}
	})
}

// TestBlockGone: the client leaves.
// Drives: SetDisconnectCallback, BlockedClientDisconnected.
func TestBlockGone(t *testing.T) {
	withBlocking(t, func(t *testing.T, s *rmtest.Server) {
		for _, how := range []string{"-", "bare", "panics", "goexits"} {
			w := dial(t, s, 2)
			w.waits(s, "d.block", "n", how)
			require.NoError(t, w.conn.Close())
			require.Eventually(t, func() bool { return s.InfoField("clients", "blocked_clients") == "0" }, patience, time.Millisecond)
			if how == "-" {
				ends(t, s, "n is gone: false", "n: data of n BlockDisconnected true")
			}
			require.Equal(t, "false", s.MustDo("d.block.answer", "n", "reply", "too late"))
			if how == "bare" {
				continue
			}
			w = dial(t, s, 2)
			id := w.id()
			w.waits(s, "d.block", "n", how)
			require.EqualValues(t, 1, s.MustDo("CLIENT", "UNBLOCK", id, "ERROR"))
			require.Equal(t, "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n", w.read())
			require.Equal(t, "+PONG\r\n", w.do("PING"))
		}
		ends(t, s, "n is gone: false", "n: data of n BlockDisconnected true")
		require.True(t, s.WaitLog("the function for a blocked client that is gone: panic: gone", patience))
	})
}

// TestCannotBlock: where a client must not be blocked the error comes back.
func TestCannotBlock(t *testing.T) {
	withBlocking(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		cannot := "ERR the client cannot be blocked here: in a transaction, a script, or another place that must not wait; or its command has replied, or blocked it, before"
		for _, c := range [][]string{{"d.block", "n", "-"}, {"d.go", "0", "text", "x"}, {"d.pop", "list", "0"}} {
			require.Equal(t, "+OK\r\n", w.do("MULTI"))
			require.Equal(t, "+QUEUED\r\n", w.do(c...))
			require.Equal(t, "*1\r\n-"+cannot+"\r\n", w.alone("EXEC"), "%q", c)
			require.Contains(t, w.alone(append([]string{"EVAL", "return redis.pcall(unpack(ARGV))", "0"}, c...)...), cannot, "%q", c)
			require.Contains(t, w.alone(append([]string{"d.block.nested"}, c...)...), cannot, "%q", c)
		}
		require.Equal(t, "-"+cannot+"\r\n", w.alone("d.block.do"))
		require.Equal(t, []any{
			"ERR the timeout is negative false",
			"ERR the blocked client has no function for its reply: BlockOptions.Reply, or that of Finish, is nil false",
			"ERR there is no key to wait for false",
			"ERR a string is missing false",
			"ERR the flags do not exist or exclude each other false",
			"ERR there is no function to run false",
			"false false false false false false false false " + cannot + " ERR a string is missing",
			"false false false false false",
		}, s.MustDo("d.block.bad", "k"))
	})
}

// TestBlockOnKeys: a client waits for a key.
// Drives: BlockClientOnKeys, SignalKeyAsReady, GetBlockedClientReadyKey, GetBlockedClientPrivateData.
func TestBlockOnKeys(t *testing.T) {
	withBlocking(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		s.MustDo("RPUSH", "list", "there")
		require.Equal(t, bulk("there"), w.alone("d.pop", "list", "0"))
		for range 3 {
			w.waits(s, "d.pop", "list", "0")
			s.MustDo("RPUSH", "list", "v")
			require.Equal(t, bulk("v"), w.read())
			ends(t, s, "list: data of list BlockAnswered false")
			require.Equal(t, "false", s.MustDo("d.block.answer", "list", "reply", "too late"))
		}
		// Woken, but not served.
		w.waits(s, "d.pop", "list", "0")
		s.MustDo("d.signal", "list")
		s.MustDo("d.signal", "other")
		require.Equal(t, "1", s.InfoField("clients", "blocked_clients"))
		// Two that wait, and one element; the other one is served later.
		x := dial(t, s, 2)
		x.waits(s, "d.pop", "list", "0")
		s.MustDo("RPUSH", "list", "1")
		require.Equal(t, bulk("1"), w.read())
		s.MustDo("RPUSH", "list", "2")
		require.Equal(t, bulk("2"), x.read())
		ends(t, s, "list: data of list BlockAnswered false", "list: data of list BlockAnswered false")
		// The time passes; the client leaves; somebody answers.
		require.Equal(t, bulk("timeout list data of list false true"), w.alone("d.pop", "list", "1"))
		ends(t, s, "list: data of list BlockTimedOut false")
		x.waits(s, "d.pop", "list", "0")
		require.NoError(t, x.conn.Close())
		ends(t, s, "list is gone: false", "list: data of list BlockDisconnected true")
		for how, want := range map[string]string{
			"reply":  bulk("by hand"),
			"error":  "-ERR by hand\r\n",
			"finish": bulk("by hand 3 0 true"),
		} {
			w.waits(s, "d.pop", "list", "0")
			require.Equal(t, "true", s.MustDo("d.block.answer", "list", how, "by hand"))
			require.Equal(t, want, w.read())
			ends(t, s, "list: data of list BlockAnswered false")
		}
		// With a goroutine that waits for its end.
		w.waits(s, "d.pop", "list", "0", "go")
		ends(t, s, "go at list begins")
		s.MustDo("RPUSH", "list", "v")
		require.Equal(t, bulk("v"), w.read())
		ends(t, s, "list: data of list BlockAnswered false", "go at list: context canceled")
		require.Equal(t, bulk("timeout list data of list false true"), w.alone("d.pop", "list", "200", "go"))
		ends(t, s, "go at list begins", "list: data of list BlockTimedOut false", "go at list: ERR the client has waited long enough")
		// It panics.
		w.waits(s, "d.pop", "list", "0", "panics")
		s.MustDo("RPUSH", "list", "stays")
		require.Equal(t, "-ERR d.pop: panic: at the key\r\n", w.read())
		require.Equal(t, []any{"stays"}, s.MustDo("LRANGE", "list", 0, -1))
		// The key becomes another type.
		w.waits(s, "d.pop", "other", "0")
		s.MustDo("SET", "other", "x")
		s.MustDo("d.signal", "other")
		require.Contains(t, w.read(), "WRONGTYPE")
	})
}

// TestBlockOnDeletedKey: who wants to is told that a key is gone.
// Drives: BlockClientOnKeysWithFlags.
func TestBlockOnDeletedKey(t *testing.T) {
	withBlocking(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		s.MustDo("ZADD", "k", 1, "x")
		if !serverHas(t, s, "BlockClientOnKeysWithFlags") {
			require.Equal(t, "-"+lacking("BlockClientOnKeysWithFlags")+"\r\n", w.alone("d.pop", "k", "0", "deleted"))
			return
		}
		w.waits(s, "d.pop", "k", "0", "deleted")
		s.MustDo("DEL", "k")
		require.Equal(t, bulk("woken"), w.read())
		ends(t, s, "k: data of k BlockAnswered false")
	})
}
