// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

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
	module       = "github.com/iredismodule/redismodule/internal/safety/modules/safety"
)

// server is a running server with the modules s and beta.
type server struct {
	cmd    *exec.Cmd
	ended  chan struct{}
	client *redis.Client
	log    string
	beta   string
}

// build builds the test module under a name.
func build(ctx context.Context, dir, name string) (string, error) {
	so := filepath.Join(dir, name+".so")
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-buildmode=c-shared", "-ldflags=-X=main.name="+name, "-o", so, module)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", name, err, out)
	}
	return so, os.Chmod(so, 0o755)
}

func serverCommand() []string {
	if words := strings.Fields(os.Getenv("RM_SERVER")); len(words) > 0 {
		return words
	}
	if _, err := exec.LookPath("redis-server"); err != nil {
		return []string{"valkey-server"}
	}
	return []string{"redis-server"}
}

func startServer(ctx context.Context, dir string) (*server, error) {
	so, err := build(ctx, dir, "s")
	if err != nil {
		return nil, err
	}
	s := &server{ended: make(chan struct{}), log: filepath.Join(dir, "log")}
	if s.beta, err = build(ctx, dir, "beta"); err != nil {
		return nil, err
	}
	socket := filepath.Join(dir, "sock")
	conf := fmt.Sprintf("port 0\nunixsocket %s\ndir %s\nlogfile %s\nsave \"\"\nenable-module-command yes\nenable-debug-command yes\nappendonly no\nloadmodule %s\nloadmodule %s datatype=no\n",
		socket, dir, s.log, so, s.beta)
	file := filepath.Join(dir, "conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		return nil, err
	}
	early, err := os.OpenFile(s.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer early.Close()
	command := serverCommand()
	s.cmd = exec.Command(command[0], append(command[1:], file)...)
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = dir, early, early
	// Ctrl-C ends the soak, which then stops the server.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = s.cmd.Wait() // the state tells
		close(s.ended)
	}()
	s.client = redis.NewClient(&redis.Options{
		Network: "unix", Addr: socket, Protocol: 3, PoolSize: 32, MaxRetries: -1,
		DialTimeout: time.Minute, ReadTimeout: time.Minute, WriteTimeout: time.Minute,
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	for deadline := time.Now().Add(startTimeout); ; time.Sleep(5 * time.Millisecond) {
		if _, err = s.do("PING"); err == nil {
			return s, nil
		}
		select {
		case <-s.ended:
			return nil, fmt.Errorf("the server did not start: %v\n%s", s.cmd.ProcessState, s.logText())
		default:
		}
		if time.Now().After(deadline) {
			return nil, errors.Join(fmt.Errorf("the server does not answer: %w", err), s.stop())
		}
	}
}

// do sends a command. A null is nil without an error.
func (s *server) do(args ...any) (any, error) {
	v, err := s.client.Do(context.Background(), args...).Result()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	return v, err
}

func (s *server) logText() string {
	text, err := os.ReadFile(s.log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// stop ends the server, which must do so by itself when told to.
func (s *server) stop() error {
	_ = s.client.Close() // nothing is under way
	select {
	case <-s.ended:
		text := s.logText()
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
