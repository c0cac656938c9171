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

// frameHead is the beginning of a frame.
type frameHead struct {
	index uintptr // 0 when the command has returned
	ret   uintptr
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
	*(*frameHead)(f) = frameHead{}
}
