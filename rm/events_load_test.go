// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestEventsUnderLoad has timers, a ticker, one-shots, a file descriptor, keyspace events
// with jobs and the event-loop event at once, beside clients, busy goroutines and
// collections: nothing is lost and nothing comes twice, and the module unloads.
//
// Drives: CreateTimer, EventLoopAdd, EventLoopAddOneShot, SubscribeToKeyspaceEvents, AddPostNotificationJob, SubscribeToServerEvent.
func TestEventsUnderLoad(t *testing.T) {
	withEvents(t, func(t *testing.T, s *rmtest.Server, mode string) {
		const clients, batches, each = 3, 60, 50
		for range 2 {
			s.MustDo("FLUSHALL")
			require.Equal(t, "OK", s.MustDo("e.load"))
			var wait sync.WaitGroup
			for c := range clients {
				w := dial(t, s, 2)
				wait.Go(func() {
					batch := strings.Repeat(string(command("SET", fmt.Sprint("key", c), "v")), each)
					for range batches {
						w.send([]byte(batch))
						for range each {
							w.read()
						}
					}
				})
			}
			wait.Wait()
			count := func(name string) int64 { return s.MustDo("e.count", name).(int64) }
			for _, name := range []string{"timer", "every", "fd", "loop", "oneshot"} {
				require.Eventually(t, func() bool { return count(name) > 0 }, patience, time.Millisecond, name)
			}
			require.Equal(t, "OK", s.MustDo("e.load.end"))
			require.Equal(t, int64(clients*batches*each), count("heard"))
			if jobs := count("jobs"); jobs > 0 {
				require.Equal(t, count("heard"), jobs)
				require.Equal(t, fmt.Sprint(jobs), s.MustDo("GET", "jobs"))
			}
			require.Eventually(t, func() bool { return count("oneshot") == s.MustDo("e.posted").(int64) }, patience, time.Millisecond)
			fired := count("timer")
			require.Eventually(t, func() bool {
				before := fired
				fired = count("timer")
				return fired == before
			}, patience, 10*time.Millisecond)
			require.Eventually(t, func() bool {
				_, err := s.Do("MODULE", "UNLOAD", "eventmod")
				return err == nil
			}, patience, 10*time.Millisecond)
			require.NoError(t, load(s, eventModule(t, mode)))
		}
		require.NotContains(t, s.Log(), "panic")
	})
}
