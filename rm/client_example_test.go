// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import "github.com/iredismodule/redismodule/rm"

// A command with a password among its arguments, which is kept out of the server's logs,
// and a look at who sent it.
func ExampleContext_ClientInfoByID() {
	handler := func(ctx rm.Context, args rm.Args) error {
		if err := ctx.RedactClientCommandArgument(2); err != nil {
			return err
		}
		info, ok, err := ctx.ClientInfoByID(ctx.ClientID())
		if err != nil {
			return err
		}
		if !ok || info.Flags&(rm.ClientSSL|rm.ClientUnixSocket) == 0 {
			return rm.Error("ERR not without TLS")
		}
		return ctx.ReplyWithOK()
	}
	rm.Register(rm.Module{Name: "vault", Version: 1, Commands: []rm.Command{
		{Name: "vault.open", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 3, Handler: handler},
	}})
}
