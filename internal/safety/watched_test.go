// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package safety_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/internal/load"
	"github.com/iredismodule/redismodule/rmtest"
)

const (
	stallPkg = "github.com/iredismodule/redismodule/internal/safety/modules/stall"
	// answerLimit is how long an answer to PING may take at any time.
	answerLimit = time.Second
)

// stall returns the module of package modules/stall under a name.
func stall(tb testing.TB, name, mode string, args ...string) rmtest.Module {
	tb.Helper()
	flags := strings.TrimSpace(os.Getenv("GOFLAGS") + " -ldflags=-X=main.name=" + name)
	return rmtest.Module{Path: rmtest.Build(tb, stallPkg, rmtest.Env("GOFLAGS="+flags)), Args: append([]string{"rm-mode=" + mode}, args...)}
}

// foreign returns the C module.
func foreign(tb testing.TB) rmtest.Module {
	tb.Helper()
	return rmtest.Module{Path: rmtest.BuildC(tb, "modules/foreign/foreign.c", "-pthread")}
}

// loadTime is how long a load goes on.
func loadTime() time.Duration {
	if n, err := strconv.Atoi(os.Getenv("RM_LOAD_SECONDS")); err == nil && n > 0 {
		return load.Slow(time.Duration(n) * time.Second)
	}
	if os.Getenv("RM_LONG") == "1" {
		return time.Minute
	}
	return load.Slow(5 * time.Second)
}

// A part is something that happens while a server is watched. It ends when ctx does,
// or before.
type part func(ctx context.Context) error

// watched runs the parts at once, for so long at most, while another client sends
// PING every 10 ms. A server that does not answer within a second, and what one
// command may take on top, is ended and fails the test, with a line for every thread
// of the process.
func watched(t *testing.T, s *rmtest.Server, length, command time.Duration, parts ...part) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), length)
	defer cancel()
	watch, endWatch := context.WithCancel(context.Background())
	defer endWatch()
	errs := make([]error, len(parts))
	var group sync.WaitGroup
	for i, p := range parts {
		group.Go(func() {
			if errs[i] = p(ctx); errs[i] != nil {
				cancel()
			}
		})
	}
	stands := make(chan error, 1)
	go func() {
		limit := load.Slow(answerLimit + command)
		_, err := load.Watch(watch, s.Addr(), func() time.Duration { return limit })
		if err != nil {
			if s.Alive() {
				err = fmt.Errorf("%w\n%s", err, load.Threads(s.PID()))
				s.Kill()
			}
			cancel()
		}
		stands <- err
	}()
	group.Wait()
	endWatch()
	// What the parts say when the server is gone is no news.
	require.NoError(t, <-stands)
	require.NoError(t, errors.Join(errs...))
}

// traffic makes a part of a pattern.
func traffic(s *rmtest.Server, p load.Pattern) part {
	return func(ctx context.Context) error { return p(ctx, s.Addr(), rand.New(rand.NewPCG(1, 2))) }
}

// on makes a part of something that needs one connection.
func on(s *rmtest.Server, f func(ctx context.Context, c *load.Conn) error) part {
	return func(ctx context.Context) error {
		c, err := load.Dial(ctx, s.Addr())
		if err != nil {
			return err
		}
		defer c.Close()
		return f(ctx, c)
	}
}

// sent makes a part of commands that have to reply OK.
func sent(s *rmtest.Server, commands ...[]any) part {
	return on(s, func(ctx context.Context, c *load.Conn) error {
		for _, command := range commands {
			if err := c.Want("OK", command...); err != nil {
				return err
			}
		}
		return nil
	})
}

// begin starts work in the module, under a watch of its own: the work may stop
// the server before the next command comes.
func begin(t *testing.T, s *rmtest.Server, commands ...[]any) {
	t.Helper()
	watched(t, s, patience, 0, sent(s, commands...))
}

// end stops the work of a module and waits until all its goroutines have noticed.
func end(t *testing.T, s *rmtest.Server) {
	t.Helper()
	watched(t, s, patience, 0, on(s, func(ctx context.Context, c *load.Conn) error {
		if err := c.Want("OK", "x.stop"); err != nil {
			return err
		}
		return poll(ctx, c, "the end of the module's goroutines", func(v any) bool {
			return strings.Contains(fmt.Sprint(v), " running=0 ")
		}, "x.stats")
	}))
}

// poll sends a command until its reply is right.
func poll(ctx context.Context, c *load.Conn, what string, right func(v any) bool, command ...any) error {
	for {
		v, err := c.Do(command...)
		if ctx.Err() != nil {
			return fmt.Errorf("in vain: %s: %v, %w", what, v, err)
		}
		if err != nil {
			return fmt.Errorf("%v: %w", command, err)
		}
		if right(v) {
			return nil
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// once has a goroutine of the module do something under Do and returns what came of
// it, which must be known within some seconds.
func once(t *testing.T, s *rmtest.Server, command time.Duration, how ...any) (text string) {
	t.Helper()
	watched(t, s, patience, command, on(s, func(ctx context.Context, c *load.Conn) error {
		if err := c.Want("OK", append([]any{"x.once"}, how...)...); err != nil {
			return err
		}
		return poll(ctx, c, fmt.Sprint(how...), func(v any) bool {
			text, _ = v.(string)
			return v != nil
		}, "x.result")
	}))
	return text
}

// asked sends one command under a watch; an error reply is an error.
func asked(t *testing.T, s *rmtest.Server, command time.Duration, args ...any) (v any, refused error) {
	t.Helper()
	watched(t, s, patience+command, command, on(s, func(ctx context.Context, c *load.Conn) error {
		var err error
		v, err = c.Do(args...)
		if r, ok := err.(load.Refusal); ok {
			refused = r
			return nil
		}
		return err
	}))
	return v, refused
}

// beside is the work that runs beside most loads here.
var beside = [][]any{{"x.do", 1, 100, "PING"}, {"x.do", 1, 0, "INCR", "done"}, {"x.gc", 1, 0}}
