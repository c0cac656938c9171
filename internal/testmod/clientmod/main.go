// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command clientmod is a module that shows what package rm tells of clients.
package main

import (
	"fmt"
	"strconv"

	"github.com/iredismodule/redismodule/rm"
)

func init() {
	command := func(name string, handler func(ctx rm.Context, id uint64) error) rm.Command {
		return rm.Command{Name: "cl." + name, Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: func(ctx rm.Context, args rm.Args) error {
			id, err := args.At(1).Uint64()
			if err != nil {
				return err
			}
			return handler(ctx, id)
		}}
	}
	rm.Register(rm.Module{Name: "clientmod", Version: 1, Commands: []rm.Command{
		command("info", info), command("close", closeClient), command("certificate", certificate),
		{Name: "cl.redact", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: -3, Handler: redact},
		{Name: "cl.obey", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Replicate: rm.ReplicateVerbatim, Handler: obey},
	}})
}

func main() {}

// info is cl.info ID.
func info(ctx rm.Context, id uint64) error {
	i, ok, err := ctx.ClientInfoByID(id)
	if err != nil {
		return err
	}
	if !ok {
		return ctx.ReplyWithText("none")
	}
	user, _, err := ctx.ClientUserNameByID(id)
	if err != nil {
		return err
	}
	defer user.Free()
	flags := i.Flags & (rm.ClientMulti<<1 - 1) // those of all servers
	return ctx.ReplyWithText(fmt.Sprintf("id=%d %v db=%d %s %d user=%s", i.ID, flags, i.DB, i.Addr(), i.Port, user))
}

func closeClient(ctx rm.Context, id uint64) error {
	if err := ctx.DeauthenticateAndCloseClient(id); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

func certificate(ctx rm.Context, id uint64) error {
	pem, ok, err := ctx.ClientCertificate(id)
	if err != nil {
		return err
	}
	defer pem.Free()
	if !ok {
		return ctx.ReplyWithNull()
	}
	return ctx.ReplyWithString(pem.Str())
}

// redact is cl.redact N TEXT...: replies with the first text.
func redact(ctx rm.Context, args rm.Args) error {
	if err := ctx.ReplyWithString(args.At(2)); err != nil {
		return err
	}
	return ctx.RedactClientCommandArgument(2)
}

// obey is cl.obey KEY: sets the key to whether the client must be obeyed.
func obey(ctx rm.Context, args rm.Args) error {
	must, err := ctx.MustObeyClient()
	if err != nil {
		return err
	}
	key := ctx.OpenWriteKey(args.At(1))
	err = key.StringSet(ctx.Str(strconv.FormatBool(must)))
	key.Close()
	if err != nil {
		return err
	}
	return ctx.ReplyWithText(strconv.FormatBool(must))
}
