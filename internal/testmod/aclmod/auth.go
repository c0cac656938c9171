// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// callbacks are those that acl.auth has registered, by their names.
var callbacks = map[string]rm.AuthCallback{}

// gate holds the goroutines back that decide, until acl.auth.open.
var (
	mu   sync.Mutex
	gate = make(chan struct{})
)

// running counts the goroutines that decide; gone those whose client has left.
var running, gone atomic.Int64

// auth is acl.auth NAME: a callback that decides about passwords "NAME:...", and skips others.
func auth(ctx rm.Context, args rm.Args) error {
	name := args.At(1).Clone()
	c, err := ctx.RegisterAuthCallback(func(ctx rm.Context, a rm.Auth) (rm.AuthVerdict, error) {
		how, mine := strings.CutPrefix(a.Password().Clone(), name+":")
		if !mine {
			rm.Log(rm.LevelNotice, "auth "+name+" skips")
			return rm.AuthSkip(), nil
		}
		if ctx.ClientID() != 0 || a.ClientID() == 0 || ctx.ReplyWithOK() != rm.ErrNoCommand {
			panic("not the context of a command")
		}
		return decide(a.User().Clone(), how, a.MayBlock)
	})
	if err != nil {
		return err
	}
	callbacks[name] = c
	return ctx.ReplyWithOK()
}

// decide is what a password asks for.
func decide(name, how string, mayBlock func() bool) (rm.AuthVerdict, error) {
	how, arg, _ := strings.Cut(how, "=")
	if rest, ok := strings.CutPrefix(how, "go."); ok {
		if !mayBlock() {
			rm.Log(rm.LevelNotice, "auth cannot block")
		}
		return rm.AuthGo(func(job rm.Job, user, password string) (rm.AuthVerdict, error) {
			running.Add(1)
			defer running.Add(-1)
			if rest, ok := strings.CutPrefix(rest, "wait."); ok {
				mu.Lock()
				gate := gate
				mu.Unlock()
				select {
				case <-gate:
				case <-job.Done():
					gone.Add(1)
				}
				return decide(user, rest+"="+arg, nil)
			}
			return decide(user, rest+"="+arg, nil)
		}), nil
	}
	switch how {
	case "allow":
		return rm.AuthAllow(name).OnChange(told("auth " + name)), nil
	case "as":
		return rm.AuthAllow(arg), nil
	case "module":
		return rm.AuthAllowUser(user).OnChange(told("auth module")), nil
	case "deny":
		return rm.AuthDeny(arg).Log("aclmod says " + arg), nil
	case "error":
		return rm.AuthAllow(name), fmt.Errorf("%s", arg)
	case "panic":
		panic("while deciding")
	case "goexit":
		runtime.Goexit()
	case "skip":
		return rm.AuthSkip(), nil
	case "twice":
		return rm.AuthGo(func(rm.Job, string, string) (rm.AuthVerdict, error) { return rm.AuthAllow(name), nil }), nil
	case "nil":
		return rm.AuthGo(nil), nil
	case "sleep":
		time.Sleep(time.Duration(len(arg)) * time.Millisecond)
		return rm.AuthAllow(name), nil
	}
	return rm.AuthVerdict{}, nil
}

// authStop is acl.auth.stop NAME.
func authStop(ctx rm.Context, args rm.Args) error {
	c := callbacks[args.At(1).Clone()]
	c.Stop(ctx)
	c.Stop(ctx)
	return ctx.ReplyWithOK()
}

// authOpen is acl.auth.open: the goroutines that wait go on.
func authOpen(ctx rm.Context, _ rm.Args) error {
	mu.Lock()
	close(gate)
	gate = make(chan struct{})
	mu.Unlock()
	return ctx.ReplyWithOK()
}

// authState is acl.auth.state: goroutines that decide, and how many have seen their client leave.
func authState(ctx rm.Context, _ rm.Args) error {
	return ctx.ReplyWithLongLongs([]int64{running.Load(), gone.Load()})
}
