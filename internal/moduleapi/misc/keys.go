// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

const errNoKey = rm.Error("key not found")

func randomKey(ctx rm.Context, _ rm.Args) error {
	name, ok := ctx.RandomKey()
	if !ok {
		return ctx.ReplyWithNull()
	}
	defer name.Free()
	return ctx.ReplyWithString(name.Str())
}

func flushAll(ctx rm.Context, _ rm.Args) error {
	if err := ctx.ResetDataset(rm.ResetRestartAOF | rm.ResetAsync); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// test.keyexists KEY
func keyExists(ctx rm.Context, args rm.Args) error {
	if ctx.KeyExists(args.At(1)) {
		return ctx.ReplyWithLongLong(1)
	}
	return ctx.ReplyWithLongLong(0)
}

// test.silent_open_key KEY
func silentOpen(ctx rm.Context, args rm.Args) error {
	key, err := ctx.OpenReadKeyMode(args.At(1), rm.OpenNoEffects)
	if err != nil {
		return err
	}
	defer key.Close()
	if !key.Exists() {
		return errNoKey
	}
	return ctx.ReplyWithOK()
}

// lookAt opens the key of the first argument, which must be there.
func lookAt(ctx rm.Context, args rm.Args, f func(key rm.ReadKey) error) error {
	key, err := ctx.OpenReadKeyMode(args.At(1), rm.OpenNoTouch)
	if err != nil {
		return err
	}
	defer key.Close()
	if !key.Exists() {
		return errNoKey
	}
	return f(key)
}

// get replies with what f reads, or -1 where the server does not keep it.
func get(ctx rm.Context, args rm.Args, f func(key rm.ReadKey) (int64, error)) error {
	return lookAt(ctx, args, func(key rm.ReadKey) error {
		n, err := f(key)
		if errors.Is(err, rm.ErrEvictionPolicy) {
			return ctx.ReplyWithLongLong(-1)
		}
		if err != nil {
			return err
		}
		return ctx.ReplyWithLongLong(n)
	})
}

// set replies with 1 when f has set something to the second argument, with 0 where the server does
// not keep it, or gets it wrong.
func set(ctx rm.Context, args rm.Args, f func(key rm.ReadKey, n int64) error) error {
	n, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	return lookAt(ctx, args, func(key rm.ReadKey) error {
		err := f(key, n)
		if errors.Is(err, rm.ErrEvictionPolicy) || errors.Is(err, rm.ErrLRUUnit) {
			return ctx.ReplyWithLongLong(0)
		}
		if err != nil {
			return err
		}
		return ctx.ReplyWithLongLong(1)
	})
}

// test.getlru KEY replies in milliseconds.
func getLRU(ctx rm.Context, args rm.Args) error {
	return get(ctx, args, func(key rm.ReadKey) (int64, error) {
		idle, _, err := key.LRUIdle()
		return idle.Milliseconds(), err
	})
}

// test.setlru KEY MILLISECONDS
func setLRU(ctx rm.Context, args rm.Args) error {
	return set(ctx, args, func(key rm.ReadKey, n int64) error { return key.SetLRU(time.Duration(n) * time.Millisecond) })
}

// test.getlfu KEY
func getLFU(ctx rm.Context, args rm.Args) error {
	return get(ctx, args, func(key rm.ReadKey) (int64, error) {
		freq, _, err := key.LFUFreq()
		return int64(freq), err
	})
}

// test.setlfu KEY FREQUENCY
func setLFU(ctx rm.Context, args rm.Args) error {
	return set(ctx, args, func(key rm.ReadKey, n int64) error { return key.SetLFU(int(n)) })
}
