// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"unsafe"

	"github.com/iredismodule/redismodule/rm"
)

// replyFreed replies with a string that is to be freed.
func replyFreed(ctx rm.Context, get func() (rm.RString, bool, error)) error {
	s, ok, err := get()
	if err != nil {
		return err
	}
	if ok == s.IsZero() {
		return rm.Error("ERR ok does not fit the string")
	}
	err = ctx.ReplyWithString(s.Str())
	s.Free()
	return err
}

// forged makes a key for writing of one that is open for reading, to see that what writes
// is refused. Without unsafe nobody can.
func forged(k rm.ReadKey) rm.WriteKey { return *(*rm.WriteKey)(unsafe.Pointer(&k)) }
