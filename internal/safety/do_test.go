// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package safety_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/internal/load"
	"github.com/iredismodule/redismodule/rmtest"
)

// threadCount returns how many threads a process has.
func threadCount(pid int) (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	m := regexp.MustCompile(`(?m)^Threads:\s+(\d+)`).FindSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("no number of threads in %s", text)
	}
	return strconv.Atoi(string(m[1]))
}

// TestManyWaiters: goroutines that wait for the server cost no thread each, and
// do not keep clients waiting.
func TestManyWaiters(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, nil, stall(t, "x", mode))
		begin(t, s, []any{"x.do", 2000, 0, "INCR", "done"})
		watched(t, s, loadTime(), 0, traffic(s, load.Pipelines(1, 1, "x.ping")), func(ctx context.Context) error {
			for most := 0; ctx.Err() == nil; time.Sleep(50 * time.Millisecond) {
				n, err := threadCount(s.PID())
				if err != nil {
					return err
				}
				if most = max(most, n); most >= 100 {
					return fmt.Errorf("the server has %d threads while 2,000 goroutines are in Do", most)
				}
			}
			return nil
		})
		end(t, s)
		require.Zero(t, number(t, s, "failed", "x.stats"))
		require.Positive(t, number(t, s, "rounds", "x.stats"))
	})
}

// TestManyTries: goroutines that ask for the server again and again do not keep
// clients waiting.
func TestManyTries(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, nil, stall(t, "x", mode))
		begin(t, s, []any{"x.try", 300, "INCR", "done"})
		watched(t, s, loadTime(), 0, traffic(s, load.Pipelines(1, 1, "x.ping")))
		end(t, s)
		require.Zero(t, number(t, s, "failed", "x.stats"))
	})
}

// TestNestedDo: Do inside Do runs or is refused; it does not wait for itself.
func TestNestedDo(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		for _, how := range []string{"nested", "trynested"} {
			t.Run("how="+how, func(t *testing.T) {
				s := start(t, nil, stall(t, "x", mode))
				require.Regexp(t, `^(ok: inner=true|ok: inner=false|error: ERR .{10,})$`, once(t, s, 0, how))
				if how == "nested" {
					require.NotEqual(t, "ok: inner=false", once(t, s, 0, how))
				}
				require.Equal(t, "ok: 1", once(t, s, 0, "call", "INCR", "k"))
			})
		}
		t.Run("how=handler", func(t *testing.T) {
			s := start(t, nil, stall(t, "x", mode))
			require.Regexp(t, `^(ok: OK|error: ERR .{10,})$`, once(t, s, 0, "call", "x.doing"))
			require.Equal(t, "ok: 1", once(t, s, 0, "call", "INCR", "k"))
		})
	})
}

// readCounter returns the value of a key, 0 without one.
func readCounter(c *load.Conn) (int, error) {
	v, err := c.Do("GET", "done")
	if err != nil || v == nil {
		return 0, err
	}
	return strconv.Atoi(fmt.Sprint(v))
}

// stays wants the counter to stand still for a while.
func stays(c *load.Conn, d time.Duration) error {
	n, err := readCounter(c)
	for begin := time.Now(); err == nil && time.Since(begin) < d; time.Sleep(10 * time.Millisecond) {
		var now int
		if now, err = readCounter(c); err == nil && now != n {
			err = fmt.Errorf("the counter went from %d to %d while writes were paused", n, now)
		}
	}
	return err
}

// moves wants writes to go on, or to be refused.
func moves(ctx context.Context, c *load.Conn, t *testing.T, s *rmtest.Server) error {
	n, err := readCounter(c)
	if err != nil {
		return err
	}
	return poll(ctx, c, "writes after a pause", func(v any) bool {
		now, err := strconv.Atoi(fmt.Sprint(v))
		return err == nil && now > n
	}, "GET", "done")
}

