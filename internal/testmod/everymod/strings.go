// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "github.com/iredismodule/redismodule/rm"

var stringOperations = map[string]operation{
	"set": {1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		k := ctx.OpenWriteKey(key)
		if err := k.StringSet(args.At(0)); err != nil {
			return err
		}
		return verbatim(ctx, int64(k.ReadKey().Len()))
	}},
	"get": {0, func(ctx rm.Context, key rm.RStr, _ rm.Args) error {
		b, ok, err := ctx.OpenReadKey(key).StringBytes()
		return bytesOrNull(ctx, b, ok, err)
	}},
	"copy": {0, func(ctx rm.Context, key rm.RStr, _ rm.Args) error {
		k := ctx.OpenReadKey(key)
		b, ok, err := k.StringAppendTo([]byte("="))
		k.Close()
		return bytesOrNull(ctx, b, ok, err)
	}},
	"append": {1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		if err := k.StringAppend(args.At(0).Bytes()); err != nil {
			return err
		}
		return verbatim(ctx, int64(k.ReadKey().Len()))
	}},
	"double": {0, func(ctx rm.Context, key rm.RStr, _ rm.Args) error {
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		b, _, err := k.ReadKey().StringBytes()
		if err == nil {
			err = k.StringAppend(b) // a view of the value itself
		}
		if err != nil {
			return err
		}
		return verbatim(ctx, int64(k.ReadKey().Len()))
	}},
	"cut": {1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		n, err := args.At(0).Int64()
		if err != nil {
			return err
		}
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		if err := k.StringTruncate(int(n)); err != nil {
			return err
		}
		return verbatim(ctx, int64(k.ReadKey().Len()))
	}},
	"poke": {2, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		i, err := args.At(0).Int64()
		if err != nil {
			return err
		}
		k := ctx.OpenWriteKey(key)
		b, ok, err := k.StringDMA()
		switch {
		case err != nil:
			return err
		case !ok:
			return ctx.ReplyWithNull()
		case i < 0 || i >= int64(len(b)) || args.At(1).Len() == 0:
			return rm.ErrRange
		}
		old := b[i]
		b[i] = args.At(1).Bytes()[0]
		return verbatim(ctx, int64(old))
	}},
}

func bytesOrNull(ctx rm.Context, b []byte, ok bool, err error) error {
	switch {
	case err != nil:
		return err
	case !ok:
		return ctx.ReplyWithNull()
	}
	return ctx.ReplyWithBytes(b)
}

// stringOrNull replies with a string and frees it.
func stringOrNull(ctx rm.Context, s rm.RString, ok bool, err error) error {
	switch {
	case err != nil:
		return err
	case !ok:
		return ctx.ReplyWithNull()
	}
	defer s.Free()
	return ctx.ReplyWithString(s.Str())
}
