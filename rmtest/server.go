// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rmtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/iredismodule/redismodule/internal/launch"
	"github.com/iredismodule/redismodule/internal/tracetest"
	"github.com/iredismodule/redismodule/rmtest/internal/report"
)

// Time-outs, before RM_TEST_SLOW.
const (
	startTimeout = 20 * time.Second
	stopGrace    = 10 * time.Second
	pollEvery    = 2 * time.Millisecond
)

// maxSocketPath is what fits into a socket address everywhere.
const maxSocketPath = 100

// Module is a module that the server loads when it starts.
type Module struct {
	// Path is the shared object.
	Path string
	// Args are the load arguments.
	Args []string
}

// Options says how to start a server. The zero value starts one without modules.
type Options struct {
	// Server is the server binary, or a command; see the package comment.
	Server string
	// Modules are loaded in this order.
	Modules []Module
	// TCP has the server listen on a free port of 127.0.0.1 as well; see [Server.Port].
	TCP bool
	// Config has lines for the configuration file. They come last, so they override
	// what this package sets.
	Config []string
	// Args are more arguments for the server's command line.
	Args []string
	// Env has variables (KEY=value) on top of the test's own environment.
	Env []string
	// WantFail expects the server to end by itself instead of answering, as when a
	// module refuses to load; the test fails if it does answer.
	WantFail bool
	// WantMisuse lets the server's log tell of misuse. Otherwise the test fails when a module that
	// is built with the tag rm_debug has written such a line.
	WantMisuse bool
	// Dir is the server's working folder; empty means a new temporary one.
	Dir string
}

// Server is a running server that belongs to one test. Its methods may be used from
// any goroutine; those that can fail the test only from the test's own.
type Server struct {
	tb      testing.TB
	opts    Options
	command []string
	version version
	port    int // 0 for none
	dir     string
	socket  string
	logPath string

	mu      sync.Mutex
	run     *process
	clients map[int]*redis.Client
	conns   []net.Conn
}

// process is one run of the server binary.
type process struct {
	*launch.Process
	// ended means that this end was asked for or expected.
	ended bool
}

// Start starts a server and waits until it answers, or, with WantFail, until it ends.
// The test fails if that does not happen, and is skipped if there is no server. The
// server is stopped when the test ends.
func Start(tb testing.TB, opts Options) *Server {
	tb.Helper()
	command, v := requireServer(tb, opts.Server)
	s := &Server{tb: tb, opts: opts, command: command, version: v, clients: map[int]*redis.Client{}}
	s.dir = opts.Dir
	if s.dir == "" {
		s.dir = tb.TempDir()
	}
	dir, err := filepath.Abs(s.dir)
	if err != nil {
		tb.Fatalf("rmtest: %v", err)
	}
	s.dir, s.logPath = dir, filepath.Join(dir, "server.log")
	s.socket = filepath.Join(dir, "server.sock")
	if len(s.socket) > maxSocketPath {
		short, err := os.MkdirTemp("", "rm")
		if err != nil {
			tb.Fatalf("rmtest: %v", err)
		}
		tb.Cleanup(func() { _ = os.RemoveAll(short) }) // what stays is an empty folder
		s.socket = filepath.Join(short, "s")
		if len(s.socket) > maxSocketPath {
			tb.Fatalf("rmtest: no path short enough for a socket: %s", s.socket)
		}
	}
	if opts.TCP {
		s.port = freePort(tb)
	}
	tb.Cleanup(s.cleanup)
	s.start()
	return s
}

// start runs the server binary once.
func (s *Server) start() {
	s.tb.Helper()
	env := []string{"RM_BUILT=" + built()}
	if tracetest.ServerEnv != nil {
		env = append(env, tracetest.ServerEnv(s.tb.Name())...)
	}
	started, err := launch.Start(launch.Options{
		Command: s.command, Args: s.opts.Args, Dir: s.dir, Socket: s.socket, Log: s.logPath,
		Config: s.config(), Env: append(env, s.opts.Env...),
	})
	if err != nil {
		s.tb.Fatalf("rmtest: %v", err)
	}
	p := &process{Process: started}
	s.mu.Lock()
	s.run = p
	s.mu.Unlock()
	s.waitReady(p)
}

// waitReady waits until the server answers or ends, whichever is wanted.
func (s *Server) waitReady(p *process) {
	s.tb.Helper()
	err := p.WaitReady(context.Background(), slow(startTimeout))
	switch ended := errors.Is(err, launch.ErrEnded); {
	case ended:
		s.expectEnd(p)
		if !s.opts.WantFail {
			s.tb.Fatalf("rmtest: %v", err)
		}
	case err != nil:
		s.tb.Fatalf("rmtest: %v", err)
	case s.opts.WantFail:
		s.tb.Fatal("rmtest: the server started, but should have failed")
	}
}

