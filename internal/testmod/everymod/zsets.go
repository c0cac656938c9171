// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"iter"

	"github.com/iredismodule/redismodule/rm"
)

func zaddFlags(mode rm.RStr) rm.ZAddFlags {
	return flags(mode, "xngl", rm.ZAddXX, rm.ZAddNX, rm.ZAddGT, rm.ZAddLT)
}

var zsetOperations = map[string]operation{
	// add FLAGS SCORE ELEMENT
	"add": {3, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		score, err := float(args.At(1))
		if err != nil {
			return err
		}
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		result, err := k.ZSetAdd(score, args.At(2), zaddFlags(args.At(0)))
		if err != nil {
			return err
		}
		if err := ctx.ReplicateVerbatim(); err != nil {
			return err
		}
		return ctx.ReplyWithText(result.String())
	}},
	"incr": {3, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		by, err := float(args.At(1))
		if err != nil {
			return err
		}
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		score, result, err := k.ZSetIncrBy(by, args.At(2), zaddFlags(args.At(0)))
		if err != nil {
			return err
		}
		if err := ctx.ReplicateVerbatim(); err != nil {
			return err
		}
		_ = ctx.ReplyWithArray(2)
		_ = ctx.ReplyWithDouble(score)
		return ctx.ReplyWithText(result.String())
	}},
	"rem": {1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		gone, err := k.ZSetRem(args.At(0))
		if err != nil {
			return err
		}
		return told(ctx, gone)
	}},
	"score": {1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		score, ok, err := ctx.OpenReadKey(key).ZSetScore(args.At(0))
		switch {
		case err != nil:
			return err
		case !ok:
			return ctx.ReplyWithNull()
		}
		return ctx.ReplyWithDouble(score)
	}},
	// range MIN MAX MODE
	"range": {3, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		s, err := scores(args)
		if err != nil {
			return err
		}
		r, err := ctx.OpenReadKey(key).ZSetByScore(s)
		return replyRange(ctx, r, err, args.At(2))
	}},
	"lex": {3, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		var min, max rm.RStr
		if !has(args.At(2), '-') {
			min = args.At(0)
		}
		if !has(args.At(2), '+') {
			max = args.At(1)
		}
		r, err := ctx.OpenReadKey(key).ZSetByLex(min, max)
		return replyRange(ctx, r, err, args.At(2))
	}},
	// take removes the elements of a range, each in the body of the loop over it.
	"take": {3, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		s, err := scores(args)
		if err != nil {
			return err
		}
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		r, err := k.ReadKey().ZSetByScore(s)
		if err != nil {
			return err
		}
		walk, n := r.All, 0
		if has(args.At(2), 'b') {
			walk = r.Backward
		}
		for e := range walk {
			gone, err := k.ZSetRem(e)
			if err != nil {
				return err
			}
			if gone {
				n++
			}
		}
		return verbatim(ctx, int64(n))
	}},
	"scan": {1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		return scan(ctx, ctx.OpenReadKey(key), args.At(0), nil)
	}},
}

func scores(args rm.Args) (s rm.ScoreRange, err error) {
	if s.Min, err = float(args.At(0)); err == nil {
		s.Max, err = float(args.At(1))
	}
	s.MinExclusive, s.MaxExclusive = has(args.At(2), '('), has(args.At(2), ')')
	return s, err
}

func replyRange(ctx rm.Context, r rm.ZSetRange, err error, mode rm.RStr) error {
	if err != nil {
		return err
	}
	n := 0
	_ = ctx.ReplyWithArray(rm.PostponedLen)
	if has(mode, 'p') {
		var walk iter.Seq2[[]byte, float64] = r.AllInPlace
		if has(mode, 'b') {
			walk = r.BackwardInPlace
		}
		for e, score := range walk {
			_ = ctx.ReplyWithBytes(e)
			_ = ctx.ReplyWithDouble(score)
			n += 2
		}
	} else {
		walk := r.All
		if has(mode, 'b') {
			walk = r.Backward
		}
		for e, score := range walk {
			_ = ctx.ReplyWithString(e)
			_ = ctx.ReplyWithDouble(score)
			n += 2
		}
	}
	return ctx.ReplySetArrayLength(n)
}
