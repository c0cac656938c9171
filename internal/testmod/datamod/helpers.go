// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "github.com/iredismodule/redismodule/rm"

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
