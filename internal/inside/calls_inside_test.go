// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"math"
	"runtime"
	"strconv"
	"strings"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// since70 tells whether the server has what came with Redis 7.0.
func since70(t *inside.T) bool { return serverHas(t, "CallReplyVerbatim") }

// call calls a command whose words stand in a text. The reply is freed when the test has
// ended.
func (e env) call(flags rm.CallFlags, words ...string) rm.CallReply {
	e.Helper()
	reply, err := rm.NewCall(words[0], flags).Do(e.ctx, e.strs(words[1:]...)...)
	require.NoError(e, err, "%.100q", words)
	e.Cleanup(reply.Free)
	return reply
}

// callErr is the error of a call.
func (e env) callErr(flags rm.CallFlags, words ...string) error {
	e.Helper()
	reply, err := rm.NewCall(words[0], flags).Do(e.ctx, e.strs(words[1:]...)...)
	require.True(e, reply.IsZero(), "%.100q", words)
	return err
}

// InsideCallLetters asks the server about every character as a flag of a call: the flags
// of this package are all there are.
//
// Drives: Call.
func InsideCallLetters(t *inside.T, ctx rm.Context) {
	want := "!AR"
	if since70(t) {
		want = "!03ACEMRSW"
	}
	if serverHas(t, "CallReplyPromiseAbort") {
		want = "!03ACDEKMRSW"
	}
	if serverHas(t, "ReplyWithCustomErrorFormat") {
		want = "!03ACDEKMRSWX"
	}
	var letters []byte
	for c := byte('!'); c < 0x7f; c++ {
		if strings.IndexByte("csblv", c) >= 0 {
			continue
		}
		name, format := []byte("PING\x00"), []byte{c, 0}
		redismodule.Escape(unsafe.Pointer(&name[0]))
		redismodule.Escape(unsafe.Pointer(&format[0]))
		r := redismodule.Call(ctx.Raw(), &name[0], &format[0])
		runtime.KeepAlive(name)
		runtime.KeepAlive(format)
		if r != 0 || c == 'D' && serverHas(t, "CallReplyPromiseAbort") { // a dry run has no reply
			letters = append(letters, c)
		}
		if r != 0 {
			redismodule.FreeCallReply(r)
		}
	}
	require.Equal(t, want, string(letters))
}

// callArgs makes arguments of words. The kinds have a letter for each: s, b, t, l, c; "v"
// stands for all that follow, "0" for no strings.
func (e env) callArgs(kinds string, words []string) []rm.Arg {
	e.Helper()
	var list []rm.Arg
	for _, k := range kinds {
		switch k {
		case '0':
			list = append(list, rm.Strs(rm.Args{}))
			continue
		case 'v':
			list, words = append(list, rm.Strs(rm.ArgsOf(e.strs(words...)...))), nil
			continue
		}
		w := words[0]
		words = words[1:]
		switch k {
		case 's':
			list = append(list, rm.Str(e.str(w)))
		case 'b':
			list = append(list, rm.Bytes([]byte(w)))
		case 't':
			list = append(list, rm.Text(w))
		case 'c':
			list = append(list, rm.ZText(unsafeconv.NewZ(w)))
		case 'l':
			n, err := strconv.ParseInt(w, 10, 64)
			require.NoError(e, err)
			list = append(list, rm.Int64(n))
		}
	}
	require.Empty(e, words)
	return list
}

// counted are the words "1" to n.
func counted(n int) []string {
	words := make([]string, n)
	for i := range words {
		words[i] = strconv.Itoa(i + 1)
	}
	return words
}

