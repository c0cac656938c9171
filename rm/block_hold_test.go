// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

const cannotBlock = "ERR the client cannot be blocked here: in a transaction, a script, or another place that must not wait"

// holds tells whether the server lets keyspace events block clients, and whether those of any command.
func holds(s *rmtest.Server) (some, all bool) {
	kind, major, minor, patch := s.Version()
	v := major<<16 | minor<<8 | patch
	return kind == "valkey" && v >= 0x080101, kind == "valkey" && v >= 0x090100
}

// withHolding runs a test where keyspace events can block clients, and looks afterwards for what that has left.
func withHolding(t *testing.T, test func(t *testing.T, s *rmtest.Server, all bool)) {
	withBlocking(t, func(t *testing.T, s *rmtest.Server) {
		if some, all := holds(s); some {
			test(t, s, all)
			s.MustDo("d.hold.stop")
			return
		}
		w := dial(t, s, 2)
		s.MustDo("d.hold", "*", 10, "-")
		require.Equal(t, "+OK\r\n", w.do("SET", "a", "1"), "nobody waits")
		refused := ": ERR this server does not support BlockClient in keyspace events (since Valkey 8.1.1) false"
		for _, e := range s.MustDo("d.block.ends").([]any) {
			require.Contains(t, e, refused)
		}
		require.Equal(t, int64(0), s.MustDo("d.hold.release"))
	})
}

// TestHold: replies are held back until their clients are unblocked, and all is in order.
// Drives: BlockClient, UnblockClient, BlockClientSetPrivateData, SetDisconnectCallback.
func TestHold(t *testing.T) {
	withHolding(t, func(t *testing.T, s *rmtest.Server, _ bool) {
		for _, protocol := range []int{2, 3} {
			w := dial(t, s, protocol)
			s.MustDo("d.hold", "set", 1, "-")
			w.waits(s, "SET", "a", "1")
			w.send(append(command("GET", "a"), command("PING")...)) // which wait, too
			require.Equal(t, "1", s.MustDo("GET", "a"), "others see the write")
			ends(t, s, "set a: <nil> true")
			require.Equal(t, int64(1), s.MustDo("d.hold.release"))
			require.Equal(t, "+OK\r\n", w.read())
			require.Equal(t, bulk("1"), w.read())
			require.Equal(t, "+PONG\r\n", w.read())
			ends(t, s, "set a: BlockAnswered")
			// Two events of a command, and twice in one.
			s.MustDo("d.hold", "*", 2, "twice")
			w.waits(s, "RENAME", "a", "b")
			ends(t, s, "rename_from a: <nil> true", "rename_from a twice: "+cannotBlock, "rename_to b: "+cannotBlock+" false")
			require.Equal(t, int64(1), s.MustDo("d.hold.release"))
			require.Equal(t, "+OK\r\n", w.read())
			ends(t, s, "rename_from a: BlockAnswered")
			// Unblocked before the command has replied.
			s.MustDo("d.hold", "set", 1, "at once")
			require.Equal(t, "+OK\r\n", w.alone("SET", "a", "1"))
			ends(t, s, "set a: <nil> true", "set a unblocked: true false false", "set a: BlockAnswered")
			require.Equal(t, int64(0), s.MustDo("d.hold.release"))
			// A time limit, that passes and that does not.
			s.MustDo("d.hold", "set", 1, "-", 30)
			require.Equal(t, "+OK\r\n", w.alone("SET", "a", "1"))
			ends(t, s, "set a: <nil> true", "set a: BlockTimedOut")
			require.Equal(t, int64(0), s.MustDo("d.hold.release"))
			s.MustDo("d.hold", "set", 1, "-", 60_000)
			w.waits(s, "SET", "a", "1")
			require.Equal(t, int64(1), s.MustDo("d.hold.release"))
			require.Equal(t, "+OK\r\n", w.read())
			ends(t, s, "set a: <nil> true", "set a: BlockAnswered")
			s.MustDo("d.hold", "set", 1, "-", -1)
			require.Equal(t, "+OK\r\n", w.alone("SET", "a", "1"))
			ends(t, s, "set a: ERR the timeout is negative false")
			// A listener that fails behind it.
			for _, how := range []string{"fails", "exits"} {
				s.MustDo("d.hold", "set", 1, how)
				w.waits(s, "SET", "a", "1")
				require.Equal(t, int64(1), s.MustDo("d.hold.release"))
				require.Equal(t, "+OK\r\n", w.read())
				ends(t, s, "set a: <nil> true", "set a: BlockAnswered")
			}
			// A command that waits for a key, and is served.
			s.MustDo("d.hold", "lpop", 1, "-")
			w.waits(s, "BLPOP", "l", "0")
			require.EqualValues(t, 1, s.MustDo("RPUSH", "l", "x"))
			ends(t, s, "lpop l: <nil> true")
			require.Equal(t, int64(1), s.MustDo("d.hold.release"))
			require.Equal(t, "*2\r\n"+bulk("l")+bulk("x"), w.read())
			ends(t, s, "lpop l: BlockAnswered")
			require.Equal(t, "+PONG\r\n", w.alone("PING"))
			s.MustDo("DEL", "a", "b")
		}
	})
}

