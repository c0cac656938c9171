// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "github.com/iredismodule/redismodule/rm"

// The commands of sets take r to replicate, q not to.
var _ = add(
	rm.Command{Name: "d.set.add", Flags: rm.CmdWrite, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: -4, Handler: setAdd},
	rm.Command{Name: "d.set.remove", Flags: rm.CmdWrite, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 4, Handler: setRemove},
	rm.Command{Name: "d.set.pop", Flags: rm.CmdWrite, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 3, Handler: setPop},
	rm.Command{Name: "d.set.random", Flags: rm.CmdWrite, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 3, Handler: setRandom},
	rm.Command{Name: "d.set.members", Flags: rm.CmdWrite, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 3, Handler: setMembers},
)

func setOf(ctx rm.Context, args rm.Args) rm.SetKey {
	s := ctx.SetKey(args.At(2))
	if args.At(1).String() == "q" {
		return s.WithoutReplication()
	}
	return s
}

func setAdd(ctx rm.Context, args rm.Args) error {
	var members []rm.RStr
	for _, m := range args.From(3).All {
		members = append(members, m)
	}
	n, err := setOf(ctx, args).Add(members...)
	return replyNumber(ctx, n, err)
}

func setRemove(ctx rm.Context, args rm.Args) error {
	n, err := setOf(ctx, args).Remove(args.At(3))
	return replyNumber(ctx, n, err)
}

func setPop(ctx rm.Context, args rm.Args) error {
	return replyFreed(ctx, setOf(ctx, args).Pop)
}

func setRandom(ctx rm.Context, args rm.Args) error {
	return replyFreed(ctx, setOf(ctx, args).Random)
}

func setMembers(ctx rm.Context, args rm.Args) error {
	_, err := setOf(ctx, args).Members()
	return err
}

// replyNumber replies with a number or an error.
func replyNumber(ctx rm.Context, n int, err error) error {
	if err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(int64(n))
}
