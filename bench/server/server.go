// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/iredismodule/redismodule/internal/launch"
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
	*launch.Process
	dir      string
	conn     net.Conn
	buf      []byte
	patience time.Duration // with one reply; twice as long with the start
}

// configLines are the lines of the server's configuration that load the modules.
func configLines(impls []impl) (lines []string) {
	for _, im := range impls {
		if im.path != "" {
			lines = append(lines, launch.LoadModule(im.path, im.args...))
		}
	}
	return lines
}

// startServer starts a server with the modules of impls and connects to it.
func startServer(cfg config, pins pinning, impls []impl) (*server, error) {
	return startIn(10*time.Second, func(string) launch.Options {
		words := strings.Fields(cfg.server)
		if pins.server != "" {
			words = append([]string{"taskset", "-c", pins.server}, words...)
		}
		return launch.Options{Command: words, Config: configLines(impls)}
	})
}

// startIn starts a server in a folder of its own and connects to it. The function gets the
// folder and says how.
func startIn(patience time.Duration, describe func(dir string) launch.Options) (_ *server, err error) {
	// Short, as a socket path has a limit of about 100 bytes.
	dir, err := os.MkdirTemp("", "rmbench")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir, buf: make([]byte, 256<<10), patience: patience}
	defer func() {
		if err != nil {
			s.stop()
		}
	}()
	o := describe(dir)
	o.Dir = dir
	if s.Process, err = launch.Start(o); err != nil {
		return nil, err
	}
	if err = s.WaitReady(context.Background(), 2*patience); err == nil {
		s.conn, err = net.Dial("unix", s.Socket)
	}
	if err != nil {
		return nil, fmt.Errorf("%w%s", err, s.LogTail())
	}
	return s, nil
}

// stop ends the server and removes its folder.
func (s *server) stop() {
	if s.conn != nil {
		s.conn.Close()
	}
	if s.Process != nil {
		_ = s.Stop(10 * time.Second) // it may have ended by itself
	}
	os.RemoveAll(s.dir)
}

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
