// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "github.com/iredismodule/redismodule/rm"

// replyFreed replies with a string that is to be freed.
func replyFreed(ctx rm.Context, s rm.RString, err error) error {
	if err != nil {
		return err
	}
	err = ctx.ReplyWithString(s.RStr)
	s.Free()
	return err
}
