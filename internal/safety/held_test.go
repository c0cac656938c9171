// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package safety_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/internal/load"
	"github.com/iredismodule/redismodule/rmtest"
)

// TestGoroutinesBesideC: while C code works long on the server's thread, behind a Go
// command or called by one, the module's goroutines go on.
func TestGoroutinesBesideC(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
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
				begin(t, s, []any{"x.gc", 1, 1000}, []any{"x.tick", "start"})
				length := 2 * time.Second / time.Duration(c.times)
				took := time.Duration(0)
				for ; took < time.Second; length += length / 2 {
					s.MustDo("x.tick", "reset")
					took = runScript(t, s, c.script, c.times, length)
				}
				worst, err := asked(t, s, 0, "x.tick", "read")
				require.NoError(t, err)
				require.Less(t, worst, max(300*time.Millisecond, took/4).Microseconds(), "microseconds that a goroutine came too late beside a script")
				end(t, s)
				s.MustDo("x.tick", "stop")
			})
		}
	})
}

// runScript sends a Go command and a command with a script of about such a length, so
// many times, in one write. It returns how long they took.
func runScript(t *testing.T, s *rmtest.Server, command []any, times int, length time.Duration) (took time.Duration) {
	t.Helper()
	// With room for a busy machine.
	watched(t, s, patience, 2*length+time.Second, on(s, func(ctx context.Context, c *load.Conn) error {
		script, err := load.Script(c, length)
		if err != nil {
			return err
		}
		text := "x.ping\r\n" + load.Encode(append(command[:len(command):len(command)], script, 0)...)
		begin := time.Now()
		if err := c.Send(strings.Repeat(text, times) + "PING\r\n"); err != nil {
			return err
		}
		for {
			v, err := c.Read()
			if err != nil {
				return err
			}
			if v == "PONG" {
				took = time.Since(begin)
				return nil
			}
		}
	}))
	return took
}

// TestSleepsInC: calls that sleep in C are not cut short by signals of the Go
// runtime, but for one in a turn of the event loop.
func TestSleepsInC(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
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
		require.Less(t, worst, int64(450_000), "microseconds that a goroutine came too late beside a sleep")
		end(t, s)
		s.MustDo("x.tick", "stop")
	})
}

// TestForeignRuntime: a Go library without this binding, loaded before or after, takes
// the signal by which Go asks for the server's thread. It gets it, and so do we.
func TestForeignRuntime(t *testing.T) {
	plain := rmtest.Module{Path: rmtest.Build(t, "./modules/plain")}
	for _, order := range []string{"before", "after"} {
		t.Run("loaded="+order, func(t *testing.T) {
			list := []rmtest.Module{stall(t, "x", "resident"), plain}
			if order == "before" {
				list[0], list[1] = list[1], list[0]
			}
			s := start(t, []string{"lua-time-limit 0"}, list...)
			begin(t, s, []any{"x.gc", 1, 1000}, []any{"x.tick", "start"}, []any{"x.tick", "reset"})
			took := runScript(t, s, []any{"x.call", "EVAL"}, 1, 2*time.Second)
			worst, err := asked(t, s, 0, "x.tick", "read")
			require.NoError(t, err)
			require.Less(t, worst, max(300*time.Millisecond, took/4).Microseconds(), "microseconds that a goroutine came too late")
			for range 20 { // its faults find their runtime, too
				_, err := s.Do("x.nil")
				require.ErrorContains(t, err, "nil pointer dereference")
			}
			end(t, s)
			s.MustDo("x.tick", "stop")
		})
	}
}
