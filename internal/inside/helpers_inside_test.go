// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// env is what a test works with.
type env struct {
	*inside.T
	ctx rm.Context
}

// str is a string of the server that lives until the test has ended; (zero) is none.
func (e env) str(s string) rm.RStr {
	if s == "(zero)" {
		return rm.RStr{}
	}
	r := rm.NewRStringText(s)
	e.Cleanup(r.Free)
	return r.Str()
}

func (e env) strs(list ...string) []rm.RStr {
	out := make([]rm.RStr, len(list))
	for i, s := range list {
		out[i] = e.str(s)
	}
	return out
}

// text is what a string has that is to be freed, "(null)" without one, or an error.
func text(s rm.RString, ok bool, err error) any {
	switch {
	case ok == s.IsZero():
		return fmt.Errorf("ok is %t, and no string %t: %v", ok, s.IsZero(), err)
	case err != nil:
		return err
	case !ok:
		return "(null)"
	}
	defer s.Free()
	return s.Clone()
}

// requireError fails the test unless got is the error, or one that is told to be it.
func requireError(t *inside.T, want error, got any) {
	t.Helper()
	err, ok := got.(error)
	require.True(t, ok, "%v", got)
	require.ErrorIs(t, err, want)
}

// done is nil or the error, to be compared with what is wanted.
func done(err error) any {
	if err == nil {
		return "ok"
	}
	return err
}

// either is the value, or the error.
func either[V any](v V, err error) any {
	if err != nil {
		return err
	}
	return v
}

// answers are the results of a method, to be compared with what is wanted:
// answers(k.ZSetRem(e)).
func answers(results ...any) []any { return results }

// The ways to open a key.
const (
	write  = "write"
	read   = "read" // what writes is refused
	closed = "closed"
	zero   = "zero" // of a key that was never opened
)

// with opens a key, calls f, and closes the key.
func (e env) with(how, key string, f func(k rm.WriteKey) any) any {
	return e.opened(how, key, func(k rm.WriteKey) any {
		got := f(k)
		if how == read || how == write {
			k.Close()
		}
		return got
	})
}

// opened opens a key and calls f, which may close it.
func (e env) opened(how, key string, f func(k rm.WriteKey) any) any {
	var k rm.WriteKey
	switch how {
	case read:
		k = forged(e.ctx.OpenReadKey(e.str(key)))
	case zero:
	default:
		k = e.ctx.OpenWriteKey(e.str(key))
	}
	if how == closed {
		k.Close()
	}
	return told(func() any { return f(k) })
}

// told is what f returns. A misuse that the debug build tells of counts as the error
// that other builds answer.
func told(f func() any) (got any) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case string:
			text, debug := strings.CutPrefix(p, "rm_debug: ")
			if !debug {
				panic(p)
			}
			got = rm.Error(text[:strings.LastIndex(text, " (")])
		default:
			panic(p)
		}
	}()
	return f()
}

// endAgain ends, or uses, what may have ended already, which the debug build tells of.
func endAgain(end func()) { _ = told(func() any { end(); return nil }) }

// refuses tells whether what a method gave ([answers], or what [opened] makes of them) is
// the error with the zero values beside it, or that error as the debug build tells it.
func refuses(t require.TestingT, want []any, got any, args ...any) {
	if h, ok := t.(interface{ Helper() }); ok {
		h.Helper()
	}
	if err := want[len(want)-1]; debugBuild && (err == rm.ErrKeyClosed || err == rm.ErrNoString) && got == err {
		return
	}
	require.Equal(t, any(want), got, args...)
}

// skipMisuse skips a test that uses what has ended, and wants an error: the debug build
// panics there, which package misuse tests.
func skipMisuse(t *inside.T) {
	t.Helper()
	if debugBuild {
		t.Skip("it misuses on purpose, and the debug build panics; internal/misuse tests that")
	}
}

// do has the server run a command and returns its reply as a Go value.
func (e env) do(words ...string) any {
	e.Helper()
	args := make([]rm.Arg, len(words)-1)
	for i, w := range words[1:] {
		args[i] = rm.Str(e.str(w))
	}
	reply, err := e.ctx.Call(words[0], 0, args...)
	require.NoError(e, err, "%.100q", words)
	defer reply.Free()
	return value(reply)
}

// set gives an option of the server a value until the test has ended.
func (e env) set(option, value string) {
	e.Helper()
	before := e.list("CONFIG", "GET", option)
	require.Len(e, before, 2)
	if before[1] != value {
		e.do("CONFIG", "SET", option, value)
		e.Cleanup(func() { e.do("CONFIG", "SET", option, before[1]) })
	}
}

// ready returns a function that has the server run a command and leaves nothing behind.
func (e env) ready(words ...string) func() {
	args := make([]rm.Arg, len(words)-1)
	for i, w := range words[1:] {
		args[i] = rm.Str(e.str(w))
	}
	return func() {
		reply, err := e.ctx.Call(words[0], 0, args...)
		if err != nil {
			panic(err)
		}
		reply.Free()
	}
}

// commandName is the command by which command runs what is in commandBody.
const commandName = "inside.command"

var commandBody func(ctx rm.Context) error

func init() {
	rm.AtLoad(func(ctx rm.Context) error {
		return ctx.CreateCommand(rm.Command{
			Name: commandName, Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 1,
			Handler: func(ctx rm.Context, _ rm.Args) error {
				if err := commandBody(ctx); err != nil {
					return err
				}
				return ctx.ReplyWithOK()
			},
		})
	})
}

