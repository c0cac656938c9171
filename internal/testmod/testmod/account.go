// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"math"
	"runtime"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
)

const errBroken = rm.Error("BROKEN in the middle")

// ints replies with the integers from 1 to n.
func ints(ctx rm.Context, n int) {
	for i := range n {
		_ = ctx.ReplyWithLongLong(int64(i + 1))
	}
}

// broken are handlers that do not reply with one whole reply, by name.
var broken = map[string]func(ctx rm.Context) error{
	"none":      func(rm.Context) error { return nil },
	"two":       func(ctx rm.Context) error { ints(ctx, 2); return nil },
	"two.after": func(ctx rm.Context) error { _ = ctx.ReplyWithArray(1); ints(ctx, 2); return nil },
	"two.arrays": func(ctx rm.Context) error {
		_ = ctx.ReplyWithArray(1)
		ints(ctx, 1)
		_ = ctx.ReplyWithArray(1)
		ints(ctx, 1)
		return nil
	},
	"after":       func(ctx rm.Context) error { ints(ctx, 1); return errBroken },
	"after.array": func(ctx rm.Context) error { _ = ctx.ReplyWithArray(2); ints(ctx, 2); return errBroken },

	"fixed.short": func(ctx rm.Context) error { _ = ctx.ReplyWithArray(3); ints(ctx, 1); return nil },
	"fixed.error": func(ctx rm.Context) error { _ = ctx.ReplyWithArray(3); ints(ctx, 1); return errBroken },
	"fixed.nested": func(ctx rm.Context) error {
		_ = ctx.ReplyWithArray(2)
		_ = ctx.ReplyWithArray(2)
		ints(ctx, 1)
		return errBroken
	},
	"fixed.last": func(ctx rm.Context) error {
		_ = ctx.ReplyWithArray(2)
		_ = ctx.ReplyWithArray(1)
		ints(ctx, 1)
		_ = ctx.ReplyWithArray(2)
		ints(ctx, 1)
		return nil
	},
	"map.key":   func(ctx rm.Context) error { _ = ctx.ReplyWithMap(2); ints(ctx, 2); return errBroken },
	"map.value": func(ctx rm.Context) error { _ = ctx.ReplyWithMap(2); ints(ctx, 3); return errBroken },
	"attribute": func(ctx rm.Context) error { _ = ctx.ReplyWithAttribute(1); ints(ctx, 2); return nil },

	"open":       func(ctx rm.Context) error { _ = ctx.ReplyWithArray(rm.PostponedLen); ints(ctx, 2); return nil },
	"open.none":  func(ctx rm.Context) error { return ctx.ReplyWithArray(rm.PostponedLen) },
	"open.error": func(ctx rm.Context) error { _ = ctx.ReplyWithArray(rm.PostponedLen); ints(ctx, 2); return errBroken },
	"open.panic": func(ctx rm.Context) error { _ = ctx.ReplyWithArray(rm.PostponedLen); ints(ctx, 2); panic("oh") },
	"open.goexit": func(ctx rm.Context) error {
		_ = ctx.ReplyWithSet(rm.PostponedLen)
		ints(ctx, 2)
		runtime.Goexit()
		return nil
	},
	"open.map":     func(ctx rm.Context) error { _ = ctx.ReplyWithMap(rm.PostponedLen); ints(ctx, 2); return errBroken },
	"open.map.odd": func(ctx rm.Context) error { _ = ctx.ReplyWithMap(rm.PostponedLen); ints(ctx, 3); return errBroken },
	"open.nested": func(ctx rm.Context) error {
		_ = ctx.ReplyWithArray(rm.PostponedLen)
		ints(ctx, 1)
		_ = ctx.ReplyWithMap(rm.PostponedLen)
		ints(ctx, 2)
		_ = ctx.ReplyWithArray(3)
		ints(ctx, 1)
		return errors.New("all at once")
	},
	"open.many": func(ctx rm.Context) error {
		for range 100 {
			_ = ctx.ReplyWithArray(rm.PostponedLen)
		}
		return nil
	},

	"length.less":  func(ctx rm.Context) error { return threeIn(ctx, ctx.ReplySetArrayLength, 2) },
	"length.more":  func(ctx rm.Context) error { return threeIn(ctx, ctx.ReplySetArrayLength, 7) },
	"length.minus": func(ctx rm.Context) error { return threeIn(ctx, ctx.ReplySetArrayLength, -1) },
	"length.other": func(ctx rm.Context) error { return threeIn(ctx, ctx.ReplySetMapLength, 1) },
	"length.twice": func(ctx rm.Context) error {
		_ = threeIn(ctx, ctx.ReplySetArrayLength, 3)
		return ctx.ReplySetArrayLength(3)
	},
	"length.single": func(ctx rm.Context) error { return ctx.ReplySetArrayLength(1) },
	"length.inner": func(ctx rm.Context) error {
		_ = ctx.ReplyWithArray(rm.PostponedLen)
		_ = ctx.ReplyWithArray(2)
		ints(ctx, 1)
		return ctx.ReplySetArrayLength(1)
	},

	"raw": func(ctx rm.Context) error { redismodule.ReplyWithLongLong(ctx.Raw(), 1); return nil },
	"raw.nested": func(ctx rm.Context) error {
		_ = ctx.ReplyWithArray(2)
		redismodule.ReplyWithLongLong(ctx.Raw(), 1)
		ints(ctx, 1)
		return nil
	},
	"raw.last": func(ctx rm.Context) error {
		_ = ctx.ReplyWithArray(2)
		ints(ctx, 1)
		redismodule.ReplyWithLongLong(ctx.Raw(), 1)
		return nil
	},
	"raw.open": func(ctx rm.Context) error {
		_ = ctx.ReplyWithArray(rm.PostponedLen)
		redismodule.ReplyWithLongLong(ctx.Raw(), 7)
		ints(ctx, 1)
		return ctx.ReplySetArrayLength(2)
	},
	"raw.length": func(ctx rm.Context) error {
		redismodule.ReplyWithArray(ctx.Raw(), rm.PostponedLen)
		ints(ctx, 1)
		return ctx.ReplySetArrayLength(1)
	},
	"raw.long": func(ctx rm.Context) error {
		_ = ctx.ReplyWithArray(longLength)
		for range longLength {
			redismodule.ReplyWithNull(ctx.Raw())
		}
		return nil
	},

	"huge":        func(ctx rm.Context) error { return ctx.ReplyWithArray(1 << 30) },
	"huge.max":    func(ctx rm.Context) error { return ctx.ReplyWithArray(math.MaxInt) },
	"huge.map":    func(ctx rm.Context) error { return ctx.ReplyWithMap(1 << 62) },
	"huge.set":    func(ctx rm.Context) error { return ctx.ReplyWithSet(1 << 31) },
	"huge.attr":   func(ctx rm.Context) error { return ctx.ReplyWithAttribute(1 << 62) },
	"huge.length": func(ctx rm.Context) error { return threeIn(ctx, ctx.ReplySetArrayLength, 1<<62) },
	"long":        func(ctx rm.Context) error { return ctx.ReplyWithArray(1<<30 - 1) },
	"long.error":  func(ctx rm.Context) error { _ = ctx.ReplyWithArray(longLength); ints(ctx, 2); return errBroken },
	"long.map":    func(ctx rm.Context) error { _ = ctx.ReplyWithMap(1<<30 - 1); ints(ctx, 3); return nil },
	"long.whole": func(ctx rm.Context) error {
		_ = ctx.ReplyWithArray(2)
		_ = ctx.ReplyWithMap(longLength)
		for range 2 * longLength {
			_ = ctx.ReplyWithNull()
		}
		return ctx.ReplyWithArray(0)
	},
	"deep": func(ctx rm.Context) (err error) {
		for range 200 {
			err = ctx.ReplyWithArray(rm.PostponedLen)
		}
		return err
	},
	"deep.known": func(ctx rm.Context) error {
		for range 200 {
			_ = ctx.ReplyWithArray(1)
		}
		return nil
	},
	"begun": func(ctx rm.Context) error {
		c := redismodule.GetThreadSafeContext(0)
		defer redismodule.FreeThreadSafeContext(c)
		other := rm.RawContext(c)
		other.BeginReplies() // and no EndCallback
		_ = other.ReplyWithArray(3)
		_ = other.ReplyWithArray(3)
		return ctx.ReplyWithOK()
	},

	"attr.only":  func(ctx rm.Context) error { _ = ctx.ReplyWithArray(rm.PostponedLen); return attribute(ctx) },
	"attr.tail":  func(ctx rm.Context) error { _ = ctx.ReplyWithArray(2); ints(ctx, 1); return attribute(ctx) },
	"attr.after": func(ctx rm.Context) error { ints(ctx, 1); return attribute(ctx) },
	"attr.zero":  func(ctx rm.Context) error { return ctx.ReplyWithAttribute(0) },
	"attr.half":  func(ctx rm.Context) error { _ = ctx.ReplyWithAttribute(2); ints(ctx, 3); return errBroken },
	"attr.open": func(ctx rm.Context) error {
		_ = ctx.ReplyWithAttribute(rm.PostponedLen)
		ints(ctx, 3)
		return errBroken
	},
	"attr.twice": func(ctx rm.Context) error { _ = attribute(ctx); _ = attribute(ctx); return errBroken },
	"attr.array": func(ctx rm.Context) error { _ = attribute(ctx); _ = ctx.ReplyWithArray(2); return errBroken },
	"attr.length": func(ctx rm.Context) error {
		_ = ctx.ReplyWithArray(rm.PostponedLen)
		_ = attribute(ctx)
		return ctx.ReplySetArrayLength(1)
	},

	"fine.nested": func(ctx rm.Context) error {
		_ = ctx.ReplyWithArray(rm.PostponedLen)
		ints(ctx, 1)
		_ = ctx.ReplyWithArray(2)
		_ = ctx.ReplyWithEmptyArray()
		_ = ctx.ReplyWithArray(0)
		_ = ctx.ReplyWithNull()
		return ctx.ReplySetArrayLength(3)
	},
}

