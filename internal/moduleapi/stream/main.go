// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module stream is what the unit stream of the suite loads.
package main

import (
	"github.com/iredismodule/redismodule/rm"
)

func init() {
	write := func(name string, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: name, Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: arity, Handler: h}
	}
	rm.Register(rm.Module{Name: "stream", Version: 1, Commands: []rm.Command{
		write("stream.add", -2, add),
		write("stream.addn", -3, addN),
		write("stream.delete", 3, remove),
		write("stream.range", 4, show),
		write("stream.trim", 5, trim),
	}})
}

const (
	errAdd    = rm.Error("ERR StreamAdd failed")
	errDelete = rm.Error("ERR StreamDelete failed")
	errID     = rm.Error("Invalid stream ID")
)

// stream.add KEY FIELD VALUE ...
func add(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	id, err := key.StreamAddAuto(args.From(2).Raw()...)
	if err != nil {
		return errAdd
	}
	text := rm.NewRStringStreamID(id)
	defer text.Free()
	return ctx.ReplyWithString(text.Str())
}

// stream.addn KEY N FIELD VALUE ...
func addN(ctx rm.Context, args rm.Args) error {
	n, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	for range n {
		if _, err := key.StreamAddAuto(args.From(3).Raw()...); err != nil {
			return errAdd
		}
	}
	return ctx.ReplyWithLongLong(n)
}

// stream.delete KEY ID
func remove(ctx rm.Context, args rm.Args) error {
	id, err := args.At(2).StreamID()
	if err != nil {
		return errID
	}
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	was, err := key.StreamDelete(id)
	if err != nil || !was {
		return errDelete
	}
	return ctx.ReplyWithOK()
}

// show is stream.range KEY FROM TO: the entries in this order, which may be that from the last to
// the first. One with a field named selfdestruct is deleted when it has been shown.
func show(ctx rm.Context, args rm.Args) error {
	from, err := args.At(2).StreamID()
	if err != nil {
		return errID
	}
	to, err := args.At(3).StreamID()
	if err != nil {
		return errID
	}
	backward := from.Compare(to) > 0
	if backward {
		from, to = to, from
	}
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	entries, err := key.Stream(from, to)
	if err != nil {
		return err
	}
	walk := entries.All
	if backward {
		walk = entries.Backward
	}
	if err := ctx.ReplyWithArray(rm.PostponedLen); err != nil {
		return err
	}
	n := 0
	for id, entry := range walk {
		n++
		if err := showEntry(ctx, id, entry); err != nil {
			return err
		}
		for field := range entry.Fields {
			if field.String() != "selfdestruct" {
				continue
			}
			if was, err := entry.Delete(); err != nil || !was {
				return errDelete
			}
			break
		}
	}
	return ctx.ReplySetArrayLength(n)
}

// showEntry replies with an entry as the server does.
func showEntry(ctx rm.Context, id rm.StreamID, entry rm.StreamEntry) error {
	if err := ctx.ReplyWithArray(2); err != nil {
		return err
	}
	if err := ctx.ReplyWithText(id.String()); err != nil {
		return err
	}
	if err := ctx.ReplyWithArray(2 * entry.NumFields()); err != nil {
		return err
	}
	for field, value := range entry.Fields {
		if err := ctx.ReplyWithString(field); err != nil {
			return err
		}
		if err := ctx.ReplyWithString(value); err != nil {
			return err
		}
	}
	return nil
}

// trim is stream.trim KEY MAXLEN|MINID =|~ BOUND.
func trim(ctx rm.Context, args rm.Args) error {
	var flags rm.StreamTrimFlags
	switch args.At(3).String() {
	case "=":
	case "~":
		flags = rm.StreamTrimApprox
	default:
		return rm.Error("ERR = or ~")
	}
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	var n int
	switch args.At(2).String() {
	case "maxlen":
		length, err := args.At(4).Int64()
		if err != nil {
			return err
		}
		if n, err = key.StreamTrimByLength(int(length), flags); err != nil {
			return err
		}
	case "minid":
		id, err := args.At(4).StreamID()
		if err != nil {
			return errID
		}
		if n, err = key.StreamTrimByID(id, flags); err != nil {
			return err
		}
	default:
		return rm.Error("ERR maxlen or minid")
	}
	return ctx.ReplyWithLongLong(int64(n))
}

func main() {}
