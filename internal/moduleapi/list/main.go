// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module list is what the unit list of the suite loads.
package main

import (
	"errors"
	"strings"

	"github.com/iredismodule/redismodule/rm"
)

func init() {
	rm.Register(rm.Module{Name: "list", Version: 1, Commands: []rm.Command{
		{Name: "list.getall", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: -2, Handler: getAll},
		{Name: "list.get", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 3, Handler: get},
		{Name: "list.set", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 4, Replicate: rm.ReplicateVerbatim, Handler: set},
		{Name: "list.insert", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 4, Replicate: rm.ReplicateVerbatim, Handler: insert},
		{Name: "list.delete", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 3, Replicate: rm.ReplicateVerbatim, Handler: remove},
		{Name: "list.edit", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: -3, Replicate: rm.ReplicateVerbatim, Handler: edit},
	}})
}

// list.getall KEY [REVERSE]
func getAll(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenReadKey(args.At(1))
	defer key.Close()
	elements, err := key.List(0, -1)
	if err != nil {
		return err
	}
	walk := elements.All
	if args.Len() > 2 && strings.EqualFold(args.At(2).String(), "reverse") {
		walk = elements.Backward
	}
	if err := ctx.ReplyWithArray(key.Len()); err != nil {
		return err
	}
	for _, e := range walk {
		if err := ctx.ReplyWithString(e); err != nil {
			return err
		}
	}
	return nil
}

// list.get KEY INDEX
func get(ctx rm.Context, args rm.Args) error {
	index, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	key := ctx.OpenReadKey(args.At(1))
	defer key.Close()
	element, ok, err := key.ListGet(int(index))
	if err != nil {
		return err
	}
	if !ok {
		return rm.ErrRange
	}
	defer element.Free()
	return ctx.ReplyWithString(element.Str())
}

// list.set KEY INDEX VALUE
func set(ctx rm.Context, args rm.Args) error {
	return change(ctx, args, func(key rm.WriteKey, index int) error {
		err := key.ListSet(index, args.At(3))
		if errors.Is(err, rm.ErrNoKey) {
			return rm.ErrWrongType // the unit takes a missing key for one of another type
		}
		return err
	})
}

// list.insert KEY INDEX VALUE
func insert(ctx rm.Context, args rm.Args) error {
	return change(ctx, args, func(key rm.WriteKey, index int) error { return key.ListInsert(index, args.At(3)) })
}

// list.delete KEY INDEX
func remove(ctx rm.Context, args rm.Args) error {
	return change(ctx, args, func(key rm.WriteKey, index int) error { return key.ListDelete(index) })
}

// change does something to the element of the second argument.
func change(ctx rm.Context, args rm.Args, f func(key rm.WriteKey, index int) error) error {
	index, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	if err := f(key, int(index)); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// edit is list.edit KEY [REVERSE] STEPS [VALUE ...]: it goes along the list, from one of its ends, and
// for each letter it keeps (k), deletes (d), replaces (r) the element at hand, or inserts (i) one
// before it. The reply counts what was done, and says where it stands.
func edit(ctx rm.Context, args rm.Args) error {
	index, step, rest := 0, 1, args.From(2)
	if strings.EqualFold(rest.At(0).String(), "reverse") {
		index, step, rest = -1, -1, rest.From(1)
	}
	if rest.Len() == 0 {
		return rm.ErrWrongArity
	}
	steps, values := rest.At(0).Bytes(), rest.From(1)
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	var inserted, deleted, replaced int64
	for _, s := range steps {
		if s == 'd' {
			if err := key.ListDelete(index); err != nil {
				return err
			}
			deleted++
			continue
		}
		if s == 'i' || s == 'r' {
			if values.Len() == 0 {
				return rm.ErrWrongArity
			}
			change, count := key.ListInsert, &inserted
			if s == 'r' {
				change, count = key.ListSet, &replaced
			}
			if err := change(index, values.At(0)); err != nil {
				return err
			}
			values = values.From(1)
			*count++
		}
		index += step
	}
	if err := ctx.ReplyWithMap(5); err != nil {
		return err
	}
	for _, pair := range []struct {
		name string
		n    int64
	}{{"i", inserted}, {"d", deleted}, {"r", replaced}, {"index", int64(index)}} {
		if err := ctx.ReplyWithText(pair.name); err != nil {
			return err
		}
		if err := ctx.ReplyWithLongLong(pair.n); err != nil {
			return err
		}
	}
	if err := ctx.ReplyWithText("entry"); err != nil {
		return err
	}
	element, ok, err := key.ListGet(index)
	if err != nil {
		return err
	}
	if !ok {
		return ctx.ReplyWithNull()
	}
	defer element.Free()
	return ctx.ReplyWithString(element.Str())
}

func main() {}