// TestHoldOfModules: commands of modules.
// Drives: BlockClient, UnblockClient.
func TestHoldOfModules(t *testing.T) {
	withHolding(t, func(t *testing.T, s *rmtest.Server, all bool) {
		w := dial(t, s, 2)
		if !all {
			s.MustDo("d.hold", "*", 9, "-")
			require.Equal(t, "*1\r\n"+bulk("element"), w.alone("d.hold.notify", "k", "postponed"))
			ends(t, s, "notify k: "+cannotBlock+" false")
			for _, c := range [][]string{{"XGROUP", "CREATE", "x", "g", "0", "MKSTREAM"}, {"XADD", "x", "1-1", "f", "v"}} {
				w.send(command(c...))
				require.Eventually(t, func() bool { return s.MustDo("d.hold.release") == int64(1) }, patience, time.Millisecond)
				require.NotEmpty(t, w.read())
			}
			require.Contains(t, w.alone("XREADGROUP", "GROUP", "g", "c", "STREAMS", "x", ">"), "*1\r\n*2\r\n$1\r\nx")
			require.Equal(t, "*2\r\n$-1\r\n$-1\r\n", w.alone("MGET", "n", "m"))
			s.MustDo("d.block.ends")
			return
		}
		for how, want := range map[string]string{"-": "+OK\r\n", "postponed": "*1\r\n" + bulk("element"), "behind": "-" + cannotBlock + "\r\n"} {
			s.MustDo("d.hold", "notify", 1, "-")
			w.waits(s, "d.hold.notify", "k", how)
			require.Equal(t, int64(1), s.MustDo("d.hold.release"))
			require.Equal(t, want, w.read(), how)
			ends(t, s, "notify k: <nil> true", "notify k: BlockAnswered")
		}
		// It has blocked its client itself.
		s.MustDo("d.hold", "notify", 1, "-")
		require.Equal(t, bulk("own"), w.alone("d.hold.notify", "k", "before"))
		ends(t, s, "notify k: "+cannotBlock+" false", "own: data of own BlockAnswered false")
		// A call in it: the client of the call cannot wait.
		s.MustDo("d.hold", "set", 1, "-")
		require.Equal(t, "+OK\r\n", w.alone("d.hold.notify", "k", "nested"))
		ends(t, s, "set k: "+cannotBlock+" false")
		// A command that reads.
		s.MustDo("d.hold", "keymiss", 1, "-")
		w.waits(s, "MGET", "n", "m")
		require.Equal(t, int64(1), s.MustDo("d.hold.release"))
		require.Equal(t, "*2\r\n$-1\r\n$-1\r\n", w.read())
		ends(t, s, "keymiss n: <nil> true", "keymiss n: BlockAnswered")
	})
}

