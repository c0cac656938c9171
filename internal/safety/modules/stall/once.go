// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// once is what one goroutine does, and what came of it.
var once struct {
	mu      sync.Mutex
	running bool
	text    string
}

// doOnce is x.once HOW ...: a goroutine does it under Do.
func doOnce(ctx rm.Context, args rm.Args) error {
	once.mu.Lock()
	defer once.mu.Unlock()
	if once.running {
		return rm.Error("ERR the last one goes on")
	}
	t, w := safe(ctx), words(args.From(1))
	f := ways[w[0]]
	if f == nil {
		return rm.Error("ERR no such way")
	}
	once.running = true
	go func() {
		text, err := f(t, w[1:])
		if err != nil {
			text = "error: " + err.Error()
		} else {
			text = "ok: " + text
		}
		once.mu.Lock()
		defer once.mu.Unlock()
		once.running, once.text = false, text
	}()
	return ctx.ReplyWithOK()
}

// result replies with what came of the last one, null while it goes on.
func result(ctx rm.Context, args rm.Args) error {
	once.mu.Lock()
	defer once.mu.Unlock()
	if once.running {
		return ctx.ReplyWithNull()
	}
	return ctx.ReplyWithText(once.text)
}

// doing is a handler that uses Do.
func doing(ctx rm.Context, args rm.Args) error {
	ran := false
	err := safe(ctx).Do(func(rm.Context) error {
		ran = true
		return nil
	})
	if err != nil {
		return err
	}
	if !ran {
		return rm.Error("ERR Do did nothing and reports no error")
	}
	return ctx.ReplyWithOK()
}

var ways = map[string]func(t *rm.ThreadSafeContext, args []string) (string, error){
	// call COMMAND ...: the reply as a text.
	"call": func(t *rm.ThreadSafeContext, args []string) (text string, err error) {
		err = t.Do(func(ctx rm.Context) error {
			reply, err := run(ctx, rm.CallReplicate, args)
			defer reply.Free()
			if err != nil {
				return err
			}
			switch reply.Type() {
			case rm.ReplyString:
				text = strings.Clone(reply.String())
			case rm.ReplyInteger:
				text = fmt.Sprint(reply.Integer())
			default:
				text = strings.ToLower(strings.TrimPrefix(reply.Type().String(), "Reply"))
			}
			return nil
		})
		return text, err
	},
	// nested: Do inside Do.
	"nested": func(t *rm.ThreadSafeContext, args []string) (string, error) {
		inner := false
		err := t.Do(func(rm.Context) error {
			return t.Do(func(rm.Context) error {
				inner = true
				return nil
			})
		})
		return fmt.Sprintf("inner=%v", inner), err
	},
	// trynested: TryDo inside Do.
	"trynested": func(t *rm.ThreadSafeContext, args []string) (string, error) {
		inner, ok := false, false
		err := t.Do(func(rm.Context) (err error) {
			ok, err = t.TryDo(func(rm.Context) error {
				inner = true
				return nil
			})
			return err
		})
		if ok != inner {
			return "", fmt.Errorf("TryDo says %v, its function ran: %v", ok, inner)
		}
		return fmt.Sprintf("inner=%v", inner), err
	},
	// verbatim: there is no command to repeat.
	"verbatim": func(t *rm.ThreadSafeContext, args []string) (string, error) {
		return "", t.Do(func(ctx rm.Context) error {
			reply, err := ctx.Call("SET", rm.CallReplicate, rm.Text("by do"), rm.Text("1"))
			reply.Free()
			if err != nil {
				return fmt.Errorf("SET: %w", err)
			}
			return ctx.ReplicateVerbatim()
		})
	},
	// fork: a child that ends with the status 7.
	"fork": func(t *rm.ThreadSafeContext, args []string) (string, error) {
		ended := make(chan string, 1)
		err := t.Do(func(ctx rm.Context) error {
			_, err := ctx.Fork(func() int { return 7 },
				func(code, signal int) { ended <- fmt.Sprintf("code=%d signal=%d", code, signal) })
			return err
		})
		if err != nil {
			return "", err
		}
		select {
		case text := <-ended:
			return text, nil
		case <-time.After(20 * time.Second):
			return "", fmt.Errorf("the child does not end")
		}
	},
	// expire: a key's time is over while it is open.
	"expire": func(t *rm.ThreadSafeContext, args []string) (string, error) {
		const rounds = 200
		for i := range rounds {
			if err := t.Do(func(ctx rm.Context) error { return expires(ctx, i) }); err != nil {
				return "", fmt.Errorf("round %d: %w", i, err)
			}
		}
		return fmt.Sprint(rounds), nil
	},
}

// expires opens a key, waits until its time is over, looks it up by its name and
// reads on. What it reads is the value, or nothing; never what lies there now.
func expires(ctx rm.Context, round int) error {
	text := strings.Repeat("v", 1000)
	command := func(args ...string) error {
		reply, err := run(ctx, 0, args)
		reply.Free()
		return err
	}
	if err := command("SET", "expires", text, "PX", "2"); err != nil {
		return err
	}
	name := rm.NewRStringText("expires")
	defer name.Free()
	key := ctx.OpenReadKey(name.Str())
	defer key.Close()
	for begin := time.Now(); time.Since(begin) < 4*time.Millisecond; {
	}
	if round%2 == 0 {
		ctx.KeyExists(name.Str())
	} else if err := command("EXISTS", "expires"); err != nil {
		return err
	}
	// What was freed is used again.
	for i := range 20 {
		if err := command("SET", fmt.Sprint("other ", i), strings.Repeat("o", 1000)); err != nil {
			return err
		}
	}
	if !key.Exists() {
		return nil
	}
	b, _, err := key.StringBytes()
	if err == nil && len(b) > 0 && string(b) != text {
		err = fmt.Errorf("the open key has %d bytes that are not its own: %.20q", len(b), b)
	}
	return err
}
