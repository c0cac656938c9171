// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "github.com/iredismodule/redismodule/rm"

var _ = add(
	rm.Command{Name: "d.call", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -2, Handler: dCall},
	rm.Command{Name: "d.call.texts", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -2, Handler: dCallTexts},
	rm.Command{Name: "d.call.fail", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: dCallFail},
)

// dCall is d.call COMMAND [ARGUMENT ...]: what a handler does with a call.
func dCall(ctx rm.Context, args rm.Args) error {
	reply, err := rm.NewCall(args.At(1).String(), 0).Do(ctx, args.From(2).Raw()...)
	if err != nil {
		return err
	}
	defer reply.Free()
	return ctx.ReplyWithCallReply(reply)
}

// dCallTexts is d.call.texts COMMAND [ARGUMENT ...], called in another way.
func dCallTexts(ctx rm.Context, args rm.Args) error {
	var words []rm.Arg
	for _, a := range args.From(2).All {
		words = append(words, rm.Text(a.String()))
	}
	reply, err := ctx.Call(args.At(1).String(), 0, words...)
	if err != nil {
		return err
	}
	defer reply.Free()
	return ctx.ReplyWithCallReply(reply)
}

// dCallFail is d.call.fail TEXT.
func dCallFail(_ rm.Context, args rm.Args) error { return rm.Error("FAIL " + args.At(1).Clone()) }
