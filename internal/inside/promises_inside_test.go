// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// promiser makes calls that block, and notes what their handlers get.
type promiser struct {
	promises map[string]rm.Promise
	heard    []string
}

// withPromises begins a test of calls that block. On servers before it looks for the
// error, and ends the test.
func withPromises(t *inside.T, ctx rm.Context) *promiser {
	t.Helper()
	p := &promiser{promises: map[string]rm.Promise{}}
	if serverHas(t, "CallReplyPromiseAbort") {
		env{t, ctx}.do("FLUSHALL")
		return p
	}
	_, err := ctx.Call("BLPOP", rm.CallAllowBlock, rm.Text("l"), rm.Int64(0))
	var lacks *rm.UnsupportedError
	require.ErrorAs(t, err, &lacks)
	require.Equal(t, "one of the call flags", lacks.Function)
	require.Equal(t, "Redis 7.2, Valkey 7.2", lacks.Since)
	if since70(t) {
		_, err = rm.CallReply{}.OnUnblocked(func(rm.Context, rm.CallReply) {})
		require.ErrorAs(t, err, &lacks)
		require.Equal(t, "CallReplyPromiseSetUnblockHandler", lacks.Function)
	}
	t.Skip("calls do not block on this server")
	return nil
}

// waits makes a call that waits. Its end is noted, then f is called, if there is one.
func (p *promiser) waits(e env, name string, f func(ctx rm.Context, reply rm.CallReply), words ...string) {
	e.Helper()
	reply, err := e.ctx.Call(words[0], rm.CallAllowBlock|rm.CallReplicate, rm.Strs(rm.ArgsOf(e.strs(words[1:]...)...)))
	require.NoError(e, err)
	require.True(e, reply.IsPromise())
	p.promises[name], err = reply.OnUnblocked(func(ctx rm.Context, reply rm.CallReply) {
		text := fmt.Sprint(name, ": ", value(reply), " in ", ctx.SelectedDB())
		if q := p.promises[name]; q.Pending() || q.Abort() {
			text += " (not over)"
		}
		p.heard = append(p.heard, text)
		if f != nil {
			f(ctx, reply)
		}
	})
	require.NoError(e, err)
}

// hears waits until this and nothing else is heard, then goes on.
func (p *promiser) hears(t *inside.T, want []string, then func(e env)) {
	await(t, func(t *inside.T, ctx rm.Context) bool {
		if len(p.heard) < len(want) {
			return false
		}
		require.Equal(t, want, p.heard)
		p.heard = nil
		t.Later(0, func(t *inside.T, ctx rm.Context) {
			require.Empty(t, p.heard, "nothing more is heard")
			then(env{t, ctx})
		})
		return true
	})
}

// over tells of a promise that it can neither be waited for nor aborted.
func (p *promiser) over(t *inside.T, name string) {
	t.Helper()
	for range 2 {
		require.False(t, p.promises[name].Pending(), name)
		require.False(t, p.promises[name].Abort(), name)
	}
}

// InsidePromiseAtOnce calls what can block and need not: the reply is there.
//
// Drives: Call.
func InsidePromiseAtOnce(t *inside.T, ctx rm.Context) {
	withPromises(t, ctx)
	e := env{t, ctx}
	e.do("RPUSH", "full", "x")
	reply := e.call(rm.CallAllowBlock|rm.CallReplicate, "BLPOP", "full", "0")
	require.False(t, reply.IsPromise())
	require.Equal(t, []any{"full", "x"}, value(reply))
	require.ErrorContains(t, e.callErr(rm.CallAllowBlock, "BLPOP", "full"), "ERR wrong number")
}

// ends has a call wait and end, with a function that its handler calls.
func (p *promiser) ends(e env, name string, f func(ctx rm.Context, reply rm.CallReply), then func(e env)) {
	p.waits(e, name, f, "BLPOP", "list", "0")
	e.Later(0, func(t *inside.T, ctx rm.Context) {
		require.Empty(t, p.heard)
		env{t, ctx}.do("RPUSH", "list", "v")
		p.hears(t, []string{name + ": [list v] in 0"}, func(e env) {
			require.Nil(e, e.do("LPOP", "list"))
			p.over(e.T, name)
			then(e)
		})
	})
}

// InsidePromises hears of the end of calls that block: handlers that do nothing, that free
// the reply, that call and replicate.
//
// Drives: Call, CallReplyPromiseSetUnblockHandler, FreeCallReply.
func InsidePromises(t *inside.T, ctx rm.Context) {
	p := withPromises(t, ctx)
	frees := func(_ rm.Context, reply rm.CallReply) {
		reply.Free() // does nothing
		reply.Free()
	}
	p.ends(env{t, ctx}, "nothing", nil, func(e env) {
		p.ends(e, "frees", frees, func(e env) {
			p.ends(e, "calls", p.fromHandler, func(e env) {
				require.Equal(e, []string{"called"}, e.list("LRANGE", "from the handler", "0", "-1"))
			})
		})
	})
}

