// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package local runs a server for a benchmark: on a unix socket in a temporary
// folder, for as long as the benchmark runs.
package local

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
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
	b := fmt.Appendf(nil, "*%d\r\n", len(words))
	for _, w := range words {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(w), w)
	}
	return b
}

// Do runs one command on a connection of its own and returns its reply: the text
// of a bulk string, the rest of the first line for other types. An error reply is
// an error.
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
	r := bufio.NewReader(conn)
	line, err := r.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimRight(line, "\r\n")
	switch line[0] {
	case '-':
		return "", fmt.Errorf("%v: %s", words, line[1:])
	case '$':
		n, err := strconv.Atoi(line[1:])
		if err != nil || n < 0 {
			return "", err
		}
		b := make([]byte, n)
		_, err = io.ReadFull(r, b)
		return string(b), err
	}
	return line[1:], nil
}
