// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command helloacl logs clients in as a user of its own, which no password leads to, and
// takes that back.
package main

import (
	"context"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// global is the user that clients are logged in as.
var global rm.User

// holders are the clients that are, by their numbers. Only the server's thread touches them.
var holders = map[uint64]bool{}

func init() {
	login := rm.CmdReadOnly | rm.CmdNoAuth | rm.CmdDenyScript // also of clients that are not logged in
	rm.Register(rm.Module{
		Name: "helloacl", Version: 1,
		OnLoad: func(rm.Context, rm.Args) error { clear(holders); return newGlobal() },
		Commands: []rm.Command{
			{Name: "helloacl.authglobal", Flags: login, Keys: rm.NoKeys, Arity: 1, Handler: authGlobal},
			{Name: "helloacl.authasync", Flags: login, Keys: rm.NoKeys, Arity: 1, Handler: authAsync},
			{Name: "helloacl.revoke", Flags: rm.CmdAdmin, Keys: rm.NoKeys, Arity: 1, Handler: revoke},
			{Name: "helloacl.reset", Flags: rm.CmdAdmin, Keys: rm.NoKeys, Arity: 1, Handler: reset},
		},
	})
}

func main() {}

// newGlobal makes the user, who may do everything that is not dangerous.
func newGlobal() (err error) {
	if global, err = rm.NewUser("global"); err != nil {
		return err
	}
	for _, rule := range []string{"on", "allkeys", "allchannels", "+@all", "-@dangerous"} {
		if err := global.SetACLRule(rule); err != nil {
			return err
		}
	}
	return nil
}

// authGlobal logs the client in and replies with its number.
func authGlobal(ctx rm.Context, _ rm.Args) error {
	client, err := ctx.AuthenticateClientWithUser(global, func(client uint64) { delete(holders, client) })
	if err != nil {
		return err
	}
	holders[client] = true
	return ctx.ReplyWithLongLong(int64(client))
}

// authAsync does the same after a while: a goroutine asks somebody, and the server's thread
// logs the client in, if it is there still.
func authAsync(ctx rm.Context, _ rm.Args) error {
	client, err := ctx.BlockClient(rm.BlockOptions{})
	if err != nil {
		return err
	}
	return client.Go(ctx, func(job rm.Job) (rm.Reply, error) {
		if !allowed(job) {
			return rm.Reply{}, rm.Error("NOPERM nobody has answered for this client")
		}
		job.Client().Finish(authGlobal)
		return rm.Reply{}, nil
	})
}

// allowed stands for a question to another service.
func allowed(ctx context.Context) bool {
	select {
	case <-time.After(20 * time.Millisecond):
		return true
	case <-ctx.Done():
		return false
	}
}

// revoke closes the connections of the clients that are logged in as the user, and replies
// with their number. The caller's own, if it is one, is closed behind the reply.
func revoke(ctx rm.Context, _ rm.Args) error {
	n := 0
	for client := range holders {
		if ctx.DeauthenticateAndCloseClient(client) == nil {
			n++
		}
	}
	return ctx.ReplyWithLongLong(int64(n))
}

// reset puts a new user in the place of the old one: whoever was logged in as that one is
// not any more.
func reset(ctx rm.Context, _ rm.Args) error {
	global.Free()
	if err := newGlobal(); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}