// fromHandler opens a key, calls, replicates, and has a call fail.
func (p *promiser) fromHandler(ctx rm.Context, _ rm.CallReply) {
	name := ctx.Str("from the handler")
	ctx.OpenWriteKey(name).Close()
	reply, err := ctx.Call("RPUSH", rm.CallReplicate, rm.Str(name), rm.Text("called"))
	reply.Free()
	if err == nil {
		err = ctx.Replicate("PUBLISH", 0, rm.Text("marker"), rm.Text("called"))
	}
	if err != nil {
		p.heard = append(p.heard, err.Error())
	}
	if _, err := ctx.Call("INCR", 0, rm.Str(name)); !rm.IsCode(err, "WRONGTYPE") {
		p.heard = append(p.heard, "no WRONGTYPE")
	}
}

// InsidePromiseTimes has the time of a call be over.
//
// Drives: CallReplyPromiseSetUnblockHandler.
func InsidePromiseTimes(t *inside.T, ctx rm.Context) {
	p := withPromises(t, ctx)
	p.waits(env{t, ctx}, "late", nil, "BLPOP", "list", "0.01")
	p.hears(t, []string{"late: <nil> in 0"}, func(e env) { p.over(e.T, "late") })
}

// InsidePromiseDatabases calls in another database, where the handler is called too.
//
// Drives: CallReplyPromiseSetUnblockHandler.
func InsidePromiseDatabases(t *inside.T, ctx rm.Context) {
	p := withPromises(t, ctx)
	require.NoError(t, ctx.SelectDB(5))
	p.waits(env{t, ctx}, "five", p.fromHandler, "BLMOVE", "list", "other", "LEFT", "LEFT", "0")
	require.NoError(t, ctx.SelectDB(0))
	env{t, ctx}.do("RPUSH", "list", "v")
	t.Later(0, func(t *inside.T, ctx rm.Context) {
		require.Empty(t, p.heard)
		require.NoError(t, ctx.SelectDB(5))
		env{t, ctx}.do("RPUSH", "list", "w")
		p.hears(t, []string{"five: w in 5"}, func(e env) {
			require.NoError(e, e.ctx.SelectDB(5))
			require.Equal(e, []string{"called"}, e.list("LRANGE", "from the handler", "0", "-1"))
			require.Equal(e, []string{"w"}, e.list("LRANGE", "other", "0", "-1"))
			require.NoError(e, e.ctx.SelectDB(0))
			require.Equal(e, []string{"v"}, e.list("LRANGE", "list", "0", "-1"))
		})
	})
}

// InsidePromiseAgain calls what blocks from the handler of such a call.
//
// Drives: CallReplyPromiseSetUnblockHandler.
func InsidePromiseAgain(t *inside.T, ctx rm.Context) {
	p := withPromises(t, ctx)
	p.waits(env{t, ctx}, "p", func(ctx rm.Context, _ rm.CallReply) {
		reply, err := ctx.Call("BLPOP", rm.CallAllowBlock, rm.Text("again"), rm.Int64(0))
		if err == nil {
			p.promises["p"], err = reply.OnUnblocked(func(ctx rm.Context, reply rm.CallReply) {
				p.heard = append(p.heard, fmt.Sprint("again: ", value(reply), " in ", ctx.SelectedDB()))
			})
		}
		if err != nil {
			p.heard = append(p.heard, err.Error())
		}
	}, "BLPOP", "list", "0")
	env{t, ctx}.do("RPUSH", "list", "v")
	p.hears(t, []string{"p: [list v] in 0"}, func(e env) {
		require.True(e, p.promises["p"].Pending())
		e.do("RPUSH", "again", "w")
		p.hears(e.T, []string{"again: [again w] in 0"}, func(e env) { p.over(e.T, "p") })
	})
}

// InsidePromiseAborts ends calls that wait, also one whose element has come in the same
// command.
//
// Drives: CallReplyPromiseAbort.
func InsidePromiseAborts(t *inside.T, ctx rm.Context) {
	p, e := withPromises(t, ctx), env{t, ctx}
	require.False(t, rm.Promise{}.Pending())
	require.False(t, rm.Promise{}.Abort())
	p.waits(e, "p", nil, "BLPOP", "list", "0")
	p.waits(e, "q", nil, "BLPOP", "list", "0")
	require.True(t, p.promises["p"].Pending())
	require.True(t, p.promises["p"].Abort())
	p.over(t, "p")
	e.do("RPUSH", "list", "v", "w")
	p.hears(t, []string{"q: [list v] in 0"}, func(e env) {
		require.Equal(e, []string{"w"}, e.list("LRANGE", "list", "0", "-1"))
		e.do("DEL", "list")
		p.waits(e, "p", nil, "BLPOP", "list", "0")
		e.Later(0, func(t *inside.T, ctx rm.Context) {
			e := env{t, ctx}
			e.do("RPUSH", "list", "v") // served when the command has ended
			require.True(t, p.promises["p"].Pending())
			require.True(t, p.promises["p"].Abort())
			p.over(t, "p")
			p.hears(t, nil, func(e env) {
				require.Equal(e, []string{"v"}, e.list("LRANGE", "list", "0", "-1"))
			})
		})
	})
}

