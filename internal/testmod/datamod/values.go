// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"math"
	"slices"
	"sync/atomic"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/unsafeconv"
)

var _ = add(
	rm.Command{Name: "d.value", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: -2, Handler: replyValue},
	rm.Command{Name: "d.values", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: valueNames},
	rm.Command{Name: "d.value.hot", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: hotValues},
	rm.Command{Name: "d.value.call", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: -4, Handler: callValue},
	rm.Command{Name: "d.reply", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: -2, Handler: directReply},
	rm.Command{Name: "d.reply.thread", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: threadReply},
)

// replyValue is d.value NAME [TEXT].
func replyValue(ctx rm.Context, args rm.Args) error {
	value := values[args.At(1).String()]
	if value == nil {
		return rm.Error("ERR no such value")
	}
	v, err := value(args)
	if err != nil {
		return err
	}
	return ctx.Reply(v)
}

func valueNames(ctx rm.Context, _ rm.Args) error {
	names := []string{}
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	v, err := rm.ValueOf(names)
	if err != nil {
		return err
	}
	return ctx.Reply(v)
}

type (
	named    string
	number16 uint16
	failure  struct{}
)

func (*failure) Error() string { return "FAIL it" }

func made(v rm.Value) func(rm.Args) (rm.Value, error) {
	return func(rm.Args) (rm.Value, error) { return v, nil }
}

func of(x any) func(rm.Args) (rm.Value, error) {
	return func(rm.Args) (rm.Value, error) { return rm.ValueOf(x) }
}

// keptArg is the argument of of.strs until the next one.
var keptArg rm.RString

// values are the values that d.value sends. A test has the bytes of each.
var values = map[string]func(args rm.Args) (rm.Value, error){
	"zero":          made(rm.Value{}),
	"null":          made(rm.NullValue()),
	"null.array":    made(rm.NullArrayValue()),
	"int":           made(rm.LongLongValue(math.MinInt64)),
	"uint":          made(rm.Uint64Value(7)),
	"uint.big":      made(rm.Uint64Value(math.MaxUint64)),
	"float":         made(rm.DoubleValue(-2.25)),
	"longdouble":    made(rm.LongDoubleValue(0.5)),
	"bool":          made(rm.BoolValue(true)),
	"text":          made(rm.TextValue("a\x00\r\n")),
	"bytes.nil":     made(rm.BytesValue(nil)),
	"str":           func(args rm.Args) (rm.Value, error) { return rm.StrValue(args.At(2)), nil },
	"str.none":      made(rm.StrValue(rm.RStr{})),
	"simple":        made(rm.SimpleStringValue("fine")),
	"simple.bad":    made(rm.SimpleStringValue("a\nb")),
	"error":         made(rm.ErrorValue(errors.New("went\nwrong"))),
	"error.arity":   made(rm.ErrorValue(rm.ErrWrongArity)),
	"error.nil":     made(rm.ErrorValue(nil)),
	"big":           made(rm.BigNumberValue("-12345678901234567890")),
	"big.bad":       made(rm.BigNumberValue("12e3")),
	"verbatim":      made(rm.VerbatimStringValue("*x*", "mkd")),
	"verbatim.bad":  made(rm.ArrayValue(rm.LongLongValue(1), rm.VerbatimStringValue("x", "text"))),
	"array":         made(rm.ArrayValue(rm.LongLongValue(1), rm.TextValue("two"), rm.NullValue(), rm.ArrayValue())),
	"set":           made(rm.SetValue(rm.LongLongValue(1), rm.ErrorValue(rm.ErrWrongType))),
	"map":           made(rm.MapValue(rm.TextValue("k"), rm.SetValue(rm.LongLongValue(1)), rm.LongLongValue(2), rm.BoolValue(false))),
	"map.odd":       made(rm.ArrayValue(rm.MapValue(rm.TextValue("k")))),
	"attribute":     made(rm.AttributeValue(rm.TextValue("ttl"), rm.LongLongValue(60), rm.ArrayValue(rm.LongLongValue(1)))),
	"attribute.odd": made(rm.AttributeValue(rm.TextValue("ttl"), rm.LongLongValue(60))),
	"deep":          made(deepValue(128)),
	"deep.too":      made(deepValue(129)),
	"call.none":     made(rm.CallReplyValue(rm.CallReply{})),
	"recorded": func(rm.Args) (rm.Value, error) {
		b := rm.NewReply() // garbage behind the reply
		b.BeginSet(1)
		b.LongLong(3)
		return rm.ArrayValue(rm.ReplyValue(b), rm.ReplyValue(b)), nil
	},

	"of.nil":    of(nil),
	"of.nils":   of([]any{[]byte(nil), []int(nil), map[string]int(nil), (*int)(nil), (*failure)(nil), error(nil)}),
	"of.ints":   of([]any{1, int8(-2), int16(3), int32(-4), int64(5), uint(6), uint8(7), number16(8), uint32(9), uint64(math.MaxUint64), uintptr(11)}),
	"of.floats": of([2]any{float32(0.5), 1.5}),
	"of.texts":  of([]any{"text", []byte("bytes"), named("named"), []named{"a", "b"}}),
	"of.bool":   of(true),
	"of.errors": of([]any{rm.ErrNoKey, errors.New("plain"), &failure{}}),
	"of.strs": func(args rm.Args) (rm.Value, error) {
		keptArg.Free()
		keptArg = args.At(2).Retain()
		return rm.ValueOf([]any{args.At(2), keptArg, rm.RStr{}})
	},
	"of.args":    func(args rm.Args) (rm.Value, error) { return rm.ValueOf(args.From(1)) },
	"of.map":     of(map[named]any{"b": 1, "a": map[string]bool{"x": true}, "": nil}),
	"of.value":   of([]rm.Value{rm.LongLongValue(1), rm.SimpleStringValue("OK")}),
	"of.pointer": of(pointerTo(pointerTo(42))),
	"of.struct":  of(map[string]any{"a": []any{1, struct{ A int }{1}}}),
	"of.map.int": of(map[int]string{1: "a"}),
	"of.func":    of(func() {}),
	"of.endless": of(endless()),
	"of.replies": of([]any{rm.CallReply{}, rm.BoolValue(true)}),
}

