// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestZSetInPlaceMisuse breaks the promise of a loop in place in the debug build.
func TestZSetInPlaceMisuse(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{WantMisuse: true, Modules: []rmtest.Module{{
			Path: rmtest.Build(t, datamod, rmtest.Tags("rm_debug")), Args: []string{"rm-mode=" + mode},
		}}})
		w := dial(t, s, 2)
		for _, how := range []string{"add", "score", "close"} {
			w.do("ZADD", how, "1", how, "2", "x")
			require.Regexp(t, `^-ERR d\.walk\.zset\.`+how+`: panic: rm_debug: ERR the (body of a loop in place has changed the key|key is closed) \(.*/inplace\.go:\d+\)\r\n$`,
				w.alone("d.walk.zset."+how, how))
		}
		w.do("ZADD", "z", "1", "a", "2", "b")
		require.Equal(t, ":2\r\n", w.alone("d.walk.zset.nothing", "z"))
	})
}

// TestZSetInPlaceExpires has a key expire, and deleted, in the body of a loop in place:
// what was read comes, and nothing more. Later servers delete it behind the loop.
func TestZSetInPlaceExpires(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		for i := range 200 {
			w.do("ZADD", "dies", strconv.Itoa(i), fmt.Sprintf("member %d with a long name that is its own string", i))
		}
		w.do("PEXPIRE", "dies", "100")
		require.Equal(t, "+OK\r\n", w.do("d.walk.zset.dies", "dies"))
		n := 200 // the server's time stands still in Do
		if kind, major, minor, _ := s.Version(); kind == "redis" && (major < 7 || major == 7 && minor < 2) {
			n = 32
		}
		require.True(t, s.WaitLog(fmt.Sprintf("walk of a dying key: %d elements, <nil>", n), patience), s.Log())
		require.True(t, s.Alive())
	})
}
