// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"context"

	"github.com/iredismodule/redismodule/rm"
)

// directory stands for a service that knows tokens.
type directory interface {
	UserOf(ctx context.Context, token string) (user string, err error)
}

var company directory

// Logins by tokens that another service knows: "AUTH token ABC". A goroutine asks it; all
// other logins are left to the server. Where the client cannot wait, in a transaction, the
// login is denied.
func ExampleContext_RegisterAuthCallback() {
	rm.Register(rm.Module{Name: "tokens", Version: 1, OnLoad: func(ctx rm.Context, _ rm.Args) error {
		_, err := ctx.RegisterAuthCallback(func(_ rm.Context, a rm.Auth) (rm.AuthVerdict, error) {
			if a.User().String() != "token" {
				return rm.AuthSkip(), nil
			}
			return rm.AuthGo(func(job rm.Job, _, token string) (rm.AuthVerdict, error) {
				user, err := company.UserOf(job, token)
				if err != nil {
					rm.Log(rm.LevelWarning, "the directory: "+err.Error()) // nothing for strangers
					return rm.AuthDeny(""), nil
				}
				return rm.AuthAllow(user), nil
			}), nil
		})
		return err
	}})
}

// A command that logs its client in as a user of the module's own, and hears when that is over.
func ExampleContext_AuthenticateClientWithUser() {
	var guest rm.User
	enter := func(ctx rm.Context, args rm.Args) error {
		client, err := ctx.AuthenticateClientWithUser(guest, func(client uint64) {
			rm.Log(rm.LevelNotice, "a guest has left")
		})
		if err != nil {
			return err
		}
		return ctx.ReplyWithLongLong(int64(client))
	}
	rm.Register(rm.Module{
		Name: "guests", Version: 1,
		OnLoad: func(ctx rm.Context, _ rm.Args) (err error) {
			if guest, err = rm.NewUser("guest"); err != nil {
				return err
			}
			return guest.SetACL("on +@read ~public:*")
		},
		Commands: []rm.Command{{Name: "guests.enter", Flags: rm.CmdReadOnly | rm.CmdNoAuth, Keys: rm.NoKeys, Arity: 1, Handler: enter}},
	})
}

// A command whose second argument names a key of its own making, which the server does not
// know of: so the command asks whether its user may read it, and notes in ACL LOG when not.
func ExampleUser_MayUseKey() {
	handler := func(ctx rm.Context, args rm.Args) error {
		name, ok, err := ctx.CurrentUserName()
		if err != nil {
			return err
		}
		defer name.Free()
		if !ok {
			return rm.ErrNoUser
		}
		user, ok, err := rm.UserByName(name.Str())
		if err != nil {
			return err
		}
		if !ok {
			return rm.ErrNoUser
		}
		defer user.Free()
		key := ctx.Str("index:" + args.At(1).String())
		may, err := user.MayUseKey(key, rm.KeyFlagAccess)
		if err != nil {
			return err
		}
		if !may {
			_ = ctx.ACLAddLogEntry(user, key, rm.ACLReasonKey)
			return rm.Error("NOPERM no permission for the index")
		}
		reply, err := ctx.Call("GET", 0, rm.Str(key))
		if err != nil {
			return err
		}
		defer reply.Free()
		return ctx.ReplyWithCallReply(reply)
	}
	rm.Register(rm.Module{Name: "index", Version: 1, Commands: []rm.Command{
		{Name: "index.get", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: handler},
	}})
}

// A category of the module's own, so that "+@shop" lets a user run its commands.
func ExampleContext_AddACLCategory() {
	handler := func(ctx rm.Context, args rm.Args) error { return ctx.ReplyWithOK() }
	rm.Register(rm.Module{
		Name: "shop", Version: 1,
		Categories: []string{"shop"},
		Commands: []rm.Command{
			{Name: "shop.buy", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Categories: []string{"shop", "write"}, Handler: handler},
		},
	})
}
