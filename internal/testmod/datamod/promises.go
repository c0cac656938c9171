// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
)

var _ = add(
	rm.Command{Name: "d.promise", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -4, Handler: dPromise},
	rm.Command{Name: "d.promise.heard", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: dPromiseHeard},
	rm.Command{Name: "d.promise.abort", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 2, Handler: dPromiseAbort},
	rm.Command{Name: "d.promise.bad", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 2, Handler: dPromiseBad},
	rm.Command{Name: "d.promise.auto", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 2, Handler: dPromiseAuto},
	rm.Command{Name: "d.promise.do", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 2, Handler: dPromiseDo},
	rm.Command{Name: "d.promise.forget", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -3, Handler: dPromiseForget},
)

var (
	heard    []string
	promised = map[string]rm.Promise{}
)

// dPromise is d.promise NAME HOW COMMAND ...: HOW says what the handler does.
func dPromise(ctx rm.Context, args rm.Args) error {
	name, how := args.At(1).Clone(), args.At(2).Clone()
	reply, err := ctx.Call(args.At(3).String(), rm.CallAllowBlock|rm.CallReplicate, rm.Strs(args.From(4)))
	if err != nil {
		return err
	}
	if !reply.IsPromise() {
		defer reply.Free()
		return ctx.ReplyWithCallReply(reply)
	}
	p, err := reply.OnUnblocked(func(ctx rm.Context, reply rm.CallReply) { unblocked(ctx, reply, name, how) })
	if err != nil {
		reply.Free()
		return err
	}
	promised[name] = p
	return ctx.ReplyWithSimpleString("waits")
}

// unblocked is the handler of a promise.
func unblocked(ctx rm.Context, reply rm.CallReply, name, how string) {
	text := name + ": " + walked(nil, reply) + " in " + strconv.Itoa(ctx.SelectedDB())
	if p := promised[name]; p.Pending() || p.Abort() {
		text += " (not over)"
	}
	heard = append(heard, text)
	switch how {
	case "panic":
		k := rm.NewRStringText("left open")
		ctx.OpenWriteKey(k.Str())
		k.Free()
		panic("a handler that panics")
	case "free":
		reply.Free() // does nothing
		reply.Free()
	case "calls":
		k := rm.NewRStringText("from the handler")
		key := ctx.OpenWriteKey(k.Str())
		key.Close()
		if r, err := ctx.Call("RPUSH", rm.CallReplicate, rm.Str(k.Str()), rm.Text(name)); err == nil {
			r.Free()
		}
		_ = ctx.Replicate("PUBLISH", 0, rm.Text("marker"), rm.Text(name))
		k.Free()
		if _, err := ctx.Call("INCR", 0, rm.Text("from the handler")); !rm.IsCode(err, "WRONGTYPE") {
			heard = append(heard, "no WRONGTYPE")
		}
	case "again":
		if r, err := ctx.Call("BLPOP", rm.CallAllowBlock, rm.Text("again"), rm.Int64(0)); err == nil {
			if promised[name], err = r.OnUnblocked(func(ctx rm.Context, reply rm.CallReply) { unblocked(ctx, reply, name, "") }); err != nil {
				heard = append(heard, err.Error())
			}
		}
	}
}

func dPromiseHeard(ctx rm.Context, _ rm.Args) error {
	_ = ctx.ReplyWithArray(len(heard))
	for _, h := range heard {
		_ = ctx.ReplyWithText(h)
	}
	heard = nil
	return nil
}

// dPromiseAbort is d.promise.abort NAME: the results of Pending, Abort, Pending and Abort.
func dPromiseAbort(ctx rm.Context, args rm.Args) error {
	p := promised[args.At(1).String()]
	_ = ctx.ReplyWithArray(4)
	for i := range 4 {
		ok := false
		if i%2 == 0 {
			ok = p.Pending()
		} else {
			ok = p.Abort()
		}
		n := int64(0)
		if ok {
			n = 1
		}
		_ = ctx.ReplyWithLongLong(n)
	}
	return nil
}