// InsideCallKinds passes arguments of each kind, alone and mixed, few and many.
//
// Drives: Call, FreeCallReply.
func InsideCallKinds(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	key := rm.Str(e.str("l"))
	c := func(n int) string { return strings.Repeat("c", n) }
	for _, test := range []struct {
		kinds string
		words []string
	}{
		{"", nil}, {"0", nil}, {"v", nil}, {"v", []string{"a"}}, {"v", []string{"a", "b", "c"}},
		{"s", []string{"a"}}, {"b", []string{"a"}}, {"t", []string{"a"}}, {"c", []string{"a"}}, {"l", []string{strconv.Itoa(math.MinInt64)}},
		{"sbtcl", []string{"a", "b", "c", "d", "5"}}, {"lctbs", []string{"5", "a", "b", "c", "d"}}, {"sbt", []string{"", "", ""}},
		{"sbt", []string{"\x00a\r\n", "\x00%s", "\xff\x00"}}, {"0s0v0", []string{"a", "b", "c"}}, {"sv", []string{"a", "b", "c"}},
		{"bv", []string{"a", "b", "c"}}, {"lcv", []string{"1", "a", "b"}},
		// Past 21 words the arguments travel as a vector.
		{c(22) + "v", counted(23)}, {c(19) + "lv", counted(23)}, {c(20) + "b", counted(21)}, {c(22), counted(22)}, {c(21) + "l", counted(22)},
	} {
		args := append([]rm.Arg{key}, e.callArgs(test.kinds, test.words)...)
		for how, do := range map[string]func() (rm.CallReply, error){
			"Call":   func() (rm.CallReply, error) { return ctx.Call("RPUSH", 0, args...) },
			"DoArgs": func() (rm.CallReply, error) { return rm.NewCall("RPUSH", 0).DoArgs(ctx, args...) },
			"Do": func() (rm.CallReply, error) {
				return rm.NewCall("RPUSH", 0).Do(ctx, e.strs(append([]string{"l"}, test.words...)...)...)
			},
		} {
			e.do("DEL", "l")
			reply, err := do()
			if len(test.words) == 0 {
				require.Error(t, err)
				require.True(t, reply.IsZero())
				continue
			}
			require.NoError(t, err)
			require.Equal(t, int64(len(test.words)), reply.Integer(), "%s %s", how, test.kinds)
			reply.Free()
			require.Equal(t, test.words, e.list("LRANGE", "l", "0", "-1"), "%s %s", how, test.kinds)
		}
	}
}

// InsideCallBad calls and replicates with bad arguments.
//
// Drives: Call, Replicate.
func InsideCallBad(t *inside.T, ctx rm.Context) {
	many := make([]rm.RStr, 30)
	for i := range many {
		many[i] = env{t, ctx}.str("x")
	}
	many[29] = rm.RStr{}
	first, all := rm.Strs(rm.ArgsOf(many[:29]...)), rm.Strs(rm.ArgsOf(many...))
	echo := rm.NewCall("ECHO", 0)
	for i, call := range []func() (rm.CallReply, error){
		func() (rm.CallReply, error) { return echo.Do(ctx, rm.RStr{}) },
		func() (rm.CallReply, error) { return echo.Do(ctx, many...) },
		func() (rm.CallReply, error) { return echo.Do(ctx, many[20:]...) },
		func() (rm.CallReply, error) { return echo.DoArgs(ctx, rm.Str(rm.RStr{})) },
		func() (rm.CallReply, error) { return echo.DoArgs(ctx, all) },
		func() (rm.CallReply, error) { return echo.DoArgs(ctx, first, first, all) },
		func() (rm.CallReply, error) { return echo.DoArgs(ctx, first, rm.Str(rm.RStr{})) },
		func() (rm.CallReply, error) { return echo.DoArgs(ctx, first, rm.Arg{}) },
		func() (rm.CallReply, error) { return ctx.Call("ECHO", 0, rm.Arg{}) },
	} {
		reply, err := call()
		require.Equal(t, rm.ErrNoString, err, "%d", i)
		require.True(t, reply.IsZero())
	}
	const flags, unknown = "ERR the flags do not exist or exclude each other", "ERR the server does not know the command to replicate"
	require.Equal(t, rm.ErrNoString, ctx.Replicate("ECHO", 0, rm.Str(rm.RStr{})))
	require.Equal(t, rm.ErrNoCommandName, ctx.Replicate("", 0))
	require.Equal(t, rm.ErrNULByte, ctx.Replicate("A\x00", 0))
	require.EqualError(t, ctx.Replicate("no.such.command", 0), unknown)
	require.EqualError(t, ctx.Replicate("SET", rm.CallRESP3), flags)
	require.EqualError(t, ctx.Replicate("SET", 1<<15), flags)
	require.EqualError(t, rm.NewCall("no.such.command", 0).Replicate(ctx), unknown)
	require.Equal(t, rm.ErrNoCommandName, rm.NewCall("", 0).Replicate(ctx))
}