// TestWritesWhilePaused: a goroutine's writes wait while writes are paused, or are
// refused; the server lives.
func TestWritesWhilePaused(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, []string{"appendonly yes"}, stall(t, "x", mode))
		if !is70(s) {
			t.Skip("CLIENT PAUSE WRITE came with Redis 6.2")
		}
		begin(t, s, []any{"x.do", 1, 200, "INCR", "done"}, []any{"x.do", 1, 0, "PING"}, []any{"x.gc", 1, 1000})
		watched(t, s, patience, 0, on(s, func(ctx context.Context, c *load.Conn) error {
			for range 5 {
				if err := c.Want("OK", "CLIENT", "PAUSE", 400, "WRITE"); err != nil {
					return err
				}
				if err := stays(c, 200*time.Millisecond); err != nil {
					return err
				}
				if err := c.Want("OK", "CLIENT", "UNPAUSE"); err != nil {
					return err
				}
				if err := moves(ctx, c, t, s); err != nil {
					return err
				}
			}
			return nil
		}))
		end(t, s)
	})
}

// TestWritesDuringFailover: the same while the server waits for a replica to take
// over, which this one never does.
func TestWritesDuringFailover(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, []string{"repl-diskless-sync yes", "repl-diskless-sync-delay 0"}, stall(t, "x", mode))
		if !is70(s) {
			t.Skip("FAILOVER came with Redis 6.2")
		}
		replica, err := net.Dial("unix", s.Addr())
		require.NoError(t, err)
		defer replica.Close()
		b := make([]byte, 1<<16)
		for _, command := range []string{"REPLCONF listening-port 1", "REPLCONF capa eof", "SYNC"} {
			_, err = fmt.Fprint(replica, command+"\r\n")
			require.NoError(t, err)
			_, err = replica.Read(b)
			require.NoError(t, err)
		}
		go func() {
			for {
				if _, err := replica.Read(b); err != nil {
					return
				}
			}
		}()
		eventually(t, patience, "the replica", func() bool { return s.InfoField("replication", "connected_slaves") == "1" })
		eventually(t, patience, "the end of the copy", func() bool {
			return regexp.MustCompile(`state=online`).MatchString(s.InfoField("replication", "slave0"))
		})
		begin(t, s, []any{"x.do", 1, 200, "INCR", "done"})
		watched(t, s, patience, 0, on(s, func(ctx context.Context, c *load.Conn) error {
			if err := c.Want("OK", "FAILOVER", "TIMEOUT", 1500); err != nil {
				return err
			}
			if err := stays(c, 700*time.Millisecond); err != nil {
				return err
			}
			if _, err := c.Do("FAILOVER", "ABORT"); err != nil {
				return err
			}
			return moves(ctx, c, t, s)
		}))
		end(t, s)
	})
}