// dPromiseBad is d.promise.bad KEY: what is no promise, and what one refuses.
func dPromiseBad(ctx rm.Context, args rm.Args) error {
	handler := func(rm.Context, rm.CallReply) {}
	reply, err := ctx.Call("PING", 0)
	if err != nil {
		return err
	}
	_ = ctx.ReplyWithArray(5)
	_, err = reply.OnUnblocked(handler)
	result(ctx, err)
	reply.Free()
	_, err = rm.CallReply{}.OnUnblocked(handler)
	result(ctx, err)
	reply, err = ctx.Call("BLPOP", rm.CallAllowBlock, rm.Str(args.At(1)), rm.Int64(0))
	if err != nil {
		result(ctx, err)
		result(ctx, err)
		result(ctx, err)
		return nil
	}
	result(ctx, ctx.ReplyWithCallReply(reply))
	_, err = reply.OnUnblocked(nil)
	result(ctx, err)
	text, err := reply.Text()
	if err == nil {
		err = rm.Error(text)
	}
	if reply.Type() != rm.ReplyPromise || reply.Len() != 0 || reply.Bytes() != nil || reply.Proto() != nil || !reply.Element(0).IsZero() || !reply.RString().IsZero() {
		err = rm.Error("ERR a promise has content")
	}
	result(ctx, err)
	if redismodule.CallReplyPromiseAbort(reply.Raw(), nil) != redismodule.OK {
		ctx.Log(rm.LevelWarning, "the promise cannot be aborted")
	}
	reply.Free()
	return nil
}

// dPromiseAuto is d.promise.auto KEY: under automatic memory.
func dPromiseAuto(ctx rm.Context, args rm.Args) error {
	ctx.AutoMemory()
	reply, err := ctx.Call("BLPOP", rm.CallAllowBlock, rm.Str(args.At(1)), rm.Int64(0))
	if err != nil {
		return err
	}
	_, err = reply.OnUnblocked(func(rm.Context, rm.CallReply) { heard = append(heard, "never") })
	return err
}

// dPromiseDo is d.promise.do KEY: a function that the server's thread runs asks for
// automatic memory, and a later one, which may get the same context, calls what blocks.
func dPromiseDo(ctx rm.Context, args rm.Args) error {
	key := rm.NewRString(args.At(1).Bytes())
	t := ctx.DetachedThreadSafeContext()
	errs := make(chan error, 2)
	go func() {
		errs <- t.Do(func(ctx rm.Context) error {
			ctx.AutoMemory()
			s := rm.NewRStringText("handed over")
			s.HandOver(ctx)
			return nil
		})
	}()
	go func() {
		errs <- t.Do(func(ctx rm.Context) error {
			reply, err := ctx.Call("BLPOP", rm.CallAllowBlock, rm.Str(key.Str()), rm.Int64(0))
			if err != nil {
				return err
			}
			promised["do"], err = reply.OnUnblocked(func(ctx rm.Context, reply rm.CallReply) { unblocked(ctx, reply, "do", "") })
			return err
		})
	}()
	go func() {
		err := errors.Join(<-errs, <-errs)
		_ = t.Do(func(rm.Context) error {
			heard = append(heard, fmt.Sprint("done: ", err))
			return nil
		})
		key.Free()
		t.Free()
	}()
	return ctx.ReplyWithOK()
}

// dPromiseForget is d.promise.forget COMMAND ...: nobody hears the result.
func dPromiseForget(ctx rm.Context, args rm.Args) error {
	reply, err := ctx.Call(args.At(1).String(), rm.CallAllowBlock, rm.Strs(args.From(2)))
	if err != nil {
		return err
	}
	defer reply.Free()
	return ctx.ReplyWithSimpleString(strings.ToLower(strings.TrimPrefix(reply.Type().String(), "Reply")))
}

// walked shows a reply.
func walked(b []byte, r rm.CallReply) string { return string(appendWalked(b, r)) }

func appendWalked(b []byte, r rm.CallReply) []byte {
	switch t := r.Type(); t {
	case rm.ReplyArray, rm.ReplySet:
		b = append(append(b, t.String()...), '[')
		for i, e := range r.Elements {
			if i > 0 {
				b = append(b, ' ')
			}
			b = appendWalked(b, e)
		}
		return append(b, ']')
	case rm.ReplyMap:
		b = append(b, "map["...)
		for k, v := range r.Pairs {
			b = append(appendWalked(append(appendWalked(append(b, ' '), k), ':'), v), ' ')
		}
		return append(b, ']')
	case rm.ReplyString, rm.ReplyInteger, rm.ReplyDouble, rm.ReplyBool, rm.ReplyBigNumber, rm.ReplyVerbatimString:
		s, _ := r.Text()
		return append(b, s...)
	case rm.ReplyError:
		return append(b, r.Err().Error()...)
	default:
		return append(b, t.String()...)
	}
}
