// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/unsafeconv"
)

var _ = add(
	rm.Command{Name: "d.call", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -3, Handler: dCall},
	rm.Command{Name: "d.call.kinds", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -4, Handler: dCallKinds},
	rm.Command{Name: "d.call.bad", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 1, Handler: dCallBad},
	rm.Command{Name: "d.call.letters", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 1, Handler: dCallLetters},
	rm.Command{Name: "d.call.error", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -3, Handler: dCallError},
	rm.Command{Name: "d.call.errors", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 2, Handler: dCallErrors},
	rm.Command{Name: "d.call.thread", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -2, Handler: dCallThread},
	rm.Command{Name: "d.call.convert", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -3, Handler: dCallConvert},
	rm.Command{Name: "d.call.walk", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -3, Handler: dCallWalk},
	rm.Command{Name: "d.call.proto", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -3, Handler: dCallProto},
	rm.Command{Name: "d.call.rstring", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -3, Handler: dCallRString},
	rm.Command{Name: "d.call.rstring.auto", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -3, Handler: dCallRStringAuto},
	rm.Command{Name: "d.call.hot", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 5, Handler: dCallHot},
)

// callFlags reads the letters of call flags, "-" for none.
func callFlags(s rm.RStr) rm.CallFlags {
	var flags rm.CallFlags
	for _, l := range strings.Trim(s.String(), "-") {
		flags |= 1 << strings.IndexRune("!AR30CSWMEDKX", l)
	}
	return flags
}

// dCall is d.call FLAGS COMMAND [ARGUMENT ...]: what a handler does with a call.
func dCall(ctx rm.Context, args rm.Args) error {
	reply, err := rm.NewCall(args.At(2).String(), callFlags(args.At(1))).Do(ctx, args.From(3).Raw()...)
	if err != nil {
		return err
	}
	defer reply.Free()
	return ctx.ReplyWithCallReply(reply)
}

// dCallKinds is d.call.kinds FLAGS KINDS COMMAND [ARGUMENT ...]. KINDS has a letter
// for each argument: s, b, t, l, c; "v" stands for all that follow, "0" for no strings.
func dCallKinds(ctx rm.Context, args rm.Args) error {
	rest := args.From(4)
	var list []rm.Arg
	for _, k := range strings.Trim(args.At(2).String(), "-") {
		if k == '0' {
			list = append(list, rm.Strs(rm.Args{}))
			continue
		}
		if k == 'v' {
			list, rest = append(list, rm.Strs(rest)), rm.Args{}
			continue
		}
		a := rest.At(0)
		rest = rest.From(1)
		switch k {
		case 's':
			list = append(list, rm.Str(a))
		case 'b':
			list = append(list, rm.Bytes(a.Bytes()))
		case 't':
			list = append(list, rm.Text(a.String()))
		case 'c':
			list = append(list, rm.ZText(unsafeconv.NewZ(a.String())))
		case 'l':
			n, err := a.Int64()
			if err != nil {
				return err
			}
			list = append(list, rm.Int64(n))
		}
	}
	reply, err := ctx.Call(args.At(3).String(), callFlags(args.At(1)), list...)
	if err != nil {
		return err
	}
	defer reply.Free()
	return ctx.ReplyWithCallReply(reply)
}

// dCallBad replies with the errors of calls with bad arguments.
func dCallBad(ctx rm.Context, _ rm.Args) error {
	many := make([]rm.RStr, 30)
	name := rm.NewRStringText("x")
	defer name.Free()
	for i := range many {
		many[i] = name.Str()
	}
	many[29] = rm.RStr{}
	first := rm.ArgsOf(many[:29]...)
	echo := rm.NewCall("ECHO", 0)
	var errs []error
	note := func(r rm.CallReply, err error) {
		if !r.IsZero() {
			err = rm.Error("there is a reply")
			r.Free()
		}
		errs = append(errs, err)
	}
	note(echo.Do(ctx, rm.RStr{}))
	note(echo.Do(ctx, many...))
	note(echo.Do(ctx, many[20:]...))
	note(echo.DoArgs(ctx, rm.Str(rm.RStr{})))
	note(echo.DoArgs(ctx, rm.Strs(rm.ArgsOf(many...))))
	note(echo.DoArgs(ctx, rm.Strs(first), rm.Strs(first), rm.Strs(rm.ArgsOf(many...))))
	note(echo.DoArgs(ctx, rm.Strs(first), rm.Str(rm.RStr{})))
	note(echo.DoArgs(ctx, rm.Strs(first), rm.Arg{}))
	note(ctx.Call("ECHO", 0, rm.Arg{}))
	errs = append(errs, ctx.Replicate("ECHO", 0, rm.Str(rm.RStr{})), ctx.Replicate("", 0), ctx.Replicate("A\x00", 0),
		ctx.Replicate("no.such.command", 0), ctx.Replicate("SET", rm.CallRESP3), ctx.Replicate("SET", 1<<15),
		rm.NewCall("no.such.command", 0).Replicate(ctx), rm.NewCall("", 0).Replicate(ctx))
	_ = ctx.ReplyWithArray(len(errs))
	for _, err := range errs {
		result(ctx, err)
	}
	return nil
}