// command runs f in a command of its own within the test, in which f may panic, call
// runtime.Goexit, and leave keys open; it must not reply. It returns the command's error
// reply, nil when f has returned nil.
func (e env) command(f func(ctx rm.Context) error) error {
	commandBody = f
	reply, err := e.ctx.Call(commandName, 0)
	reply.Free()
	return err
}

// await has f run in commands of its own, a millisecond apart, until it returns true.
func await(t *inside.T, f func(t *inside.T, ctx rm.Context) bool) {
	deadline := time.Now().Add(20 * time.Second)
	var try func(t *inside.T, ctx rm.Context)
	try = func(t *inside.T, ctx rm.Context) {
		if !f(t, ctx) {
			require.True(t, time.Now().Before(deadline), "it has not happened")
			t.Later(time.Millisecond, try)
		}
	}
	t.Later(0, try)
}

func value(r rm.CallReply) any {
	switch r.Type() {
	case rm.ReplyInteger:
		return int(r.Integer())
	case rm.ReplyArray:
		list := []any{}
		for _, e := range r.Elements {
			list = append(list, value(e))
		}
		return list
	case rm.ReplyNull:
		return nil
	}
	return strings.Clone(r.String())
}

// list is an array of strings as the server replies with it.
func (e env) list(words ...string) []string {
	e.Helper()
	out := []string{}
	all, ok := e.do(words...).([]any)
	require.True(e, ok)
	for _, v := range all {
		out = append(out, fmt.Sprint(v))
	}
	return out
}

// awkward are values that are easily got wrong: empty, binary, a number, large.
var awkward = []string{"", "\x00", "a\x00b\r\n\xff", "-17", "9223372036854775807", "0012", strings.Repeat("x", 100), strings.Repeat("\x00large", 1<<20/6)}

// otherTypes makes a key of each type but one and calls f with its name.
func (e env) otherTypes(but string, f func(key string)) {
	e.do("SET", "is.string", "x")
	e.do("RPUSH", "is.list", "x", "y")
	e.do("HSET", "is.hash", "x", "y")
	e.do("SADD", "is.set", "x", "y")
	e.do("SADD", "is.intset", "1", "2")
	e.do("ZADD", "is.zset", "1", "x")
	e.do("XADD", "is.stream", "1-1", "x", "y")
	for _, t := range []string{"string", "list", "hash", "set", "intset", "zset", "stream"} {
		if t != but {
			dump := e.do("DUMP", "is."+t)
			f("is." + t)
			require.Equal(e, dump, e.do("DUMP", "is."+t), "the %s has not changed", t)
		}
	}
}

// serverHas tells whether the server provides an API function, by the name without
// prefix.
func serverHas(t *inside.T, function string) bool {
	t.Helper()
	for id := range redismodule.Funcs() {
		if f := redismodule.FuncID(id); f.Name() == function {
			return redismodule.Has(f)
		}
	}
	t.Fatalf("no function %s in the table", function)
	return false
}

// costs runs work many times and fails if the server's memory grows, or if Go
// allocates. The runtime itself allocates now and then, a few objects; one per run
// would be thousands. work must not allocate itself.
func (e env) costs(work func()) {
	e.Helper()
	e.costsIn(1000, work)
}

// costsIn is costs with a number of rounds, for work that takes long.
func (e env) costsIn(times int, work func()) {
	e.Helper()
	e.grows(times, 8<<10, work)
	if debugBuild || !canGoexit() { // without assembly each call allocates
		return
	}
	var stats runtime.MemStats
	best := uint64(1) << 62
	for range 3 {
		runtime.ReadMemStats(&stats)
		before := stats.Mallocs
		for range times {
			work()
		}
		runtime.ReadMemStats(&stats)
		if best = min(best, stats.Mallocs-before); best < uint64(times/10) {
			return
		}
	}
	require.Less(e, best, uint64(times/10), "Go allocations in %d rounds", times)
}

// leakless runs work many times and fails if the server's memory grows.
func (e env) leakless(work func()) {
	e.Helper()
	e.grows(1000, 8<<10, work)
}

// grows runs work a number of times and fails if the server's memory grows by slack bytes
// or more, each time that this is tried.
func (e env) grows(times, slack int, work func()) {
	e.Helper()
	if debugBuild { // it keeps what it tells of
		return
	}
	e.set("slowlog-max-len", "0") // what is slow is kept
	var grown []int
	for range 4 {
		for range min(times, 20) { // what is kept for reuse
			work()
		}
		before := e.usedMemory()
		for range times {
			work()
		}
		grown = append(grown, e.usedMemory()-before)
	}
	require.Less(e, slices.Min(grown), slack, "growth of used_memory in %d rounds: %v", times, grown)
}

func (e env) usedMemory() int {
	e.Helper()
	n, err := strconv.Atoi(e.info("memory", "used_memory"))
	require.NoError(e, err)
	return n
}

// info is a field of the server's INFO, or "" if there is none.
func (e env) info(section, field string) string {
	e.Helper()
	text, ok := e.do("INFO", section).(string)
	require.True(e, ok)
	_, rest, _ := strings.Cut(text, "\n"+field+":")
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}

// forged makes a key for writing of one that is open for reading, to see that what writes
// is refused. Without unsafe nobody can.
func forged(k rm.ReadKey) rm.WriteKey { return *(*rm.WriteKey)(unsafe.Pointer(&k)) }
