// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest"
)

// TestWorkersRaces: each function runs once, never more at a time than there may, however they come and whatever the
// workers are about to do; and workers end when there is nothing to do.
func TestWorkersRaces(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	workers := new(rm.TestWorkers)
	limit := int64(3)
	workers.SetLimit(limit)
	var running, ran, tooMany atomic.Int64
	added := int64(0)
	for begun := time.Now(); time.Since(begun) < 2*time.Second; {
		length := rnd.IntN(100)
		for range 1 + rnd.IntN(5) {
			added++
			most := limit
			workers.Add(func() {
				defer ran.Add(1)
				if running.Add(1) > most {
					tooMany.Add(1)
				}
				defer running.Add(-1)
				switch {
				case length < 3:
					time.Sleep(time.Millisecond)
				case length < 6:
					runtime.Goexit()
				case length < 9:
					runtime.Gosched()
				}
			})
		}
		switch rnd.IntN(20) {
		case 0: // until all sit or have gone
			require.Eventually(t, func() bool { return ran.Load() == added }, patience, time.Microsecond)
			limit = 1 + rnd.Int64N(4)
			workers.SetLimit(limit)
		case 1:
			time.Sleep(time.Duration(rnd.IntN(500)) * time.Microsecond)
		case 2:
			workers.Dismiss()
		case 3:
			runtime.Gosched()
		}
	}
	require.Eventually(t, func() bool { return ran.Load() == added }, patience, time.Millisecond)
	require.Zero(t, tooMany.Load())
	require.Eventually(t, func() bool { return workers.Running() == 0 }, patience, time.Millisecond)
	t.Logf("%d functions", added)
}

// TestWorkersLimit: with a worker that waits for more beside one that runs, no more functions run at a time when the limit
// has become lower.
func TestWorkersLimit(t *testing.T) {
	for range 20 {
		workers := new(rm.TestWorkers)
		workers.SetLimit(2)
		var running, most atomic.Int64
		f := func(wait chan bool) func() {
			return func() {
				most.Store(max(most.Load(), running.Add(1)))
				<-wait
				running.Add(-1)
			}
		}
		long, short, next := make(chan bool), make(chan bool), make(chan bool)
		workers.Add(f(long))
		workers.Add(f(short))
		require.Eventually(t, func() bool { return running.Load() == 2 }, patience, time.Microsecond)
		close(short)
		require.Eventually(t, func() bool { return running.Load() == 1 }, patience, time.Microsecond)
		most.Store(0)
		workers.SetLimit(1)
		workers.Add(f(next))
		time.Sleep(time.Millisecond)
		require.EqualValues(t, 0, most.Load())
		close(long)
		require.Eventually(t, func() bool { return most.Load() == 1 }, patience, time.Microsecond)
		close(next)
		workers.Dismiss()
	}
}

// TestWorkersTogether: of two functions that are added at once, while one worker waits for more, the second runs although the
// first does not end before it has.
func TestWorkersTogether(t *testing.T) {
	workers := new(rm.TestWorkers)
	workers.SetLimit(10)
	for range 200 {
		var ran atomic.Int64
		second := make(chan bool)
		workers.Add(func() { ran.Add(1) })
		require.Eventually(t, func() bool { return ran.Load() == 1 }, patience, time.Microsecond)
		time.Sleep(100 * time.Microsecond) // until it waits for more
		workers.Add(func() { <-second; ran.Add(1) })
		workers.Add(func() { close(second) })
		require.Eventually(t, func() bool { return ran.Load() == 2 }, patience, time.Microsecond)
	}
	workers.Dismiss()
}

// TestWorkersAllTogether: all functions that are added while a worker is called run at the same time, if they may.
func TestWorkersAllTogether(t *testing.T) {
	const n = 8
	workers := new(rm.TestWorkers)
	workers.SetLimit(n)
	for range 100 {
		var ran, together atomic.Int64
		all := make(chan bool)
		workers.Add(func() { ran.Add(1) })
		require.Eventually(t, func() bool { return ran.Load() == 1 }, patience, time.Microsecond)
		time.Sleep(100 * time.Microsecond) // until it waits for more
		for range n {
			workers.Add(func() {
				if together.Add(1) == n {
					close(all)
				}
				<-all
				ran.Add(1)
			})
		}
		require.Eventually(t, func() bool { return ran.Load() == n+1 }, patience, time.Microsecond)
	}
	workers.Dismiss()
}

// TestWorkersRaised: a limit that is raised lets all run that wait for it.
func TestWorkersRaised(t *testing.T) {
	workers := new(rm.TestWorkers)
	workers.SetLimit(1)
	var together, ran atomic.Int64
	all := make(chan bool)
	for range 5 {
		workers.Add(func() {
			if together.Add(1) == 5 {
				close(all)
			}
			<-all
			ran.Add(1)
		})
	}
	require.Eventually(t, func() bool { return together.Load() == 1 }, patience, time.Microsecond)
	workers.SetLimit(5)
	require.Eventually(t, func() bool { return ran.Load() == 5 }, patience, time.Microsecond)
	workers.Dismiss()
}

// TestGoUnload: a module is unloaded while one of its goroutines waits for more work, and loaded again.
func TestGoUnload(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		m := dataModule(t, mode)
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{m}})
		since70(t, s)
		goroutines := s.MustDo("d.block.state").([]any)[0].(int64)
		for i := range 10 {
			w := dial(t, s, 2)
			for range 1 + i%3 {
				require.Equal(t, bulk("x"), w.do("d.go", "0", "text", "x"))
			}
			s.MustDo("MODULE", "UNLOAD", "datamod")
			s.MustDo("MODULE", "LOAD", m.Path, m.Args[0])
		}
		noBlocked(t, s, goroutines)
	})
}

// TestGoBesideForks: the server saves, with Go code in its children, while goroutines answer commands, wait for more and go.
func TestGoBesideForks(t *testing.T) {
	withEvents(t, func(t *testing.T, s *rmtest.Server, mode string) {
		s.MustDo("SET", "k", "v")
		require.Equal(t, int64(1), s.MustDo("e.listen", "persistence"))
		var over atomic.Bool
		var answered atomic.Int64
		var clients sync.WaitGroup
		for i := range 3 {
			w := dial(t, s, 2)
			clients.Go(func() {
				for n := 0; !over.Load(); n++ {
					if got := w.do("e.go"); got != "+OK\r\n" {
						t.Errorf("the reply %q", got)
						return
					}
					answered.Add(1)
					time.Sleep(time.Duration(n%(7+i)) * 20 * time.Microsecond) // while the worker has its P, and later
				}
			})
		}
		const saves = 40
		for range saves {
			s.MustDo("BGSAVE")
			require.Eventually(t, func() bool { return s.InfoField("persistence", "rdb_bgsave_in_progress") == "0" }, patience, time.Millisecond)
			require.Equal(t, "ok", s.InfoField("persistence", "rdb_last_bgsave_status"))
		}
		over.Store(true)
		clients.Wait()
		t.Logf("%d commands", answered.Load())
		if mode == "resident" {
			require.Equal(t, saves, strings.Count(s.Log(), "persistence 0 in child true"))
		}
	})
}
