// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package safety_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/internal/load"
	"github.com/iredismodule/redismodule/rmtest"
)

// These tests have the server call Go between its events "before sleep" and "after
// sleep", while goroutines of the module want the server and the collector wants
// everybody.

// underLoad runs patterns of traffic beside the usual work.
func underLoad(t *testing.T, s *rmtest.Server, patterns ...load.Pattern) {
	t.Helper()
	begin(t, s, beside...)
	var parts []part
	for _, p := range patterns {
		parts = append(parts, traffic(s, p))
	}
	if len(parts) == 0 {
		parts = append(parts, func(ctx context.Context) error { <-ctx.Done(); return nil })
	}
	watched(t, s, loadTime(), 0, parts...)
	end(t, s)
	require.Positive(t, number(t, s, "rounds", "x.stats"))
}

// noFailures wants all that goroutines did under Do to have succeeded.
func noFailures(t *testing.T, s *rmtest.Server) {
	t.Helper()
	require.Equal(t, 0, number(t, s, "failed", "x.stats"), "%v", s.MustDo("x.stats"))
}

// TestCommandBehindBlocked: a command comes in one write with one that waits.
func TestCommandBehindBlocked(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, nil, stall(t, "x", mode))
		underLoad(t, s, load.Behind("q", "x.ping"))
		noFailures(t, s)
	})
}

// TestCommandBehindPause: a command comes while all clients are held up. The writes
// of goroutines may be refused for so long.
func TestCommandBehindPause(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, nil, stall(t, "x", mode))
		underLoad(t, s, load.Pause(10*time.Millisecond, "x.ping"))
	})
}

// TestIOThreads: the server's own threads read and write for it.
func TestIOThreads(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		for _, events := range []string{"default", "0", "2"} {
			t.Run("events="+events, func(t *testing.T) {
				// No more than there are processors: they would keep one another from running.
				config := []string{fmt.Sprintf("io-threads %d", min(max(cpus(t), 2), 4))}
				if events != "default" {
					if v := start(t, nil).MustDo("CONFIG", "GET", "events-per-io-thread"); fmt.Sprint(v) == "map[]" {
						t.Skip("this server has no setting events-per-io-thread")
					}
					config = append(config, "events-per-io-thread "+events)
				}
				s := start(t, config, stall(t, "x", mode))
				underLoad(t, s, load.Pipelines(8, 50, "x.ping"), load.Behind("q", "x.ping"))
				noFailures(t, s)
			})
		}
	})
}

// TestClientChange: a listener in Go hears of clients that come and go.
func TestClientChange(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, nil, stall(t, "x", mode))
		s.MustDo("x.clients", "on")
		underLoad(t, s, load.Quit("PING"), load.Quit("x.ping"), load.Quit("PING"))
		noFailures(t, s)
		require.Positive(t, number(t, s, "clients", "x.counts"))
		s.MustDo("x.clients", "off")
	})
}

// TestClientChangeInC: the listener is a C module's, and calls Go.
func TestClientChangeInC(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, nil, stall(t, "x", mode), foreign(t))
		s.MustDo("f.clients", "on", "x.ping")
		underLoad(t, s, load.Quit("PING"), load.Quit("x.ping"))
		s.MustDo("f.clients", "off", "x.ping")
		checkCounts(t, s)
	})
}

// checkCounts wants all calls of the C module's to have replied OK.
func checkCounts(t *testing.T, s *rmtest.Server) {
	t.Helper()
	noFailures(t, s)
	v, ok := s.MustDo("f.counts").([]any)
	require.True(t, ok)
	require.Positive(t, v[0])
	require.Zero(t, v[1], "calls from C that did not reply OK")
}

// TestSleepInC: a C module's listener calls a Go command when the server is about to
// sleep or has slept, before or behind the binding's own listener.
func TestSleepInC(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		for _, when := range []string{"before", "after"} {
			for _, first := range []string{"foreign", "x"} {
				if when == "after" && first == "x" {
					continue // the order matters before the sleep only
				}
				t.Run("when="+when+"/first="+first, func(t *testing.T) {
					all := []rmtest.Module{foreign(t), stall(t, "x", mode)}
					if first == "x" {
						all[0], all[1] = all[1], all[0]
					}
					s := start(t, nil, all...)
					if _, err := s.Do("f.sleep", "off", "x.ping"); err != nil {
						t.Skip("this server has no event-loop event")
					}
					begin(t, s, []any{"f.sleep", when, "x.ping"})
					underLoad(t, s, load.Pipelines(2, 3, "x.ping"))
					s.MustDo("f.sleep", "off", "x.ping")
					checkCounts(t, s)
				})
			}
		}
	})
}

