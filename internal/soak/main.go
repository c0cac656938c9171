// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command soak runs a server with the module of the safety tests under a random
// mixed load: commands, nested calls, panics, saves and forks, garbage collections,
// bursts of goroutines, goroutines that take the server's lock, values freed in the
// background, unloading and loading of a second module. It checks every second that
// the server answers, and at the end that nothing has leaked; a violation makes the
// exit status 1.
//
//	go run ./internal/soak -minutes 20 -seed 7
//
// The environment variable RM_SERVER names the server, redis-server or
// valkey-server otherwise.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/iredismodule/redismodule/internal/load"
)

func main() {
	minutes := flag.Float64("minutes", 3, "how long")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "of the random choices")
	workers := flag.Int("workers", 4, "connections that send commands")
	answer := flag.Duration("answer", 5*time.Second, "how long an answer may take")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	fmt.Printf("soak: minutes=%g seed=%d\n", *minutes, *seed)
	s := &soak{seed: *seed, workers: *workers, answer: *answer}
	if err := s.run(ctx, time.Duration(*minutes*float64(time.Minute))); err != nil {
		fmt.Fprintf(os.Stderr, "soak: FAILED (seed %d):\n%v\n", *seed, err)
		os.Exit(1)
	}
}

// soak is one run.
type soak struct {
	seed    uint64
	workers int
	answer  time.Duration
	server  *server

	load.Report
	mu      sync.Mutex
	slowest time.Duration
	// lost counts commands of the second module that came while it was unloaded.
	lost atomic.Int64
}

func (s *soak) run(ctx context.Context, length time.Duration) error {
	dir, err := os.MkdirTemp("", "soak")
	if err != nil {
		return err
	}
	if s.server, err = startServer(ctx, dir); err != nil {
		return fmt.Errorf("%w (files in %s)", err, dir)
	}
	// What the first rounds allocate once is no leak.
	warmUp := min(length/4, time.Minute)
	s.phase(ctx, 1, warmUp)
	first, err := s.measure()
	if err == nil && s.Failed() == nil {
		s.phase(ctx, 2, length-warmUp)
		var last figures
		if last, err = s.measure(); err == nil {
			s.compare(first, last)
		}
	}
	if err != nil {
		s.Fault("%v", err)
	}
	if err := s.server.Stop(); err != nil {
		s.Fault("%v", err)
	}
	s.checkLog()
	if err := s.Failed(); err != nil {
		return fmt.Errorf("%w\nfiles in %s", err, dir)
	}
	var done []string
	for _, op := range append(commandOps, chaosOps...) {
		done = append(done, fmt.Sprintf("%s=%d", op.name, s.Counted(op.name)))
	}
	fmt.Printf("soak: ok seed=%d slowest_ping=%v %s\n", s.seed, s.slowest.Round(time.Millisecond), strings.Join(done, " "))
	return os.RemoveAll(dir)
}

// phase runs the load for a while and then lets all of it end.
func (s *soak) phase(ctx context.Context, number uint64, length time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	var group sync.WaitGroup
	start := func(id uint64, ops []op) {
		r := rand.New(rand.NewPCG(s.seed, number<<8|id))
		group.Go(func() { s.worker(ctx, &actor{soak: s, r: r, id: int(id), phase: int(number)}, ops) })
	}
	for i := range s.workers {
		start(uint64(i), commandOps)
	}
	start(100, childOps())
	start(101, otherOps())
	group.Go(func() { s.watch(ctx) })
	group.Wait()
}

// worker does random things until the time is over or something broke.
func (s *soak) worker(ctx context.Context, a *actor, ops []op) {
	for ctx.Err() == nil && s.Failed() == nil {
		o := load.Pick(a.r, ops, func(o op) int { return o.weight })
		if err := o.do(a); err != nil {
			s.Fault("worker %d: %s: %v", a.id, o.name, err)
		}
		s.Count(o.name)
	}
}

// watch asks the server every second whether it is there.
func (s *soak) watch(ctx context.Context) {
	for ctx.Err() == nil && s.Failed() == nil {
		begin := time.Now()
		answer, err := s.server.Do("PING")
		took := time.Since(begin)
		if err != nil || answer != "PONG" {
			s.Fault("PING: %v %v", answer, err)
			return
		}
		if took > s.answer {
			s.Fault("PING took %v", took)
		}
		s.mu.Lock()
		s.slowest = max(s.slowest, took)
		s.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// checkLog looks for what must not be in the log of a run without violations.
func (s *soak) checkLog() {
	text := s.server.LogText()
	for _, bad := range []string{"unexpected signal", "a callback failed", "makes no progress", "called back into the module"} {
		if i := strings.Index(text, bad); i >= 0 {
			s.Fault("the log says: %.2000s", text[max(0, i-300):])
		}
	}
	// Children that were told to wait end with a fatal error each, and a report of
	// the abort that it ends in; nothing else does.
	for _, rare := range []string{"fatal error: ", "BUG REPORT START"} {
		if n, most := strings.Count(text, rare), s.Counted("hang"); n > most {
			s.Fault("the log has %q %d times, of which %d were asked for; the last: %.2000s", rare, n, most, text[strings.LastIndex(text, rare):])
		}
	}
}