// InsidePromiseMisuse tries what is not allowed with promises, and forgets one.
//
// Drives: CallReplyType, CallReplyPromiseAbort.
func InsidePromiseMisuse(t *inside.T, ctx rm.Context) {
	p, e := withPromises(t, ctx), env{t, ctx}
	handler := func(rm.Context, rm.CallReply) { p.heard = append(p.heard, "never") }
	pong, err := ctx.Call("PING", 0)
	require.NoError(t, err)
	_, err = pong.OnUnblocked(handler)
	pong.Free()
	require.Equal(t, rm.ErrReplyType, err)
	_, err = rm.CallReply{}.OnUnblocked(handler)
	require.Equal(t, rm.ErrReplyType, err)

	reply, err := ctx.Call("BLPOP", rm.CallAllowBlock, rm.Text("l"), rm.Int64(0))
	require.NoError(t, err)
	require.Equal(t, rm.ErrPromise, ctx.ReplyWithCallReply(reply))
	_, err = reply.OnUnblocked(nil)
	require.EqualError(t, err, "ERR there is no function to run")
	require.Equal(t, rm.ReplyPromise, reply.Type())
	require.Equal(t, "ReplyPromise", reply.Type().String())
	_, err = reply.Text()
	require.Equal(t, rm.ErrReplyType, err)
	require.Zero(t, reply.Len())
	require.Nil(t, reply.Bytes())
	require.Nil(t, reply.Proto())
	require.True(t, reply.Element(0).IsZero())
	require.True(t, reply.RString().IsZero())
	require.EqualValues(t, redismodule.OK, redismodule.CallReplyPromiseAbort(reply.Raw(), nil))
	reply.Free()

	// With automatic memory, which would free the promise; the call goes on, unheard.
	require.EqualError(t, e.command(func(ctx rm.Context) error {
		ctx.AutoMemory()
		reply, err := ctx.Call("BLPOP", rm.CallAllowBlock, rm.Text("l"), rm.Int64(0))
		if err != nil {
			return err
		}
		_, err = reply.OnUnblocked(handler)
		return err
	}), "ERR a context with automatic memory frees the call's promise")
	t.Later(0, func(t *inside.T, ctx rm.Context) {
		env{t, ctx}.do("RPUSH", "l", "v")
		p.hears(t, nil, func(e env) {
			require.Nil(e, e.do("LPOP", "l"), "the call has gone on")
			// Nobody hears of a promise that is freed.
			reply, err := e.ctx.Call("BLPOP", rm.CallAllowBlock, rm.Text("l"), rm.Int64(0))
			require.NoError(e, err)
			require.Equal(e, rm.ReplyPromise, reply.Type())
			reply.Free()
			e.do("RPUSH", "l", "v")
			e.Later(0, func(t *inside.T, ctx rm.Context) {
				e := env{t, ctx}
				require.Nil(t, e.do("LPOP", "l"))
				p.waits(e, "p", nil, "BLPOP", "l", "0")
				e.do("RPUSH", "l", "v")
				p.hears(t, []string{"p: [l v] in 0"}, func(env) {})
			})
		})
	})
}

// InsidePromiseInDo: automatic memory that a function of Do asks for is not on in a later
// one, which may get the same context, and whose promise it would free.
//
// Drives: CallReplyPromiseSetUnblockHandler.
func InsidePromiseInDo(t *inside.T, ctx rm.Context) {
	p := withPromises(t, ctx)
	var round func(e env, left int)
	round = func(e env, left int) {
		thread := e.ctx.DetachedThreadSafeContext()
		errs, made := make(chan error, 2), make(chan error, 1)
		go func() {
			errs <- thread.Do(func(ctx rm.Context) error {
				ctx.AutoMemory()
				s := rm.NewRStringText("handed over")
				s.HandOver(ctx)
				return nil
			})
		}()
		go func() {
			errs <- thread.Do(func(ctx rm.Context) error {
				reply, err := ctx.Call("BLPOP", rm.CallAllowBlock, rm.Text("l"), rm.Int64(0))
				if err != nil {
					return err
				}
				_, err = reply.OnUnblocked(func(ctx rm.Context, reply rm.CallReply) {
					p.heard = append(p.heard, fmt.Sprint("do: ", value(reply), " in ", ctx.SelectedDB()))
				})
				return err
			})
		}()
		go func() {
			made <- errors.Join(<-errs, <-errs)
			thread.Free()
		}()
		await(e.T, func(t *inside.T, ctx rm.Context) bool {
			if len(made) == 0 {
				return false
			}
			require.NoError(t, <-made)
			env{t, ctx}.do("RPUSH", "l", "v")
			p.hears(t, []string{"do: [l v] in 0"}, func(e env) {
				if left > 1 {
					round(e, left-1)
				}
			})
			return true
		})
	}
	round(env{t, ctx}, 20)
}
