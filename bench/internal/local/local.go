// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package local runs a server for a benchmark: on a unix socket in a temporary
// folder, for as long as the benchmark runs.
package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/iredismodule/redismodule/internal/launch"
	"github.com/iredismodule/redismodule/internal/resp"
)

// Server is a running server.
type Server struct {
	*launch.Process

	dir string
}

// Start starts a server; binary may be a command with arguments. It returns when
// the server answers.
func Start(binary string, args ...string) (*Server, error) {
	dir, err := os.MkdirTemp("", "rmbench")
	if err != nil {
		return nil, err
	}
	p, err := launch.Start(launch.Options{Command: launch.Find(binary), Args: args, Dir: dir})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s := &Server{Process: p, dir: dir}
	if err := p.WaitReady(context.Background(), 10*time.Second); err != nil {
		err = fmt.Errorf("%w%s", err, p.LogTail())
		s.Stop()
		return nil, err
	}
	return s, nil
}

// Stop ends the server and removes its folder.
func (s *Server) Stop() {
	s.Kill()
	_ = os.RemoveAll(s.dir)
}

// Encode returns a command as the protocol has it.
func Encode(words ...string) []byte {
	return resp.AppendCommand(nil, words...)
}

// Do runs one command on a connection of its own and returns the text of its reply,
// which has no elements. An error reply is an error.
func (s *Server) Do(words ...string) (string, error) {
	r, err := s.DoAll(words...)
	return r.Text, err
}

// DoAll is Do for a reply that has elements.
func (s *Server) DoAll(words ...string) (r resp.Reply, err error) {
	conn, err := net.Dial("unix", s.Socket)
	if err != nil {
		return r, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(60 * time.Second)); err != nil {
		return r, err
	}
	if _, err := conn.Write(Encode(words...)); err != nil {
		return r, err
	}
	r, err = resp.Read(bufio.NewReader(conn))
	if err == nil && r.Kind == '-' {
		err = fmt.Errorf("%v: %s", words, r.Text)
	}
	return r, err
}