// TestOwnListeners: a module listens to the events that the binding listens to.
// Each hears them all, whoever came first, and when the module's listener goes the
// binding's stays.
func TestOwnListeners(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		for _, when := range []string{"load", "later"} {
			t.Run("since="+when, func(t *testing.T) {
				var args []string
				if when == "load" {
					args = []string{"events=yes"}
				}
				s := start(t, []string{"loading-process-events-interval-bytes 1024"}, stall(t, "x", mode, args...))
				if !is70(s) {
					t.Skip("the event-loop event came with Redis 7.0")
				}
				if when == "later" {
					s.MustDo("x.events", "on")
				}
				hear(t, s, true)
				s.MustDo("x.events", "off")
				hear(t, s, false)
				s.MustDo("x.events", "on")
				s.MustDo("x.events", "on")
				hear(t, s, true)
				s.MustDo("x.events", "off")
				hear(t, s, false)
			})
		}
	})
}

// hear causes the events and says whether the module must have heard them. The
// binding hears them in any case: it lets the collector go on while the server
// sleeps, and its faults are its own after a change of the settings.
func hear(t *testing.T, s *rmtest.Server, heard bool) {
	t.Helper()
	names := []string{"before", "after", "progress", "config"}
	was := map[string]int{}
	for _, n := range names {
		was[n] = number(t, s, n, "x.counts")
	}
	for i := range 200 {
		s.MustDo("SET", fmt.Sprint("k", i), strings.Repeat("v", 1000))
	}
	s.MustDo("CONFIG", "SET", "rdbcompression", "no")
	s.MustDo("DEBUG", "RELOAD")
	s.MustDo("CONFIG", "SET", "crash-log-enabled", "no")
	s.MustDo("CONFIG", "SET", "crash-log-enabled", "yes")
	for _, n := range names {
		now := number(t, s, n, "x.counts")
		if heard {
			require.Greater(t, now, was[n], "events %q that the module heard", n)
		} else {
			require.Equal(t, was[n], now, "events %q that the module heard", n)
		}
	}
	_, err := s.Do("x.nil")
	require.ErrorContains(t, err, "nil pointer dereference")
	begin(t, s, []any{"x.tick", "start"}, []any{"x.gc", 1, 1000}, []any{"x.tick", "reset"})
	// The server sleeps, but for the watch.
	watched(t, s, 500*time.Millisecond, 0, func(ctx context.Context) error { <-ctx.Done(); return nil })
	worst, err := asked(t, s, 0, "x.tick", "read")
	require.NoError(t, err)
	require.Less(t, worst, int64(450_000), "microseconds that a goroutine came too late while the server slept")
	// And without: no client, so that no turn of the event loop lets the collector go on.
	time.Sleep(100 * time.Millisecond)
	s.MustDo("x.tick", "reset")
	time.Sleep(time.Second)
	require.Less(t, s.MustDo("x.tick", "read"), int64(700_000), "microseconds that a goroutine came too late while the server slept")
	end(t, s)
	v, err := asked(t, s, 0, "x.collect", 5)
	require.NoError(t, err)
	require.Equal(t, "OK", v)
	s.MustDo("x.tick", "stop")
}

// TestLockInC: threads of a C module want the lock too.
func TestLockInC(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, nil, stall(t, "x", mode), foreign(t))
		begin(t, s, []any{"f.lock", 2}, []any{"x.spin", 2})
		underLoad(t, s, load.Behind("q", "x.ping"), load.Pipelines(2, 5, "x.ping"))
		noFailures(t, s)
		begin(t, s, []any{"f.lock", 0})
	})
}

// TestTightDo: nothing stands still when the lock is asked for in a tight loop beside
// collections. What it looks for comes once in minutes, so the short form would see
// nothing.
func TestTightDo(t *testing.T) {
	if os.Getenv("RM_LONG") != "1" {
		t.Skip("runs for minutes; set RM_LONG=1")
	}
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, nil, stall(t, "x", mode), foreign(t))
		begin(t, s, []any{"x.do", 2, 0, "PING"}, []any{"x.do", 1, 0, "INCR", "done"}, []any{"x.gc", 1, 0}, []any{"f.lock", 1})
		watched(t, s, 330*time.Second, 0, traffic(s, load.Pipelines(2, 3, "x.ping")))
		begin(t, s, []any{"f.lock", 0})
		end(t, s)
	})
}