// longLength is a length above those that are filled in.
const longLength = 1<<13 + 1

// attribute sends an attribute, without the reply that it belongs to.
func attribute(ctx rm.Context) error {
	err := ctx.ReplyWithAttribute(1)
	if err == nil {
		ints(ctx, 2)
	}
	return err
}

func threeIn(ctx rm.Context, set func(int) error, n int) error {
	_ = ctx.ReplyWithArray(rm.PostponedLen)
	ints(ctx, 3)
	return set(n)
}

// breakReply is t.broken HOW.
func breakReply(ctx rm.Context, args rm.Args) error {
	if f := broken[args.At(1).String()]; f != nil {
		return f(ctx)
	}
	return rm.Error("ERR no such way")
}

// breakInside is t.broken.inside HOW: an array whose second element is the text of
// a call of t.broken, which must leave its own account alone.
func breakInside(ctx rm.Context, args rm.Args) error {
	_ = ctx.ReplyWithArray(rm.PostponedLen)
	ints(ctx, 1)
	reply, err := ctx.Call("t.broken", 0, rm.Str(args.At(1)))
	if err != nil {
		_ = ctx.ReplyWithText(err.Error())
	} else {
		_ = ctx.ReplyWithCallReply(reply)
	}
	reply.Free()
	return ctx.ReplySetArrayLength(2)
}
