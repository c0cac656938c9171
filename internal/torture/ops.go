// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"time"

	"github.com/iredismodule/redismodule/internal/load"
)

// op is something that is done at random.
type op struct {
	name   string
	weight int
	do     func(a *actor) error
}

var ops = []op{
	{"behind", 6, func(a *actor) error {
		return a.traffic(load.Behind(fmt.Sprint("q", a.r.IntN(3)), a.command()))
	}},
	{"pause", 4, func(a *actor) error {
		return a.traffic(load.Pause(time.Duration(1+a.r.IntN(20))*time.Millisecond, a.command()))
	}},
	{"pipelines", 6, func(a *actor) error {
		return a.traffic(load.Pipelines(1+a.r.IntN(8), 1+a.r.IntN(50), a.command()))
	}},
	{"quit", 4, func(a *actor) error { return a.traffic(load.Quit(a.command())) }},

	{"do", 6, func(a *actor) error {
		command := [][]any{{"PING"}, {"INCR", "done"}, {"x.ping"}, {"x.doing"}}[a.r.IntN(a.unless("handler", 4))]
		return a.work(append([]any{"x.do", []int{1, 2, 8, 500}[a.r.IntN(a.unless("many", 4))], []int{0, 100}[a.r.IntN(2)]}, command...)...)
	}},
	{"try", 2, func(a *actor) error {
		return a.work("x.try", []int{1, 8, 100}[a.r.IntN(a.unless("many", 3))], "INCR", "done")
	}},
	{"gc", 6, func(a *actor) error { return a.work("x.gc", 1+a.r.IntN(2), []int{0, 1000}[a.r.IntN(2)]) }},
	{"spin", 3, func(a *actor) error { return a.work("x.spin", 1+a.r.IntN(8)) }},
	{"lock", 2, func(a *actor) error { return a.between([]any{"f.lock", 1 + a.r.IntN(2)}, []any{"f.lock", 0}) }},

	{"script", 3, func(a *actor) error {
		a.slow.Lock()
		defer a.slow.Unlock()
		// Beside the others it takes longer than when it was measured.
		script, err := load.Script(a.Conn, takes/5)
		if err != nil {
			return err
		}
		if a.r.IntN(2) == 0 {
			return a.any("x.call", "EVAL", script, 0)
		}
		if err := a.Send("x.ping\r\n" + load.Encode("EVAL", script, 0)); err != nil {
			return err
		}
		for range 2 {
			if _, err := a.Read(); err != nil {
				return err
			}
		}
		return nil
	}},
	{"sleep", 2, func(a *actor) error {
		a.slow.Lock()
		defer a.slow.Unlock()
		return a.Want("OK", "x.call", "DEBUG", "SLEEP", "0.1")
	}},
	{"writes", 3, func(a *actor) error {
		if err := a.Want("OK", "CLIENT", "PAUSE", 1+a.r.IntN(50), "WRITE"); err != nil {
			return err
		}
		a.nap(60)
		return nil
	}},

	{"coroutine", 4, func(a *actor) error {
		for i := range 4 {
			if err := a.any("SADD", "set", i); err != nil {
				return err
			}
		}
		a.slow.Lock() // collects, and waits for it
		defer a.slow.Unlock()
		return a.Want("4", []string{"x.pull", "x.coroutine"}[a.r.IntN(2)], "SMEMBERS", "set")
	}},
	{"stack", 4, func(a *actor) error {
		v, err := a.Do("f.stack", "x.ping")
		if err == nil || !strings.Contains(err.Error(), "not the thread's own") {
			return fmt.Errorf("f.stack: %v, %v", v, err)
		}
		return nil
	}},
	{"nil", 2, func(a *actor) error {
		v, err := a.Do("x.call", "x.nil")
		if err == nil || !strings.Contains(err.Error(), "nil pointer dereference") {
			return fmt.Errorf("x.nil: %v, %v", v, err)
		}
		return nil
	}},
	{"deep", 2, func(a *actor) error { return a.Want("OK", "x.call", "x.call", "x.deep", 1+a.r.IntN(2000)) }},
	{"exec", 1, func(a *actor) error {
		a.slow.Lock() // waits for the program's end
		defer a.slow.Unlock()
		return a.any("x.exec", []string{"here", "goroutine"}[a.r.IntN(2)])
	}},

	{"nested", 2, func(a *actor) error { return a.inDo(`^ok: inner=true$|^error: ERR `, "nested") }},
	{"trynested", 2, func(a *actor) error { return a.inDo(`^ok: |^error: ERR `, "trynested") }},
	{"handler", 2, func(a *actor) error { return a.inDo(`^ok: OK$|^error: ERR `, "call", "x.doing") }},
	{"verbatim", 1, func(a *actor) error { return a.inDo(`^error: `, "verbatim") }},
	{"expire", 1, func(a *actor) error {
		a.slow.Lock() // each round holds the server up for some milliseconds
		defer a.slow.Unlock()
		return a.inDo(`^ok: `, "expire")
	}},
	{"save", 1, func(a *actor) error { return a.inDo(`^ok: |^error: .*(in progress|scheduled|child)`, "call", "BGSAVE") }},
	{"fork", 1, func(a *actor) error {
		if a.mode != "resident" {
			return nil
		}
		return a.inDo(`^ok: code=7 signal=0$|^error: ERR the server cannot fork now`, "fork")
	}},

	{"listeners", 3, func(a *actor) error { return a.between([]any{"x.events", "on"}, []any{"x.events", "off"}) }},
	{"clients", 3, func(a *actor) error { return a.between([]any{"x.clients", "on"}, []any{"x.clients", "off"}) }},
	{"config", 2, func(a *actor) error {
		// Not for long: without it a crash says nothing.
		if err := a.Want("OK", "CONFIG", "SET", "crash-log-enabled", "no"); err != nil {
			return err
		}
		return a.Want("OK", "CONFIG", "SET", "crash-log-enabled", "yes")
	}},
	{"clientsinc", 3, func(a *actor) error {
		return a.between([]any{"f.clients", "on", "x.ping"}, []any{"f.clients", "off", "x.ping"})
	}},
	{"sleepinc", 3, func(a *actor) error {
		return a.between([]any{"f.sleep", []string{"before", "after"}[a.r.IntN(2)], "x.ping"}, []any{"f.sleep", "off", "x.ping"})
	}},
	{"nap", 2, func(a *actor) error {
		a.nap(300)
		return nil
	}},
}

