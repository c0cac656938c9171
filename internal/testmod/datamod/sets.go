// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "github.com/iredismodule/redismodule/rm"

// The commands of sets, with and without replication, which is what a test reads back.
var _ = add(
	setCommand("d.set.add", -3, func(s rm.SetKey, args rm.Args) error { return setAdd(s, args) }),
	setCommand("d.set.add.quiet", -3, func(s rm.SetKey, args rm.Args) error { return setAdd(s.WithoutReplication(), args) }),
	setCommand("d.set.remove", 3, func(s rm.SetKey, args rm.Args) error { return setRemove(s, args) }),
	setCommand("d.set.remove.quiet", 3, func(s rm.SetKey, args rm.Args) error { return setRemove(s.WithoutReplication(), args) }),
	setCommand("d.set.pop", 2, func(s rm.SetKey, _ rm.Args) error { return freed(s.Pop()) }),
	setCommand("d.set.pop.quiet", 2, func(s rm.SetKey, _ rm.Args) error { return freed(s.WithoutReplication().Pop()) }),
	setCommand("d.set.random", 2, func(s rm.SetKey, _ rm.Args) error { return freed(s.Random()) }),
	setCommand("d.set.members", 2, func(s rm.SetKey, _ rm.Args) error {
		_, err := s.Members()
		return err
	}),
)

// setCommand is d.set.... KEY [MEMBER ...].
func setCommand(name string, arity int, f func(s rm.SetKey, args rm.Args) error) rm.Command {
	return rm.Command{Name: name, Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: arity, Handler: func(ctx rm.Context, args rm.Args) error {
		if err := f(ctx.SetKey(args.At(1)), args); err != nil {
			return err
		}
		return ctx.ReplyWithOK()
	}}
}

func setAdd(s rm.SetKey, args rm.Args) error {
	_, err := s.Add(args.From(2).Raw()...)
	return err
}

func setRemove(s rm.SetKey, args rm.Args) error {
	_, err := s.Remove(args.At(2))
	return err
}

// freed frees a string that was there.
func freed(s rm.RString, ok bool, err error) error {
	defer s.Free()
	if err == nil && ok == s.IsZero() {
		return rm.Error("ERR ok does not fit the string")
	}
	return err
}
