// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"strconv"

	"github.com/iredismodule/redismodule/rm"
)

var _ = add(
	rm.Command{Name: "d.call", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -2, Handler: dCall},
	rm.Command{Name: "d.call.texts", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -2, Handler: dCallTexts},
	rm.Command{Name: "d.call.fail", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: dCallFail},
	rm.Command{Name: "d.call.misuse", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 2, Handler: dCallMisuse},
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

// keptErr is an error of a call that is kept without a Clone.
var keptErr error

// dCallMisuse is d.call.misuse HOW: wrong, and only for the tag rm_debug.
func dCallMisuse(ctx rm.Context, args rm.Args) error {
	if args.At(1).String() == "later" {
		err := keptErr
		if err == nil {
			_, keptErr = ctx.Call("d.call.fail", 0, rm.Text("x"))
			return ctx.ReplyWithOK()
		}
		keptErr = nil
		return rm.Error("ERR " + err.Error())
	}
	reply, err := ctx.Call("TIME", 0)
	if err != nil {
		return err
	}
	part := reply.Element(0)
	switch args.At(1).String() {
	case "right":
		if err := readReply(ctx, reply); err != nil {
			return err
		}
	case "part":
		defer reply.Free()
		part.Free()
	}
	reply.Free()
	switch args.At(1).String() {
	case "twice":
		reply.Free()
	case "use":
		_ = reply.Type()
	case "use part":
		_ = part.Bytes()
	case "pass on":
		_ = ctx.ReplyWithCallReply(reply)
	}
	return ctx.ReplyWithOK()
}

// readReply does with replies and errors what is right.
func readReply(ctx rm.Context, reply rm.CallReply) error {
	for i, e := range reply.Elements {
		s := e.RString()
		same := s.Equal(ctx.StrBytes(e.Bytes())) && e.String() == reply.Element(i).String()
		s.Free()
		if !same {
			return rm.Error("ERR an element is not what it was")
		}
	}
	for k, v := range reply.Pairs {
		if _, err := k.Int64(); err != nil || len(v.Bytes()) == 0 {
			return rm.Error("ERR a pair is not what it was")
		}
	}
	var errs [100]error
	for i := range errs {
		_, errs[i] = ctx.Call("d.call.fail", 0, rm.Int64(int64(i)))
	}
	for i, err := range errs {
		if err.Error() != "FAIL "+strconv.Itoa(i) {
			return err
		}
	}
	return nil
}
