// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/iredismodule/redismodule/internal/resp"
)

// pinning says which CPUs the two sides run on; the zero value pins nothing.
type pinning struct {
	server, client string
	why            string // why nothing is pinned
}

func (p pinning) String() string {
	if p.server == "" {
		return "no (" + p.why + ")"
	}
	return "server on CPU " + p.server + ", client on CPU " + p.client
}

// pin chooses CPUs and binds this process. The server is bound when it starts.
func pin(cfg config) (pinning, error) {
	if cfg.noPin {
		return pinning{why: "-nopin"}, nil
	}
	if _, err := exec.LookPath("taskset"); err != nil {
		return pinning{why: "no taskset"}, nil
	}
	cpus, err := allowedCPUs()
	if err != nil {
		return pinning{}, err
	}
	if len(cpus) < 2 {
		return pinning{why: "a single CPU"}, nil
	}
	p := pinning{server: cfg.serverCPUs, client: cfg.clientCPUs}
	if p.server == "" {
		p.server = strconv.Itoa(cpus[0])
	}
	if p.client == "" {
		p.client = strconv.Itoa(cpus[len(cpus)-1])
	}
	out, err := exec.Command("taskset", "-a", "-c", "-p", p.client, strconv.Itoa(os.Getpid())).CombinedOutput()
	if err != nil {
		return pinning{}, fmt.Errorf("taskset: %v: %s", err, bytes.TrimSpace(out))
	}
	return p, nil
}

// server is a running server process and a connection to it.
type server struct {
	cmd      *exec.Cmd
	dir      string
	exited   chan error
	conn     net.Conn
	buf      []byte
	patience time.Duration // with one reply; twice as long with the start
}

// configFile returns the server's configuration: no TCP, nothing written to
// disk, nothing that runs on its own account.
func configFile(dir string, impls []impl) string {
	var b strings.Builder
	fmt.Fprintf(&b, "port 0\nunixsocket %q\ndir %q\nlogfile %q\n",
		filepath.Join(dir, "s"), dir, filepath.Join(dir, "log"))
	b.WriteString("daemonize no\nsave \"\"\nappendonly no\n")
	for _, im := range impls {
		if im.path == "" {
			continue
		}
		fmt.Fprintf(&b, "loadmodule %q", im.path)
		for _, a := range im.args {
			fmt.Fprintf(&b, " %q", a)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// startServer starts a server with the modules of impls and connects to it.
func startServer(cfg config, pins pinning, impls []impl) (*server, error) {
	return launch(10*time.Second, func(dir string) (conf string, words, environment []string) {
		words = strings.Fields(cfg.server)
		if pins.server != "" {
			words = append([]string{"taskset", "-c", pins.server}, words...)
		}
		return configFile(dir, impls), words, nil
	})
}

// launch starts a server in a folder of its own and connects to it. The function
// gets the folder, and returns the configuration, the command to which its path is
// added, and what the environment has besides this process's.
func launch(patience time.Duration, describe func(dir string) (conf string, words, environment []string)) (_ *server, err error) {
	// Short, as a socket path has a limit of about 100 bytes.
	dir, err := os.MkdirTemp("", "rmbench")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir, exited: make(chan error, 1), buf: make([]byte, 256<<10), patience: patience}
	defer func() {
		if err != nil {
			err = fmt.Errorf("%w%s", err, s.logTail())
			s.stop()
		}
	}()
	conf := filepath.Join(dir, "conf")
	text, words, environment := describe(dir)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return nil, err
	}
	var output bytes.Buffer
	s.cmd = exec.Command(words[0], append(words[1:], conf)...)
	s.cmd.Env = append(os.Environ(), environment...)
	s.cmd.Stdout, s.cmd.Stderr = &output, &output
	if err := s.cmd.Start(); err != nil {
		s.cmd = nil
		return nil, fmt.Errorf("cannot start the server: %w", err)
	}
	go func() { s.exited <- s.cmd.Wait() }()
	if err := s.connect(); err != nil {
		if len(s.exited) > 0 { // Wait has returned, so nobody writes to output any more
			err = fmt.Errorf("%w\n%s", err, output.String())
		}
		return nil, err
	}
	return s, nil
}

func (s *server) connect() error {
	deadline := time.Now().Add(2 * s.patience)
	for {
		conn, err := net.Dial("unix", filepath.Join(s.dir, "s"))
		if err == nil {
			s.conn = conn
			if reply, err := s.do("PING"); err == nil && string(reply) == "+PONG\r\n" {
				return nil
			}
			conn.Close()
			s.conn = nil
		}
		select {
		case err := <-s.exited:
			s.exited <- err
			return fmt.Errorf("the server ended at once (%v)", err)
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the server does not answer: %v", err)
		}
	}
}

// logTail returns the end of the server's log for an error message.
func (s *server) logTail() string {
	b, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil || len(b) == 0 {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return "\nend of the server log:\n" + strings.Join(lines[max(0, len(lines)-30):], "\n")
}

// stop ends the server and removes its folder.
func (s *server) stop() {
	if s.conn != nil {
		s.conn.Close()
	}
	if s.cmd != nil {
		// An error means that it has ended by itself.
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-s.exited:
		case <-time.After(10 * time.Second):
			_ = s.cmd.Process.Kill()
			<-s.exited
		}
	}
	os.RemoveAll(s.dir)
}

func (s *server) pid() int { return s.cmd.Process.Pid }

// do sends one command and returns its whole reply, which is valid until the
// next call. An error reply is not an error here.
func (s *server) do(words ...string) ([]byte, error) {
	return s.roundTrip(resp.AppendCommand(nil, words...))
}

func (s *server) roundTrip(request []byte) ([]byte, error) {
	if err := s.conn.SetDeadline(time.Now().Add(s.patience)); err != nil {
		return nil, err
	}
	if _, err := s.conn.Write(request); err != nil {
		return nil, err
	}
	for n := 0; ; {
		m, err := s.conn.Read(s.buf[n:])
		if err != nil {
			return nil, err
		}
		n += m
		l, err := replyLen(s.buf[:n])
		if err == nil && l != n {
			err = fmt.Errorf("%d bytes after the reply %.60q", n-l, s.buf[:l])
		}
		if err == nil {
			return s.buf[:n], nil
		}
		if err != errShort || n == len(s.buf) {
			return nil, err
		}
	}
}

// version returns the server's kind and version, as INFO has them.
func (s *server) version() (string, error) {
	info, err := s.do("INFO", "server")
	if err != nil {
		return "", err
	}
	var redis, valkey string
	for line := range strings.SplitSeq(string(info), "\r\n") {
		if v, ok := strings.CutPrefix(line, "redis_version:"); ok {
			redis = v
		}
		if v, ok := strings.CutPrefix(line, "valkey_version:"); ok {
			valkey = v
		}
	}
	if valkey != "" {
		return "Valkey " + valkey, nil
	}
	return "Redis " + redis, nil
}
