// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package safety_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/internal/load"
)

// TestGoroutinesBesideC: while C code works long on the server's thread, behind a Go
// command or called by one, the module's goroutines go on.
func TestGoroutinesBesideC(t *testing.T) {
	const slow = 4 * time.Second // with room for a busy machine
	eachMode(t, func(t *testing.T, mode string) {
		for _, c := range []struct {
			name   string
			script []any // the command without the script
			times  int
		}{
			{"behind", []any{"EVAL"}, 1},
			{"called", []any{"x.call", "EVAL"}, 1},
			{"nested", []any{"x.call", "x.call", "EVAL"}, 1},
			{"between", []any{"EVAL"}, 2},
		} {
			t.Run("script="+c.name, func(t *testing.T) {
				s := start(t, []string{"lua-time-limit 0"}, stall(t, "x", mode))
				begin(t, s, []any{"x.gc", 1, 10000}, []any{"x.tick", "start"}, []any{"x.tick", "reset"})
				watched(t, s, patience, slow, on(s, func(ctx context.Context, conn *load.Conn) error {
					script, err := load.Script(conn, 2*time.Second/time.Duration(c.times))
					if err != nil {
						return err
					}
					text := "x.ping\r\n" + load.Encode(append(c.script[:len(c.script):len(c.script)], script, 0)...)
					begin := time.Now()
					if err := conn.Send(strings.Repeat(text, c.times) + "PING\r\n"); err != nil {
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
