// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"time"

	"github.com/iredismodule/redismodule/internal/launch"
	"github.com/iredismodule/redismodule/internal/resp"
)

const (
	startTimeout = 20 * time.Second
	stopTimeout  = 10 * time.Second
	replyTimeout = 10 * time.Second
)

// server is a running server process and one connection to it.
type server struct {
	*launch.Process
	conn net.Conn
	r    *bufio.Reader
}

// findServer returns the words of the command that starts a server.
func findServer(command string) ([]string, error) {
	words := launch.Find(command)
	if len(words) == 0 {
		return nil, launch.ErrNoServer
	}
	if _, err := exec.LookPath(words[0]); err != nil {
		return nil, fmt.Errorf("the server: %w", err)
	}
	return words, nil
}

// startServer starts the server with the module and waits until it answers.
func startServer(ctx context.Context, command []string, dir, so string, args ...string) (*server, error) {
	p, err := launch.Start(launch.Options{Command: command, Dir: dir, Config: []string{launch.LoadModule(so, args...)}})
	if err != nil {
		return nil, err
	}
	s := &server{Process: p}
	if err = p.WaitReady(ctx, startTimeout); err == nil {
		if s.conn, err = net.Dial("unix", p.Socket); err == nil {
			s.r = bufio.NewReader(s.conn)
			return s, nil
		}
	}
	p.Kill()
	return nil, fmt.Errorf("%w%s", err, p.LogTail())
}

// do sends one command and reads its reply.
func (s *server) do(args ...string) (reply, error) {
	if err := s.conn.SetDeadline(time.Now().Add(replyTimeout)); err != nil {
		return reply{}, err
	}
	if _, err := s.conn.Write(resp.AppendCommand(nil, args...)); err != nil {
		return reply{}, err
	}
	r, err := resp.Read(s.r)
	return reply(r), err
}

// stop ends the server.
func (s *server) stop(out io.Writer) error {
	s.conn.Close()
	if err := s.Stop(stopTimeout); err != nil {
		return fmt.Errorf("process %d: %w", s.PID(), err)
	}
	fmt.Fprintf(out, "the server (process %d) has stopped\n", s.PID())
	return nil
}

// logLine returns what follows the server's own prefix in the first line of the
// log that contains text.
func (s *server) logLine(text string) string {
	for line := range strings.Lines(s.LogText()) {
		if i := strings.Index(line, text); i >= 0 {
			return strings.TrimSpace(line[i:])
		}
	}
	return fmt.Sprintf("(no line with %q)", text)
}