// TestHoldNowhere: where there is no client that could wait nothing happens.
// Drives: BlockClient.
func TestHoldNowhere(t *testing.T) {
	withHolding(t, func(t *testing.T, s *rmtest.Server, all bool) {
		w := dial(t, s, 3)
		s.MustDo("d.hold", "set", 100, "late")
		refused := func(want ...any) {
			t.Helper()
			for i := range want {
				if want[i] == "set" {
					want[i] = "set k: " + cannotBlock + " false"
				}
			}
			ends(t, s, want...)
		}
		w.send(append(append(command("MULTI"), command("SET", "k", "1")...), command("EXEC")...))
		require.Equal(t, "+OK\r\n+QUEUED\r\n*1\r\n+OK\r\n", w.read()+w.read()+w.read())
		refused("set")
		require.Equal(t, "+OK\r\n", w.alone("EVAL", "return redis.call('SET', 'k', '1')", "0"))
		refused("set")
		require.Equal(t, "+OK\r\n", w.alone("d.block.nested", "SET", "k", "1"))
		refused("set")
		for _, how := range []string{"timer", "goroutine", "answer"} {
			require.Equal(t, "+OK\r\n", w.alone("d.hold.later", "k", how))
			refused("set", how+": <nil>")
			s.MustDo("d.hold", "notify", 100, "late")
			require.Equal(t, "+OK\r\n", w.alone("d.hold.later", "k", "direct "+how))
			refused("notify k: "+cannotBlock+" false", how+": <nil>")
			s.MustDo("d.hold", "set", 100, "late")
		}
		s.MustDo("d.hold", "expired", 1, "-")
		s.MustDo("PSETEX", "k", 10, "x")
		refused("expired k: " + cannotBlock + " false") // by itself
		// Subscribers get what is published in between.
		s.MustDo("d.hold", "set", 1, "-")
		w.send(command("SUBSCRIBE", "c"))
		require.Contains(t, w.read(), "subscribe")
		require.Equal(t, "+OK\r\n", w.alone("SET", "k", "1"))
		refused("set")
		// Without a client: the AOF, and the link from the master.
		s.MustDo("d.hold", "*", 100, "bare")
		require.Equal(t, "OK", s.MustDo("DEBUG", "RELOAD"))
		s.MustDo("d.hold.stop")
		s.MustDo("d.block.ends")
		require.Equal(t, int64(0), s.MustDo("d.hold.release"))
	})
}

// TestHoldReplies: the replies of many commands are the same with their clients held at each of their events.
// Drives: BlockClient, UnblockClient.
func TestHoldReplies(t *testing.T) {
	cases := []struct{ before, command string }{
		{"", "SET a 1"}, {"SET a 0", "SET a 1 GET"}, {"SET a 1", "GETSET a 2"}, {"SET a 1", "GETDEL a"}, {"", "MSET a 1 b 2 c 3"}, {"", "INCR a"},
		{"SET a 1", "DEL a b"}, {"SET a 1", "RENAME a b"}, {"SET a 1", "EXPIRE a -1"}, {"SET a 1", "COPY a b"},
		{"RPUSH a 3 1 2", "SORT a STORE b"}, {"RPUSH a 1 2 3", "LPOP a 3"}, {"RPUSH a 1 2", "LMOVE a b LEFT RIGHT"}, {"RPUSH a 1 2", "BLMPOP 0 2 b a LEFT COUNT 5"},
		{"SADD a 1 2 3", "SPOP a 3"}, {"SADD a 1", "SINTERSTORE b a"}, {"ZADD a 1 x 2 y", "ZPOPMIN a 5"}, {"ZADD a 1 x 2 y", "BZMPOP 0 1 a MIN COUNT 5"},
		{"HSET a f v g w", "HDEL a f g"}, {"", "HSET a f v g w"}, {"XADD a 1-1 f v", "XADD a MAXLEN 1 2-1 f v"}, {"", "GEOADD a 1 1 x"}, {"", "PFADD a x"},
		{"XGROUP CREATE a g 0 MKSTREAM;XADD a 1-1 f v", "XREADGROUP GROUP g c STREAMS a >"},
		{"XGROUP CREATE a g 0 MKSTREAM;XADD a 1-1 f v;XREADGROUP GROUP g c STREAMS a >", "XAUTOCLAIM a g d 0 0"},
		{"XGROUP CREATE a g 0 MKSTREAM;XADD a 1-1 f v;XREADGROUP GROUP g c STREAMS a >", "XCLAIM a g d 0 1-1"},
		{"", "MGET a b c"}, {"PSETEX a 1 x", "LCS b a IDX"}, {"RPUSH a 3 1 2", "SORT a BY w_* GET # GET w_*"},
	}
	withHolding(t, func(t *testing.T, s *rmtest.Server, _ bool) {
		held := int64(0)
		for _, protocol := range []int{2, 3} {
			w := dial(t, s, protocol)
			for _, c := range cases {
				want := ""
				for skip := -1; skip < 6; skip++ {
					s.MustDo("d.hold.stop")
					s.MustDo("FLUSHALL")
					for _, b := range strings.Split(c.before, ";") {
						if b != "" {
							w.do(strings.Fields(b)...)
						}
					}
					if strings.Contains(c.before, "PSETEX") {
						time.Sleep(5 * time.Millisecond)
					}
					if skip >= 0 {
						s.MustDo("d.hold", "*", 1, "skip", 0, skip)
					}
					w.send(append(command(strings.Fields(c.command)...), command("PING")...))
					n := int64(0)
					for range 3 { // it may be on its way
						if n = s.MustDo("d.hold.release").(int64); n > 0 {
							break
						}
					}
					held += n
					got := w.read()
					require.Equal(t, "+PONG\r\n", w.read())
					if skip < 0 {
						want = got
					}
					require.Equal(t, want, got, "%s behind %s, at event %d", c.command, c.before, skip)
				}
				s.MustDo("d.block.ends")
			}
		}
		require.Greater(t, held, int64(50))
	})
}

