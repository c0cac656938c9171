// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package load

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	startTimeout = 30 * time.Second
	stopTimeout  = 30 * time.Second
)

// Server is a running server.
type Server struct {
	Socket string
	Client *redis.Client

	cmd   *exec.Cmd
	ended chan struct{}
	log   string
}

// Build builds the main package pkg as a module. name is the file's name, and
// becomes the variable main.name of the module.
func Build(ctx context.Context, dir, name, pkg string) (string, error) {
	so := filepath.Join(dir, name+".so")
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-buildmode=c-shared", "-ldflags=-X=main.name="+name, "-o", so, pkg)
	return so, run(cmd, so)
}

// BuildC builds one C file as a module.
func BuildC(ctx context.Context, dir, name, file string) (string, error) {
	cc := strings.Fields(os.Getenv("CC"))
	if len(cc) == 0 {
		cc = []string{"gcc"}
	}
	so := filepath.Join(dir, name+".so")
	return so, run(exec.CommandContext(ctx, cc[0], append(cc[1:], "-shared", "-fPIC", "-O2", "-pthread", "-o", so, file)...), so)
}

// run runs a compiler. Servers want modules to be executable.
func run(cmd *exec.Cmd, so string) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	return os.Chmod(so, 0o755)
}

// Command is the server of the environment variable RM_SERVER, redis-server or
// valkey-server otherwise.
func Command() []string {
	if words := strings.Fields(os.Getenv("RM_SERVER")); len(words) > 0 {
		return words
	}
	if _, err := exec.LookPath("redis-server"); err != nil {
		return []string{"valkey-server"}
	}
	return []string{"redis-server"}
}

// Start starts a server in a folder, with these lines behind the usual ones in its
// configuration.
func Start(dir string, config ...string) (*Server, error) {
	s := &Server{Socket: filepath.Join(dir, "sock"), ended: make(chan struct{}), log: filepath.Join(dir, "log")}
	lines := append([]string{
		"port 0", "unixsocket " + s.Socket, "dir " + dir, "logfile " + s.log, `save ""`,
		"enable-module-command yes", "enable-debug-command yes", "appendonly no",
	}, config...)
	file := filepath.Join(dir, "conf")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return nil, err
	}
	early, err := os.OpenFile(s.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer early.Close()
	command := Command()
	s.cmd = exec.Command(command[0], append(command[1:], file)...)
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = dir, early, early
	// Ctrl-C ends the program, which then stops the server.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = s.cmd.Wait() // the state tells
		close(s.ended)
	}()
	s.Client = redis.NewClient(&redis.Options{
		Network: "unix", Addr: s.Socket, Protocol: 3, PoolSize: 32, MaxRetries: -1,
		DialTimeout: time.Minute, ReadTimeout: time.Minute, WriteTimeout: time.Minute,
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	for deadline := time.Now().Add(startTimeout); ; time.Sleep(5 * time.Millisecond) {
		if _, err = s.Do("PING"); err == nil {
			return s, nil
		}
		select {
		case <-s.ended:
			return nil, fmt.Errorf("the server did not start: %v\n%s", s.cmd.ProcessState, s.LogText())
		default:
		}
		if time.Now().After(deadline) {
			return nil, errors.Join(fmt.Errorf("the server does not answer: %w", err), s.Stop())
		}
	}
}

// Do sends a command. A null is nil without an error.
func (s *Server) Do(args ...any) (any, error) {
	v, err := s.Client.Do(context.Background(), args...).Result()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	return v, err
}

// PID returns the server's process id.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Ended is closed when the server has ended.
func (s *Server) Ended() <-chan struct{} { return s.ended }

// Kill ends a server that does not answer any more.
func (s *Server) Kill() error {
	err := s.cmd.Process.Kill()
	<-s.ended
	return err
}

// LogText returns what the server has written.
func (s *Server) LogText() string {
	text, err := os.ReadFile(s.log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Stop ends the server, which must do so by itself when told to.
func (s *Server) Stop() error {
	_ = s.Client.Close() // nothing is under way
	select {
	case <-s.ended:
		text := s.LogText()
		return fmt.Errorf("the server died: %v\n%s", s.cmd.ProcessState, text[max(0, len(text)-20000):])
	default:
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-s.ended:
		if !s.cmd.ProcessState.Success() {
			return fmt.Errorf("the server failed while stopping: %v", s.cmd.ProcessState)
		}
		return nil
	case <-time.After(stopTimeout):
		return errors.Join(errors.New("the server did not stop"), s.cmd.Process.Kill())
	}
}
