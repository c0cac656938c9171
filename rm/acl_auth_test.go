// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

const wrongPass = "-WRONGPASS invalid username-password pair or user is disabled.\r\n"

// withAuth runs a test where modules may decide about logins: with the callbacks one, two and three, and users.
func withAuth(t *testing.T, test func(t *testing.T, s *rmtest.Server)) {
	withACL(t, func(t *testing.T, s *rmtest.Server) {
		if kind, major, minor, _ := s.Version(); kind == "redis" && (major < 7 || major == 7 && minor < 2) {
			require.Contains(t, dial(t, s, 2).do("acl.auth", "x"), lacking("RegisterAuthCallback"))
			return
		}
		s.MustDo("ACL", "SETUSER", "small", "on", ">secret", "+@all", "~*", "&*")
		s.MustDo("ACL", "SETUSER", "off", "off", ">secret", "+@all", "~*", "&*")
		s.MustDo("acl.user", "on +@all ~* &*")
		for _, name := range []string{"one", "two", "three"} {
			s.MustDo("acl.auth", name)
		}
		test(t, s)
		eventually(t, func() bool {
			return s.InfoField("clients", "blocked_clients") == "0" && s.MustDo("acl.auth.state").([]any)[0] == int64(0)
		})
		eventually(t, func() bool { _, err := s.Do("MODULE", "UNLOAD", "aclmod"); return err == nil })
		s.MustDo("ACL", "SETUSER", "small", "on", "resetpass", ">secret", "+@all")
		w := dial(t, s, 2)
		require.Equal(t, wrongPass, w.alone("AUTH", "small", "one:allow"))
		require.Equal(t, "+OK\r\n", w.alone("AUTH", "small", "secret"))
	})
}

// losesReplies tells whether the server sends no reply of its own to a login that is denied when another reply
// waits: Redis and Valkey 8 do so.
func losesReplies(s *rmtest.Server) bool {
	kind, major, _, _ := s.Version()
	return kind == "redis" || major < 9
}

// TestAuth decides about logins, at once and behind a block: what is not an allowance that holds denies.
//
// Drives: RegisterAuthCallback, BlockClientOnAuth, AuthenticateClientWithACLUser, AuthenticateClientWithUser, ACLAddLogEntryByUserName.
func TestAuth(t *testing.T) {
	withAuth(t, func(t *testing.T, s *rmtest.Server) {
		for _, name := range []string{"one", "two", "three"} {
			for _, block := range []string{"", "go.", "go.wait."} {
				if block == "go.wait." {
					stop := make(chan struct{})
					var opener sync.WaitGroup
					opener.Add(1)
					go func() {
						defer opener.Done()
						for c := s.Client(); ; time.Sleep(time.Millisecond) {
							select {
							case <-stop:
								return
							default:
								_ = c.Do(t.Context(), "acl.auth.open").Err()
							}
						}
					}()
					defer opener.Wait()
					defer close(stop)
				}
				w := dial(t, s, 2)
				for _, c := range []struct{ user, how, want, who string }{
					{"small", "allow", "+OK\r\n", "small"}, {"off", "allow", wrongPass, "default"}, {"nobody", "allow", wrongPass, "default"},
					{"any", "as=small", "+OK\r\n", "small"}, {"any", "as=", wrongPass, "default"}, {"any", "module", "+OK\r\n", "of.module"},
					{"small", "deny", wrongPass, "default"}, {"small", "deny=go away", "-ERR go away\r\n", "default"},
					{"small", "deny=NOPERM not\r\nnow", "-NOPERM not  now\r\n", "default"}, {"small", "error=BUSY later", "-BUSY later\r\n", "default"},
					{"small", "panic", wrongPass, "default"}, {"small", "goexit", wrongPass, "default"}, {"small", "none", wrongPass, "default"},
					{"small", "skip", wrongPass, "default"},
				} {
					for _, pipelined := range []bool{false, true} {
						if pipelined && losesReplies(s) && c.how == "skip" {
							continue
						}
						require.Equal(t, "+RESET\r\n", w.do("RESET"))
						if pipelined {
							w.send(append(command("PING"), command("AUTH", c.user, name+":"+block+c.how)...))
							require.Equal(t, "+PONG\r\n", w.read())
							require.Equal(t, c.want, w.read(), "%s %+v, pipelined", block, c)
						} else {
							require.Equal(t, c.want, w.alone("AUTH", c.user, name+":"+block+c.how), "%s %+v", block, c)
						}
						require.Equal(t, bulk(c.who), w.alone("ACL", "WHOAMI"), "%s %+v", block, c)
					}
				}
				// A failed login leaves the client as who it was.
				require.Equal(t, "+OK\r\n", w.do("AUTH", "small", "secret"))
				require.Equal(t, wrongPass, w.do("AUTH", "default", name+":"+block+"panic"))
				require.Equal(t, bulk("small"), w.alone("ACL", "WHOAMI"))
				// HELLO, with what is to be set only behind the login.
				require.Equal(t, "-ERR go away\r\n", w.alone("HELLO", "3", "AUTH", "small", name+":"+block+"deny=go away", "SETNAME", "x"))
				require.Equal(t, "$-1\r\n", w.alone("CLIENT", "GETNAME"))
				require.Contains(t, w.alone("HELLO", "3", "AUTH", "small", name+":"+block+"allow", "SETNAME", "x"), "%")
				require.Equal(t, bulk("x"), w.alone("CLIENT", "GETNAME"))
				require.NoError(t, w.conn.Close())
			}
		}
		w := dial(t, s, 2)
		for _, how := range []string{"go.twice", "nil", "go.go.allow", "go.nil"} {
			got := w.alone("AUTH", "small", "one:"+how)
			require.Regexp(t, "^-(ERR|WRONGPASS)", got, how)
			require.Equal(t, bulk("default"), w.alone("ACL", "WHOAMI"), how)
		}
		require.Equal(t, "+OK\r\n", w.alone("AUTH", "small", "secret"))
		require.Equal(t, wrongPass, w.alone("AUTH", "small", "nobody's"))
		require.Contains(t, fmt.Sprint(s.MustDo("ACL", "LOG")), "aclmod says go away")
		require.True(t, s.WaitLog("the callback for logins: panic: while deciding", patience))
		require.True(t, s.WaitLog("the function of Go of the command AUTH: panic: while deciding", patience))
		// Who is asked first, and who not at all.
		before := len(s.Log())
		w.alone("AUTH", "small", "nobody's")
		order := []int{}
		for _, name := range []string{"one", "two", "three"} {
			order = append(order, strings.Index(s.Log()[before:], "auth "+name+" skips"))
		}
		require.Greater(t, order[0], order[1])
		require.Greater(t, order[1], order[2])
		s.MustDo("acl.auth.stop", "one")
		require.Equal(t, wrongPass, w.alone("AUTH", "small", "one:allow"))
		require.Equal(t, "+OK\r\n", w.alone("AUTH", "small", "two:allow"))
	})
}