// TestHoldEnds: held clients that leave, are killed or paused; roles that change; the module stays.
// Drives: SetDisconnectCallback, DeauthenticateAndCloseClient.
func TestHoldEnds(t *testing.T) {
	withHolding(t, func(t *testing.T, s *rmtest.Server, _ bool) {
		hold := func(how string) (w *wire, id string) {
			w = dial(t, s, 2)
			id = w.id()
			s.MustDo("d.hold", "set", 1, how)
			w.waits(s, "SET", "k", "1")
			ends(t, s, "set k: <nil> true")
			return w, id
		}
		over := func() {
			t.Helper()
			require.Eventually(t, func() bool { return s.InfoField("clients", "blocked_clients") == "0" }, patience, time.Millisecond)
		}
		gone := []any{"set k is gone: false", "set k: BlockDisconnected"}
		w, _ := hold("-")
		require.NoError(t, w.conn.Close())
		ends(t, s, gone...)
		require.Equal(t, int64(0), s.MustDo("d.hold.release"))
		_, id := hold("-")
		require.EqualValues(t, 1, s.MustDo("CLIENT", "KILL", "ID", id))
		ends(t, s, gone...)
		// CLIENT UNBLOCK does nothing, nor can the module go.
		w, id = hold("-")
		require.EqualValues(t, 0, s.MustDo("CLIENT", "UNBLOCK", id, "ERROR"))
		require.EqualValues(t, 0, s.MustDo("CLIENT", "UNBLOCK", id, "TIMEOUT"))
		_, err := s.Do("MODULE", "UNLOAD", "datamod")
		require.ErrorContains(t, err, "blocked")
		require.Equal(t, int64(1), s.MustDo("d.hold.release"))
		require.Equal(t, "+OK\r\n", w.read())
		ends(t, s, "set k: BlockAnswered")
		// Functions that panic.
		w, _ = hold("panics")
		require.NoError(t, w.conn.Close())
		over()
		// Writes are paused: the reply is there all the same.
		w, _ = hold("-")
		s.MustDo("CLIENT", "PAUSE", 60000, "WRITE")
		require.Equal(t, int64(1), s.MustDo("d.hold.release"))
		require.Equal(t, "+OK\r\n", w.read())
		s.MustDo("CLIENT", "UNPAUSE")
		ends(t, s, "set k: BlockAnswered")
		// The server ends the waiting of all clients: this one's connection is closed.
		w, _ = hold("-")
		s.MustDo("REPLICAOF", "127.0.0.1", 1)
		_ = w.conn.SetReadDeadline(time.Now().Add(patience))
		_, err = w.conn.Read(make([]byte, 1))
		require.ErrorContains(t, err, "EOF")
		ends(t, s, gone...)
		s.MustDo("REPLICAOF", "NO", "ONE")
		require.Equal(t, int64(0), s.MustDo("d.hold.release"))
		// With a connection that does not take replies.
		w = dial(t, s, 2)
		w.send(command("CLIENT", "REPLY", "OFF"))
		s.MustDo("d.hold", "set", 1, "-")
		w.waits(s, "SET", "k", "1")
		require.Equal(t, int64(1), s.MustDo("d.hold.release"))
		require.Equal(t, "+OK\r\n", w.do("CLIENT", "REPLY", "ON"))
		require.Equal(t, "+PONG\r\n", w.do("PING"))
		ends(t, s, "set k: <nil> true", "set k: BlockAnswered")
	})
}

