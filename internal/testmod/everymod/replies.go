// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"strconv"

	"github.com/iredismodule/redismodule/rm"
)

var callOperations = map[string]operation{
	// do FLAGS HOW COMMAND [ARGUMENT ...]. HOW has a letter for the kind of arguments and one for what becomes of the reply.
	"do": {-3, func(ctx rm.Context, _ rm.RStr, args rm.Args) error {
		var flags rm.CallFlags
		for i, f := range []rm.CallFlags{rm.CallReplicate, rm.CallRESPAuto, rm.CallRESP3, rm.CallNoWrites, rm.CallErrorsReply, rm.CallScriptMode} {
			if has(args.At(0), "ra3wes"[i]) {
				flags |= f
			}
		}
		name, how := args.At(2).Clone(), args.At(1)
		var reply rm.CallReply
		var err error
		if has(how, 'p') {
			reply, err = rm.NewCall(name, flags).DoArgs(ctx, arguments(how, args.From(3))...)
		} else {
			reply, err = ctx.Call(name, flags, arguments(how, args.From(3))...)
		}
		if err != nil {
			return err
		}
		defer reply.Free()
		switch {
		case has(how, 'w'):
			return ctx.Reply(valueOf(reply))
		case has(how, 'v'):
			return ctx.Reply(rm.CallReplyValue(reply))
		case has(how, 'o'):
			b := rm.NewReply()
			defer b.Free()
			b.BeginArray(2)
			b.Text(reply.Type().String())
			b.Value(rm.CallReplyValue(reply))
			return b.ReplyTo(ctx)
		}
		return ctx.ReplyWithCallReply(reply)
	}},
}

// arguments makes the arguments of a call: strings, texts, bytes, one vector, numbers where they are some.
func arguments(how rm.RStr, args rm.Args) (list []rm.Arg) {
	if has(how, 'V') {
		return []rm.Arg{rm.Strs(args)}
	}
	for i, s := range args.All {
		n, err := s.Int64()
		switch {
		case has(how, 'T'):
			list = append(list, rm.Text(s.Clone()))
		case has(how, 'B'):
			list = append(list, rm.Bytes(s.Bytes()))
		case has(how, 'N') && err == nil:
			list = append(list, rm.Int64(n))
		case has(how, 'N') && i%2 == 1:
			list = append(list, rm.Text(s.Clone()))
		default:
			list = append(list, rm.Str(s))
		}
	}
	return list
}

// valueOf makes a value of a reply, element by element.
func valueOf(r rm.CallReply) rm.Value {
	switch r.Type() {
	case rm.ReplyInteger:
		return rm.LongLongValue(r.Integer())
	case rm.ReplyString:
		return rm.BytesValue(r.Bytes())
	case rm.ReplyError:
		return rm.ErrorValue(r.Err())
	case rm.ReplyDouble:
		return rm.DoubleValue(r.Double())
	case rm.ReplyBool:
		return rm.BoolValue(r.Bool())
	case rm.ReplyBigNumber:
		return rm.BigNumberValue(r.BigNumber())
	case rm.ReplyVerbatimString:
		return rm.VerbatimStringValue(r.Verbatim())
	case rm.ReplyArray, rm.ReplySet:
		var list []rm.Value
		for _, e := range r.Elements {
			list = append(list, valueOf(e))
		}
		if r.Type() == rm.ReplySet {
			return rm.SetValue(list...)
		}
		return rm.ArrayValue(list...)
	case rm.ReplyMap:
		var list []rm.Value
		for k, v := range r.Pairs {
			list = append(list, valueOf(k), valueOf(v))
		}
		return rm.MapValue(list...)
	}
	return rm.NullValue()
}

// Replies are told in words: "i 5", "b text", "a 2 i 1 i 2".
var replyOperations = map[string]operation{
	"value": {-1, func(ctx rm.Context, _ rm.RStr, args rm.Args) error {
		v, _, err := told1(args)
		if err != nil {
			return err
		}
		return ctx.Reply(v)
	}},
	"recorded": {-1, func(ctx rm.Context, _ rm.RStr, args rm.Args) error {
		b := rm.NewReply()
		defer b.Free()
		if _, err := record(b, args, false); err != nil {
			return err
		}
		return b.ReplyTo(ctx)
	}},
	"postponed": {-1, func(ctx rm.Context, _ rm.RStr, args rm.Args) error {
		b := rm.NewReply()
		defer b.Free()
		if _, err := record(b, args, true); err != nil {
			return err
		}
		return b.ReplyTo(ctx)
	}},
	"direct": {-1, func(ctx rm.Context, _ rm.RStr, args rm.Args) error {
		if _, _, err := told1(args); err != nil { // it is whole
			return err
		}
		_, err := direct(ctx, args)
		return err
	}},
	// panic TEXT: in the middle of a reply.
	"panic": {-1, func(ctx rm.Context, _ rm.RStr, args rm.Args) error {
		_ = ctx.ReplyWithArray(3)
		_ = ctx.ReplyWithString(args.At(0))
		panic("in the middle")
	}},
}