// TestAuthWaits has clients leave, be killed and be disturbed while a goroutine decides.
//
// Drives: BlockClientOnAuth, SetDisconnectCallback.
func TestAuthWaits(t *testing.T) {
	withAuth(t, func(t *testing.T, s *rmtest.Server) {
		state := func(i int) int64 { return s.MustDo("acl.auth.state").([]any)[i].(int64) }
		waiting := func(n int64) { t.Helper(); eventually(t, func() bool { return state(0) == n }) }
		w := dial(t, s, 2)
		w.do("MULTI")
		w.do("AUTH", "small", "one:go.allow")
		require.Equal(t, "*1\r\n-ERR the client cannot be blocked here: in a transaction, a script, or another place that must not wait; or its command has replied, or blocked it, before\r\n", w.do("EXEC"))
		w.do("MULTI")
		w.do("AUTH", "small", "one:allow")
		require.Equal(t, "*1\r\n+OK\r\n", w.do("EXEC"))
		require.Equal(t, bulk("small"), w.do("ACL", "WHOAMI"))
		require.Contains(t, w.do("EVAL", "return redis.pcall('AUTH', 'small', 'one:go.allow')", "0"), "-")
		require.Contains(t, w.do("acl.call", "AUTH", "small", "one:go.allow"), "-")
		require.Contains(t, w.do("acl.call", "AUTH", "small", "one:allow"), "-")

		w = dial(t, s, 2)
		w.send(command("AUTH", "small", "one:go.wait.allow"))
		waiting(1)
		_, err := s.Do("MODULE", "UNLOAD", "aclmod")
		require.Error(t, err, "a client waits")
		require.NoError(t, w.conn.Close())
		waiting(0)
		require.Equal(t, int64(1), state(1))

		w = dial(t, s, 2)
		id := w.id()
		w.send(command("AUTH", "small", "one:go.wait.allow"))
		waiting(1)
		s.MustDo("CLIENT", "UNBLOCK", id)
		s.MustDo("CLIENT", "UNBLOCK", id, "ERROR")
		require.Equal(t, int64(1), state(0))
		s.MustDo("CLIENT", "KILL", "ID", id)
		waiting(0)
		require.Equal(t, int64(2), state(1))

		// The user changes while it is decided.
		for _, c := range []struct{ how, change, want string }{
			{"allow", "ACL SETUSER small off", wrongPass}, {"allow", "ACL SETUSER small on", "+OK\r\n"}, {"module", "acl.user", wrongPass},
			{"allow", "ACL DELUSER small", wrongPass}, {"skip", "ACL SETUSER small on >one:go.wait.skip +@all ~* &*", "+OK\r\n"}, {"allow", "acl.auth.stop two", "+OK\r\n"},
			{"allow", "acl.auth new", "+OK\r\n"}, {"allow", "CLIENT PAUSE 50 WRITE", "+OK\r\n"}, {"allow", "CLIENT PAUSE 50 ALL", "+OK\r\n"},
		} {
			w := dial(t, s, 2)
			w.send(append(command("AUTH", "small", "one:go.wait."+c.how), command("PING")...))
			waiting(1)
			change := []any{}
			for _, word := range strings.Fields(c.change) {
				change = append(change, word)
			}
			s.MustDo(change...)
			eventually(t, func() bool { s.MustDo("acl.auth.open"); return state(0) == 0 })
			require.Equal(t, c.want, w.read(), "%+v", c)
			require.Equal(t, "+PONG\r\n", w.read())
		}
		// A role that changes ends the waiting.
		w = dial(t, s, 2)
		w.send(command("AUTH", "small", "one:go.wait.allow"))
		waiting(1)
		s.MustDo("REPLICAOF", "127.0.0.1", "1")
		s.MustDo("REPLICAOF", "NO", "ONE")
		s.MustDo("acl.auth.open")
		_, _ = io.Copy(io.Discard, io.LimitReader(w.r, 1))
		waiting(0)
	})
}

