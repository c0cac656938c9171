// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// showErrno has functions of the raw layer fail, with a key that is a string, and replies
// with the texts of errno.
func showErrno(ctx rm.Context, args rm.Args) error {
	c, text := ctx.Raw(), func(s string) *byte { return unsafeconv.Data(s + "\x00") }
	key := redismodule.OpenKey(c, args.At(1).Raw(), redismodule.READ|redismodule.WRITE)
	defer redismodule.CloseKey(key)
	var told []string
	tell := func(name string, failed bool) {
		errno := redismodule.Errno() // at once
		if !failed {
			name += " did not fail"
		}
		told = append(told, name+": "+errno.Error())
	}
	tell("Call", redismodule.Call(c, text("no.such.command"), text("")) == 0)
	tell("ListSet", redismodule.ListSet(key, 0, args.At(1).Raw()) == redismodule.ERR)
	tell("StreamDelete", redismodule.StreamDelete(key, &redismodule.StreamID{MS: 1}) == redismodule.ERR)
	tell("HashSet", redismodule.HashSet(key, 0, uintptr(args.At(1).Raw()), uintptr(args.At(1).Raw()), 0) == 0)
	tell("EventLoopDel", redismodule.EventLoopDel(0, 0x100) == redismodule.ERR)
	if redismodule.Has(redismodule.FnRdbLoad) {
		stream := redismodule.RdbStreamCreateFromFile(text("no such file"))
		tell("RdbLoad", redismodule.RdbLoad(c, stream, 0) == redismodule.ERR)
		redismodule.RdbStreamFree(stream)
	}
	if err := ctx.ReplyWithArray(len(told)); err != nil {
		return err
	}
	for _, s := range told {
		if err := ctx.ReplyWithText(s); err != nil {
			return err
		}
	}
	return nil
}
