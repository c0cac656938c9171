// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command smoke is a module that calls every function of the raw layer that the server
// has, once at least, as api/smoke.tsv tells, and compares what the functions answer
// where that shows a wrong prototype.
package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"unsafe"

	r "github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
)

// big and wide do not fit into 32 bits.
const (
	big  int64   = 1 << 62
	wide uintptr = 1<<62 + 5
	// negative is -big as a word.
	negative uintptr = 3 << 62
)

// step is one call.
type step struct {
	fn   r.FuncID
	call func()
}

// v is what the calls work with.
var v struct {
	ctx, thread      r.Ctx
	mem, raw         uintptr
	command          r.Command
	flag, number     uintptr
	unsigned, enum   uintptr
	text             string
	enums            [2]int32
	summary          r.CommandInfo
	infoVersion      r.CommandInfoVersion
	mt               r.ModuleType
	filter           r.CommandFilter
	filtering        r.CommandFilterCtx
	shared, notify   r.CFunc
	meta             int32
	dict             r.Dict
	di               r.DictIter
	reply, attribute r.CallReply
	promise          r.CallReply
	positions        int32
	key              r.Key
	cursor           r.ScanCursor
	told, seen       string
	data             uintptr
	saved            r.String
	saving           int
	encver           int32
	io               r.IO
	emitting         bool
	opt              r.KeyOptCtx
	md               r.Digest
	defrag           r.DefragCtx
	defragMemory     [1024]byte
	stream           r.RdbStream
	info             r.InfoCtx
	data0            r.ServerInfoData
	user             r.User
	configs          r.ConfigIterator
	timer            uint64
	fd               int32
	bc               r.BlockedClient
	id               *byte
	nodes, n         uintptr
	ranges           *r.SlotRangeArray
	want             strings.Builder
	items            int64
	callbacks        map[string]r.CFunc
	kept             []any
}

// What the calls have shown.
var (
	called   = map[r.FuncID]bool{}
	failures []string
	running  r.FuncID
)

// run makes the calls of a place.
func run(where string, ctx r.Ctx) {
	before, outer := v.ctx, running
	v.ctx = ctx
	defer func() { v.ctx, running = before, outer }()
	for _, s := range calls[where] {
		if r.Has(s.fn) {
			running = s.fn
			one(s)
		}
	}
}

func one(s step) {
	defer func() {
		if p := recover(); p != nil {
			fail(fmt.Sprintf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	called[s.fn] = true
	s.call()
}

func fail(text string) {
	_, _, line, _ := runtime.Caller(2)
	text = fmt.Sprintf("%s (line %d): %s", running, line, text)
	failures = append(failures, text)
	r.Log(0, z("warning"), z("%s"), w(text)) // the server may end before anybody asks
}

func eq[T comparable](want, got T) {
	if want != got {
		fail(fmt.Sprintf("%#v, not %#v", got, want))
	}
}

func has(is bool) {
	if !is {
		fail("is not so")
	}
}

func ok(status int32) {
	if status != r.OK {
		fail(fmt.Sprintf("status %d", status))
	}
}

func near(want, got, within int64) {
	if d := want - got; d > within || d < -within {
		fail(fmt.Sprintf("%d, far from %d", got, want))
	}
}

func init() {
	rm.Register(rm.Module{Name: "smoke", Version: 1, OnLoad: func(ctx rm.Context, _ rm.Args) error {
		for _, name := range []string{"run", "last", "login", "block", "abort", "onkeys", "onkeysflags", "signal", "thread", "cluster"} {
			ok(r.CreateCommand(ctx.Raw(), z("smoke."+name), command(func(ctx r.Ctx, _ []r.String) { place(name, ctx) }), z("write"), 0, 0, 0))
		}
		ok(r.CreateCommand(ctx.Raw(), z("smoke.failures"), command(tellFailures), z("readonly"), 0, 0, 0))
		ok(r.CreateCommand(ctx.Raw(), z("smoke.called"), command(tellCalled), z("readonly"), 0, 0, 0))
		ok(r.CreateCommand(ctx.Raw(), z("smoke.threaded"), command(tellThreaded), z("readonly"), 0, 0, 0))
		ok(r.CreateCommand(ctx.Raw(), z("smoke.has"), command(tellHas), z("readonly"), 0, 0, 0))
		run("load", ctx.Raw())
		return nil
	}})
}

func main() {}

// place is a command that makes the calls of one place.
func place(name string, ctx r.Ctx) {
	switch name {
	case "run":
		v.defrag = r.DefragCtx(uintptr(unsafe.Pointer(&v.defragMemory)))
		run("cmd", ctx)
		v.ctx = ctx
		call(func(c r.CallReply) { eq("$12\r\nx y filtered\r\n", protocol(c)) }, "smoke.echo", "a", "b", "filtered")
		if r.Has(r.FnSaveDataTypeToString) {
			v.emitting = true
			got := take(r.SaveDataTypeToString(ctx, wide, v.mt))
			if want := "*5\r\n$3\r\nSET\r\n$1\r\nc\r\n$1\r\ns\r\n$2\r\nb\x00\r\n$20\r\n-4611686018427387904\r\n"; !strings.Contains(got, want) {
				fail(fmt.Sprintf("EmitAOF: %q has no %q", got, want))
			}
			v.emitting = false
		}
		replies(ctx)
		run("defrag", ctx)
		for _, c := range [][]string{
			{"COMMAND", "GETKEYS", "smoke.keys", "k1", "x", "k2"}, {"ACL", "SETUSER", "limited", "on", "+@all", "resetchannels", "&ch*", "~*"},
			{"ACL", "DRYRUN", "limited", "smoke.channels", "ch1"}, {"DEL", "typed"},
		} {
			do(c[0], c[1:]...)
		}
		k := r.OpenKey(ctx, s("typed"), r.WRITE)
		ok(r.ModuleTypeSetValue(k, v.mt, wide))
		r.CloseKey(k)
		do("DEBUG", "DIGEST-VALUE", "typed")
		do("COPY", "typed", "copy", "DB", "2")
		do("FLUSHALL")
	case "thread":
		thread()
	case "block", "abort", "onkeys", "onkeysflags", "login":
		if name == "login" {
			r.ReplyWithSimpleString(ctx, z("OK"))
		}
		run(name, ctx)
		return
	default:
		run(name, ctx)
	}
	r.ReplyWithSimpleString(ctx, z("OK"))
}