// unless is n, or one less when the operation is left out.
func (a *actor) unless(name string, n int) int {
	if a.without[name] {
		n--
	}
	return n
}

// command is a short one, of Go or of C.
func (a *actor) command() string {
	return []string{"x.ping", "x.ping", "x.call x.ping", "PING"}[a.r.IntN(4)]
}

// any sends a command that has to succeed.
func (a *actor) any(args ...any) error {
	if _, err := a.Do(args...); err != nil {
		return fmt.Errorf("%v: %w", args, err)
	}
	return nil
}

// nap waits up to so many milliseconds.
func (a *actor) nap(ms int) { wait(a.ctx, time.Duration(a.r.IntN(ms))*time.Millisecond) }

// traffic goes on for a moment.
func (a *actor) traffic(p load.Pattern) error {
	ctx, cancel := context.WithTimeout(a.ctx, time.Duration(50+a.r.IntN(500))*time.Millisecond)
	defer cancel()
	return p(ctx, a.server.Socket, rand.New(rand.NewPCG(a.r.Uint64(), 1)))
}

// work runs in the module for a while; it ends that of the other workers too.
func (a *actor) work(command ...any) error { return a.between(command, []any{"x.stop"}) }

// between sends two commands with a pause.
func (a *actor) between(first, last []any) error {
	if err := a.Want("OK", first...); err != nil {
		return err
	}
	a.nap(1000)
	return a.Want("OK", last...)
}

// inDo has a goroutine do it under Do, and wants such a result.
func (a *actor) inDo(want string, how ...any) error {
	a.once.Lock()
	defer a.once.Unlock()
	if err := a.Want("OK", append([]any{"x.once"}, how...)...); err != nil {
		return err
	}
	for deadline := time.Now().Add(reply); ; wait(a.ctx, time.Millisecond) {
		v, err := a.Do("x.result")
		if err != nil {
			return err
		}
		if v != nil {
			if !regexp.MustCompile(want).MatchString(fmt.Sprint(v)) {
				err = fmt.Errorf("got %q, want %q", v, want)
			}
			return err
		}
		if time.Now().After(deadline) {
			return errors.New("no result")
		}
	}
}

// reload has the module y come and go, by a client or inside Do, now in one mode and
// now in the other.
func (t *torture) reload(ctx context.Context, cancel func(), r *rand.Rand) {
	c, err := load.Dial(ctx, t.server.Socket)
	if err == nil {
		defer c.Close()
		c.Limit = reply
		a := &actor{t, c, ctx, r}
		for err == nil && ctx.Err() == nil {
			err = a.comeAndGo()
			t.Count("reload")
		}
	}
	if err != nil && ctx.Err() == nil {
		t.Fault("the module y: %v", err)
		cancel()
	}
}

// load loads the module y, by a client or inside Do, where it may be refused.
func (a *actor) load(mode string) (loaded bool, err error) {
	a.slow.Lock()
	defer a.slow.Unlock()
	if a.r.IntN(3) > 0 || a.without["loadindo"] {
		return true, a.Want("OK", "MODULE", "LOAD", a.y, mode)
	}
	if err := a.inDo(`^ok: OK$|^error: ERR `, "call", "MODULE", "LOAD", a.y, mode); err != nil {
		return false, err
	}
	_, err = a.Do("y.ping")
	return err == nil, nil
}

func (a *actor) comeAndGo() error {
	if a.without["reload"] {
		a.nap(500)
		return nil
	}
	a.nap(500)
	mode := "rm-mode=" + []string{"resident", "portable"}[a.r.IntN(2)]
	if loaded, err := a.load(mode); err != nil || !loaded {
		return err
	}
	for _, command := range [][]any{{"y.ping"}, {"y.gc", 1, 1000}, {"y.call", "y.ping"}, {"x.call", "y.ping"}} {
		if err := a.Want("OK", command...); err != nil {
			return err
		}
	}
	if !a.without["selfunload"] {
		if v, err := a.Do("y.unload"); err == nil {
			return fmt.Errorf("it has unloaded itself: %v", v)
		}
	}
	a.nap(500)
	if err := a.Want("OK", "y.stop"); err != nil {
		return err
	}
	// It is refused while clients are paused, which they are for a short time.
	var err error
	for range 50 {
		if err = a.Want("OK", "MODULE", "UNLOAD", "y"); err == nil {
			return nil
		}
		a.nap(60)
	}
	return err
}