// TestActsWhilePaused: nothing that a function under DoReadOnly does while writes are
// paused reaches the AOF, which would end the server, nor does what a command does that
// has not said that it writes. What reads works.
func TestActsWhilePaused(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, []string{"appendonly yes"}, stall(t, "x", mode))
		if !is70(s) {
			t.Skip("CLIENT PAUSE WRITE came with Redis 6.2")
		}
		for _, command := range [][]any{
			{"SET", "string", "text"}, {"RPUSH", "list", "1", "2"}, {"SADD", "set", "1", "2", "3", "4", "5"},
			{"HSET", "hash", "hash", "1"}, {"ZADD", "zset", "1", "zset"}, {"XADD", "stream", "*", "a", "b"}, {"PFADD", "hll", "1"},
		} {
			s.MustDo(command...)
		}
		waits := s.RawConn()
		_, err := fmt.Fprint(waits, "BLPOP waited 0\r\n")
		require.NoError(t, err)
		eventually(t, patience, "the client that waits", func() bool { return s.InfoField("clients", "blocked_clients") == "1" })
		before := s.MustDo("DBSIZE")
		s.MustDo("SET", "mortal", "1", "PX", "20")
		s.MustDo("CLIENT", "PAUSE", 100000, "WRITE")
		time.Sleep(30 * time.Millisecond)
		const refused, done = "error: ERR writes are paused", "ok: done"
		for _, c := range []struct{ act, want string }{
			{"reading", done}, {"readkey", done}, {"evalro", done},
			{"replicate", refused}, {"call", refused}, {"lpush", refused}, {"set", refused}, {"spop", refused}, {"prepared", refused}, {"eval", refused},
			{"pfcount", refused}, {"function", refused}, {"xgroup", refused}, {"nested", refused},
			{"push", refused}, {"zadd", refused}, {"hset", refused}, {"setkey", refused}, {"dma", refused}, {"delete", refused},
			{"unlink", refused}, {"expire", refused}, {"persist", refused}, {"truncate", refused}, {"pop", refused}, {"xadd", refused},
			{"hdel", refused}, {"zrem", refused},
		} {
			require.Equal(t, c.want, once(t, s, 0, "paused", c.act), c.act)
		}
		_, err = asked(t, s, 0, "x.replicates")
		require.EqualError(t, err, "ERR writes are paused")
		s.MustDo("CLIENT", "UNPAUSE")
		s.MustDo("DEL", "mortal")
		require.Equal(t, before, s.MustDo("DBSIZE"))
		require.Equal(t, "OK", s.MustDo("x.replicates"))
		require.Equal(t, done, once(t, s, 0, "paused", "push"))
		// A transaction that pauses the writes itself goes on with its own.
		w := s.RawConn()
		_, err = fmt.Fprint(w, "MULTI\r\nCLIENT PAUSE 100 WRITE\r\nx.replicateswrite\r\nEXEC\r\n")
		require.NoError(t, err)
		reply := make([]byte, 0, 100)
		const want = "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n+OK\r\n"
		for len(reply) < len(want) {
			n, err := w.Read(reply[len(reply):cap(reply)])
			require.NoError(t, err)
			reply = reply[:len(reply)+n]
		}
		require.Equal(t, want, string(reply))
	})
}

// TestVerbatimInDo: a context without a command refuses to repeat one, and what is
// in the AOF can be loaded.
func TestVerbatimInDo(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, []string{"appendonly yes", "appendfsync always"}, stall(t, "x", mode))
		eventually(t, saveTimeout, "the first AOF", func() bool {
			return s.InfoField("persistence", "aof_rewrite_in_progress") == "0"
		})
		text := once(t, s, 0, "verbatim")
		s.MustDo("SET", "after", "1")
		s.Restart()
		require.Equal(t, "1", s.MustDo("GET", "after"))
		require.Equal(t, "1", s.MustDo("GET", "by do"))
		require.Regexp(t, `^error: ERR .{10,}`, text)
	})
}

// TestForksInDo: what forks does so on the right thread.
func TestForksInDo(t *testing.T) {
	t.Run("save", func(t *testing.T) {
		s := start(t, nil, module(t, "resident"), stall(t, "x", "resident"))
		fillValues(t, s, 500)
		for _, command := range []string{"BGSAVE", "BGREWRITEAOF"} {
			require.Regexp(t, "^ok: ", once(t, s, 0, "call", command))
			running, status := "rdb_bgsave_in_progress", "rdb_last_bgsave_status"
			if command == "BGREWRITEAOF" {
				running, status = "aof_rewrite_in_progress", "aof_last_bgrewrite_status"
			}
			eventually(t, saveTimeout, "the end of "+command, func() bool { return s.InfoField("persistence", running) == "0" })
			require.Equal(t, "ok", s.InfoField("persistence", status), command)
		}
	})
	t.Run("fork", func(t *testing.T) {
		s := start(t, nil, stall(t, "x", "resident"))
		for range 3 {
			require.Equal(t, "ok: code=7 signal=0", once(t, s, 0, "fork"))
		}
	})
}

// TestKeyExpiresInDo: the handle of a key whose time is over does not show memory
// that was freed.
func TestKeyExpiresInDo(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, nil, stall(t, "x", mode))
		rounds := 1
		if os.Getenv("RM_LONG") == "1" {
			rounds = 20
		}
		for range rounds {
			require.Equal(t, "ok: 200", once(t, s, 0, "expire"))
		}
	})
}