// TestAuthFailedLoad: a load that fails leaves no callback.
//
// Drives: RegisterAuthCallback.
func TestAuthFailedLoad(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{})
		m := aclModule(t, mode)
		_, err := s.Do("MODULE", "LOAD", m.Path, m.Args[0], "auth", "fail")
		require.Error(t, err)
		s.MustDo("ACL", "SETUSER", "small", "on", ">secret")
		require.Equal(t, "+OK\r\n", dial(t, s, 2).do("AUTH", "small", "secret"))
		if strings.Contains(s.Log(), lacking("RegisterAuthCallback")) {
			return
		}
		s.MustDo("MODULE", "LOAD", m.Path, m.Args[0], "auth")
		require.Equal(t, "-ERR at load\r\n", dial(t, s, 2).do("AUTH", "small", "secret"))
		s.MustDo("MODULE", "UNLOAD", "aclmod")
		require.Equal(t, "+OK\r\n", dial(t, s, 2).do("AUTH", "small", "secret"))
	})
}

// TestAuthRaces: many clients log in by goroutines at the same moment, leave, are killed, and the
// module's user is freed under them. Each that stays gets one reply.
//
// Drives: RegisterAuthCallback, BlockClientOnAuth, AuthenticateClientWithUser.
func TestAuthRaces(t *testing.T) {
	withAuth(t, func(t *testing.T, s *rmtest.Server) {
		deadline := time.Now().Add(raceSeconds(t) / 2)
		var all sync.WaitGroup
		failed := make(chan error, 100)
		for i := range 10 {
			all.Add(1)
			go func() {
				defer all.Done()
				rnd := rand.New(rand.NewPCG(uint64(i), uint64(time.Now().UnixNano())))
				for time.Now().Before(deadline) {
					if err := raceLogin(s, rnd); err != nil {
						failed <- err
						return
					}
				}
			}()
		}
		ended := make(chan struct{})
		go func() { all.Wait(); close(ended) }()
		for over := false; !over; {
			s.MustDo("acl.user", "on +@all ~* &*")
			s.MustDo("acl.auth.open")
			select {
			case <-ended:
				over = true
			default:
			}
		}
		close(failed)
		for err := range failed {
			t.Error(err)
		}
		s.MustDo("acl.changes")
	})
}

// raceLogin is one connection of the races.
func raceLogin(s *rmtest.Server, rnd *rand.Rand) error {
	c := s.RawConn()
	defer c.Close()
	for range 1 + rnd.IntN(4) {
		hows := []string{"allow", "module", "go.allow", "go.module", "go.sleep=x", "go.wait.allow", "go.wait.module", "go.deny=x", "go.panic", "go.skip", "deny"}
		how := hows[rnd.IntN(len(hows))]
		if _, err := c.Write(command("AUTH", "small", []string{"one", "two", "three"}[rnd.IntN(3)]+":"+how)); err != nil {
			return nil // the user was freed
		}
		switch rnd.IntN(8) {
		case 0:
			return nil // leaves
		case 1:
			_, _ = s.Do("CLIENT", "KILL", "TYPE", "normal", "USER", "small")
		}
		_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
		b := make([]byte, 1000)
		n, err := c.Read(b)
		if err != nil {
			if ne, ok := err.(interface{ Timeout() bool }); ok && ne.Timeout() {
				return fmt.Errorf("%s: no reply: %w", how, err)
			}
			return nil
		}
		if reply := string(b[:n]); reply != "+OK\r\n" && !(strings.HasPrefix(reply, "-") && strings.Count(reply, "\r\n") == 1) {
			return fmt.Errorf("%s: %q", how, reply)
		}
	}
	return nil
}