const errSpec = rm.Error("ERR no such reply")

// head reads the kind of a reply and what belongs to it.
func head(args rm.Args) (kind byte, text rm.RStr, n int64, err error) {
	if args.Len() < 2 || args.At(0).Len() != 1 {
		return 0, text, 0, errSpec
	}
	kind, text = args.At(0).Bytes()[0], args.At(1)
	switch kind {
	case 'a', 's', 'm':
		n, err = text.Int64()
		if err == nil && (n < 0 || n > 20) {
			err = errSpec
		}
	case 'i', 'd', '#':
		n, err = text.Int64()
	}
	return kind, text, n, err
}

func told1(args rm.Args) (v rm.Value, rest rm.Args, err error) {
	kind, text, n, err := head(args)
	if err != nil {
		return v, rest, err
	}
	rest = args.From(2)
	switch kind {
	case 'i':
		return rm.LongLongValue(n), rest, nil
	case 'd':
		return rm.DoubleValue(float64(n) / 8), rest, nil
	case '#':
		return rm.BoolValue(n != 0), rest, nil
	case 'b':
		return rm.StrValue(text), rest, nil
	case '+':
		return rm.SimpleStringValue("ok" + strconv.Itoa(text.Len())), rest, nil
	case '-':
		return rm.ErrorValue(rm.Error("MY error " + strconv.Itoa(text.Len()))), rest, nil
	case '_':
		return rm.NullValue(), rest, nil
	case '0':
		return rm.NullArrayValue(), rest, nil
	case '(':
		return rm.BigNumberValue("123456789012345678901234567890"), rest, nil
	case '=':
		return rm.VerbatimStringValue(text.Clone(), "txt"), rest, nil
	case 'a', 's', 'm':
		if kind == 'm' {
			n *= 2
		}
		var list []rm.Value
		for range n {
			var e rm.Value
			if e, rest, err = told1(rest); err != nil {
				return v, rest, err
			}
			list = append(list, e)
		}
		switch kind {
		case 's':
			return rm.SetValue(list...), rest, nil
		case 'm':
			return rm.MapValue(list...), rest, nil
		}
		return rm.ArrayValue(list...), rest, nil
	}
	return v, rest, errSpec
}

func record(b rm.Reply, args rm.Args, postponed bool) (rest rm.Args, err error) {
	kind, text, n, err := head(args)
	if err != nil {
		return rest, err
	}
	rest = args.From(2)
	length := int(n)
	if postponed {
		length = rm.PostponedLen
	}
	switch kind {
	case 'i':
		b.LongLong(n)
	case 'd':
		b.Double(float64(n) / 8)
	case '#':
		b.Bool(n != 0)
	case 'b':
		b.Bytes(text.Bytes())
	case '+':
		b.SimpleString("ok" + strconv.Itoa(text.Len()))
	case '-':
		b.Error(rm.Error("MY error " + strconv.Itoa(text.Len())))
	case '_':
		b.Null()
	case '0':
		b.NullArray()
	case '(':
		b.BigNumber("123456789012345678901234567890")
	case '=':
		b.VerbatimString(text.String(), "txt")
	case 'a', 's', 'm':
		switch kind {
		case 'a':
			b.BeginArray(length)
		case 's':
			b.BeginSet(length)
		case 'm':
			b.BeginMap(length)
			n *= 2
		}
		for range n {
			if rest, err = record(b, rest, postponed); err != nil {
				return rest, err
			}
		}
		if postponed {
			b.End()
		}
	default:
		return rest, errSpec
	}
	return rest, nil
}

func direct(ctx rm.Context, args rm.Args) (rest rm.Args, err error) {
	kind, text, n, err := head(args)
	if err != nil {
		return rest, err
	}
	rest = args.From(2)
	switch kind {
	case 'i':
		err = ctx.ReplyWithLongLong(n)
	case 'd':
		err = ctx.ReplyWithDouble(float64(n) / 8)
	case '#':
		err = ctx.ReplyWithBool(n != 0)
	case 'b':
		err = ctx.ReplyWithString(text)
	case '+':
		err = ctx.ReplyWithSimpleString("ok" + strconv.Itoa(text.Len()))
	case '-':
		err = ctx.ReplyWithErrorFormat("MY error %d", text.Len())
	case '_':
		err = ctx.ReplyWithNull()
	case '0':
		err = ctx.ReplyWithNullArray()
	case '(':
		err = ctx.ReplyWithBigNumber("123456789012345678901234567890")
	case '=':
		err = ctx.ReplyWithVerbatimString(text.String(), "txt")
	case 'a':
		err = ctx.ReplyWithArray(int(n))
	case 's':
		err = ctx.ReplyWithSet(int(n))
	case 'm':
		err = ctx.ReplyWithMap(int(n))
		n *= 2
	}
	if kind == 'a' || kind == 's' || kind == 'm' {
		for i := int64(0); i < n && err == nil; i++ {
			rest, err = direct(ctx, rest)
		}
	}
	return rest, err
}