// dCallLetters replies with the letters that the server takes as flags.
func dCallLetters(ctx rm.Context, _ rm.Args) error {
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
		if r != 0 || c == 'D' && redismodule.Has(redismodule.FnCallReplyPromiseAbort) {
			letters = append(letters, c)
		}
		if r != 0 {
			redismodule.FreeCallReply(r)
		}
	}
	return ctx.ReplyWithBytes(letters)
}

// keptError is an error that outlives its call.
var keptError error

// dCallError is d.call.error CODE COMMAND [ARGUMENT ...].
func dCallError(ctx rm.Context, args rm.Args) error {
	reply, err := ctx.Call(args.At(2).String(), 0, rm.Strs(args.From(3)))
	defer reply.Free() // nothing: there is none
	var e rm.ReplyErr
	if !errors.As(err, &e) {
		return rm.Error("ERR no error reply")
	}
	keptError = e.Clone()
	code := args.At(1).String()
	wrapped := fmt.Errorf("wrapped: %w", err)
	joined := errors.Join(rm.ErrRange, wrapped)
	_ = ctx.ReplyWithArray(10)
	_ = ctx.ReplyWithText(err.Error())
	_ = ctx.ReplyWithText(e.Code())
	_ = ctx.ReplyWithText(keptError.Error())
	for _, b := range []bool{
		rm.IsCode(err, code), rm.IsCode(wrapped, code), rm.IsCode(joined, code), rm.IsCode(keptError, code),
		errors.Is(err, rm.Error(code)), errors.Is(wrapped, e.Clone()), errors.Is(err, rm.ErrWrongType),
	} {
		n := int64(0)
		if b {
			n = 1
		}
		_ = ctx.ReplyWithLongLong(n)
	}
	return nil
}

// dCallErrors is d.call.errors N: N calls fail in one callback, and the first error
// is returned in the end.
func dCallErrors(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	var first error
	for i := range n {
		text := "E" + strconv.FormatInt(i, 10)
		_, err := ctx.Call("d.call.fail", 0, rm.Text(text))
		if err == nil || !strings.HasPrefix(err.Error(), "FAIL "+text) {
			return fmt.Errorf("call %d gives %v", i, err)
		}
		if first == nil {
			first = err
		}
	}
	return first
}

var _ = add(rm.Command{Name: "d.call.fail", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: func(_ rm.Context, args rm.Args) error {
	return rm.Error("FAIL " + args.At(1).Clone())
}})

// dCallThread is d.call.thread COMMAND [ARGUMENT ...] on a goroutine with a context
// of its own; d.kept replies with the error that it gave.
func dCallThread(ctx rm.Context, args rm.Args) error {
	list := make([]string, args.Len())
	for i, a := range args.All {
		list[i] = a.Clone()
	}
	t := ctx.DetachedThreadSafeContext()
	go func() {
		err := t.Do(func(ctx rm.Context) error {
			var rest []rm.Arg
			for _, a := range list[2:] {
				rest = append(rest, rm.Text(a))
			}
			reply, err := ctx.Call(list[1], 0, rest...)
			reply.Free()
			return err
		})
		t.Free()
		keptError = err
	}()
	return ctx.ReplyWithOK()
}

var _ = add(rm.Command{Name: "d.kept", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: func(ctx rm.Context, _ rm.Args) error {
	result(ctx, keptError)
	keptError = nil
	return nil
}})

func outcome(v any, err error) string {
	if err != nil {
		return "(" + err.Error() + ")"
	}
	return fmt.Sprint(v)
}

func conversions(r rm.CallReply) string {
	i, err := r.Int64()
	s := outcome(i, err)
	f, err := r.Float64()
	s += " " + outcome(f, err)
	text, err := r.Text()
	return s + " " + outcome(text, err) + " " + strconv.FormatBool(r.IsNull())
}

// dCallConvert is d.call.convert FLAGS COMMAND ...: the reply, and the elements of an
// array, as an integer, a number and a text.
func dCallConvert(ctx rm.Context, args rm.Args) error {
	reply, err := ctx.Call(args.At(2).String(), callFlags(args.At(1)), rm.Strs(args.From(3)))
	if err != nil {
		return err
	}
	defer reply.Free()
	s := conversions(reply)
	for _, e := range reply.Elements {
		s += " | " + conversions(e)
	}
	return ctx.ReplyWithText(s)
}

// dCallWalk shows a reply by the iterators.
func dCallWalk(ctx rm.Context, args rm.Args) error {
	reply, err := ctx.Call(args.At(2).String(), callFlags(args.At(1)), rm.Strs(args.From(3)))
	if err != nil {
		return err
	}
	defer reply.Free()
	first := ""
	for _, e := range reply.Elements {
		first = e.Type().String()
		break
	}
	pairs := ""
	for k, v := range reply.Pairs {
		if pairs != "" {
			break
		}
		pairs = walked(nil, k) + "=" + walked(nil, v)
	}
	return ctx.ReplyWithText(walked(nil, reply) + " first:" + first + " pair:" + pairs)
}

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

