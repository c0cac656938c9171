// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"math"
	"slices"

	"github.com/iredismodule/redismodule/rm"
)

// replyKinds are the replies that t.reply gives by name. A test has the bytes
// of each.
var replyKinds = map[string]func(ctx rm.Context, args rm.Args) error{
	"integer":      func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithLongLong(-42) },
	"integer.min":  func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithLongLong(math.MinInt64) },
	"integer.max":  func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithLongLong(math.MaxInt64) },
	"string":       func(ctx rm.Context, args rm.Args) error { return ctx.ReplyWithString(args.At(2)) },
	"string.none":  func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithString(rm.RStr{}) },
	"bytes":        func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithBytes([]byte("a\x00\r\n\xff")) },
	"bytes.nil":    func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithBytes(nil) },
	"text":         func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithText("a%s\x00b") },
	"text.empty":   func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithText("") },
	"empty":        func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithEmptyString() },
	"simple":       func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithSimpleString("fine %s") },
	"simple.empty": func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithSimpleString("") },
	"simple.long":  func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithSimpleString(long) },
	"simple.lines": func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithSimpleString("a\r\n:1") },
	"simple.nul":   func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithSimpleString("a\x00b") },
	"ok":           func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithOK() },

	"error.constant":  func(rm.Context, rm.Args) error { return errBusy },
	"error.plain":     func(rm.Context, rm.Args) error { return errors.New("went %s wrong") },
	"error.code":      func(rm.Context, rm.Args) error { return errors.New("NOTNOW later") },
	"error.lines":     func(rm.Context, rm.Args) error { return errors.New("a\r\n:1\x00z") },
	"error.lines2":    func(rm.Context, rm.Args) error { return rm.Error("CODE a\nb") },
	"error.empty":     func(rm.Context, rm.Args) error { return errors.New("") },
	"error.long":      func(rm.Context, rm.Args) error { return errors.New(long) },
	"error.arity":     func(rm.Context, rm.Args) error { return rm.ErrWrongArity },
	"error.type":      func(rm.Context, rm.Args) error { return rm.ErrWrongType },
	"error.direct":    func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithError(errBusy) },
	"error.nil":       func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithError(nil) },
	"error.joined":    func(rm.Context, rm.Args) error { return errors.Join(errBusy, rm.ErrRange) },
	"null":            func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithNull() },
	"null.array":      func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithNullArray() },
	"double":          func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithDouble(-2.25) },
	"double.inf":      func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithDouble(math.Inf(1)) },
	"double.-inf":     func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithDouble(math.Inf(-1)) },
	"longdouble":      func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithLongDouble(0.5) },
	"bool.true":       func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithBool(true) },
	"bool.false":      func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithBool(false) },
	"bignumber":       func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithBigNumber(big) },
	"bignumber.minus": func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithBigNumber("-" + big) },
	"bignumber.bad":   func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithBigNumber("12x") },
	"bignumber.empty": func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithBigNumber("") },
	"verbatim":        func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithVerbatimString("*hi*\x00", "mkd") },
	"verbatim.txt":    func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithVerbatimString("", "txt") },
	"verbatim.bad":    func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithVerbatimString("hi", "text") },

	"array.empty": func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithEmptyArray() },
	"array":       func(ctx rm.Context, _ rm.Args) error { return aggregate(ctx, 2, ctx.ReplyWithArray, nil, 2) },
	"array.postponed": func(ctx rm.Context, _ rm.Args) error {
		return postponed(ctx, ctx.ReplyWithArray, ctx.ReplySetArrayLength, 2, 2)
	},
	"array.zero": func(ctx rm.Context, _ rm.Args) error {
		return postponed(ctx, ctx.ReplyWithArray, ctx.ReplySetArrayLength, 0, 0)
	},
	"array.negative": func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithArray(-2) },
	"map":            func(ctx rm.Context, _ rm.Args) error { return aggregate(ctx, 2, ctx.ReplyWithMap, nil, 4) },
	"map.postponed": func(ctx rm.Context, _ rm.Args) error {
		return postponed(ctx, ctx.ReplyWithMap, ctx.ReplySetMapLength, 1, 2)
	},
	"map.negative": func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithMap(-3) },
	"set":          func(ctx rm.Context, _ rm.Args) error { return aggregate(ctx, 3, ctx.ReplyWithSet, nil, 3) },
	"set.postponed": func(ctx rm.Context, _ rm.Args) error {
		return postponed(ctx, ctx.ReplyWithSet, ctx.ReplySetSetLength, 3, 3)
	},
	"set.negative": func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithSet(-3) },
	"attribute.negative": func(ctx rm.Context, _ rm.Args) error {
		return ctx.ReplyWithAttribute(-3)
	},
	"attribute": func(ctx rm.Context, _ rm.Args) error {
		return withAttribute(ctx, 1, func() error { return nil })
	},
	"attribute.postponed": func(ctx rm.Context, _ rm.Args) error {
		return withAttribute(ctx, rm.PostponedLen, func() error { return ctx.ReplySetAttributeLength(1) })
	},
	"nested":           nested,
	"nested.postponed": nestedPostponed,
	"lengths.negative": negativeLengths,
}

