// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rmtest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/iredismodule/redismodule/internal/tracetest"
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
	cmd *exec.Cmd
	// started gets the result of the start; done is closed at the end.
	started chan error
	done    chan struct{}
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
	conf := filepath.Join(s.dir, "server.conf")
	if err := os.WriteFile(conf, []byte(s.config()), 0o600); err != nil {
		s.tb.Fatalf("rmtest: %v", err)
	}
	// A socket file left by a run that was killed would look like a server.
	if err := os.Remove(s.socket); err != nil && !os.IsNotExist(err) {
		s.tb.Fatalf("rmtest: %v", err)
	}
	// What the server prints before it opens its log, and what the Go runtime of a
	// module prints when it ends the process, goes to the same file.
	log, err := os.OpenFile(s.logPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		s.tb.Fatalf("rmtest: %v", err)
	}
	defer log.Close()

	p := &process{started: make(chan error, 1), done: make(chan struct{})}
	args := append(append(s.command[1:len(s.command):len(s.command)], conf), s.opts.Args...)
	p.cmd = exec.Command(s.command[0], args...)
	p.cmd.Dir = s.dir
	p.cmd.Env = append(os.Environ(), "RM_BUILT="+built())
	if tracetest.ServerEnv != nil {
		p.cmd.Env = append(p.cmd.Env, tracetest.ServerEnv(s.tb.Name())...)
	}
	p.cmd.Env = append(p.cmd.Env, s.opts.Env...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = childAttr()
	go p.loop()
	if err := <-p.started; err != nil {
		s.tb.Fatalf("rmtest: cannot start the server: %v", err)
	}
	s.mu.Lock()
	s.run = p
	s.mu.Unlock()
	s.waitReady(p)
}

// loop starts the process and waits for its end, on one thread that stays for so long.
func (p *process) loop() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := p.cmd.Start(); err != nil {
		p.started <- err
		return
	}
	p.started <- nil
	_ = p.cmd.Wait() // the state has more than the error
	close(p.done)
}

// exited reports whether the process ends within d.
func (p *process) exited(d time.Duration) bool {
	select {
	case <-p.done:
		return true
	default:
	}
	if d == 0 {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-p.done:
		return true
	case <-timer.C:
		return false
	}
}

// waitReady waits until the server answers or ends, whichever is wanted.
func (s *Server) waitReady(p *process) {
	s.tb.Helper()
	limit := slow(startTimeout)
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); {
		if p.exited(pollEvery) {
			s.expectEnd(p)
			if !s.opts.WantFail {
				s.tb.Fatalf("rmtest: the server did not start: %v", p.cmd.ProcessState)
			}
			return
		}
		if s.answers() {
			if s.opts.WantFail {
				s.tb.Fatal("rmtest: the server started, but should have failed")
			}
			return
		}
	}
	s.tb.Fatalf("rmtest: the server neither answered nor ended within %v", limit)
}

// answers reports whether the server takes commands. One that wants a password does.
func (s *Server) answers() bool {
	conn, err := net.Dial("unix", s.socket)
	if err != nil {
		return false
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(slow(time.Second))); err != nil {
		return false
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	var buf [64]byte
	n, _ := conn.Read(buf[:])
	answer := string(buf[:n])
	return strings.HasPrefix(answer, "+PONG") || strings.HasPrefix(answer, "-NOAUTH")
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
	if p.exited(0) {
		s.tb.Errorf("rmtest: the server died: %v", p.cmd.ProcessState)
		return
	}
	grace := slow(stopGrace)
	for deadline := time.Now().Add(grace); !p.exited(0); {
		if time.Now().After(deadline) {
			_ = p.cmd.Process.Kill()
			<-p.done
			s.tb.Errorf("rmtest: the server did not stop within %v and was killed", grace)
			return
		}
		// The process may end by itself between the check and the signal; then the
		// signal fails and the status below tells. A server that writes its first
		// append only file refuses to stop, and forgets that it was told to.
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		p.exited(time.Second)
	}
	if !p.cmd.ProcessState.Success() {
		s.tb.Errorf("rmtest: the server failed while stopping: %v", p.cmd.ProcessState)
	}
}

// Kill ends the server at once, as a crash of the machine would, and waits for it.
func (s *Server) Kill() {
	p, ended := s.current()
	if p == nil || ended {
		return
	}
	s.expectEnd(p)
	_ = p.cmd.Process.Kill() // fails only if the process has ended
	<-p.done
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
	if !p.exited(slow(timeout)) {
		s.tb.Fatalf("rmtest: the server still runs after %v", slow(timeout))
	}
	s.expectEnd(p)
	return p.cmd.ProcessState
}

// Exit returns the state with which the server ended, or nil while it runs.
func (s *Server) Exit() *os.ProcessState {
	if p, _ := s.current(); p != nil && p.exited(0) {
		return p.cmd.ProcessState
	}
	return nil
}

// Alive reports whether the server's process runs.
func (s *Server) Alive() bool {
	p, _ := s.current()
	return p != nil && !p.exited(0)
}

// PID returns the server's process id.
func (s *Server) PID() int {
	p, _ := s.current()
	return p.cmd.Process.Pid
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
	if s.tb.Failed() {
		s.tb.Log("rmtest: " + s.tail())
	}
}
