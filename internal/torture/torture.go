// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/iredismodule/redismodule/internal/load"
)

const (
	stallModule = "github.com/iredismodule/redismodule/internal/safety/modules/stall"
	// answer is how long an answer to PING may take, takes what the slowest command
	// itself takes: there is one slow command at a time.
	answer = time.Second
	takes  = 500 * time.Millisecond
	// reply is how long any other command may wait.
	reply = 30 * time.Second
	// maxThreads is how many threads the server may have, whatever its goroutines do.
	maxThreads = 150
	workers    = 4
)

// torture is one run.
type torture struct {
	load.Report
	mode    string
	without map[string]bool
	ops     []op
	server  *load.Server
	y       string // the file of the module y, which comes and goes

	slow sync.Mutex // held by whoever sends a slow command
	once sync.Mutex // held by whoever uses x.once

	mu      sync.Mutex
	killed  bool
	slowest time.Duration
	threads int
}

// run tortures one server.
func run(ctx context.Context, mode, without string, seed uint64, length time.Duration) error {
	dir, err := os.MkdirTemp("", "torture")
	if err != nil {
		return err
	}
	t := &torture{mode: mode, without: map[string]bool{}}
	for name := range strings.SplitSeq(without, ",") {
		t.without[name] = true
	}
	for _, o := range ops {
		if !t.without[o.name] {
			t.ops = append(t.ops, o)
		}
	}
	r := rand.New(rand.NewPCG(seed, uint64(len(mode))))
	settings, err := t.start(ctx, dir, r)
	if err != nil {
		return fmt.Errorf("%w (files in %s)", err, dir)
	}
	t.all(ctx, seed, length)
	if t.Failed() == nil {
		t.rest(ctx)
	}
	if t.Failed() != nil {
		t.kill() // it may not answer any more
	}
	if err := t.server.Stop(); err != nil && !t.killed {
		t.Fault("%v", err)
	}
	if err := t.Failed(); err != nil {
		return fmt.Errorf("%w\nsettings: %s; files in %s", err, strings.Join(settings, ", "), dir)
	}
	var done []string
	for _, o := range t.ops {
		done = append(done, fmt.Sprintf("%s=%d", o.name, t.Counted(o.name)))
	}
	fmt.Printf("torture: ok mode=%s settings=%q slowest_ping=%v threads=%d %s\n",
		mode, settings, t.slowest.Round(time.Millisecond), t.threads, strings.Join(done, " "))
	return os.RemoveAll(dir)
}

// start builds the modules and starts the server, with threads of its own at random.
func (t *torture) start(ctx context.Context, dir string, r *rand.Rand) (settings []string, err error) {
	x, err := load.Build(ctx, dir, "x", stallModule)
	if err != nil {
		return nil, err
	}
	if t.y, err = load.Build(ctx, dir, "y", stallModule); err != nil {
		return nil, err
	}
	root, err := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", "github.com/iredismodule/redismodule").Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	f, err := load.BuildC(ctx, dir, "foreign", filepath.Join(strings.TrimSpace(string(root)), "internal", "safety", "modules", "foreign", "foreign.c"))
	if err != nil {
		return nil, err
	}
	if settings, err = threadSettings(dir, r); err != nil {
		return nil, err
	}
	if r.IntN(2) == 0 {
		settings = append(settings, "appendonly yes")
	}
	t.server, err = load.Start(dir, append(settings, "lua-time-limit 0", "loadmodule "+f, "loadmodule "+x+" rm-mode="+t.mode)...)
	return settings, err
}

// threadSettings asks the server what it has, and chooses.
func threadSettings(dir string, r *rand.Rand) (settings []string, err error) {
	s, err := load.Start(dir)
	if err != nil {
		return nil, err
	}
	has := func(name string) bool {
		v, e := s.Do("CONFIG", "GET", name)
		if e != nil {
			err = e
		}
		return fmt.Sprint(v) != "map[]"
	}
	if has("io-threads") && r.IntN(4) > 0 {
		// No more than there are processors: they would keep one another from running.
		settings = append(settings, fmt.Sprintf("io-threads %d", min(max(runtime.NumCPU(), 2), 4)))
		if has("io-threads-do-reads") && r.IntN(2) > 0 {
			settings = append(settings, "io-threads-do-reads yes")
		}
		if n := r.IntN(4); n < 3 && has("events-per-io-thread") {
			settings = append(settings, fmt.Sprintf("events-per-io-thread %d", n))
		}
	}
	if stopped := s.Stop(); err == nil {
		err = stopped
	}
	return settings, err
}

