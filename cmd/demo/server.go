// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/iredismodule/redismodule/internal/resp"
)

const (
	startTimeout = 20 * time.Second
	stopTimeout  = 10 * time.Second
	replyTimeout = 10 * time.Second
)

// server is a running server process and one connection to it.
type server struct {
	cmd    *exec.Cmd
	log    string
	exited chan error
	conn   net.Conn
	r      *bufio.Reader
}

// findServer returns the words of the command that starts a server.
func findServer(command string) ([]string, error) {
	if command == "" {
		command = os.Getenv("RM_SERVER")
	}
	if words := strings.Fields(command); len(words) > 0 {
		if _, err := exec.LookPath(words[0]); err != nil {
			return nil, fmt.Errorf("the server: %w", err)
		}
		return words, nil
	}
	for _, name := range []string{"redis-server", "valkey-server"} {
		if _, err := exec.LookPath(name); err == nil {
			return []string{name}, nil
		}
	}
	return nil, errors.New("there is no server: install redis-server or valkey-server (Debian: apt-get install redis-server), or name one in RM_SERVER")
}

// startServer starts the server with the module and waits until it answers.
func startServer(ctx context.Context, command []string, dir, so, arg string) (*server, error) {
	s := &server{log: filepath.Join(dir, "log"), exited: make(chan error, 1)}
	socket := filepath.Join(dir, "s")
	conf := fmt.Sprintf("port 0\nunixsocket %q\nunixsocketperm 700\ndir %q\nlogfile %q\nsave \"\"\nappendonly no\ndaemonize no\nloadmodule %q %s\n",
		socket, dir, s.log, so, arg)
	if err := os.WriteFile(filepath.Join(dir, "conf"), []byte(conf), 0o600); err != nil {
		return nil, err
	}
	// What comes before the server has opened its log is of interest too.
	early, err := os.OpenFile(s.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer early.Close()
	s.cmd = exec.Command(command[0], append(command[1:len(command):len(command)], filepath.Join(dir, "conf"))...)
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = dir, early, early
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start the server: %w", err)
	}
	go func() { s.exited <- s.cmd.Wait() }()
	if err := s.connect(ctx, socket); err != nil {
		err = fmt.Errorf("%w%s", err, s.logTail())
		return nil, errors.Join(err, s.stop(io.Discard))
	}
	return s, nil
}

// connect waits until the server answers on its socket.
func (s *server) connect(ctx context.Context, socket string) error {
	for deadline := time.Now().Add(startTimeout); ; {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			s.conn, s.r = conn, bufio.NewReader(conn)
			var pong reply
			if pong, err = s.do("PING"); err == nil && pong.Text == "PONG" {
				return nil
			}
			conn.Close()
			s.conn = nil
		}
		select {
		case end := <-s.exited:
			s.exited <- end
			return fmt.Errorf("the server did not start (%v)", end)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the server does not answer after %v: %v", startTimeout, err)
		}
	}
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

// stop ends the server by its process id.
func (s *server) stop(out io.Writer) error {
	if s.conn != nil {
		s.conn.Close()
	}
	pid := s.cmd.Process.Pid
	// An error means that it has ended by itself, which Wait's result tells.
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-s.exited:
		if err != nil {
			return fmt.Errorf("the server (process %d) ended badly: %w", pid, err)
		}
	case <-time.After(stopTimeout):
		_ = s.cmd.Process.Kill()
		<-s.exited
		return fmt.Errorf("the server (process %d) did not stop in %v and was killed", pid, stopTimeout)
	}
	fmt.Fprintf(out, "the server (process %d) has stopped\n", pid)
	return nil
}

// logLine returns what follows the server's own prefix in the first line of the
// log that contains text.
func (s *server) logLine(text string) string {
	b, err := os.ReadFile(s.log)
	if err != nil {
		return err.Error()
	}
	for line := range strings.Lines(string(b)) {
		if i := strings.Index(line, text); i >= 0 {
			return strings.TrimSpace(line[i:])
		}
	}
	return fmt.Sprintf("(no line with %q)", text)
}

// logTail returns the end of the log for an error message.
func (s *server) logTail() string {
	b, err := os.ReadFile(s.log)
	if err != nil || len(b) == 0 {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return "\nend of the server's log:\n" + strings.Join(lines[max(0, len(lines)-30):], "\n")
}