// InsideCallDryRun: a call that would run has neither reply nor error.
//
// Drives: Call.
func InsideCallDryRun(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	if !serverHas(t, "CallReplyPromiseAbort") {
		requireError(t, rm.ErrUnsupported, e.callErr(rm.CallDryRun, "SET", "k", "v"))
		return
	}
	require.True(t, e.call(rm.CallDryRun, "SET", "k", "v").IsZero())
	reply, err := ctx.Call("SET", rm.CallDryRun, e.callArgs("v", []string{"k", "v"})...)
	require.NoError(t, err)
	require.True(t, reply.IsZero())
	require.Equal(t, 0, e.do("EXISTS", "k"))
	require.ErrorContains(t, e.callErr(rm.CallDryRun, "SET", "k"), "ERR wrong number of arguments for 'set' command")
	require.ErrorContains(t, e.callErr(rm.CallDryRun|rm.CallNoWrites, "SET", "k", "v"), "write is not allowed")
}

var hot = struct{ get, lrange, hgetall, set, incr, echo *rm.Call }{
	rm.NewCall("GET", 0), rm.NewCall("LRANGE", 0), rm.NewCall("HGETALL", 0), rm.NewCall("SET", 0), rm.NewCall("INCRBY", 0), rm.NewCall("ECHO", 0),
}

var zValue = unsafeconv.Z("value\x00")

// InsideCallCosts looks for leaks and for Go allocations of calls, replies and errors.
//
// Drives: Call, CallReplyProto, CallReplyType, CallReplyLength, CallReplyArrayElement,
// CallReplyStringPtr, CreateStringFromCallReply, FreeCallReply.
func InsideCallCosts(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	e.do("RPUSH", "list", "1", "x", "-3", "99999999999999999999")
	e.do("HSET", "hash", "a", "1", "bc", "2.5")
	text, list, hash, n, zero, last := e.str("string"), e.str("list"), e.str("hash"), e.str("n"), e.str("0"), e.str("-1")
	names := rm.ArgsOf(text, list, hash)
	must := func(reply rm.CallReply, err error) rm.CallReply {
		if err != nil {
			panic(err)
		}
		return reply
	}
	elements, pairs := 0, 0
	work := func() {
		elements, pairs = 0, 0
		reply := must(hot.lrange.Do(ctx, list, zero, last))
		for _, e := range reply.Elements {
			for _, f := range reply.Elements {
				if _, err := f.Int64(); err == nil {
					elements++
				}
			}
			s := e.RString()
			s.Free()
		}
		reply.Free()
		reply = must(hot.hgetall.DoArgs(ctx, rm.Str(hash), rm.Strs(rm.Args{})))
		for k, v := range reply.Pairs {
			_, _ = v.Float64()
			pairs += len(k.Bytes())
		}
		reply.Free()
		free(must(hot.set.DoArgs(ctx, rm.Str(text), rm.ZText(zValue))))
		free(must(hot.incr.DoArgs(ctx, rm.Bytes(n.Bytes()), rm.Int64(2))))
		free(must(ctx.Call("echo", 0, rm.Text(text.String()))))
		free(must(ctx.Call("exists", 0, rm.Strs(names))))
	}
	work()
	require.Equal(t, 8, elements)
	require.Equal(t, 3, pairs)
	e.costs(work)
	// Errors, which stay what they are until the callback ends.
	fails := func(ctx rm.Context) error {
		_, err := hot.get.Do(ctx, list)
		if e, ok := err.(rm.ReplyErr); !ok || e.Code() != "WRONGTYPE" || !rm.IsCode(err, "WRONGTYPE") || !errors.Is(err, rm.ErrWrongType) {
			panic(err)
		}
		if _, err = hot.get.Do(ctx, rm.RStr{}); err != rm.ErrNoString {
			panic(err)
		}
		return ctx.ReplyWithOK()
	}
	e.costs(func() { free(must(e.callback(fails))) })
	words := e.callArgs("ctlb", []string{"a", "b", "3", "d"})
	e.leakless(func() {
		_, _ = ctx.Call("ECHO", 0, words...)
		free(must(ctx.Call("MGET", 0, words...)))
	})
}