// TestKeyExpiresInWalk: a loop over a key whose time is over ends, or goes on with what
// the key had; what is freed is filled with junk. The server's clock goes on in Do
// before Redis 7.2, and there only.
func TestKeyExpiresInWalk(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{stall(t, "x", mode)}, Env: []string{"MALLOC_CONF=junk:true"}})
		if !is70(s) {
			t.Skip("lists and streams are walked over since Redis 7.0")
		}
		rounds := 30
		if os.Getenv("RM_LONG") == "1" {
			rounds = 300
		}
		kind, major, minor, _ := s.Version()
		want := fmt.Sprintf("ok: went=0 stayed=%d", rounds)
		if kind == "redis" && major == 7 && minor < 2 {
			want = fmt.Sprintf("ok: went=%d stayed=0", rounds)
		}
		for _, kind := range []string{"list", "hash", "zset", "stream"} {
			require.Equal(t, want, once(t, s, 0, "expirewalk", kind, rounds), kind)
		}
	})
}

// TestLoadOffThread: a module that is loaded inside Do, or by a C thread that holds the
// lock, works, or its load is refused.
func TestLoadOffThread(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		t.Run("by=do", func(t *testing.T) {
			s := start(t, nil, stall(t, "x", "resident"))
			y := stall(t, "y", mode)
			text := once(t, s, 2*time.Second, append([]any{"call"}, loadArgs(y)...)...)
			require.Regexp(t, `^(ok|error): `, text)
			checkLoaded(t, s, text == "ok: OK", y)
		})
		t.Run("by=thread", func(t *testing.T) {
			s := start(t, nil, foreign(t))
			y := stall(t, "y", mode)
			begin(t, s, []any{"f.load", y.Path, y.Args[0]})
			var came any
			watched(t, s, patience, 2*time.Second, on(s, func(ctx context.Context, c *load.Conn) error {
				return poll(ctx, c, "the load", func(v any) bool { came = v; return v != int64(0) }, "f.loaded")
			}))
			checkLoaded(t, s, came == int64(1), y)
		})
	})
}

// TestUnloadOffThread: a C thread that holds the lock unloads a module; that works, or
// is refused, and the module can be loaded again, and works.
func TestUnloadOffThread(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		y := stall(t, "y", mode)
		s := start(t, nil, y, foreign(t))
		for range 3 {
			begin(t, s, []any{"y.ping"}, []any{"f.unload", "y"})
			var came any
			watched(t, s, patience, 2*time.Second, on(s, func(ctx context.Context, c *load.Conn) error {
				return poll(ctx, c, "the unload", func(v any) bool { came = v; return v != int64(0) }, "f.loaded")
			}))
			if came == int64(2) {
				require.Regexp(t, `unload refused: .{20,}`, s.Log(), "a refused unload says why")
				s.MustDo("MODULE", "UNLOAD", "y")
			}
			s.MustDo(loadArgs(y)...)
			checkLoaded(t, s, true, y)
			eventually(t, patience, "the end of the module's goroutines", func() bool { return number(t, s, "running", "y.stats") == 0 })
		}
	})
}

// checkLoaded uses the module y that was loaded or refused.
func checkLoaded(t *testing.T, s *rmtest.Server, loaded bool, y rmtest.Module) {
	t.Helper()
	if !loaded {
		_, err := asked(t, s, 0, "y.ping")
		require.ErrorContains(t, err, "unknown command")
		require.Regexp(t, `y: load failed: .{20,}`, s.Log(), "a refused load says why")
		s.MustDo(loadArgs(y)...)
	}
	begin(t, s, []any{"y.do", 1, 100, "PING"}, []any{"y.gc", 1, 1000})
	watched(t, s, time.Second, 0, traffic(s, load.Pipelines(2, 5, "y.ping")), traffic(s, load.Behind("q", "y.ping")))
	v, err := asked(t, s, 0, "y.call", "y.ping")
	require.NoError(t, err)
	require.Equal(t, "OK", v)
	_, err = asked(t, s, 0, "y.nil")
	require.ErrorContains(t, err, "nil pointer dereference")
	begin(t, s, []any{"y.stop"})
}
