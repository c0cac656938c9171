// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "github.com/iredismodule/redismodule/rm"

// orZero is the zero RStr for the argument (zero).
func orZero(s rm.RStr) rm.RStr {
	if s.String() == "(zero)" {
		return rm.RStr{}
	}
	return s
}

// replyFreed replies with a string that is to be freed.
func replyFreed(ctx rm.Context, s rm.RString, err error) error {
	if err != nil {
		return err
	}
	err = ctx.ReplyWithString(s.RStr)
	s.Free()
	return err
}
