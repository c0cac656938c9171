// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"fmt"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// Walks that copy nothing.

var _ = add(
	rm.Command{Name: "d.walk.reply", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: -3, Handler: walkReply},
	rm.Command{Name: "d.walk.count", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 2, Handler: walkCount},
	rm.Command{Name: "d.walk.zset.dies", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Handler: walkZSetDies},
	rm.Command{Name: "d.walk.zset.bad", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 3, Handler: walkZSetBad},
)

const errWalksDiffer = rm.Error("ERR the walks differ")

// walkReply is d.walk.reply FLAGS COMMAND [ARG...]: the contents of the elements of a
// call's reply, by ElementBytes, which must be those by Element.
func walkReply(ctx rm.Context, args rm.Args) error {
	var flags rm.CallFlags
	if args.At(1).String() == "3" {
		flags = rm.CallRESP3
	}
	reply, err := ctx.Call(args.At(2).String(), flags, rm.Strs(args.From(3)))
	if err != nil {
		return err
	}
	defer reply.Free()
	var all [][]byte
	for i, b := range reply.ElementBytes {
		if e := reply.Element(i); i != len(all) || !bytes.Equal(b, e.Bytes()) || (b == nil) != (e.Bytes() == nil) {
			return errWalksDiffer
		}
		all = append(all, b)
	}
	handles := 0
	for i, e := range reply.Elements {
		if i != handles || e != reply.Element(i) {
			return errWalksDiffer
		}
		handles++
	}
	for i := range reply.ElementBytes {
		if i == 70 { // in the second piece
			break
		}
	}
	if handles != len(all) {
		return errWalksDiffer
	}
	return ctx.ReplyWithByteSlices(all)
}

// walkCount is d.walk.count KEY: the bytes of a list and of a sorted set of that name
// with ":z" behind it. It allocates nothing.
func walkCount(ctx rm.Context, args rm.Args) error {
	reply, err := listOf.Do(ctx, args.At(1), zero.Str(), minusOne.Str())
	if err != nil {
		return err
	}
	sum := 0
	for _, b := range reply.ElementBytes {
		sum += len(b)
	}
	for _, e := range reply.Elements {
		sum += len(e.Bytes())
	}
	reply.Free()
	name := args.At(1).Copy()
	defer name.Free()
	if err := name.Append([]byte(":z")); err != nil {
		return err
	}
	key := ctx.OpenReadKey(name.Str())
	all, err := key.ZSetByScore(rm.AllScores)
	if err != nil {
		return err
	}
	for element := range all.AllInPlace {
		sum += len(element)
	}
	key.Close()
	return ctx.ReplyWithLongLong(int64(sum))
}

var (
	listOf         = rm.NewCall("LRANGE", 0)
	zero, minusOne rm.RString
)

var _ = atLoad(func(rm.Context) error {
	zero, minusOne = rm.NewRStringText("0"), rm.NewRStringText("-1")
	return nil
})

// walkZSetBad is d.walk.zset.bad KEY add|score|close|nothing: a body that breaks its promise,
// or not. It is for the debug build.
func walkZSetBad(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenWriteKey(args.At(1))
	r, err := key.ZSetByScore(rm.AllScores)
	if err != nil {
		return err
	}
	n := 0
	for range r.AllInPlace {
		if n++; n > 1 {
			continue
		}
		switch args.At(2).String() {
		case "add":
			_, err = key.ZSetAdd(1e9, args.At(0), 0)
		case "score":
			_, err = key.ZSetAdd(1e9, args.At(1), 0)
		case "close":
			key.Close()
		}
		if err != nil {
			return err
		}
	}
	return ctx.ReplyWithLongLong(int64(n))
}

// walkZSetDies is d.walk.zset.dies KEY: a loop in place, on a goroutine, in whose body the
// key expires. It logs how many elements there were.
func walkZSetDies(ctx rm.Context, args rm.Args) error {
	name, t := args.At(1).Clone(), ctx.DetachedThreadSafeContext()
	go func() {
		defer t.Free()
		n := 0
		err := t.Do(func(ctx rm.Context) error {
			key := ctx.OpenReadKey(ctx.Str(name))
			defer key.Close()
			r, err := key.ZSetByScore(rm.AllScores)
			if err != nil {
				return err
			}
			for range r.AllInPlace {
				if n++; n > 1 {
					continue
				}
				time.Sleep(150 * time.Millisecond)
				r, err := ctx.Call("EXISTS", 0, rm.Text(name)) // which deletes it
				if err != nil {
					return err
				}
				r.Free()
			}
			return nil
		})
		rm.Log(rm.LevelWarning, fmt.Sprintf("walk of a dying key: %d elements, %v", n, err))
	}()
	return ctx.ReplyWithOK()
}
