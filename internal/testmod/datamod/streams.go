// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "github.com/iredismodule/redismodule/rm"

var _ = add(rm.Command{Name: "d.stream.add", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 5, Handler: streamAdd})

// streamAdd is d.stream.add KEY ID FIELD VALUE.
func streamAdd(ctx rm.Context, args rm.Args) error {
	id, err := args.At(2).StreamID()
	if err != nil {
		return err
	}
	k := ctx.OpenWriteKey(args.At(1))
	if id, err = k.StreamAdd(id, args.At(3), args.At(4)); err != nil {
		return err
	}
	s := rm.NewRStringStreamID(id)
	defer s.Free()
	return ctx.ReplyWithString(s.Str())
}