// TestHoldLinks: what comes from a master, and from the AOF, holds nobody.
// Drives: BlockClient.
func TestHoldLinks(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		o := rmtest.Options{TCP: true, Modules: []rmtest.Module{dataModule(t, mode)}, Config: []string{"repl-diskless-sync-delay 0"}}
		s := rmtest.Start(t, o)
		if some, _ := holds(s); !some {
			t.Skip("keyspace events block nobody here")
		}
		replica := rmtest.Start(t, o)
		replica.MustDo("REPLICAOF", "127.0.0.1", s.Port())
		require.Eventually(t, func() bool { return replica.InfoField("replication", "master_link_status") == "up" }, patience, 5*time.Millisecond)
		replica.MustDo("d.hold", "set", 10, "-")
		s.MustDo("d.hold", "set", 1, "-")
		w := dial(t, s, 2)
		w.waits(s, "SET", "k", "1") // which is replicated all the same
		ends(t, replica, "set k: "+cannotBlock+" false")
		require.Equal(t, "1", replica.MustDo("GET", "k"))
		require.Equal(t, int64(1), s.MustDo("d.hold.release"))
		require.Equal(t, "+OK\r\n", w.read())
		require.Equal(t, int64(0), replica.MustDo("d.hold.release"))
		ends(t, s, "set k: <nil> true", "set k: BlockAnswered")

		s.MustDo("CONFIG", "SET", "appendonly", "yes")
		require.Eventually(t, func() bool { return s.InfoField("persistence", "aof_rewrite_in_progress") == "0" }, patience, 5*time.Millisecond)
		s.MustDo("SET", "loaded", "1")
		s.MustDo("d.hold", "set", 10, "-")
		require.Equal(t, "OK", s.MustDo("DEBUG", "LOADAOF"))
		ends(t, s, "set loaded: "+cannotBlock+" false")
		require.Equal(t, "1", s.MustDo("GET", "loaded"))
	})
}

// TestHoldCluster: a slot that moves, and a cluster that is down, do not end the waiting of a held client.
// Drives: BlockClient, UnblockClient.
func TestHoldCluster(t *testing.T) {
	withBlockingCluster(t, func(t *testing.T, c blockCluster) {
		if some, _ := holds(c.s); !some {
			t.Skip("keyspace events block nobody here")
		}
		for what, f := range map[string][2]func(){
			"moves": {func() { c.move(1) }, func() { c.move(0) }},
			"down":  {func() { c.s.MustDo("CLUSTER", "DELSLOTS", 8000) }, func() { c.s.MustDo("CLUSTER", "ADDSLOTS", 8000) }},
		} {
			w := dial(t, c.s, 2)
			c.s.MustDo("d.hold", "set", 1, "-")
			w.waits(c.s, "SET", c.key, what)
			ends(t, c.s, "set "+c.key+": <nil> true")
			c.s.MustDo("DEL", c.key) // a slot with keys does not move so
			f[0]()
			time.Sleep(200 * time.Millisecond) // the server looks each 100 ms
			require.Equal(t, "1", c.s.InfoField("clients", "blocked_clients"), what)
			require.Equal(t, int64(1), c.s.MustDo("d.hold.release"))
			require.Equal(t, "+OK\r\n", w.read(), what)
			ends(t, c.s, "set "+c.key+": BlockAnswered")
			f[1]()
			require.Eventually(t, func() bool {
				return c.s.MustDo("CLUSTER", "INFO") != nil && !strings.Contains(w.do("EXISTS", c.key), "CLUSTERDOWN")
			}, patience, 5*time.Millisecond)
		}
		c.s.MustDo("d.hold.stop")
	})
}

// TestHoldAllocates: holding a client and unblocking it allocates nothing.
// Drives: BlockClient, UnblockClient.
func TestHoldAllocates(t *testing.T) {
	withHolding(t, func(t *testing.T, s *rmtest.Server, all bool) {
		if !all {
			return // the server is asked what command it is
		}
		const rounds = 3000
		s.MustDo("d.hold", "set", 1<<30, "fast")
		w := dial(t, s, 2)
		run := func() int64 {
			var sent []byte
			for range rounds {
				sent = append(sent, command("SET", "k", "1")...)
			}
			before := s.MustDo("d.mallocs").(int64)
			w.send(sent)
			for range rounds {
				require.Equal(t, "+OK\r\n", w.read())
			}
			return s.MustDo("d.mallocs").(int64) - before
		}
		least := run() // what is kept for reuse
		for range 3 {
			least = min(least, run())
		}
		require.Less(t, least, int64(rounds/10))
	})
}
