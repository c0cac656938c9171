// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module hash_stringref is what the unit hash_stringref of the suite loads.
package main

import (
	"github.com/iredismodule/redismodule/rm"
)

func init() {
	rm.Register(rm.Module{
		Name: "hash.stringref", Version: 1, OnUnload: func(rm.Context) error { held.Free(); return nil },
		Commands: []rm.Command{
			{Name: "hash.set_stringref", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 4, Handler: set},
			{Name: "hash.has_stringref", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 3, Handler: has},
		},
	})
}

// held is the memory that the last field refers to.
var held rm.Memory

// hash.set_stringref KEY FIELD VALUE
func set(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	value := args.At(3).Bytes()
	memory := rm.Alloc(len(value))
	copy(memory.Bytes(), value)
	if err := key.HashSetStringRef(args.At(2), memory); err != nil {
		memory.Free()
		return err
	}
	held = memory
	return ctx.ReplyWithOK()
}

// hash.has_stringref KEY FIELD
func has(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenReadKey(args.At(1))
	defer key.Close()
	is, err := key.HashHasStringRef(args.At(2))
	if err != nil {
		return err
	}
	if is {
		return ctx.ReplyWithLongLong(1)
	}
	return ctx.ReplyWithLongLong(0)
}

func main() {}
