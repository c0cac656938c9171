// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"slices"
	"strings"

	"github.com/iredismodule/redismodule/rm"
)

// The commands of sets take r to replicate, q not to, n for no name, z for the zero
// SetKey.
var _ = add(
	rm.Command{Name: "d.set.add", Flags: rm.CmdWrite, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: -3, Handler: setAdd},
	rm.Command{Name: "d.set.remove", Flags: rm.CmdWrite, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: -3, Handler: setRemove},
	rm.Command{Name: "d.set.contains", Flags: rm.CmdWrite, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 4, Handler: setContains},
	rm.Command{Name: "d.set.len", Flags: rm.CmdWrite, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 3, Handler: setLen},
	rm.Command{Name: "d.set.pop", Flags: rm.CmdWrite, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 3, Handler: setPop},
	rm.Command{Name: "d.set.random", Flags: rm.CmdWrite, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 3, Handler: setRandom},
	rm.Command{Name: "d.set.members", Flags: rm.CmdWrite, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 4, Handler: setMembers},
	rm.Command{Name: "d.set.body", Flags: rm.CmdWrite, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 3, Handler: setBody},
)

func setOf(ctx rm.Context, how, name rm.RStr) rm.SetKey {
	switch how.String() {
	case "q":
		return ctx.SetKey(name).WithoutReplication()
	case "n":
		return ctx.SetKey(rm.RStr{})
	case "z":
		return rm.SetKey{}
	case "a":
		ctx.AutoMemory()
	}
	return ctx.SetKey(name)
}

func setAdd(ctx rm.Context, args rm.Args) error {
	n, err := setOf(ctx, args.At(1), args.At(2)).Add(fieldsOf(args.From(3))...)
	return replyNumber(ctx, n, err)
}

func setRemove(ctx rm.Context, args rm.Args) error {
	n, err := setOf(ctx, args.At(1), args.At(2)).Remove(fieldsOf(args.From(3))...)
	return replyNumber(ctx, n, err)
}

func setContains(ctx rm.Context, args rm.Args) error {
	yes, err := setOf(ctx, args.At(1), args.At(2)).Contains(orZero(args.At(3)))
	return replyTruth(ctx, yes, err)
}

func setLen(ctx rm.Context, args rm.Args) error {
	n, err := setOf(ctx, args.At(1), args.At(2)).Len()
	return replyNumber(ctx, n, err)
}

func setPop(ctx rm.Context, args rm.Args) error {
	return replyFreed(ctx, setOf(ctx, args.At(1), args.At(2)).Pop)
}

func setRandom(ctx rm.Context, args rm.Args) error {
	return replyFreed(ctx, setOf(ctx, args.At(1), args.At(2)).Random)
}

// setMembers is d.set.members HOW KEY all|bytes.
func setMembers(ctx rm.Context, args rm.Args) error {
	members, err := setOf(ctx, args.At(1), args.At(2)).Members()
	if err != nil {
		return err
	}
	_ = ctx.ReplyWithArray(rm.PostponedLen)
	n := 0
	if args.At(3).String() == "all" {
		for m := range members.All {
			_ = ctx.ReplyWithString(m)
			n++
		}
	} else {
		for m := range members.Bytes {
			_ = ctx.ReplyWithBytes(m)
			n++
		}
	}
	return ctx.ReplySetArrayLength(n)
}

// setBodies are bodies of loops that do what loops usually do not.
var setBodies = map[string]func(s rm.SetKey, members rm.SetMembers) []string{
	"break": func(_ rm.SetKey, members rm.SetMembers) (seen []string) {
		for m := range members.All {
			seen = append(seen, m.Clone())
			break
		}
		return seen
	},
	"panic": func(_ rm.SetKey, members rm.SetMembers) []string {
		for m := range members.All {
			panic(m.Clone())
		}
		return nil
	},
	"remove": func(s rm.SetKey, members rm.SetMembers) (seen []string) {
		for m := range members.All {
			if n, err := s.Remove(m); err != nil || n != 1 {
				seen = append(seen, "not removed")
			}
			seen = append(seen, m.Clone())
		}
		for range members.Bytes {
			seen = append(seen, "of an empty set")
		}
		return seen
	},
	"nested": func(_ rm.SetKey, members rm.SetMembers) (seen []string) {
		for m := range members.Bytes {
			for n := range members.All {
				seen = append(seen, string(m)+n.String())
			}
		}
		return seen
	},
	"retain": func(_ rm.SetKey, members rm.SetMembers) (seen []string) {
		var kept []rm.RString
		for m := range members.All {
			kept = append(kept, m.Retain())
		}
		for _, m := range kept {
			seen = append(seen, m.Clone())
			m.Free()
		}
		return seen
	},
	"zero": func(rm.SetKey, rm.SetMembers) []string {
		var none rm.SetMembers
		for range none.All {
			return []string{"something"}
		}
		return nil
	},
}

// setBody is d.set.body WHICH KEY: what the loop has seen, sorted.
func setBody(ctx rm.Context, args rm.Args) error {
	s := ctx.SetKey(args.At(2))
	members, err := s.Members()
	if err != nil {
		return err
	}
	if args.At(1).String() == "type" { // the key gets another type before the loop
		reply, err := ctx.Call("SET", 0, rm.Str(args.At(2)), rm.Text("a string"))
		if err != nil {
			return err
		}
		reply.Free()
		for range members.All {
			return rm.Error("ERR there is a member")
		}
		return members.Err()
	}
	seen := setBodies[args.At(1).String()](s, members)
	if err := members.Err(); err != nil {
		return err
	}
	slices.Sort(seen)
	return ctx.ReplyWithText(strings.Join(seen, " "))
}

// fields is reused, so that the commands allocate nothing.
var fields []rm.RStr

// replyNumber replies with a number or an error.
func replyNumber(ctx rm.Context, n int, err error) error {
	if err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(int64(n))
}

func replyTruth(ctx rm.Context, yes bool, err error) error {
	if yes {
		return replyNumber(ctx, 1, err)
	}
	return replyNumber(ctx, 0, err)
}

func fieldsOf(args rm.Args) []rm.RStr {
	fields = fields[:0]
	for _, a := range args.All {
		fields = append(fields, orZero(a))
	}
	return fields
}
