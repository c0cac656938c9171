// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"strconv"
	"strings"

	"github.com/iredismodule/redismodule/rm"
)

// caller is what t.call, t.walk and t.misread have in common:
// HOW FLAGS KINDS COMMAND [ARGUMENT ...]. HOW is call, do or doargs; FLAGS are
// the letters of the call flags or "-"; KINDS has a letter for each argument:
// s (Str), b (Bytes), t (Text), l (Int); the last one counts for the rest.
func caller(ctx rm.Context, args rm.Args) (rm.CallReply, error) {
	const letters = "!AR30CSWMEDKX"
	var flags rm.CallFlags
	for _, l := range strings.Trim(args.At(2).String(), "-") {
		i := strings.IndexRune(letters, l)
		if i < 0 {
			return rm.CallReply{}, rm.Error("ERR no such call flag")
		}
		flags |= 1 << i
	}
	how, kinds, command, rest := args.At(1).String(), args.At(3).String(), args.At(4).String(), args.From(5)
	if how == "do" {
		return rm.NewCall(command, flags).Do(ctx, rest.Raw()...)
	}
	list := make([]rm.Arg, rest.Len())
	for i, a := range rest.All {
		switch kinds[min(i, len(kinds)-1)] {
		case 's':
			list[i] = rm.Str(a)
		case 'b':
			list[i] = rm.Bytes(a.Bytes())
		case 't':
			list[i] = rm.Text(a.String())
		case 'l':
			n, err := a.Int64()
			if err != nil {
				return rm.CallReply{}, err
			}
			list[i] = rm.Int64(n)
		}
	}
	if how == "doargs" {
		return rm.NewCall(command, flags).DoArgs(ctx, list...)
	}
	return ctx.Call(command, flags, list...)
}

// call passes the reply on as it is.
func call(ctx rm.Context, args rm.Args) error {
	reply, err := caller(ctx, args)
	defer reply.Free()
	if err != nil && reply.IsZero() {
		return err
	}
	return ctx.ReplyWithCallReply(reply)
}

// walk replies with a text that shows the whole reply, and the error of the
// call, if any, behind it.
func walk(ctx rm.Context, args rm.Args) error {
	reply, err := caller(ctx, args)
	defer reply.Free()
	text := show(nil, reply)
	if err != nil {
		text = append(append(text, " error: "...), err.Error()...)
	}
	return ctx.ReplyWithBytes(text)
}

// kindOf is the type of a reply without its prefix, in lower case.
func kindOf(r rm.CallReply) string {
	return strings.ToLower(strings.TrimPrefix(r.Type().String(), "Reply"))
}

func show(b []byte, r rm.CallReply) []byte {
	if a := r.Attribute(); !a.IsZero() {
		b = append(show(b, a), ' ')
	}
	b = append(b, kindOf(r)...)
	switch r.Type() {
	case rm.ReplyString:
		b = strconv.AppendQuote(b, r.String())
	case rm.ReplyError:
		b = strconv.AppendQuote(b, string(r.Bytes()))
	case rm.ReplyInteger:
		b = strconv.AppendInt(b, r.Integer(), 10)
	case rm.ReplyDouble:
		b = strconv.AppendFloat(b, r.Double(), 'g', -1, 64)
	case rm.ReplyBool:
		b = strconv.AppendBool(b, r.Bool())
	case rm.ReplyBigNumber:
		b = append(b, r.BigNumber()...)
	case rm.ReplyVerbatimString:
		text, format := r.Verbatim()
		b = strconv.AppendQuote(append(b, format...), text)
	case rm.ReplyArray, rm.ReplySet:
		b = append(b, '[')
		for i := range r.Len() {
			b = show(b, r.Element(i))
			b = append(b, ' ')
		}
		b = append(b, ']')
	case rm.ReplyMap:
		b = append(b, '{')
		for i := range r.Len() {
			k, v, ok := r.Pair(i)
			if !ok {
				return append(b, "no pair"...)
			}
			b = append(show(b, k), ':')
			b = append(show(b, v), ' ')
		}
		b = append(b, '}')
	case rm.ReplyAttribute:
		b = strconv.AppendInt(b, int64(r.Len()), 10)
		if k, v, ok := r.Pair(0); ok {
			b = append(show(append(show(b, k), ':'), v), ' ')
		}
		b = strconv.AppendQuote(b, string(r.Proto()))
	}
	return b
}

