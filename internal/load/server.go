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
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/iredismodule/redismodule/internal/launch"
)

const (
	startTimeout = 30 * time.Second
	stopTimeout  = 30 * time.Second
)

// Server is a running server.
type Server struct {
	*launch.Process
	Client *redis.Client
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

// Start starts a server in a folder, with these lines behind the usual ones in its
// configuration. Ctrl-C ends the program, which then stops the server.
func Start(dir string, config ...string) (*Server, error) {
	p, err := launch.Start(launch.Options{
		Command: launch.Find(""), Dir: dir, OwnGroup: true,
		Config: append([]string{"enable-module-command yes", "enable-debug-command yes"}, config...),
	})
	if err != nil {
		return nil, err
	}
	s := &Server{Process: p, Client: redis.NewClient(&redis.Options{
		Network: "unix", Addr: p.Socket, Protocol: 3, PoolSize: 32, MaxRetries: -1,
		DialTimeout: time.Minute, ReadTimeout: time.Minute, WriteTimeout: time.Minute,
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})}
	if err := p.WaitReady(context.Background(), startTimeout); err != nil {
		p.Kill()
		return nil, fmt.Errorf("%w\n%s", err, s.LogText())
	}
	return s, nil
}

// Do sends a command. A null is nil without an error.
func (s *Server) Do(args ...any) (any, error) {
	v, err := s.Client.Do(context.Background(), args...).Result()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	return v, err
}

// Stop ends the server, which must do so by itself when told to.
func (s *Server) Stop() error {
	_ = s.Client.Close() // nothing is under way
	died := s.Exited(0)
	err := s.Process.Stop(stopTimeout)
	if died {
		text := s.LogText()
		err = fmt.Errorf("%w\n%s", err, text[max(0, len(text)-20000):])
	}
	return err
}
