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

const testmods = "github.com/iredismodule/redismodule/internal/testmod/"

// withShared runs a test against a server with two modules in Go and one in C that call each
// other, in each mode.
func withShared(t *testing.T, test func(t *testing.T, s *rmtest.Server, sharer, user, inC rmtest.Module)) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		m := func(name string, args ...string) rmtest.Module {
			return rmtest.Module{Path: rmtest.Build(t, testmods+name), Args: append([]string{"rm-mode=" + mode}, args...)}
		}
		test(t, rmtest.Start(t, rmtest.Options{}), m("sharermod"), m("usermod"), rmtest.Module{Path: rmtest.BuildC(t, "testdata/shared.c", "-Wall", "-Wextra", "-Werror")})
	})
}

// TestSharedAPI has two modules in Go and one in C call each other.
//
// Drives: ExportSharedAPI, GetSharedAPI.
func TestSharedAPI(t *testing.T) {
	withShared(t, func(t *testing.T, s *rmtest.Server, sharer, user, inC rmtest.Module) {
		require.NoError(t, load(s, user))
		require.Nil(t, s.MustDo("user.call", "sharer.add", 1, 2), "it is not there yet")
		require.NoError(t, load(s, sharer))
		require.NoError(t, load(s, inC))
		for _, by := range []string{"user.call", "c.call"} {
			require.EqualValues(t, 3, s.MustDo(by, "sharer.add", 1, 2), by)
			require.EqualValues(t, -3, s.MustDo(by, "sharer.add", -1, -2), by)
			require.EqualValues(t, 1+4+9+16+25+36, s.MustDo(by, "sharer.six", 1, 2, 3, 4, 5, 6), by)
			require.Nil(t, s.MustDo(by, "sharer.none"), by)
			require.EqualValues(t, 7, int32(s.MustDo(by, "sharer.fail", 0).(int64)), by)
			for how := 1; how <= 2; how++ {
				require.EqualValues(t, 0, int32(s.MustDo(by, "sharer.fail", how).(int64)), "%s: a function that fails answers 0", by)
			}
		}
		require.EqualValues(t, -8, s.MustDo("c.call", "sharer.int", -7))
		require.EqualValues(t, 3, s.MustDo("user.call", "c.add", 1, 2))
		require.Equal(t, []any{int64(-5), int64(1<<31 - 1), int64(1<<62 - 1), int64(65535 - 129), int64(1<<48 | 2<<32 | 3<<16 | 4)}, s.MustDo("user.typed"))
		require.Contains(t, s.Log(), "the shared function sharer.fail: panic: as it was told")
		require.Contains(t, s.Log(), "the shared function sharer.fail: the handler called runtime.Goexit")
		require.EqualValues(t, 4, s.MustDo("user.ping", "sharer.ping"))
		for _, name := range []string{"sharer.add", "c.add"} {
			require.Less(t, s.MustDo("user.costs", name), int64(100), name)
			require.EqualValues(t, 1000*(0+1+2+3+4+5+6+7), s.MustDo("user.goroutine", name), name)
		}
		// They call each other, Go and Go, Go and C.
		require.Equal(t, "OK", s.MustDo("sharer.import", "user.deep"))
		require.EqualValues(t, 100, s.MustDo("user.call", "sharer.deep", 100))
		require.Equal(t, "OK", s.MustDo("sharer.import", "c.deep"))
		require.EqualValues(t, 100, s.MustDo("c.call", "sharer.deep", 100))
		require.EqualValues(t, 100, s.MustDo("user.call", "sharer.deep", 100))

		for _, c := range [][2]string{
			{"sharer.export", "ERR a shared function of this name is there already"},
			{"sharer.import", "ERR the shared function is the module's own"},
		} {
			_, err := s.Do(c[0], "sharer.add")
			require.EqualError(t, err, c[1])
		}
		_, err := s.Do("sharer.import", "a\x00b")
		require.EqualError(t, err, "ERR text contains a NUL byte")
		_, err = s.Do("user.call", "sharer.six", 1, 2, 3, 4, 5, 6, 7)
		require.EqualError(t, err, "ERR index out of range")
	})
}

// TestSharedAPIReleased has a module in C call a function of one in Go from where no command
// runs: a timer, the events before and after the server sleeps, a thread with the server's lock,
// while the module in Go collects garbage. In most of these the server's thread has given its P
// away, and takes it for the call.
//
// Drives: ExportSharedAPI, GetSharedAPI.
func TestSharedAPIReleased(t *testing.T) {
	withShared(t, func(t *testing.T, s *rmtest.Server, sharer, _, inC rmtest.Module) {
		require.NoError(t, load(s, sharer))
		require.NoError(t, load(s, inC))
		require.Equal(t, "OK", s.MustDo("sharer.collect", 50))
		require.EqualValues(t, 0, s.MustDo("c.often", "sharer.add"))
		require.Eventually(t, func() bool {
			require.EqualValues(t, 42, s.MustDo("c.call", "sharer.add", 2, 40))
			right := s.MustDo("c.often").([]any)
			require.EqualValues(t, 0, right[4], "wrong results: %v", right)
			for _, n := range right[:4] {
				if n.(int64) < 100 {
					return false
				}
			}
			return true
		}, patience, time.Millisecond, "the calls go on, and so does the server")
		require.EqualValues(t, 0, s.MustDo("c.enough"))
		require.True(t, s.Alive())
	})
}

// TestSharedAPIUnload unloads who exports and who imports, in all orders, and loads again.
func TestSharedAPIUnload(t *testing.T) {
	withShared(t, func(t *testing.T, s *rmtest.Server, sharer, user, inC rmtest.Module) {
		for range 3 {
			require.NoError(t, load(s, sharer))
			require.NoError(t, load(s, user))
			require.NoError(t, load(s, inC))
			require.EqualValues(t, 3, s.MustDo("user.call", "sharer.add", 1, 2))
			require.EqualValues(t, 3, s.MustDo("c.call", "sharer.add", 1, 2))
			for range 2 {
				_, err := s.Do("MODULE", "UNLOAD", "sharer")
				require.Error(t, err, "it is used")
				require.True(t, strings.Contains(err.Error(), "other modules") || strings.Contains(err.Error(), "is used"), err)
				require.EqualValues(t, 3, s.MustDo("user.call", "sharer.add", 1, 2))
			}
			s.MustDo("MODULE", "UNLOAD", "cshared")
			s.MustDo("MODULE", "UNLOAD", "user")
			s.MustDo("MODULE", "UNLOAD", "sharer")

			// What was imported in an earlier load is over, and what a module has exported is gone.
			require.NoError(t, load(s, user))
			_, err := s.Do("user.kept")
			require.EqualError(t, err, "ERR the module is unloaded")
			require.Nil(t, s.MustDo("user.call", "sharer.add", 1, 2))
			failing := sharer
			failing.Args = append([]string{"fail"}, sharer.Args...)
			require.Error(t, load(s, failing))
			require.Nil(t, s.MustDo("user.call", "sharer.add", 1, 2), "a load that failed exports nothing")
			s.MustDo("MODULE", "UNLOAD", "user")
		}
	})
}