// current returns the latest run and whether its end is expected.
func (s *Server) current() (p *process, ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.run, s.run != nil && s.run.ended
}

// expectEnd notes that the end of p is no fault.
func (s *Server) expectEnd(p *process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.ended = true
}

// Stop ends the server with SIGTERM, without saving, and waits for it. The test fails if
// the server had died before, ends with an error status, or has to be killed because
// it does not end. Stopping twice does nothing.
func (s *Server) Stop() {
	s.tb.Helper()
	p, ended := s.current()
	if p == nil || ended {
		return
	}
	s.expectEnd(p)
	if err := p.Process.Stop(slow(stopGrace)); err != nil {
		s.tb.Errorf("rmtest: %v", err)
	}
}

// Kill ends the server at once, as a crash of the machine would, and waits for it.
func (s *Server) Kill() {
	p, ended := s.current()
	if p == nil || ended {
		return
	}
	s.expectEnd(p)
	p.Process.Kill()
}

// Restart stops the server if it runs and starts it again in the same folder, with
// the same options. Clients stay usable.
func (s *Server) Restart() {
	s.tb.Helper()
	s.Stop()
	s.start()
}

// WaitExit waits until the server ends by itself, which is then no fault, and returns
// its state. The test fails if the server still runs after the time-out.
func (s *Server) WaitExit(timeout time.Duration) *os.ProcessState {
	s.tb.Helper()
	p, _ := s.current()
	if !p.Exited(slow(timeout)) {
		s.tb.Fatalf("rmtest: the server still runs after %v", slow(timeout))
	}
	s.expectEnd(p)
	return p.State()
}

// Exit returns the state with which the server ended, or nil while it runs.
func (s *Server) Exit() *os.ProcessState {
	if p, _ := s.current(); p != nil && p.Exited(0) {
		return p.State()
	}
	return nil
}

// Alive reports whether the server's process runs.
func (s *Server) Alive() bool {
	p, _ := s.current()
	return p != nil && !p.Exited(0)
}

// PID returns the server's process id.
func (s *Server) PID() int {
	p, _ := s.current()
	return p.PID()
}

// Version returns what the server binary says of itself; kind is "redis" or "valkey".
func (s *Server) Version() (kind string, major, minor, patch int) {
	return s.version.kind, s.version.major, s.version.minor, s.version.patch
}

// Dir returns the server's working folder.
func (s *Server) Dir() string { return s.dir }

// Addr returns the path of the server's unix socket; see [Server.Port] for TCP.
func (s *Server) Addr() string { return s.socket }

// Log returns what the server has written so far, over all its runs.
func (s *Server) Log() string {
	text, err := os.ReadFile(s.logPath)
	if err != nil {
		return fmt.Sprintf("(no log: %v)", err)
	}
	return string(text)
}

// WaitLog waits until the log contains substr and reports whether it does.
func (s *Server) WaitLog(substr string, timeout time.Duration) bool {
	ctx, cancel := context.WithTimeout(context.Background(), slow(timeout))
	defer cancel()
	for {
		if strings.Contains(s.Log(), substr) {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(pollEvery):
		}
	}
}

// tail returns the end of the log, long enough for a whole crash report.
func (s *Server) tail() string {
	const most = 64 << 10
	text := s.Log()
	if len(text) > most {
		text = text[len(text)-most:]
		_, text, _ = strings.Cut(text, "\n")
		text = "...\n" + text
	}
	return "log of the server:\n" + text
}

// cleanup ends everything that belongs to the server. It is the one place that shows
// the log, so that a test that failed in several ways shows it once.
func (s *Server) cleanup() {
	s.closeClients()
	s.Stop()
	if lines := misuses(s.Log()); len(lines) > 0 && !s.opts.WantMisuse {
		s.tb.Errorf("rmtest: misuse of package rm is in the server's log:\n%s", strings.Join(lines, "\n"))
	}
	if s.tb.Failed() {
		s.tb.Log("rmtest: " + s.tail())
	}
}

// misuses returns the lines of a log that tell of misuse. Tests inside the server write to keys
// and replicate nothing, which is no fault.
func misuses(log string) (lines []string) {
	for line := range strings.Lines(log) {
		if strings.Contains(line, "rm_debug: ") && !strings.Contains(line, "command "+report.Run+" has written") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}
