// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module usercall is what the unit usercall of the suite loads.
package main

import (
	"github.com/iredismodule/redismodule/internal/moduleapi/calls"
	"github.com/iredismodule/redismodule/rm"
)

// user is whom commands are called as.
var user rm.User

func init() {
	command := func(name string, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: name, Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: arity, Handler: h}
	}
	rm.Register(rm.Module{
		Name: "usercall", Version: 1,
		OnUnload: func(rm.Context) error { user.Free(); return nil },
		Commands: []rm.Command{
			command("usercall.reset_user", 1, reset),
			command("usercall.add_to_acl", 2, addToACL),
			command("usercall.get_acl", 1, getACL),
			command("usercall.call_without_user", -2, calls.With(0)),
			command("usercall.call_argv_without_user", -2, calls.With(0)),
			command("usercall.call_with_user_flag", -3, asUser),
			command("usercall.call_argv_with_user_flag", -3, asUser),
			command("usercall.call_with_user_bg", -3, asUserLater),
		},
	})
}

// reset makes a new user, who may do nothing.
func reset(ctx rm.Context, _ rm.Args) error {
	user.Free()
	var err error
	if user, err = rm.NewUser("module_user"); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// usercall.add_to_acl RULES
func addToACL(ctx rm.Context, args rm.Args) error {
	if err := user.SetACL(args.At(1).String()); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

func getACL(ctx rm.Context, _ rm.Args) error {
	acl, err := user.ACL()
	if err != nil {
		return err
	}
	defer acl.Free()
	return ctx.ReplyWithString(acl.Str())
}

// asUser is usercall.call_with_user_flag FLAGS COMMAND ...
func asUser(ctx rm.Context, args rm.Args) error {
	if err := ctx.SetUser(user); err != nil {
		return err
	}
	return calls.Flagged(ctx, args)
}

// asUserLater is usercall.call_with_user_bg FLAGS COMMAND ...: a goroutine has the command called.
func asUserLater(ctx rm.Context, args rm.Args) error {
	flags, err := calls.Flags(args.At(1))
	if err != nil {
		return err
	}
	command := args.At(2).Clone()
	var words []rm.Arg
	for _, word := range args.From(3).All {
		words = append(words, rm.Text(word.Clone()))
	}
	return rm.Go(ctx, func(job rm.Job) (rm.Reply, error) {
		reply := rm.NewReply()
		return reply, job.Do(func(ctx rm.Context) error {
			if err := ctx.SetUser(user); err != nil {
				return err
			}
			r, err := ctx.Call(command, flags, words...)
			if err != nil {
				return err
			}
			defer r.Free()
			reply.CallReply(r)
			return nil
		})
	})
}

func main() {}
