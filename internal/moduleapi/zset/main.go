// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module zset is what the unit zset of the suite loads.
package main

import (
	"errors"
	"math"

	"github.com/iredismodule/redismodule/rm"
)

func init() {
	write := func(name string, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: name, Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: arity, Replicate: rm.ReplicateVerbatim, Handler: h}
	}
	read := func(name string, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: name, Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: arity, Handler: h}
	}
	rm.Register(rm.Module{Name: "zset", Version: 1, Commands: []rm.Command{
		write("zset.rem", 3, remove),
		write("zset.add", 4, add),
		write("zset.incrby", 4, incrBy),
		read("zset.rangebylex", 4, func(ctx rm.Context, args rm.Args) error { return byLex(ctx, args, rm.ZSetRange.All) }),
		read("zset.revrangebylex", 4, func(ctx rm.Context, args rm.Args) error { return byLex(ctx, args, rm.ZSetRange.Backward) }),
		read("zset.members", 2, members),
	}})
}

// zset.rem KEY ELEMENT
func remove(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	was, err := key.ZSetRem(args.At(2))
	if err != nil {
		return err
	}
	if was {
		return ctx.ReplyWithLongLong(1)
	}
	return ctx.ReplyWithLongLong(0)
}

// score reads a score; the unit wants to see what the server says of "nan", which is no number
// for an RStr.
func score(s rm.RStr) (float64, error) {
	if s.String() == "nan" {
		return math.NaN(), nil
	}
	return s.Float64()
}

// zset.add KEY SCORE ELEMENT
func add(ctx rm.Context, args rm.Args) error {
	f, err := score(args.At(2))
	if err != nil {
		return err
	}
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	_, err = key.ZSetAdd(f, args.At(3), 0)
	if errors.Is(err, rm.ErrNaN) {
		return rm.Error("ERR ZsetAdd failed")
	}
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// zset.incrby KEY ELEMENT SCORE
func incrBy(ctx rm.Context, args rm.Args) error {
	f, err := score(args.At(3))
	if err != nil {
		return err
	}
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	sum, _, err := key.ZSetIncrBy(f, args.At(2), 0)
	if errors.Is(err, rm.ErrNaN) {
		return rm.Error("ERR ZsetIncrby failed")
	}
	if err != nil {
		return err
	}
	return ctx.ReplyWithDouble(sum)
}

// zset.rangebylex KEY MIN MAX
func byLex(ctx rm.Context, args rm.Args, walk func(rm.ZSetRange, func(rm.RStr, float64) bool)) error {
	key := ctx.OpenReadKey(args.At(1))
	defer key.Close()
	elements, err := key.ZSetByLex(args.At(2), args.At(3))
	if errors.Is(err, rm.ErrLexBound) {
		return rm.Error("invalid range")
	}
	if err != nil {
		return err
	}
	if err := ctx.ReplyWithArray(rm.PostponedLen); err != nil {
		return err
	}
	n := 0
	walk(elements, func(element rm.RStr, _ float64) bool {
		n++
		err = ctx.ReplyWithString(element)
		return err == nil
	})
	if err != nil {
		return err
	}
	return ctx.ReplySetArrayLength(n)
}

// zset.members KEY
func members(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenReadKey(args.At(1))
	defer key.Close()
	if t := key.Type(); t != rm.KeyTypeZSet && t != rm.KeyTypeEmpty {
		return rm.ErrWrongType
	}
	elements, err := key.Elements(nil)
	if err != nil {
		return err
	}
	if err := ctx.ReplyWithArray(rm.PostponedLen); err != nil {
		return err
	}
	n := 0
	for element := range elements.All {
		n++
		if err := ctx.ReplyWithString(element); err != nil {
			return err
		}
	}
	return ctx.ReplySetArrayLength(n)
}

func main() {}