func pointerTo[T any](x T) *T { return &x }

func endless() any {
	list := []any{nil}
	list[0] = list
	return list
}

func deepValue(levels int) rm.Value {
	v := rm.NullValue()
	for range levels {
		v = rm.ArrayValue(v)
	}
	return v
}

// hotValues is d.value.hot TEXT: what must not allocate.
func hotValues(ctx rm.Context, args rm.Args) error {
	_ = ctx.ReplyWithArray(9)
	_ = ctx.Reply(rm.LongLongValue(5))
	_ = ctx.Reply(rm.TextValue("text"))
	_ = ctx.Reply(rm.StrValue(args.At(1)))
	_ = ctx.Reply(rm.DoubleValue(1.5))
	_ = ctx.Reply(rm.SimpleStringValue("OK"))
	_ = ctx.Reply(rm.BoolValue(true))
	_ = ctx.Reply(rm.ErrorValue(rm.ErrNoKey))
	_ = ctx.Reply(rm.BytesValue(args.At(1).Bytes()))
	return ctx.Reply(rm.MapValue(rm.TextValue("k"), rm.StrValue(args.At(1)), rm.NullValue(), rm.Uint64Value(7)))
}

// callValue is d.value.call HOW FLAGS COMMAND [ARG...]: the reply of a call as a
// value, alone or in an array.
func callValue(ctx rm.Context, args rm.Args) error {
	var flags rm.CallFlags
	if args.At(2).String() == "3" {
		flags = rm.CallRESP3
	}
	var words []rm.Arg
	for _, a := range args.From(4).All {
		words = append(words, rm.Str(a))
	}
	reply, err := ctx.Call(args.At(3).String(), flags, words...)
	defer reply.Free()
	var what any = reply
	if err != nil {
		what = err
	}
	v, err := rm.ValueOf(what)
	if args.At(1).String() == "array" {
		v, err = rm.ValueOf([]any{what, 1})
	}
	if err != nil {
		return err
	}
	return ctx.Reply(v)
}

// directReply is d.reply NAME [TEXT].
func directReply(ctx rm.Context, args rm.Args) error {
	switch args.At(1).String() {
	case "cstring":
		return ctx.ReplyWithCString(unsafeconv.Z("a C string\x00"))
	case "empty":
		return ctx.ReplyWithEmptyString()
	case "emptyarray":
		return ctx.ReplyWithEmptyArray()
	case "format":
		return ctx.ReplyWithErrorFormat("%s is %d%%, %w", args.At(2), 42, rm.ErrRange)
	case "format.code":
		return ctx.ReplyWithErrorFormat("CODE %q\n", args.At(2).String())
	case "counted":
		return ctx.ReplyWithError(rm.Error("COUNTED 100%s\x00 " + args.At(2).String()))
	case "uncounted":
		return ctx.ReplyWithCustomError(rm.Error("UNCOUNTED 100%s\x00 " + args.At(2).String()))
	case "uncounted.nil":
		return ctx.ReplyWithCustomError(nil)
	case "arity":
		return ctx.WrongArity()
	case "verbatim.txt":
		return ctx.ReplyWithVerbatimString("text", "txt")
	}
	return rm.Error("ERR no such reply")
}

var threadReplies atomic.Int64

// threadReply replies with ErrWrongArity where there is no command: it goes nowhere,
// and the server stays.
func threadReply(ctx rm.Context, _ rm.Args) error {
	detached := ctx.DetachedThreadSafeContext()
	go func() {
		_ = detached.Do(func(ctx rm.Context) error {
			_ = ctx.ReplyWithError(rm.ErrWrongArity)
			_ = ctx.Reply(rm.ErrorValue(rm.ErrWrongArity))
			return ctx.Reply(rm.MapValue(rm.LongLongValue(1), rm.LongLongValue(2)))
		})
		detached.Free()
		threadReplies.Add(1)
	}()
	return ctx.ReplyWithLongLong(threadReplies.Load())
}
