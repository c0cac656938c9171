// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "github.com/iredismodule/redismodule/rm"

var _ = add(
	rm.Command{Name: "d.user.call", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -4, Handler: dUserCall},
	rm.Command{Name: "d.user.named", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -4, Handler: dUserNamed},
	rm.Command{Name: "d.user.acl", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 2, Handler: dUserACL},
	rm.Command{Name: "d.user.mayrun", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -2, Handler: dUserMayRun},
	rm.Command{Name: "d.user.bad", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 1, Handler: dUserBad},
)

// asUser calls a command with flags as a user, and then again without a user.
func asUser(ctx rm.Context, u rm.User, flags rm.CallFlags, command rm.Args) error {
	if err := ctx.SetUser(u); err != nil {
		return err
	}
	_ = ctx.ReplyWithArray(2)
	for range 2 {
		reply, err := ctx.Call(command.At(0).String(), flags, rm.Strs(command.From(1)))
		if err != nil {
			result(ctx, err)
		} else {
			_ = ctx.ReplyWithCallReply(reply)
		}
		reply.Free()
		if err := ctx.SetUser(rm.User{}); err != nil {
			return err
		}
	}
	return nil
}

// dUserCall is d.user.call RULES FLAGS COMMAND ... as a user of the module's own.
func dUserCall(ctx rm.Context, args rm.Args) error {
	u, err := rm.NewUser("mine")
	if err != nil {
		return err
	}
	defer u.Free()
	if err := u.SetACL(args.At(1).String()); err != nil {
		return err
	}
	return asUser(ctx, u, callFlags(args.At(2)), args.From(3))
}

// dUserNamed is d.user.named USER FLAGS COMMAND ... as a user of the server.
func dUserNamed(ctx rm.Context, args rm.Args) error {
	u, ok, err := rm.UserByName(args.At(1))
	if err != nil {
		return err
	}
	if !ok {
		return rm.Error("ERR no such user")
	}
	defer u.Free()
	return asUser(ctx, u, callFlags(args.At(2)), args.From(3))
}

// dUserACL is d.user.acl RULES: the errors of setting them, at once and one by one,
// and what the user may do then.
func dUserACL(ctx rm.Context, args rm.Args) error {
	u, err := rm.NewUser("mine")
	if err != nil {
		return err
	}
	defer u.Free()
	_ = ctx.ReplyWithArray(3)
	result(ctx, u.SetACL(args.At(1).String()))
	text, err := u.ACL()
	if err != nil {
		result(ctx, err)
	} else {
		_ = ctx.ReplyWithString(text.Str())
		text.Free()
	}
	result(ctx, u.SetACLRule(args.At(1).String()))
	return nil
}

// dUserMayRun is d.user.mayrun COMMAND ...: may +get ~mine:* run it?
func dUserMayRun(ctx rm.Context, args rm.Args) error {
	u, err := rm.NewUser("mine")
	if err != nil {
		return err
	}
	defer u.Free()
	for _, rule := range []string{"on", "+get", "~mine:*"} {
		if err := u.SetACLRule(rule); err != nil {
			return err
		}
	}
	ok, err := u.MayRun(args.From(1).Raw()...)
	if err != nil {
		return err
	}
	n := int64(0)
	if ok {
		n = 1
	}
	return ctx.ReplyWithLongLong(n)
}

// dUserBad replies with the errors of bad input.
func dUserBad(ctx rm.Context, args rm.Args) error {
	var errs []error
	_, err := rm.NewUser("a\x00b")
	errs = append(errs, err)
	_, _, err = rm.UserByName(rm.RStr{})
	errs = append(errs, err)
	noUser, ok, err := rm.UserByName(args.At(0))
	if err == nil && !ok && noUser.IsZero() {
		err = rm.Error("ERR no such user")
	}
	errs = append(errs, err)
	var none rm.User
	none.Free()
	errs = append(errs, none.SetACL("+get"), none.SetACLRule("+get"))
	_, err = none.ACL()
	errs = append(errs, err)
	_, err = none.MayRun(args.Raw()...)
	errs = append(errs, err)
	u, err := rm.NewUser("mine")
	if err != nil {
		return err
	}
	_, err = u.MayRun()
	errs = append(errs, err)
	_, err = u.MayRun(rm.RStr{})
	errs = append(errs, err, u.SetACL("a\x00"), u.SetACLRule("a\x00"))
	u.Free()
	u.Free()
	_ = ctx.ReplyWithArray(len(errs) + 1)
	for _, err := range errs {
		result(ctx, err)
	}
	return ctx.ReplyWithLongLong(int64(u.Raw()))
}