const big = "3492890328409238509324850943850943825024385"

var long = string(slices.Repeat([]byte("LONG text "), 500))

func replyOf(ctx rm.Context, args rm.Args) error {
	reply := replyKinds[args.At(1).String()]
	if reply == nil {
		return rm.Error("ERR no such reply")
	}
	return reply(ctx, args)
}

func replyNames(ctx rm.Context, args rm.Args) error {
	_ = ctx.ReplyWithArray(len(replyKinds))
	for name := range replyKinds {
		_ = ctx.ReplyWithText(name)
	}
	return nil
}

// aggregate begins an aggregate and gives it the integers from 0 on; end, if
// any, says its length.
func aggregate(ctx rm.Context, n int, begin func(int) error, end func() error, elements int) error {
	if err := begin(n); err != nil {
		return err
	}
	for i := range elements {
		_ = ctx.ReplyWithLongLong(int64(i))
	}
	if end == nil {
		return nil
	}
	return end()
}

func postponed(ctx rm.Context, begin, end func(int) error, n, elements int) error {
	return aggregate(ctx, rm.PostponedLen, begin, func() error { return end(n) }, elements)
}

// withAttribute leaves the attribute out where the protocol has none.
func withAttribute(ctx rm.Context, n int, end func() error) error {
	if err := ctx.ReplyWithAttribute(n); err == nil {
		_ = ctx.ReplyWithSimpleString("ttl")
		_ = ctx.ReplyWithLongLong(60)
		if err := end(); err != nil {
			return err
		}
	} else if err != rm.ErrRESP2Client && !errors.Is(err, rm.ErrUnsupported) {
		return err
	}
	return ctx.ReplyWithText("value")
}

func nested(ctx rm.Context, args rm.Args) error {
	_ = ctx.ReplyWithArray(3)
	_ = ctx.ReplyWithMap(1)
	_ = ctx.ReplyWithText("k")
	_ = ctx.ReplyWithSet(2)
	_ = ctx.ReplyWithBool(true)
	_ = ctx.ReplyWithNull()
	_ = ctx.ReplyWithEmptyArray()
	return ctx.ReplyWithError(errBusy)
}

func nestedPostponed(ctx rm.Context, args rm.Args) error {
	_ = ctx.ReplyWithArray(rm.PostponedLen)
	_ = ctx.ReplyWithMap(rm.PostponedLen)
	_ = ctx.ReplyWithText("k")
	_ = ctx.ReplyWithSet(rm.PostponedLen)
	_ = ctx.ReplyWithLongLong(1)
	_ = ctx.ReplyWithLongLong(2)
	_ = ctx.ReplySetSetLength(2)
	_ = ctx.ReplySetMapLength(1)
	_ = ctx.ReplyWithArray(rm.PostponedLen)
	_ = ctx.ReplySetArrayLength(0)
	_ = ctx.ReplyWithDouble(0.5)
	return ctx.ReplySetArrayLength(3)
}

// negativeLengths gives all of them an impossible length before it replies.
func negativeLengths(ctx rm.Context, args rm.Args) error {
	var refused int64
	for _, set := range []func(int) error{
		ctx.ReplySetArrayLength, ctx.ReplySetMapLength, ctx.ReplySetSetLength, ctx.ReplySetAttributeLength,
	} {
		if set(-1) != nil {
			refused++
		}
	}
	return ctx.ReplyWithLongLong(refused)
}
