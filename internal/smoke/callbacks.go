// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"unsafe"

	r "github.com/iredismodule/redismodule"
)

// callback is a C function that calls fn.
func callback(fn r.Callback) r.CFunc {
	c, err := r.NewCallback(fn, nil)
	if err != nil {
		panic(err)
	}
	return c
}

// command is a C function for a command.
func command(fn func(ctx r.Ctx, args []r.String)) r.CFunc {
	c, err := r.NewCommandCallback(func(ctx r.Ctx, argv uintptr, argc int32) uintptr {
		fn(ctx, slices.Clone(at[r.String](argv, int(argc))))
		return r.OK
	}, nil)
	if err != nil {
		panic(err)
	}
	return c
}

func zero(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr { return 0 }

func get(value *uintptr) r.CFunc {
	return callback(func(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr { return *value })
}

func set(value *uintptr) r.CFunc {
	return callback(func(_, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr { *value = a1; return r.OK })
}

func apply(string) r.CFunc { return 0 }

func getText(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr { return uintptr(s(v.text)) }

func setText(_, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	v.text = gs(r.String(a1))
	return r.OK
}

func rdbSave(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	v.io = r.IO(a0)
	if v.emitting {
		run("aof", v.ctx)
	} else {
		run("save", v.ctx)
	}
	return 0
}

func rdbLoad(a0, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	v.io, v.encver = r.IO(a0), int32(a1)
	run("load-io", v.ctx)
	return wide + 9
}

func digest(a0, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	eq(wide, a1)
	v.md = r.Digest(a0)
	run("digest", v.ctx)
	return 0
}

func memUsage(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr { return 1 }

func copied(a0, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	eq(wide, a1)
	v.opt = r.KeyOptCtx(a0)
	run("copy", v.ctx)
	return wide + 3
}

func info(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	v.info = r.InfoCtx(a0)
	run("info", v.ctx)
	return 0
}

// filter makes the calls when the command is smoke.filtered, and has it run as smoke.echo.
func filter(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	v.filtering = r.CommandFilterCtx(a0)
	if r.CommandFilterArgsCount(v.filtering) == 4 && gs(r.CommandFilterArgGet(v.filtering, 0)) == "smoke.echo" &&
		gs(r.CommandFilterArgGet(v.filtering, 3)) == "filtered" {
		run("filter", v.ctx)
	}
	return 0
}

// auth makes the calls for one user name, and lets the client in.
func auth(a0, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	if gs(r.String(a1)) != "smoke" {
		return r.AUTH_NOT_HANDLED
	}
	run("auth", r.Ctx(a0))
	return r.AUTH_HANDLED
}

func authReply(a0, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	eq("smoke", gs(r.String(a1)))
	ok(r.AuthenticateClientWithACLUser(r.Ctx(a0), z("default"), 7, 0, 0, nil))
	return r.AUTH_HANDLED
}

func notified(a0, _, _, a3, _, _ uintptr, _ unsafe.Pointer) uintptr {
	v.told = gs(r.String(a3))
	run("notify", r.Ctx(a0))
	return 0
}

func scanned(_, a1, _, a3, _, _ uintptr, _ unsafe.Pointer) uintptr {
	v.seen, v.data = v.seen+gs(r.String(a1)), a3
	return 0
}

func scannedKey(_, a1, a2, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	v.seen += gs(r.String(a1)) + "=" + gs(r.String(a2))
	return 0
}

// The commands.

func reply(ctx r.Ctx, args []r.String) {
	if len(args) > 1 {
		r.ReplyWithLongLong(ctx, -big)
		return
	}
	v.items = 0
	v.want.Reset()
	r.ReplyWithArray(ctx, r.POSTPONED_LEN)
	run("reply", ctx)
	r.ReplySetArrayLength(ctx, v.items)
}

func echo(ctx r.Ctx, args []r.String) {
	words := make([]string, len(args)-1)
	for i := range words {
		words[i] = gs(args[i+1])
	}
	text := strings.Join(words, " ")
	r.ReplyWithStringBuffer(ctx, z(text), uintptr(len(text)))
}

func keys(ctx r.Ctx, _ []r.String) {
	if v.positions = r.IsKeysPositionRequest(ctx); v.positions != 0 {
		run("keys", ctx)
	}
}

func channels(ctx r.Ctx, _ []r.String) {
	if r.Has(r.FnIsChannelsPositionRequest) && r.IsChannelsPositionRequest(ctx) != 0 {
		run("channels", ctx)
	}
}

func blockReply(ctx r.Ctx, _ []r.String) {
	run("unblocked", ctx)
	r.ReplyWithSimpleString(ctx, z("unblocked"))
}

func readyReply(ctx r.Ctx, _ []r.String) {
	run("ready", ctx)
	r.ReplyWithSimpleString(ctx, z("ready"))
}

var threaded atomic.Bool

// thread makes the calls that take the server's lock.
func thread() {
	threaded.Store(false)
	go func() {
		runtime.LockOSThread() // the lock is a thread's
		defer runtime.UnlockOSThread()
		run("thread", 0)
		threaded.Store(true)
	}()
}

func tellThreaded(ctx r.Ctx, _ []r.String) {
	n := int64(0)
	if threaded.Load() {
		n = 1
	}
	r.ReplyWithLongLong(ctx, n)
}

func tellFailures(ctx r.Ctx, _ []r.String) {
	tell(ctx, failures)
}

func tellCalled(ctx r.Ctx, _ []r.String) {
	var names []string
	for fn := range called {
		names = append(names, fn.Name())
	}
	tell(ctx, names)
}

func tellHas(ctx r.Ctx, _ []r.String) {
	var names []string
	for fn := range r.FuncID(r.Funcs()) {
		if r.Has(fn) {
			names = append(names, fn.Name())
		}
	}
	tell(ctx, names)
}

func tell(ctx r.Ctx, list []string) {
	text := strings.Join(list, "\n")
	r.ReplyWithStringBuffer(ctx, z(text), uintptr(len(text)))
}