// all runs everything for a while.
func (t *torture) all(ctx context.Context, seed uint64, length time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	watch, endWatch := context.WithCancel(context.Background())
	var group, watchers sync.WaitGroup
	watchers.Go(func() { t.watch(watch, cancel) })
	watchers.Go(func() { t.count(watch, cancel) })
	for i := range uint64(workers) {
		r := rand.New(rand.NewPCG(seed, 100+i))
		group.Go(func() { t.worker(ctx, cancel, r) })
	}
	r := rand.New(rand.NewPCG(seed, 99))
	group.Go(func() { t.reload(ctx, cancel, r) })
	group.Wait()
	endWatch()
	watchers.Wait()
}

// watch sends PING all the time, and ends a server that does not answer.
func (t *torture) watch(ctx context.Context, cancel func()) {
	limit := load.Slow(answer + takes)
	slowest, err := load.Watch(ctx, t.server.Socket, func() time.Duration { return limit })
	if err != nil {
		t.Fault("%v\n%s", err, load.Threads(t.server.PID()))
		cancel()
		t.kill()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.slowest = max(t.slowest, slowest)
}

// kill ends a server of which a fault has been noted, unless it has ended.
func (t *torture) kill() {
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case <-t.server.Ended():
	case <-time.After(100 * time.Millisecond): // one that crashes says so in its log
		t.killed = true
		t.server.Kill()
	}
}

// count looks how many threads the server has.
func (t *torture) count(ctx context.Context, cancel func()) {
	for ctx.Err() == nil {
		entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", t.server.PID()))
		if err != nil {
			return // it has ended, which others notice
		}
		t.threads = max(t.threads, len(entries))
		if len(entries) > maxThreads {
			t.Fault("the server has %d threads", len(entries))
			cancel()
			return
		}
		wait(ctx, 50*time.Millisecond)
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// actor is who does something.
type actor struct {
	*torture
	*load.Conn
	ctx context.Context
	r   *rand.Rand
}

// worker does random things until the time is over or something broke.
func (t *torture) worker(ctx context.Context, cancel func(), r *rand.Rand) {
	c, err := load.Dial(ctx, t.server.Socket)
	if err != nil {
		t.Fault("%v", err)
		cancel()
		return
	}
	defer c.Close()
	c.Limit = reply
	a := &actor{t, c, ctx, r}
	for ctx.Err() == nil {
		o := load.Pick(r, t.ops, func(o op) int { return o.weight })
		if err := o.do(a); err != nil && ctx.Err() == nil {
			t.Fault("%s: %v", o.name, err)
			cancel()
			return
		}
		t.Count(o.name)
	}
}

// rest ends all that was begun and looks whether the server is well.
func (t *torture) rest(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, reply)
	defer cancel()
	c, err := load.Dial(ctx, t.server.Socket)
	if err != nil {
		t.Fault("%v", err)
		return
	}
	defer c.Close()
	for _, command := range [][]any{
		{"CLIENT", "UNPAUSE"}, {"x.stop"}, {"f.lock", 0}, {"f.clients", "off", "x.ping"}, {"f.sleep", "off", "x.ping"}, {"x.clients", "off"}, {"x.events", "off"}, {"x.collect", 3},
	} {
		if err := c.Want("OK", command...); err != nil {
			t.Fault("at the end: %v", err)
			return
		}
	}
	for {
		v, err := c.Do("x.stats")
		if err != nil {
			t.Fault("the module's goroutines do not end: %v, %v", v, err)
			return
		}
		if strings.Contains(fmt.Sprint(v), " running=0 ") {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	v, err := c.Do("f.counts")
	if err != nil {
		t.Fault("f.counts: %v", err)
	} else if all, ok := v.([]any); !ok || len(all) != 2 || all[1] != int64(0) {
		t.Fault("calls from C, right and wrong: %v", v)
	}
	text := t.server.LogText()
	for _, bad := range []string{"fatal error: ", "unexpected signal", "BUG REPORT START", "called back into the module"} {
		if i := strings.Index(text, bad); i >= 0 {
			t.Fault("the log says: %.2000s", text[max(0, i-300):])
		}
	}
}