// dCallProto replies with the protocol of the reply, and of each of its elements.
func dCallProto(ctx rm.Context, args rm.Args) error {
	reply, err := ctx.Call(args.At(2).String(), callFlags(args.At(1)), rm.Strs(args.From(3)))
	if err != nil {
		return err
	}
	defer reply.Free()
	_ = ctx.ReplyWithArray(1 + reply.Len())
	_ = ctx.ReplyWithBytes(reply.Proto())
	for i := range reply.Len() {
		_ = ctx.ReplyWithBytes(reply.Element(i).Proto())
	}
	return nil
}

// dCallRString replies with the reply as a server string, and its elements.
func dCallRString(ctx rm.Context, args rm.Args) error {
	reply, err := ctx.Call(args.At(2).String(), callFlags(args.At(1)), rm.Strs(args.From(3)))
	if err != nil {
		return err
	}
	var list []rm.RString
	list = append(list, reply.RString())
	for _, e := range reply.Elements {
		list = append(list, e.RString())
	}
	reply.Free() // the strings outlive it
	_ = ctx.ReplyWithArray(len(list))
	for i := range list {
		_ = ctx.ReplyWithString(list[i].Str())
		list[i].Free()
	}
	return nil
}

// dCallRStringAuto does so in a context with automatic memory.
func dCallRStringAuto(ctx rm.Context, args rm.Args) error {
	ctx.AutoMemory()
	return dCallRString(ctx, args)
}

var hot = struct{ get, lrange, hgetall, set, incr, echo *rm.Call }{
	rm.NewCall("GET", 0), rm.NewCall("LRANGE", 0), rm.NewCall("HGETALL", 0), rm.NewCall("SET", 0), rm.NewCall("INCRBY", 0), rm.NewCall("ECHO", 0),
}

var zValue = unsafeconv.Z("value\x00")

// dCallHot is d.call.hot STRING LIST HASH COUNTER: what must not allocate.
func dCallHot(ctx rm.Context, args rm.Args) error {
	elements, pairs := 0, 0
	zero, last := rm.NewRStringInt64(0), rm.NewRStringInt64(-1)
	defer zero.Free()
	defer last.Free()
	reply, err := hot.lrange.Do(ctx, args.At(2), zero.Str(), last.Str())
	if err != nil {
		return err
	}
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
	if reply, err = hot.hgetall.DoArgs(ctx, rm.Str(args.At(3)), rm.Strs(args.From(5))); err != nil {
		return err
	}
	for k, v := range reply.Pairs {
		_, _ = v.Float64()
		pairs += len(k.Bytes())
	}
	reply.Free()
	if reply, err = hot.set.DoArgs(ctx, rm.Str(args.At(1)), rm.ZText(zValue)); err != nil {
		return err
	}
	reply.Free()
	if reply, err = hot.incr.DoArgs(ctx, rm.Bytes(args.At(4).Bytes()), rm.Int64(2)); err != nil {
		return err
	}
	reply.Free()
	if reply, err = ctx.Call("echo", 0, rm.Text(args.At(1).String())); err != nil {
		return err
	}
	reply.Free()
	if reply, err = ctx.Call("exists", 0, rm.Strs(args.From(1))); err != nil {
		return err
	}
	reply.Free()
	// Errors too.
	if _, err = hot.get.Do(ctx, args.At(2)); !rm.IsCode(err, "WRONGTYPE") || !errors.Is(err, rm.ErrWrongType) {
		return err
	}
	if e, ok := err.(rm.ReplyErr); !ok || e.Code() != "WRONGTYPE" {
		return rm.ErrRange
	}
	if _, err = hot.get.Do(ctx, rm.RStr{}); err != rm.ErrNoString {
		return err
	}
	_ = ctx.ReplyWithArray(2)
	_ = ctx.ReplyWithLongLong(int64(elements))
	return ctx.ReplyWithLongLong(int64(pairs))
}

var _ = add(rm.Command{Name: "d.call.misuse", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 2, Handler: dCallMisuse})

// keptErr is an error of a call that is kept without a Clone.
var keptErr error

// dCallMisuse is d.call.misuse HOW: wrong, and only for the tag rm_debug.
func dCallMisuse(ctx rm.Context, args rm.Args) error {
	if args.At(1).String() == "later" {
		err := keptErr
		if err == nil {
			_, keptErr = ctx.Call("d.call.fail", 0, rm.Text("x"))
			return ctx.ReplyWithOK()
		}
		keptErr = nil
		return rm.Error("ERR " + err.Error())
	}
	reply, err := ctx.Call("TIME", 0)
	if err != nil {
		return err
	}
	part := reply.Element(0)
	switch args.At(1).String() {
	case "right":
		_ = part.Len()
	case "part":
		defer reply.Free()
		part.Free()
	}
	reply.Free()
	switch args.At(1).String() {
	case "twice":
		reply.Free()
	case "use":
		_ = reply.Type()
	case "use part":
		_ = part.Bytes()
	case "pass on":
		_ = ctx.ReplyWithCallReply(reply)
	}
	return ctx.ReplyWithOK()
}
