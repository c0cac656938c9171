// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package safety_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/internal/load"
)

// slowScript computes for so many seconds of the server's processor time.
func slowScript(seconds float64) string {
	return fmt.Sprintf("local e=os.clock()+%g while os.clock()<e do end return 1", seconds)
}

// TestGoroutinesBesideC: while C code works long on the server's thread, behind a Go
// command or called by one, the module's goroutines go on.
func TestGoroutinesBesideC(t *testing.T) {
	const slow = 4 * time.Second // with room for a busy machine
	eachMode(t, func(t *testing.T, mode string) {
		for _, c := range []struct{ name, text string }{
			{"behind", "x.ping\r\n" + load.Encode("EVAL", slowScript(2), 0)},
			{"called", "x.ping\r\n" + load.Encode("x.call", "EVAL", slowScript(2), 0)},
			{"nested", "x.ping\r\n" + load.Encode("x.call", "x.call", "EVAL", slowScript(2), 0)},
			{"between", "x.ping\r\n" + load.Encode("EVAL", slowScript(1), 0) + "x.ping\r\n" + load.Encode("EVAL", slowScript(1), 0)},
		} {
			t.Run("script="+c.name, func(t *testing.T) {
				s := start(t, []string{"lua-time-limit 0"}, stall(t, "x", mode))
				begin(t, s, []any{"x.gc", 1, 10000}, []any{"x.tick", "start"}, []any{"x.tick", "reset"})
				watched(t, s, patience, slow, on(s, func(ctx context.Context, conn *load.Conn) error {
					begin := time.Now()
					if err := conn.Send(c.text + "PING\r\n"); err != nil {
						return err
					}
					for {
						v, err := conn.Read()
						if err != nil {
							return err
						}
						if v == "PONG" {
							break
						}
					}
					if took := time.Since(begin); took < 500*time.Millisecond {
						return fmt.Errorf("the script took no more than %v", took)
					}
					return nil
				}))
				worst, err := asked(t, s, 0, "x.tick", "read")
				require.NoError(t, err)
				require.Less(t, worst, int64(300_000), "microseconds that a goroutine came too late beside a script")
				end(t, s)
				s.MustDo("x.tick", "stop")
			})
		}
	})
}

// TestSleepsInC: calls that sleep in C are not cut short by signals of the Go
// runtime, but for one in a turn of the event loop.
func TestSleepsInC(t *testing.T) {
	eachMode(t, func(t *testing.T, mode string) {
		s := start(t, nil, stall(t, "x", mode))
		begin(t, s, []any{"x.gc", 1, 10000}, []any{"x.spin", 1}, []any{"x.tick", "start"}, []any{"x.tick", "reset"})
		start := time.Now()
		v, err := asked(t, s, 3*time.Second, "x.calls", 4, "DEBUG", "SLEEP", "0.5")
		took := time.Since(start)
		require.NoError(t, err)
		require.Equal(t, "OK", v)
		require.Greater(t, took, 1450*time.Millisecond, "four sleeps of half a second, of which one may be cut")
		worst, err := asked(t, s, 0, "x.tick", "read")
		require.NoError(t, err)
		require.Less(t, worst, int64(300_000), "microseconds that a goroutine came too late beside a sleep")
		end(t, s)
		s.MustDo("x.tick", "stop")
	})
}
