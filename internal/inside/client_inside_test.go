// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// InsideClientNames gives a client names.
//
// Drives: GetClientId, GetClientNameById, SetClientNameById, GetClientUserNameById,
// GetClientCertificate.
func InsideClientNames(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	const nobody = 1 << 50
	me := ctx.ClientID()
	require.NotZero(t, me)
	require.Equal(t, "default", text(ctx.ClientUserNameByID(me)))
	require.Equal(t, "(null)", text(ctx.ClientUserNameByID(nobody)))
	require.Equal(t, "(null)", text(ctx.ClientCertificate(me)), "there is no TLS")
	require.Equal(t, "(null)", text(ctx.ClientCertificate(nobody)))
	if !serverHas(t, "SetClientNameById") {
		requireError(t, rm.ErrUnsupported, text(ctx.ClientNameByID(me)))
		requireError(t, rm.ErrUnsupported, ctx.SetClientNameByID(me, e.str("x")))
		return
	}
	require.NoError(t, ctx.SetClientNameByID(me, e.str("some-name")))
	require.Equal(t, "some-name", text(ctx.ClientNameByID(me)))
	for _, bad := range []string{"with space", "with\nline", "a\x00b", "\xff"} {
		require.Equal(t, rm.ErrClientName, ctx.SetClientNameByID(me, e.str(bad)), "%q", bad)
	}
	require.Equal(t, "some-name", text(ctx.ClientNameByID(me)))
	require.Equal(t, rm.ErrNoClient, ctx.SetClientNameByID(nobody, e.str("x")))
	require.Equal(t, "(null)", text(ctx.ClientNameByID(nobody)))
	require.NoError(t, ctx.SetClientNameByID(me, e.str("")))
	require.Equal(t, "(null)", text(ctx.ClientNameByID(me)))
	require.NoError(t, ctx.SetClientNameByID(me, e.str("x")))
	require.NoError(t, ctx.SetClientNameByID(me, rm.RStr{}))
	require.Equal(t, "(null)", text(ctx.ClientNameByID(me)))
	name := e.str("other")
	for _, automatic := range []bool{false, true} {
		e.costs(func() {
			if err := ctx.SetClientNameByID(me, name); err != nil {
				panic(err)
			}
			s, _, _ := ctx.ClientNameByID(me)
			s.Free()
			s, _, _ = ctx.ClientUserNameByID(me)
			s.Free()
		})
		if !automatic {
			ctx.AutoMemory()
		}
	}
	require.NoError(t, ctx.SetClientNameByID(me, rm.RStr{}))
}

// InsideClientInfo looks at clients.
//
// Drives: GetClientInfoById, DeauthenticateAndCloseClient, MustObeyClient,
// RedactClientCommandArgument.
func InsideClientInfo(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	const nobody = 1 << 50
	me := ctx.ClientID()
	info, ok, err := ctx.ClientInfoByID(me)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, me, info.ID)
	require.NotZero(t, info.Flags&rm.ClientUnixSocket)
	require.Zero(t, info.Flags&(rm.ClientSSL|rm.ClientPubSub|rm.ClientMulti))
	require.Equal(t, 0, info.DB)
	require.Equal(t, string(info.AppendAddr([]byte("x"))), "x"+info.Addr())
	_, ok, err = ctx.ClientInfoByID(nobody)
	require.NoError(t, err)
	require.False(t, ok)
	for id, want := range map[uint64]bool{me: true, nobody: false, 0: false} {
		require.Equal(t, want, either(ctx.ClientExists(id)), id)
	}
	e.costs(func() { _, _, _ = ctx.ClientInfoByID(me); _, _ = ctx.ClientExists(nobody) })
	require.Equal(t, rm.ErrNoClient, ctx.DeauthenticateAndCloseClient(nobody))
	require.Equal(t, "ClientSSL|ClientUnixSocket|ClientFake|0x4000", (rm.ClientSSL | rm.ClientUnixSocket | rm.ClientFake | 1<<14).String())
	require.Equal(t, "0", rm.ClientFlags(0).String())
	if serverHas(t, "MustObeyClient") {
		require.Equal(t, false, either(ctx.MustObeyClient()))
	} else {
		requireError(t, rm.ErrUnsupported, either(ctx.MustObeyClient()))
	}
	for _, i := range []int{-1, 0, 1 << 20, 1 << 32, 1<<32 + 1} {
		require.Equal(t, rm.ErrRange, ctx.RedactClientCommandArgument(i), i)
	}
}

// InsideClientOutside asks in a context that is not a command's.
func InsideClientOutside(t *inside.T, ctx rm.Context) {
	me := ctx.ClientID()
	_, err := ctx.CreateTimer(0, func(ctx rm.Context) {
		require.Zero(t, ctx.ClientID())
		require.Equal(t, rm.ErrNoCommand, ctx.RedactClientCommandArgument(1))
		_, err := ctx.MustObeyClient()
		require.Equal(t, rm.ErrNoCommand, err)
		info, ok, err := ctx.ClientInfoByID(me)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, me, info.ID)
		require.Equal(t, "default", text(ctx.ClientUserNameByID(me)))
		timerRan = true
	})
	require.NoError(t, err)
	timerRan = false
	await(t, func(*inside.T, rm.Context) bool { return timerRan })
}

var timerRan bool
