// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command aclmod is a module that logs clients in, decides about logins, and has ACL
// categories.
package main

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/iredismodule/redismodule/rm"
)

// user is whom acl.login.module logs in as.
var user rm.User

// changes are the changes of users that were told of.
var changes []string

func init() {
	command := func(name string, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: "acl." + name, Flags: rm.CmdReadOnly | rm.CmdNoAuth, Keys: rm.NoKeys, Arity: arity, Handler: h}
	}
	rm.Register(rm.Module{Name: "aclmod", Version: 1, Commands: []rm.Command{
		command("user", -1, newUser), command("login", 3, login), command("login.module", 2, loginModule), command("changes", 1, listChanges),
		command("whoami", 1, whoami), command("call", -2, call), command("late", 2, late),
		command("auth", 2, auth), command("auth.stop", 2, authStop), command("auth.open", 1, authOpen), command("auth.state", 1, authState),
		{Name: "acl.replicated", Flags: rm.CmdWrite | rm.CmdNoAuth, Keys: rm.NoKeys, Arity: 2, Replicate: rm.ReplicateVerbatim, Handler: replicated},
	}, OnLoad: func(ctx rm.Context, args rm.Args) error {
		return load(ctx, args)
	}, OnUnload: func(rm.Context) error {
		rm.Log(rm.LevelNotice, "OnUnload")
		return nil
	}})
}

func main() {}

// load takes the load arguments: category NAME, command NAME CATEGORY, auth, fail.
func load(ctx rm.Context, args rm.Args) error {
	for i := 0; i < args.Len(); i++ {
		switch args.At(i).String() {
		case "category":
			i++
			if err := ctx.AddACLCategory(args.At(i).Clone()); err != nil {
				return err
			}
		case "command":
			c := rm.Command{
				Name: args.At(i + 1).Clone(), Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Categories: []string{args.At(i + 2).Clone()},
				Handler: func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithOK() },
			}
			i += 2
			if err := ctx.CreateCommand(c); err != nil {
				return err
			}
		case "auth":
			_, err := ctx.RegisterAuthCallback(func(rm.Context, rm.Auth) (rm.AuthVerdict, error) { return rm.AuthDeny("at load"), nil })
			if err != nil {
				return err
			}
		case "fail":
			return rm.Error("ERR on purpose")
		}
	}
	return nil
}

// newUser is acl.user RULES...: the module's user is another one from now on. Without rules there is none.
func newUser(ctx rm.Context, args rm.Args) (err error) {
	user.Free()
	if args.Len() > 1 {
		if user, err = rm.NewUser("of.module"); err != nil {
			return err
		}
		if err := user.SetACL(args.At(1).String()); err != nil {
			return err
		}
	}
	return ctx.ReplyWithOK()
}

// told is what is called for a change.
func told(how string) func(uint64) {
	switch how {
	case "-":
		return nil
	case "panic":
		return func(uint64) { panic("in the middle of a change") }
	case "goexit":
		return func(uint64) { runtime.Goexit() }
	}
	return func(id uint64) {
		changes = append(changes, fmt.Sprint(how, " ", id))
		rm.Log(rm.LevelNotice, "change: "+how)
	}
}

// login is acl.login NAME HOW.
func login(ctx rm.Context, args rm.Args) error {
	id, err := ctx.AuthenticateClientWithACLUser(args.At(1).String(), told(args.At(2).Clone()))
	if err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(int64(id))
}

// loginModule is acl.login.module HOW.
func loginModule(ctx rm.Context, args rm.Args) error {
	id, err := ctx.AuthenticateClientWithUser(user, told(args.At(1).Clone()))
	if err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(int64(id))
}

func listChanges(ctx rm.Context, _ rm.Args) error {
	list := strings.Join(changes, ", ")
	changes = nil
	return ctx.ReplyWithText(list)
}

// whoami replies with the client's user.
func whoami(ctx rm.Context, _ rm.Args) error {
	name, ok, err := ctx.CurrentUserName()
	if err != nil {
		return err
	}
	defer name.Free()
	if !ok {
		return ctx.ReplyWithNull()
	}
	return ctx.ReplyWithString(name.Str())
}

// call is acl.call COMMAND ...: calls a command as nobody.
func call(ctx rm.Context, args rm.Args) error {
	reply, err := ctx.Call(args.At(1).String(), 0, rm.Strs(args.From(2)))
	if err != nil {
		return err
	}
	defer reply.Free()
	return ctx.ReplyWithCallReply(reply)
}

// late is acl.late NAME: too late for a category.
func late(ctx rm.Context, args rm.Args) error {
	if err := ctx.AddACLCategory(args.At(1).Clone()); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// replicated is acl.replicated NAME: logs the client in, on replicas and when the append only
// file is loaded too, and replies with the error.
func replicated(ctx rm.Context, args rm.Args) error {
	_, err := ctx.AuthenticateClientWithACLUser(args.At(1).String(), told("replicated"))
	name, ok, _ := ctx.CurrentUserName()
	defer name.Free()
	text := fmt.Sprintf("replicated: %v %q %v", err, name, ok)
	rm.Log(rm.LevelNotice, text)
	return ctx.ReplyWithText(text)
}
