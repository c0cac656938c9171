// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import "github.com/iredismodule/redismodule/rm"

// An element moves from the tail of one list to the head of another.
func ExampleWriteKey_ListPop() {
	move := func(ctx rm.Context, args rm.Args) error {
		from, to := ctx.OpenWriteKey(args.At(1)), ctx.OpenWriteKey(args.At(2))
		element, ok, err := from.ListPop(rm.ListTail)
		if err != nil {
			return err
		}
		if !ok {
			return ctx.ReplyWithNull()
		}
		defer element.Free()
		if err := to.ListPush(rm.ListHead, element.Str()); err != nil {
			return err
		}
		return ctx.ReplyWithString(element.Str())
	}
	_ = rm.Command{Name: "queue.move", Flags: rm.CmdWrite, Keys: rm.AllKeys, Arity: 3, Handler: move}
}

// The lengths of the first ten elements are added up.
func ExampleReadKey_List() {
	measure := func(ctx rm.Context, args rm.Args) error {
		key := ctx.OpenReadKey(args.At(1))
		first, err := key.List(0, 9)
		if err != nil {
			return err
		}
		bytes := 0
		for _, element := range first.All {
			bytes += element.Len()
		}
		return ctx.ReplyWithLongLong(int64(bytes))
	}
	_ = rm.Command{Name: "list.measure", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 2, Handler: measure}
}

// Elements are deleted while going over them: backward, since the ones after move
// up.
func ExampleWriteKey_ListDelete() {
	prune := func(ctx rm.Context, args rm.Args) error {
		key := ctx.OpenWriteKey(args.At(1))
		elements, err := key.List(0, -1)
		if err != nil {
			return err
		}
		for i, element := range elements.Backward {
			if element.Len() == 0 {
				if err := key.ListDelete(i); err != nil {
					return err
				}
			}
		}
		return ctx.ReplyWithLongLong(int64(key.Len()))
	}
	_ = rm.Command{Name: "list.prune", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Handler: prune}
}

// A user's name is read from a hash; the field's name is a constant.
func ExampleReadKey_HashGet() {
	name := func(ctx rm.Context, args rm.Args) error {
		key := ctx.OpenReadKey(args.At(1))
		value, _, err := key.HashGet(ctx.Str("name"))
		if err != nil {
			return err
		}
		defer value.Free()
		return ctx.ReplyWithString(value.Str()) // null when there is none
	}
	_ = rm.Command{Name: "user.name", Flags: rm.CmdReadOnly | rm.CmdFast, Keys: rm.OneKey, Arity: 2, Handler: name}
}

// A field is set only if it is not there.
func ExampleWriteKey_HashSet() {
	claim := func(ctx rm.Context, args rm.Args) error {
		key := ctx.OpenWriteKey(args.At(1))
		n, err := key.HashSet(args.At(2), args.At(3), rm.HashNX|rm.HashCountAll)
		if err != nil {
			return err
		}
		return ctx.ReplyWithLongLong(int64(n)) // 1: claimed
	}
	_ = rm.Command{Name: "seat.claim", Flags: rm.CmdWrite | rm.CmdDenyOOM, Keys: rm.OneKey, Arity: 4, Handler: claim}
}

// Several fields are read at once, into memory that the module has.
func ExampleReadKey_HashGetMany() {
	read := func(ctx rm.Context, args rm.Args) error {
		var values [3]rm.RString
		if err := ctx.OpenReadKey(args.At(1)).HashGetMany(values[:], args.From(2).Raw()...); err != nil {
			return err
		}
		_ = ctx.ReplyWithArray(len(values))
		for i := range values {
			_ = ctx.ReplyWithString(values[i].Str())
			values[i].Free()
		}
		return nil
	}
	_ = rm.Command{Name: "hash.three", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 5, Handler: read}
}

// A set of those who are online. The calls replicate themselves.
func ExampleContext_SetKey() {
	leave := func(ctx rm.Context, args rm.Args) error {
		online := ctx.SetKey(args.At(1))
		if _, err := online.Remove(args.From(2).Raw()...); err != nil {
			return err
		}
		members, err := online.Members()
		if err != nil {
			return err
		}
		for name := range members.Bytes {
			ctx.Log(rm.LevelDebug, "still online: "+string(name))
		}
		return ctx.ReplyWithOK()
	}
	_ = rm.Command{Name: "online.leave", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: -3, Handler: leave}
}
