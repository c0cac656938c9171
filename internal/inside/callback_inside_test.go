// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
)

// nested is what the command inside.nested does.
var nested func(ctx rm.Context) error

var callNested = rm.NewCall("inside.nested", 0)

func init() {
	rm.AtLoad(func(ctx rm.Context) error {
		return ctx.CreateCommand(rm.Command{Name: "inside.nested", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 1, Handler: func(ctx rm.Context, _ rm.Args) error {
			return nested(ctx)
		}})
	})
}

// callback calls f in a callback of its own, and returns what the caller of that command
// gets. What lives until a callback ends is gone then.
func (e env) callback(f func(ctx rm.Context) error) (rm.CallReply, error) {
	nested = f
	return callNested.Do(e.ctx)
}

// callbackOK is callback for an f that replies with OK.
func (e env) callbackOK(f func(ctx rm.Context) error) {
	e.Helper()
	reply, err := e.callback(f)
	require.NoError(e, err)
	require.Equal(e, "OK", reply.String())
	reply.Free()
}
