// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// refused is the error of the C half, for whatever it does not tell apart.
func refused(err error) error {
	if err == nil || errors.Is(err, rm.ErrWrongType) {
		return err
	}
	return rm.Error("ERR refused")
}

func zincr(ctx rm.Context, args rm.Args) error {
	by, err := args.At(2).Float64()
	if err != nil {
		return err
	}
	k := ctx.OpenWriteKey(args.At(1))
	defer k.Close()
	score, _, err := k.ZSetIncrBy(by, args.At(3), 0)
	if err != nil {
		return refused(err)
	}
	if err := ctx.ReplicateVerbatim(); err != nil {
		return err
	}
	return ctx.ReplyWithDouble(score)
}

func zlex(ctx rm.Context, args rm.Args) error {
	k := ctx.OpenReadKey(args.At(1))
	defer k.Close()
	if !k.Exists() {
		return ctx.ReplyWithEmptyArray()
	}
	r, err := k.ZSetByLex(args.At(2), args.At(3))
	if err != nil {
		return refused(err)
	}
	n := 0
	if err := ctx.ReplyWithArray(rm.PostponedLen); err != nil {
		return err
	}
	for e := range r.All {
		if err := ctx.ReplyWithString(e); err != nil {
			return err
		}
		n++
	}
	return ctx.ReplySetArrayLength(n)
}

func list(ctx rm.Context, args rm.Args) error {
	i, err := args.At(3).Int64()
	if err != nil {
		return err
	}
	what, e := args.At(2).String(), args.At(4)
	if what == "get" {
		k := ctx.OpenReadKey(args.At(1))
		defer k.Close()
		got, ok, err := k.ListGet(int(i))
		switch {
		case err != nil:
			return err
		case !ok:
			return ctx.ReplyWithNull()
		}
		defer got.Free()
		return ctx.ReplyWithString(got.Str())
	}
	k := ctx.OpenWriteKey(args.At(1))
	defer k.Close()
	if t := k.ReadKey().Type(); t != rm.KeyTypeEmpty && t != rm.KeyTypeList {
		return rm.ErrWrongType
	}
	switch what {
	case "set":
		err = k.ListSet(int(i), e)
	case "insert":
		err = k.ListInsert(int(i), e)
	case "delete":
		err = k.ListDelete(int(i))
	default:
		err = errors.ErrUnsupported
	}
	if err == nil {
		err = ctx.ReplicateVerbatim()
	}
	if err != nil {
		return refused(err)
	}
	return ctx.ReplyWithOK()
}

func readID(args rm.Args) (id rm.StreamID, err error) {
	ms, err := args.At(0).Int64()
	if err != nil {
		return id, err
	}
	seq, err := args.At(1).Int64()
	if err == nil && (ms < 0 || seq < 0) {
		err = rm.ErrNotInteger
	}
	return rm.StreamID{Ms: uint64(ms), Seq: uint64(seq)}, err
}

func xadd(ctx rm.Context, args rm.Args) error {
	id, err := readID(args.From(2))
	if err != nil {
		return err
	}
	k := ctx.OpenWriteKey(args.At(1))
	defer k.Close()
	if id, err = k.StreamAdd(id, args.At(4), args.At(5)); err != nil {
		return refused(err)
	}
	if err := ctx.ReplicateVerbatim(); err != nil {
		return err
	}
	return ctx.ReplyWithText(id.String())
}

func xdel(ctx rm.Context, args rm.Args) error {
	id, err := readID(args.From(2))
	if err != nil {
		return err
	}
	k := ctx.OpenWriteKey(args.At(1))
	defer k.Close()
	gone, err := k.StreamDelete(id)
	return changed(ctx, gone, err)
}

func xrange(ctx rm.Context, args rm.Args) error {
	k := ctx.OpenReadKey(args.At(1))
	defer k.Close()
	r, err := k.Stream(rm.MinStreamID, rm.MaxStreamID)
	if err != nil {
		return err
	}
	b := rm.NewReply()
	defer b.Free()
	b.BeginArray(rm.PostponedLen)
	for id, entry := range r.All {
		b.Text(id.String())
		for field, value := range entry.Fields {
			b.Str(field)
			b.Str(value)
		}
	}
	b.End()
	return b.ReplyTo(ctx)
}

func expire(ctx rm.Context, args rm.Args) error {
	const moment = 33000000000000
	n, err := args.At(2).Int64()
	if err != nil || n < 0 || n > 1000000 {
		return rm.ErrNotInteger
	}
	k := ctx.OpenWriteKey(args.At(1))
	defer k.Close()
	if !k.ReadKey().Exists() {
		return ctx.ReplyWithNull()
	}
	before := int64(-1)
	if at, ok, err := k.ReadKey().ExpireAt(); err != nil {
		return err
	} else if ok {
		before = at.UnixMilli()
	}
	if err := k.SetExpireAt(time.UnixMilli(moment + n)); err != nil {
		return err
	}
	if err := ctx.Replicate("PEXPIREAT", 0, rm.Str(args.At(1)), rm.Int64(moment+n)); err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(before)
}

func scan(ctx rm.Context, args rm.Args) error {
	k := ctx.OpenReadKey(args.At(1))
	defer k.Close()
	elements, err := k.Elements(nil)
	if err != nil {
		return err
	}
	count, length := int64(0), int64(0)
	for field, value := range elements.All {
		count++
		length += int64(field.Len() + value.Len())
	}
	return ctx.ReplyWithLongLongs([]int64{count, length})
}

func appendTo(ctx rm.Context, args rm.Args) error {
	k := ctx.OpenWriteKey(args.At(1))
	defer k.Close()
	b := args.At(2).Bytes()
	if t := k.ReadKey().Type(); t != rm.KeyTypeEmpty && t != rm.KeyTypeString {
		return rm.ErrWrongType
	}
	if len(b) > 0 {
		if err := k.StringAppend(b); err != nil {
			return err
		}
		if err := ctx.ReplicateVerbatim(); err != nil {
			return err
		}
	}
	return ctx.ReplyWithLongLong(int64(len(b)))
}
