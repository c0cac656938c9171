// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// A command that replies with the value of a string key and how long it has yet to
// live.
func ExampleContext_OpenReadKey() {
	handler := func(ctx rm.Context, args rm.Args) error {
		key := ctx.OpenReadKey(args.At(1))
		defer key.Close()
		value, ok, err := key.StringBytes()
		if err != nil {
			return err // the key is no string
		}
		if !ok {
			return ctx.ReplyWithNull()
		}
		ttl, limited, err := key.TTL()
		if err != nil || !limited {
			return ctx.ReplyWithBytes(value)
		}
		_ = ctx.ReplyWithArray(2)
		_ = ctx.ReplyWithBytes(value)
		return ctx.ReplyWithLongLong(ttl.Milliseconds())
	}
	_ = handler
}

// A command that appends to a string and gives it an hour to live.
func ExampleContext_OpenWriteKey() {
	handler := func(ctx rm.Context, args rm.Args) error {
		key := ctx.OpenWriteKey(args.At(1))
		defer key.Close()
		if err := key.StringAppend(args.At(2).Bytes()); err != nil {
			return err
		}
		if err := key.SetTTL(time.Hour); err != nil {
			return err
		}
		return ctx.ReplyWithLongLong(int64(key.Len()))
	}
	_ = handler
}

// A key is read without counting as used, where the server can do so.
func ExampleContext_OpenReadKeyMode() {
	handler := func(ctx rm.Context, args rm.Args) error {
		key, err := ctx.OpenReadKeyMode(args.At(1), rm.OpenModes()&(rm.OpenNoTouch|rm.OpenNoStats))
		if err != nil {
			return err
		}
		defer key.Close()
		idle, ok, err := key.LRUIdle()
		if err != nil {
			return err
		}
		if !ok {
			return rm.ErrNoKey
		}
		return ctx.ReplyWithLongLong(int64(idle / time.Second))
	}
	_ = handler
}

// A string is changed in place: all letters a become b.
func ExampleWriteKey_StringDMA() {
	handler := func(ctx rm.Context, args rm.Args) error {
		key := ctx.OpenWriteKey(args.At(1))
		defer key.Close()
		value, _, err := key.StringDMA() // nothing, of a missing key
		if err != nil {
			return err
		}
		for i, c := range value {
			if c == 'a' {
				value[i] = 'b'
			}
		}
		return ctx.ReplyWithOK()
	}
	_ = handler
}

// A command looks into another database and leaves the client where it is.
func ExampleContext_SelectDB() {
	handler := func(ctx rm.Context, args rm.Args) error {
		old := ctx.SelectedDB()
		if err := ctx.SelectDB(1); err != nil {
			return err
		}
		there := ctx.KeyExists(args.At(1))
		_ = ctx.SelectDB(old)
		return ctx.ReplyWithBool(there)
	}
	_ = handler
}
