// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"runtime"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/unsafeconv"
)

var _ = add(
	rm.Command{Name: "d.slice", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: -3, Handler: replySlice},
	rm.Command{Name: "d.slice.stack", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: replyStackSlices},
	rm.Command{Name: "d.slice.fresh", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: replyFreshSlices},
)

// replySlice is d.slice direct|recorded KIND [ELEMENT...]; an element "null" is the zero
// RStr.
func replySlice(ctx rm.Context, args rm.Args) error {
	var numbers []int64
	var floats []float64
	var texts []string
	var bytes [][]byte
	var strs []rm.RStr
	kind := args.At(2).String()
	for _, a := range args.Raw()[3:] {
		switch kind {
		case "longlongs":
			n, err := a.Int64()
			if err != nil {
				return err
			}
			numbers = append(numbers, n)
		case "doubles":
			f, err := a.Float64()
			if err != nil {
				return err
			}
			floats = append(floats, f)
		}
		texts = append(texts, a.Clone())
		bytes = append(bytes, a.Bytes())
		if a.String() == "null" {
			a = rm.RStr{}
		}
		strs = append(strs, a)
	}
	if args.At(1).String() == "direct" {
		return replyDirect(ctx, kind, numbers, floats, texts, bytes, strs)
	}
	b := rm.NewReply()
	switch kind {
	case "longlongs":
		b.LongLongs(numbers)
	case "doubles":
		b.Doubles(floats)
	case "texts":
		b.Texts(texts)
	case "bytes":
		b.ByteSlices(bytes)
	case "strs":
		b.Strs(strs...)
	case "textmap":
		b.TextMap(texts)
	case "bytesmap":
		b.BytesMap(bytes)
	case "strmap":
		b.StrMap(strs...)
	}
	err := b.ReplyTo(ctx)
	b.Free()
	return err
}

func replyDirect(ctx rm.Context, kind string, numbers []int64, floats []float64, texts []string, bytes [][]byte, strs []rm.RStr) error {
	switch kind {
	case "longlongs":
		return ctx.ReplyWithLongLongs(numbers)
	case "doubles":
		return ctx.ReplyWithDoubles(floats)
	case "texts":
		return ctx.ReplyWithTexts(texts)
	case "bytes":
		return ctx.ReplyWithByteSlices(bytes)
	case "strs":
		return ctx.ReplyWithStrings(strs...)
	case "textmap":
		return ctx.ReplyWithTextMap(texts)
	case "bytesmap":
		return ctx.ReplyWithBytesMap(bytes)
	case "strmap":
		return ctx.ReplyWithStringMap(strs...)
	}
	return rm.Error("ERR no such kind")
}

// replyStackSlices is d.slice.stack TEXT: slices, and texts in them, that are in the
// goroutine's stack. It allocates nothing.
func replyStackSlices(ctx rm.Context, args rm.Args) error {
	var place [16]byte
	text := unsafeconv.String(place[:copy(place[:], args.At(1).Bytes())])
	if err := ctx.ReplyWithArray(7); err != nil {
		return err
	}
	_ = ctx.ReplyWithLongLongs([]int64{1, -2, 3})
	_ = ctx.ReplyWithDoubles([]float64{0.5, -1.5})
	_ = ctx.ReplyWithTexts([]string{text, "", text})
	_ = ctx.ReplyWithByteSlices([][]byte{place[:1], nil})
	_ = ctx.ReplyWithStrings(args.At(1), rm.RStr{}, args.At(1))
	b := rm.NewReply()
	b.BeginArray(3)
	b.LongLongs([]int64{4, 5})
	b.TextMap([]string{text, text})
	b.Strs(args.At(1), rm.RStr{})
	_ = b.ReplyTo(ctx)
	b.Free()
	return ctx.ReplyWithNull()
}

// replyFreshSlices is d.slice.fresh DEPTH: the same at many depths of a stack that grows
// and while garbage is collected.
func replyFreshSlices(ctx rm.Context, args rm.Args) error {
	depth, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	if err := ctx.ReplyWithArray(int(depth)); err != nil {
		return err
	}
	done := make(chan struct{})
	go func() {
		runtime.GC()
		close(done)
	}()
	deeper(ctx, int(depth))
	<-done
	return nil
}

//go:noinline
func deeper(ctx rm.Context, depth int) (sum byte) {
	if depth == 0 {
		return 0
	}
	var place [512]byte
	for i := range place {
		place[i] = byte('a' + depth%26)
	}
	text := unsafeconv.String(place[:10])
	_ = ctx.ReplyWithTexts([]string{text, string(place[:3]), text})
	return place[0] + deeper(ctx, depth-1)
}
