// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module aclcheck is what the unit aclcheck of the suite loads.
package main

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/iredismodule/redismodule/internal/moduleapi/calls"
	"github.com/iredismodule/redismodule/rm"
)

func init() {
	command := func(name string, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: name, Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: arity, Handler: h}
	}
	rm.Register(rm.Module{Name: "aclcheck", Version: 1, OnLoad: load, Commands: []rm.Command{
		command("aclcheck.set.check.key", 4, setChecked),
		command("aclcheck.publish.check.channel", 3, publishChecked),
		command("aclcheck.rm_call.check.cmd", -2, callChecked),
		command("aclcheck.rm_call.check.cmd.module.user", -2, callAsModuleUser),
		command("aclcheck.rm_call", -2, calls.With(rm.CallAsUser|rm.CallReplicate)),
		command("aclcheck.rm_call_with_errors", -2, calls.With(rm.CallAsUser|rm.CallReplicate)),
		command("aclcheck.check.permissions", -3, checkPermissions),
		command("acl.check_key_prefix", 3, checkPrefix),
		command("block.commands.outside.onload", 1, tooLate),
	}})
}

func main() {}

func ok(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithOK() }

// load adds commands with categories where the server has categories of modules, and with an argument
// more categories than there is room for.
func load(ctx rm.Context, args rm.Args) error {
	for i := 0; args.Len() > 0; i++ {
		if err := ctx.AddACLCategory(fmt.Sprint("aclcheck_", i)); err != nil {
			return err
		}
	}
	if err := ctx.AddACLCategory("foocategory"); errors.Is(err, rm.ErrUnsupported) {
		return nil
	} else if err != nil {
		return err
	}
	if err := ctx.AddACLCategory("!nval!dch@r@cter$"); err != rm.ErrCategoryName {
		return fmt.Errorf("an invalid name: %w", err)
	}
	if err := ctx.AddACLCategory("write"); err != rm.ErrCategoryExists {
		return fmt.Errorf("a name that is taken: %w", err)
	}
	const prefix = "aclcheck.module.command."
	for _, c := range []rm.Command{
		{Name: prefix + "aclcategories.write", Flags: rm.CmdWrite, Categories: []string{"write"}},
		{Name: prefix + "aclcategories.write.function.read.category", Flags: rm.CmdWrite, Categories: []string{"read"}},
		{Name: prefix + "aclcategories.read.only.category", Categories: []string{"read"}},
		{Name: prefix + "test.add.new.aclcategories", Categories: []string{"foocategory"}},
	} {
		c.Keys, c.Arity, c.Handler = rm.NoKeys, -1, ok
		if err := ctx.CreateCommand(c); err != nil {
			return err
		}
	}
	return nil
}

// withUser runs f with the user of the client.
func withUser(ctx rm.Context, f func(u rm.User) error) error {
	name, ok, err := ctx.CurrentUserName()
	if err != nil || !ok {
		return errors.Join(err, rm.Error("ERR no user"))
	}
	defer name.Free()
	u, ok, err := rm.UserByName(name.Str())
	if err != nil || !ok {
		return errors.Join(err, rm.Error("ERR no such user"))
	}
	defer u.Free()
	return f(u)
}

var keyFlags = map[string]rm.KeyFlags{"*": rm.KeyFlagAccess | rm.KeyFlagUpdate, "~": 0, "W": rm.KeyFlagUpdate, "R": rm.KeyFlagAccess}

// aclcheck.set.check.key FLAGS KEY VALUE
func setChecked(ctx rm.Context, args rm.Args) error {
	return withUser(ctx, func(u rm.User) error {
		may, err := u.MayUseKey(args.At(2), keyFlags[args.At(1).String()])
		if err != nil {
			return err
		}
		if !may {
			return rm.Error("DENIED KEY")
		}
		return call(ctx, "SET", args.From(2))
	})
}

func call(ctx rm.Context, command string, args rm.Args) error {
	reply, err := ctx.Call(command, rm.CallReplicate, rm.Strs(args))
	if err != nil {
		return err
	}
	defer reply.Free()
	return ctx.ReplyWithCallReply(reply)
}

// aclcheck.publish.check.channel CHANNEL MESSAGE
func publishChecked(ctx rm.Context, args rm.Args) error {
	return withUser(ctx, func(u rm.User) error {
		may, err := u.MayUseChannel(args.At(1))
		if err != nil {
			return err
		}
		if !may {
			return rm.Error("DENIED CHANNEL")
		}
		return call(ctx, "PUBLISH", args.From(1))
	})
}

// aclcheck.rm_call.check.cmd COMMAND ...
func callChecked(ctx rm.Context, args rm.Args) error {
	return withUser(ctx, func(u rm.User) error { return callAllowed(ctx, u, args.From(1)) })
}

func callAllowed(ctx rm.Context, u rm.User, command rm.Args) error {
	may, err := u.MayRun(command.Raw()...)
	if err != nil {
		return err
	}
	if !may {
		if err := ctx.ACLAddLogEntry(u, command.At(0), rm.ACLReasonCommand); err != nil {
			return err
		}
		return rm.Error("DENIED CMD")
	}
	return call(ctx, command.At(0).String(), command.From(1))
}

// aclcheck.rm_call.check.cmd.module.user COMMAND ...
func callAsModuleUser(ctx rm.Context, args rm.Args) error {
	u, err := rm.NewUser("testuser1")
	if err != nil {
		return err
	}
	defer u.Free()
	for _, rule := range []string{"allcommands", "allkeys", "on"} {
		if err := u.SetACLRule(rule); err != nil {
			return err
		}
	}
	return callAllowed(ctx, u, args.From(1))
}

// aclcheck.check.permissions DB COMMAND ...
func checkPermissions(ctx rm.Context, args rm.Args) error {
	db, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	return withUser(ctx, func(u rm.User) error {
		allowed, why, err := u.CheckPermissions(int(db), args.From(2).Raw()...)
		if err == rm.ErrACLCommand {
			return rm.Error("ERR invalid arguments")
		}
		if err != nil {
			return err
		}
		if allowed {
			return call(ctx, args.At(2).String(), args.From(3))
		}
		object := args.At(2)
		if why != rm.ACLReasonCommand && args.Len() > 3 {
			object = args.At(3)
		}
		if err := ctx.ACLAddLogEntry(u, object, why); err != nil {
			return err
		}
		return rm.Error("NOPERM")
	})
}

// acl.check_key_prefix PREFIX FLAGS
func checkPrefix(ctx rm.Context, args rm.Args) error {
	return withUser(ctx, func(u rm.User) error {
		prefix := ctx.StrBytes(bytes.TrimSuffix(args.At(1).Bytes(), []byte("*")))
		may, err := u.MayUseKeyPrefix(prefix, keyFlags[args.At(2).String()])
		if err != nil {
			return err
		}
		if !may {
			return ctx.ReplyWithSimpleString("EACCESS")
		}
		return ctx.ReplyWithOK()
	})
}

// tooLate asks for what is possible in OnLoad only.
func tooLate(ctx rm.Context, _ rm.Args) error {
	late := rm.Command{Name: "command.that.should.fail", Keys: rm.NoKeys, Arity: -1, Handler: ok}
	if ctx.CreateCommand(late) == nil || ctx.AddACLCategory("blockedcategory") == nil {
		return rm.Error("UNEXPECTEDOK")
	}
	return ctx.ReplyWithOK()
}
