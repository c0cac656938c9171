// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module reply is what the unit reply of the suite loads: a command for each kind of reply.
package main

import (
	"errors"
	"math"
	"strings"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/unsafeconv"
)

func init() {
	var commands []rm.Command
	for name, h := range map[string]rm.Handler{
		"rw.string": func(ctx rm.Context, args rm.Args) error { return ctx.ReplyWithString(args.At(1)) },
		"rw.cstring": func(ctx rm.Context, _ rm.Args) error {
			return ctx.ReplyWithCString(unsafeconv.Z("A simple string\x00"))
		},
		"rw.bignumber": func(ctx rm.Context, args rm.Args) error { return ctx.ReplyWithBigNumber(args.At(1).String()) },
		"rw.int":       integer,
		"rw.double":    double,
		"rw.longdouble": func(ctx rm.Context, args rm.Args) error {
			f, err := args.At(1).LongDouble()
			if err != nil {
				return err
			}
			return ctx.ReplyWithLongDouble(f)
		},
		"rw.verbatim": func(ctx rm.Context, args rm.Args) error {
			return ctx.ReplyWithVerbatimString(args.At(1).String(), "txt")
		},
		"rw.array":     func(ctx rm.Context, args rm.Args) error { return many(ctx, args, ctx.ReplyWithArray, nil) },
		"rw.set":       func(ctx rm.Context, args rm.Args) error { return many(ctx, args, ctx.ReplyWithSet, nil) },
		"rw.map":       func(ctx rm.Context, args rm.Args) error { return many(ctx, args, ctx.ReplyWithMap, half) },
		"rw.attribute": attribute,
		"rw.bool": func(ctx rm.Context, _ rm.Args) error {
			return errors.Join(ctx.ReplyWithArray(2), ctx.ReplyWithBool(false), ctx.ReplyWithBool(true))
		},
		"rw.null":  func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithNull() },
		"rw.error": func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithError(rm.Error("An error")) },
		"rw.error_format": func(ctx rm.Context, args rm.Args) error {
			return ctx.ReplyWithErrorFormat(args.At(1).String(), args.At(2).String())
		},
		"rw.simplestring_array": simpleStrings,
	} {
		commands = append(commands, rm.Command{Name: name, Keys: rm.NoKeys, Arity: -1, Handler: h})
	}
	rm.Register(rm.Module{Name: "replywith", Version: 1, Commands: commands})
}

func integer(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(n)
}

// double is rw.double [NUMBER [DIVISOR]]; without arguments the reply is not a number.
func double(ctx rm.Context, args rm.Args) error {
	f := math.NaN()
	for i := 1; i < args.Len(); i++ {
		n, err := args.At(i).Float64()
		if err != nil {
			return err
		}
		if i == 1 {
			f = n
		} else {
			f /= n
		}
	}
	return ctx.ReplyWithDouble(f)
}

// many replies with the numbers from 0 on, and if value is there, with a value for each of them.
func many(ctx rm.Context, args rm.Args, begin func(n int) error, value func(ctx rm.Context, i int64) error) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	if err := begin(int(n)); err != nil {
		return err
	}
	for i := range n {
		if err := ctx.ReplyWithLongLong(i); err != nil {
			return err
		}
		if value == nil {
			continue
		}
		if err := value(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// half replies with one and a half times i.
func half(ctx rm.Context, i int64) error { return ctx.ReplyWithDouble(float64(i) * 1.5) }

// attribute is rw.attribute N: a map in front of the status OK.
func attribute(ctx rm.Context, args rm.Args) error {
	err := many(ctx, args, ctx.ReplyWithAttribute, half)
	if errors.Is(err, rm.ErrRESP2Client) {
		return rm.Error("Attributes aren't supported by RESP 2")
	}
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// simpleStrings replies with its arguments as statuses; what would end the line becomes a space.
func simpleStrings(ctx rm.Context, args rm.Args) error {
	if err := ctx.ReplyWithArray(args.Len() - 1); err != nil {
		return err
	}
	for _, arg := range args.From(1).All {
		if err := ctx.ReplyWithSimpleString(strings.NewReplacer("\r", " ", "\n", " ").Replace(arg.String())); err != nil {
			return err
		}
	}
	return nil
}

func main() {}
