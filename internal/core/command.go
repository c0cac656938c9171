// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package core

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
)

// Command runs a command of a module. f is its frame; nothing may pass it but a fatal
// error of the runtime:
//
//	defer func() {
//		if core.UnderWay(f) {
//			core.Fail(f, recover())
//		}
//	}()
//
// before all else, and core.Returned(f) at every return. See NewCommand.
type Command func(ctx redismodule.Ctx, argv uintptr, argc int32, f unsafe.Pointer)

// Entry is any other callback of a module, which is its barrier, too; it ends by Answer at
// every return. See NewEntry.
type Entry func(f unsafe.Pointer)

// frameHead is the beginning of a frame.
type frameHead struct {
	index uintptr // 0 when the command has returned
	ret   uintptr
	words Words
}

// Words are what the server has called an Entry with. They are behind the call's end in
// memory that is used again.
type Words struct {
	A    [6]uintptr
	More unsafe.Pointer // at the seventh argument and those after it
}

// WordsOf returns the words of an Entry's frame.
func WordsOf(f unsafe.Pointer) *Words {
	// SAFETY(U66): as in UnderWay.
	return &(*frameHead)(f).words
}

// Answer ends an Entry with what the server gets.
func Answer(f unsafe.Pointer, ret uintptr) {
	// SAFETY(U66): as in UnderWay.
	h := (*frameHead)(f)
	h.index, h.ret = 0, ret
}

// UnderWay tells whether a command has not returned yet.
func UnderWay(f unsafe.Pointer) bool {
	// SAFETY(U66): f is the frame of the call; holds because it is passed on as it came,
	// and lies in the frame of the function that called the command.
	return (*frameHead)(f).index != 0
}

// Returned ends a command, with the server's OK.
func Returned(f unsafe.Pointer) {
	// SAFETY(U66): as in UnderWay.
	h := (*frameHead)(f)
	h.index, h.ret = 0, 0
}
