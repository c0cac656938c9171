// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rmtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/iredismodule/redismodule/internal/resp"
	"github.com/iredismodule/redismodule/rmtest/internal/report"
)

// InsideOptions says how [Inside] runs tests. The zero value is a good choice.
type InsideOptions struct {
	// Options are those of the server. The module with the tests is loaded after
	// the modules given here.
	Options
	// LoadArgs are the load arguments of the module with the tests, such as
	// "rm-mode=portable".
	LoadArgs []string
	// Build changes how the module is built.
	Build []BuildOption
	// Protocol is the version of the protocol that the client speaks in whose
	// command a test runs, 2 or 3; 0 is 3.
	Protocol int
	// Timeout is how long a test may take; 0 is a minute.
	Timeout time.Duration
	// Fresh gives each test a server of its own.
	Fresh bool
}

// Time-outs of tests inside the server, before RM_TEST_SLOW.
const (
	insideTimeout = 60 * time.Second
	insideGrace   = 3 * time.Second // for the stacks of a test that hangs
)

// Inside runs the tests inside the server that package
// [github.com/iredismodule/redismodule/rmtest/inside] describes, each as a subtest of t
// with its name. pkg is the module's package as for [Build]; go test's -run chooses
// among the tests.
func Inside(t *testing.T, pkg string, opts InsideOptions) {
	t.Helper()
	so := buildInside(t, pkg, opts.Build)
	opts.Modules = append(opts.Modules[:len(opts.Modules):len(opts.Modules)], Module{Path: so, Args: opts.LoadArgs})
	if opts.Protocol == 0 {
		opts.Protocol = 3
	}
	if opts.Timeout == 0 {
		opts.Timeout = insideTimeout
	}
	opts.Timeout = slow(opts.Timeout)
	in := &insider{opts: opts, server: Start(t, opts.Options)}
	for _, name := range in.list(t) {
		t.Run(name, func(t *testing.T) {
			t.Helper()
			if opts.Fresh {
				own := &insider{opts: opts, server: Start(t, opts.Options)}
				own.run(t, name)
				return
			}
			in.run(t, name)
		})
		if !in.server.Alive() {
			in.server.Restart()
		}
	}
}

// insider runs tests inside one server.
type insider struct {
	opts   InsideOptions
	server *Server
	runs   int
}

// list returns the names of the tests.
func (in *insider) list(t *testing.T) []string {
	t.Helper()
	names, err := in.server.Client().Do(context.Background(), report.List).StringSlice()
	if err != nil {
		t.Fatalf("rmtest: %s: %v", report.List, err)
	}
	return names
}

// run runs one test and shows what became of it.
func (in *insider) run(t *testing.T, name string) {
	t.Helper()
	s := in.server
	if _, err := s.Do("FLUSHALL"); err != nil {
		t.Fatalf("rmtest: FLUSHALL: %v", err)
	}
	logged := len(s.Log())
	conn, err := net.Dial("unix", s.socket)
	if err != nil {
		t.Fatalf("rmtest: %v", err)
	}
	defer conn.Close()
	if _, err := conn.Write(resp.AppendCommand(nil, "HELLO", strconv.Itoa(in.opts.Protocol))); err != nil {
		t.Fatalf("rmtest: %v", err)
	}
	limit := strconv.FormatInt(in.opts.Timeout.Milliseconds(), 10)
	var result *report.Result
	var stacks string
	for more := true; more && err == nil; {
		in.runs++
		id := strconv.Itoa(in.runs)
		stacks = filepath.Join(s.dir, "stacks."+id)
		if _, err := conn.Write(resp.AppendCommand(nil, report.Run, id, name, limit, stacks)); err != nil {
			t.Fatalf("rmtest: %v", err)
		}
		if result, err = in.fetch(id); err == nil {
			name, more = "", result.More
			time.Sleep(time.Duration(result.Delay) * time.Millisecond)
		}
	}
	if err == nil {
		show(t, result)
		return
	}
	p, _ := s.current()
	var slept net.Error
	if timeout := errors.As(err, &slept) && slept.Timeout(); !timeout && p.Exited(slow(insideGrace)) {
		s.expectEnd(p)
		t.Fatalf("rmtest: the server died: %v\n%s", p.State(), s.Log()[logged:])
	}
	where := "no stacks: the Go runtime does not answer either"
	for deadline := time.Now().Add(slow(insideGrace)); time.Now().Before(deadline); time.Sleep(pollEvery) {
		if b, err := os.ReadFile(stacks); err == nil {
			where = string(b)
			break
		}
	}
	s.Kill()
	t.Fatalf("rmtest: the test has not ended after %v: %v\n%s\n%s", in.opts.Timeout, err, where, s.Log()[logged:])
}

var errHangs = errors.New("no result")

// fetch waits for the result of a run.
func (in *insider) fetch(id string) (*report.Result, error) {
	limit := in.opts.Timeout + slow(insideGrace/10)
	c := in.server.newClient(3, limit)
	defer c.Close()
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		text, err := c.Do(context.Background(), report.Fetch, id).Text()
		if errors.Is(err, redis.Nil) {
			continue // the run has not begun
		}
		if err != nil {
			return nil, err
		}
		r := &report.Result{}
		if err := json.Unmarshal([]byte(text), r); err != nil {
			return nil, fmt.Errorf("the result %.200q: %w", text, err)
		}
		return r, nil
	}
	return nil, errHangs
}

// show lets t end as the test inside the server did.
func show(t *testing.T, r *report.Result) {
	t.Helper()
	for _, sub := range r.Sub {
		t.Run(sub.Name, func(t *testing.T) {
			t.Helper()
			show(t, sub)
		})
	}
	for _, line := range r.Log {
		t.Log(line)
	}
	switch {
	case r.Failed:
		t.FailNow()
	case r.Skipped:
		t.SkipNow()
	}
}
