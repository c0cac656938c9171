// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "github.com/iredismodule/redismodule/rm"

var _ = add(rm.Command{Name: "d.str.debug", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 3, Handler: stringMisuse})

// stringMisuse is d.str.debug MISUSE STRING, for the debug build, which panics at
// the marked lines.
func stringMisuse(ctx rm.Context, args rm.Args) error {
	own := rm.NewRString(args.At(2).Bytes())
	other := own
	switch args.At(1).String() {
	case "free":
		own.Free()
		other.Free() // misuse: free
	case "use":
		own.Free()
		return ctx.ReplyWithBytes(other.Bytes()) // misuse: use
	case "reply":
		own.Free()
		return ctx.ReplyWithString(other.Str()) // misuse: reply
	case "append":
		own.Free()
		return other.Append([]byte("x")) // misuse: append
	case "retained":
		one := args.At(2).Retain()
		two := one
		one.Free()
		two.Free() // misuse: retained
	case "fine":
		two := own.Retain()
		own.Free()
		other = two
		err := ctx.ReplyWithBytes(other.Bytes())
		other.Free()
		return err
	case "handover":
		return ctx.ReplyWithString(own.HandOver(ctx)) // nothing is freed here
	case "shared":
		two, three := own.Retain(), own.Str().Retain()
		own.Free()
		two.Free()
		if err := three.AppendText("+"); err != nil {
			return err
		}
		err := ctx.ReplyWithString(three.Str())
		three.Free()
		return err
	case "many":
		own.Free()
		for range 10000 {
			s := rm.NewRStringText("text")
			t := args.At(2).Retain()
			if s.String() != "text" || !t.Equal(args.At(2)) {
				return rm.Error("ERR wrong")
			}
			s.Free()
			t.Free()
		}
		return ctx.ReplyWithOK()
	}
	return rm.Error("ERR nobody noticed")
}
