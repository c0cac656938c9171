// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module auth is what the units auth and moduleauth of the suite load.
package main

import (
	"time"

	"github.com/iredismodule/redismodule/internal/moduleapi/logins"
	"github.com/iredismodule/redismodule/rm"
)

var (
	user    rm.User // the module's
	changes int64
)

func init() {
	command := func(name string, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: name, Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: arity, Handler: h}
	}
	rm.Register(rm.Module{Name: "testacl", Version: 1, Commands: []rm.Command{
		command("auth.createmoduleuser", 1, createUser),
		command("auth.authmoduleuser", 1, authUser),
		command("auth.authrealuser", 2, authRealUser),
		command("auth.changecount", 1, changeCount),
		command("auth.redact", -1, redact),
		command("testmoduleone.rm_register_auth_cb", 1, logins.Register(atOnce)),
		command("testmoduleone.rm_register_blocking_auth_cb", 1, logins.Register(later)),
	}})
}

func main() {}

// createUser makes a new user of the module's in the place of the one before.
func createUser(ctx rm.Context, _ rm.Args) (err error) {
	user.Free()
	if user, err = rm.NewUser("global"); err != nil {
		return err
	}
	for _, rule := range []string{"on", "allcommands", "allkeys"} {
		if err := user.SetACLRule(rule); err != nil {
			return err
		}
	}
	return ctx.ReplyWithOK()
}

func changed(uint64) { changes++ }

func authUser(ctx rm.Context, _ rm.Args) error {
	id, err := ctx.AuthenticateClientWithUser(user, changed)
	if err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(int64(id))
}

// auth.authrealuser NAME
func authRealUser(ctx rm.Context, args rm.Args) error {
	id, err := ctx.AuthenticateClientWithACLUser(args.At(1).String(), changed)
	if err != nil {
		return rm.Error("ERR Invalid user")
	}
	return ctx.ReplyWithLongLong(int64(id))
}

// changeCount replies with the number of changes since it was asked last.
func changeCount(ctx rm.Context, _ rm.Args) error {
	n := changes
	changes = 0
	return ctx.ReplyWithLongLong(n)
}

// redact redacts every other argument, beginning with the last.
func redact(ctx rm.Context, args rm.Args) error {
	for i := args.Len() - 1; i > 0; i -= 2 {
		if err := ctx.RedactClientCommandArgument(i); err != nil {
			return err
		}
	}
	return ctx.ReplyWithOK()
}

func atOnce(_ rm.Context, a rm.Auth) (rm.AuthVerdict, error) {
	return logins.By(a.User().Clone(), a.Password().String(), "allow", "deny"), nil
}

// later decides after half a second.
func later(_ rm.Context, a rm.Auth) (rm.AuthVerdict, error) {
	switch {
	case !a.MayBlock():
		return rm.AuthVerdict{}, rm.Error("ERR Blocking module command called from transaction")
	case a.Password().String() == "block_abort":
		return rm.AuthDeny(""), nil
	}
	return rm.AuthGo(func(_ rm.Job, user, password string) (rm.AuthVerdict, error) {
		time.Sleep(500 * time.Millisecond)
		return logins.By(user, password, "block_allow", "block_deny"), nil
	}), nil
}
