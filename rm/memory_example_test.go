// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import "github.com/iredismodule/redismodule/rm"

// Keeps a copy of an argument in the server's memory, where maxmemory counts it.
func ExampleMemory() {
	var kept rm.Memory
	handler := func(ctx rm.Context, args rm.Args) error {
		kept.Realloc(args.At(1).Len())
		copy(kept.Bytes(), args.At(1).Bytes())
		return ctx.ReplyWithLongLong(int64(kept.MallocSize()))
	}
	free := func(ctx rm.Context, _ rm.Args) error {
		kept.Free()
		return ctx.ReplyWithOK()
	}
	_, _ = handler, free
}

// Makes an id of forty hexadecimal digits.
func ExampleRandomHex() {
	handler := func(ctx rm.Context, _ rm.Args) error {
		var id [40]byte
		rm.RandomHex(id[:])
		return ctx.ReplyWithBytes(id[:])
	}
	_ = handler
}