// misread reads the reply as everything that it is not, and names what did not
// give the zero value.
func misread(ctx rm.Context, args rm.Args) error {
	r, _ := caller(ctx, args)
	defer r.Free()
	var bad []string
	check := func(is bool, ok bool, what string) {
		if !is && !ok {
			bad = append(bad, what)
		}
	}
	t := r.Type()
	text, format := r.Verbatim()
	check(t == rm.ReplyInteger, r.Integer() == 0, "Integer")
	check(t == rm.ReplyDouble, r.Double() == 0, "Double")
	check(t == rm.ReplyBool, !r.Bool(), "Bool")
	check(t == rm.ReplyBigNumber, r.BigNumber() == "", "BigNumber")
	check(t == rm.ReplyVerbatimString, text == "" && format == "", "Verbatim")
	check(t == rm.ReplyString || t == rm.ReplyError, r.Bytes() == nil && r.String() == "", "Bytes")
	check(t == rm.ReplyArray || t == rm.ReplySet, r.Element(0).IsZero(), "Element")
	_, _, ok := r.Pair(0)
	check(t == rm.ReplyMap || t == rm.ReplyAttribute, !ok, "Pair")
	check(t == rm.ReplyError, r.Err() == nil, "Err")
	check(false, r.Element(-1).IsZero() && r.Element(1<<20).IsZero(), "Element out of range")
	_, _, low := r.Pair(-1)
	_, _, high := r.Pair(1 << 20)
	check(false, !low && !high, "Pair out of range")
	check(r.IsZero(), len(r.Proto()) > 0, "Proto")
	return ctx.ReplyWithText(strings.Join(append(bad, kindOf(r)), " "))
}

// badCalls replies with the errors of calls that cannot be made.
func badCalls(ctx rm.Context, args rm.Args) error {
	var errs []error
	note := func(r rm.CallReply, err error) {
		if !r.IsZero() {
			err = rm.Error("ERR there is a reply")
			r.Free()
		}
		errs = append(errs, err)
	}
	note(ctx.Call("", 0))
	note(ctx.Call("GE\x00T", 0))
	note(ctx.Call("PING", 1<<15))
	note(rm.NewCall("", 0).Do(ctx))
	note(rm.NewCall("GE\x00T", 0).DoArgs(ctx))
	note(rm.NewCall("PING", 1<<15).Do(ctx))
	note(rm.NewCall("PING", 1<<15).DoArgs(ctx))
	_ = ctx.ReplyWithArray(len(errs))
	for _, err := range errs {
		if err == nil {
			_ = ctx.ReplyWithNull()
			continue
		}
		_ = ctx.ReplyWithText(err.Error())
	}
	return nil
}

// autoFree is t.autofree KEY VALUE: it leaves its replies to the context.
func autoFree(ctx rm.Context, args rm.Args) error {
	ctx.AutoMemory()
	if _, err := ctx.Call("SET", 0, rm.Str(args.At(1)), rm.Str(args.At(2))); err != nil {
		return err
	}
	reply, err := get.Do(ctx, args.At(1))
	if err != nil {
		return err
	}
	return ctx.ReplyWithCallReply(reply)
}

// bounce is t.bounce OTHER THIS: it calls OTHER, which calls THIS, until that is refused.
func bounce(ctx rm.Context, args rm.Args) error {
	reply, err := ctx.Call(args.At(1).Clone(), 0, rm.Str(args.At(2)), rm.Str(args.At(1)))
	reply.Free()
	return err
}

var deepDo = rm.NewCall("t.deep", 0)

// deep calls itself, in one of the ways there are to call, until that is refused.
func deep(ctx rm.Context, args rm.Args) error {
	var reply rm.CallReply
	var err error
	switch how := args.At(1); how.String() {
	case "call":
		reply, err = ctx.Call("t.deep", 0, rm.Str(how))
	case "do":
		reply, err = deepDo.Do(ctx, how)
	default:
		reply, err = deepDo.DoArgs(ctx, rm.Str(how))
	}
	reply.Free()
	return err
}
