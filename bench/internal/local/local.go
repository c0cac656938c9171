// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package local runs a server for a benchmark: on a unix socket in a temporary
// folder, for as long as the benchmark runs.
package local

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/iredismodule/redismodule/internal/resp"
)

// Server is a running server.
type Server struct {
	// Socket is the path of its unix socket.
	Socket string

	cmd *exec.Cmd
	dir string
}

// Start starts a server; binary may be a command with arguments. It returns when
// the server answers.
func Start(binary string, args ...string) (*Server, error) {
	dir, err := os.MkdirTemp("", "rmbench")
	if err != nil {
		return nil, err
	}
	s := &Server{Socket: filepath.Join(dir, "s"), dir: dir}
	words := append(strings.Fields(binary), "--port", "0", "--unixsocket", s.Socket, "--save", "", "--dir", dir,
		"--logfile", filepath.Join(dir, "log"))
	words = append(words, args...)
	s.cmd = exec.Command(words[0], words[1:]...)
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for range 200 {
		if _, err := s.Do("PING"); err == nil {
			return s, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	text, _ := os.ReadFile(filepath.Join(dir, "log"))
	s.Stop()
	return nil, fmt.Errorf("the server did not start:\n%s", text)
}

// PID is the server's process.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Stop ends the server and removes its folder.
func (s *Server) Stop() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	_ = os.RemoveAll(s.dir)
}

// Encode returns a command as the protocol has it.
func Encode(words ...string) []byte {
	return resp.AppendCommand(nil, words...)
}

// Do runs one command on a connection of its own and returns the text of its reply,
// which has no elements. An error reply is an error.
func (s *Server) Do(words ...string) (string, error) {
	conn, err := net.Dial("unix", s.Socket)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(60 * time.Second)); err != nil {
		return "", err
	}
	if _, err := conn.Write(Encode(words...)); err != nil {
		return "", err
	}
	r, err := resp.Read(bufio.NewReader(conn))
	if err == nil && r.Kind == '-' {
		err = fmt.Errorf("%v: %s", words, r.Text)
	}
	return r.Text, err
}
