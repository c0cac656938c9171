// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package safety_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/internal/load"
	"github.com/iredismodule/redismodule/rmtest"
)

// TestCoroutine: a coroutine of a handler walks over a reply, and both call back
// into the module.
func TestCoroutine(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		for _, how := range []string{"x.pull", "x.coroutine"} {
			t.Run("how="+how, func(t *testing.T) {
				s := start(t, nil, stall(t, "x", mode))
				for i := range 20 {
					s.MustDo("RPUSH", "list", fmt.Sprint("element ", i))
				}
				begin(t, s, []any{"x.gc", 1, 1000})
				for range 15 {
					v, err := asked(t, s, 0, how, "LRANGE", "list", 0, -1)
					require.NoError(t, err)
					require.Equal(t, int64(20), v)
				}
				end(t, s)
			})
		}
	})
}

// TestTraceBesideCoroutine: the execution tracer walks the frames of the goroutine on the
// server's thread while a coroutine runs there.
func TestTraceBesideCoroutine(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, nil, stall(t, "x", mode))
		s.MustDo("RPUSH", "list", 1, 2, 3)
		begin(t, s, []any{"x.trace"})
		watched(t, s, loadTime(), 0, traffic(s, load.Pipelines(2, 2, "x.wait 3")),
			traffic(s, load.Pipelines(2, 2, "x.call x.wait 2")),
			traffic(s, load.Pipelines(1, 5, "SORT list ALPHA")), traffic(s, load.Pipelines(1, 5, "EVAL 'local t={} for i=1,200 do t[i]=tostring(i) end return #t' 0")))
		end(t, s)
	})
}

// TestForeignStack: a C module calls a Go command on a stack that it made itself. Go
// cannot run there, and says so.
func TestForeignStack(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		const refusal = "ERR Go code was called on a stack that is not the thread's own"
		s := start(t, nil, stall(t, "x", mode), foreign(t))
		begin(t, s, []any{"x.gc", 1, 1000})
		for range 20 {
			_, err := asked(t, s, 0, "f.stack", "x.ping")
			require.ErrorContains(t, err, refusal)
			// And the ordinary way behind it.
			v, err := asked(t, s, 0, "x.call", "x.ping")
			require.NoError(t, err)
			require.Equal(t, "OK", v)
		}
		watched(t, s, time.Second, 0, traffic(s, load.Pipelines(2, 5, "x.ping")))
		require.Contains(t, s.Log(), "redismodule: a callback in Go was called on a stack that is not the thread's own")
		end(t, s)
	})
}
