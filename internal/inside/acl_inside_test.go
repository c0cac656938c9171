// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

func isUnsupported(got any) bool {
	err, ok := got.(error)
	return ok && errors.Is(err, rm.ErrUnsupported)
}

// inCommand runs f in a command and returns its error itself.
func (e env) inCommand(f func(ctx rm.Context) error) (result error) {
	e.Helper()
	require.NoError(e, e.command(func(ctx rm.Context) error { result = f(ctx); return nil }))
	return result
}

// InsideUserMayUseKey asks what a user may do with keys.
//
// Drives: ACLCheckKeyPermissions.
func InsideUserMayUseKey(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	u := e.user()
	if !serverHas(t, "ACLCheckKeyPermissions") {
		requireError(t, rm.ErrUnsupported, either(u.MayUseKey(e.str("k"), rm.KeyFlagAccess)))
		return
	}
	for _, rule := range []string{"~both:*", "%R~read:*", "%W~write:*"} {
		require.NoError(t, u.SetACLRule(rule))
	}
	const all = rm.KeyFlagAccess | rm.KeyFlagUpdate | rm.KeyFlagInsert | rm.KeyFlagDelete
	for key, may := range map[string]rm.KeyFlags{"both:1": all, "read:1": rm.KeyFlagAccess, "write:1": all &^ rm.KeyFlagAccess, "other": 0, "": 0} {
		require.Equal(t, may != 0, either(u.MayUseKey(e.str(key), 0)), key)
		for _, flags := range []rm.KeyFlags{rm.KeyFlagAccess, rm.KeyFlagUpdate, rm.KeyFlagInsert, rm.KeyFlagDelete, rm.KeyFlagAccess | rm.KeyFlagUpdate, all} {
			require.Equal(t, may&flags == flags, either(u.MayUseKey(e.str(key), flags)), "%s %v", key, flags)
		}
	}
	for _, flags := range []rm.KeyFlags{rm.KeyFlagRO, rm.KeyFlagRW | rm.KeyFlagAccess, rm.KeyFlagNotKey, 1 << 20, -1} {
		require.Equal(t, rm.ErrACLKeyFlags, either(u.MayUseKey(e.str("both:1"), flags)))
	}
	require.Equal(t, rm.ErrNoString, either(u.MayUseKey(rm.RStr{}, 0)))
	require.EqualError(t, either(rm.User{}.MayUseKey(e.str("k"), 0)).(error), noUser)
	key := e.str("both:1")
	e.costs(func() { _, _ = u.MayUseKey(key, all) })
}

// InsideUserMayUseKeyPrefix asks for all keys with a beginning.
//
// Drives: ACLCheckKeyPrefixPermissions.
func InsideUserMayUseKeyPrefix(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	u := e.user("%W~write_*", "%R~read_*")
	if !serverHas(t, "ACLCheckKeyPrefixPermissions") {
		requireError(t, rm.ErrUnsupported, either(u.MayUseKeyPrefix(e.str("k"), rm.KeyFlagAccess)))
		return
	}
	for prefix, want := range map[string][2]bool{
		"wr": {}, "write": {}, "write_": {false, true}, "write_1": {false, true}, "read": {}, "read_": {true, false}, "read_1": {true, false}, "": {},
	} {
		got := [2]bool{either(u.MayUseKeyPrefix(e.str(prefix), rm.KeyFlagAccess)).(bool), either(u.MayUseKeyPrefix(e.str(prefix), rm.KeyFlagUpdate)).(bool)}
		require.Equal(t, want, got, prefix)
	}
	require.NoError(t, u.SetACLRule("allkeys"))
	require.Equal(t, true, either(u.MayUseKeyPrefix(e.str("any"), rm.KeyFlagAccess|rm.KeyFlagDelete)))
	require.Equal(t, rm.ErrACLKeyFlags, either(u.MayUseKeyPrefix(e.str("k"), rm.KeyFlagRO)))
	require.Equal(t, rm.ErrNoString, either(u.MayUseKeyPrefix(rm.RStr{}, 0)))
	require.EqualError(t, either(rm.User{}.MayUseKeyPrefix(e.str("k"), 0)).(error), noUser)
	prefix := e.str("any")
	e.costs(func() { _, _ = u.MayUseKeyPrefix(prefix, rm.KeyFlagAccess) })
}

// InsideUserMayUseChannel asks for channels and patterns of them.
//
// Drives: ACLCheckChannelPermissions.
func InsideUserMayUseChannel(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	u := e.user()
	if !serverHas(t, "ACLCheckChannelPermissions") {
		requireError(t, rm.ErrUnsupported, either(u.MayUseChannel(e.str("c"))))
		requireError(t, rm.ErrUnsupported, either(u.MayUseChannelPattern(e.str("c"))))
		return
	}
	require.NoError(t, u.SetACLRule("resetchannels"))
	require.NoError(t, u.SetACLRule("&news.*"))
	for channel, want := range map[string][2]bool{"news.": {true, false}, "news.today": {true, false}, "news.*": {true, true}, "other": {}, "*": {}} {
		require.Equal(t, want[0], either(u.MayUseChannel(e.str(channel))), channel)
		require.Equal(t, want[1], either(u.MayUseChannelPattern(e.str(channel))), channel)
	}
	require.NoError(t, u.SetACLRule("allchannels"))
	require.Equal(t, true, either(u.MayUseChannelPattern(e.str("any*"))))
	require.Equal(t, rm.ErrNoString, either(u.MayUseChannel(rm.RStr{})))
	require.Equal(t, rm.ErrNoString, either(u.MayUseChannelPattern(rm.RStr{})))
	require.EqualError(t, either(rm.User{}.MayUseChannel(e.str("c"))).(error), noUser)
	c := e.str("c")
	e.costs(func() { _, _ = u.MayUseChannel(c); _, _ = u.MayUseChannelPattern(c) })
}

// InsideUserCheckPermissions asks for a command with all it touches, and why not.
//
// Drives: ACLCheckPermissions.
func InsideUserCheckPermissions(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	u := e.user()
	if !serverHas(t, "ACLCheckPermissions") {
		_, _, err := u.CheckPermissions(0, e.str("PING"))
		requireError(t, rm.ErrUnsupported, err)
		return
	}
	require.NoError(t, u.SetACL("on +get +publish ~mine:* resetchannels &news resetdbs db=0,1"))
	for _, c := range []struct {
		db      int
		command string
		allowed bool
		why     rm.ACLReason
		err     error
	}{
		{0, "GET mine:1", true, 0, nil}, {1, "get mine:1", true, 0, nil}, {0, "PUBLISH news x", true, 0, nil},
		{0, "SET mine:1 x", false, rm.ACLReasonCommand, nil}, {0, "GET yours", false, rm.ACLReasonKey, nil},
		{0, "PUBLISH other x", false, rm.ACLReasonChannel, nil}, {3, "GET mine:1", false, rm.ACLReasonDatabase, nil},
		{-1, "GET mine:1", false, 0, rm.ErrACLCommand}, {999, "GET mine:1", false, 0, rm.ErrACLCommand}, {1 << 40, "GET mine:1", false, 0, rm.ErrACLCommand},
		{0, "no.such.command", false, 0, rm.ErrACLCommand}, {0, "GET", false, 0, rm.ErrACLCommand},
	} {
		allowed, why, err := u.CheckPermissions(c.db, e.strs(strings.Fields(c.command)...)...)
		require.Equal(t, []any{c.allowed, c.why, c.err}, []any{allowed, why, err}, "%+v", c)
	}
	_, _, err := u.CheckPermissions(0)
	require.Equal(t, rm.ErrNoString, err)
	_, _, err = rm.User{}.CheckPermissions(0, e.str("GET"))
	require.EqualError(t, err, noUser)
}

// InsideContextUser asks for the user that a context has, and for the name of one.
//
// Drives: GetContextUser, GetUserUsername.
func InsideContextUser(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	u := e.user()
	if !serverHas(t, "GetContextUser") {
		_, _, err := ctx.User()
		requireError(t, rm.ErrUnsupported, err)
		_, err = u.Name(ctx)
		requireError(t, rm.ErrUnsupported, err)
		return
	}
	require.NoError(t, ctx.SetUser(u))
	got, ok, err := ctx.User()
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, u.Raw(), got.Raw())
	name, err := got.Name(ctx)
	require.NoError(t, err)
	require.Equal(t, "mine", name.String())
	name.Free()
	require.NoError(t, ctx.SetUser(rm.User{}))
	_, ok, err = ctx.User()
	require.NoError(t, err)
	require.False(t, ok)
}

// InsideACLLog writes entries of ACL LOG.
//
// Drives: ACLAddLogEntry, ACLAddLogEntryByUserName.
func InsideACLLog(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	u := e.user()
	if !serverHas(t, "ACLAddLogEntry") {
		requireError(t, rm.ErrUnsupported, e.inCommand(func(ctx rm.Context) error { return ctx.ACLAddLogEntry(u, e.str("x"), rm.ACLReasonKey) }))
		return
	}
	e.do("ACL", "LOG", "RESET")
	t.Cleanup(func() { e.do("ACL", "LOG", "RESET") })
	words := map[rm.ACLReason]string{rm.ACLReasonAuth: "auth", rm.ACLReasonCommand: "command", rm.ACLReasonKey: "key", rm.ACLReasonChannel: "channel"}
	if serverHas(t, "ACLCheckPermissions") {
		words[rm.ACLReasonDatabase] = "database"
	} else {
		requireError(t, rm.ErrUnsupported, e.inCommand(func(ctx rm.Context) error { return ctx.ACLAddLogEntry(u, e.str("x"), rm.ACLReasonDatabase) }))
	}
	newest := func() string { return strings.Join(e.list("ACL", "LOG", "1"), " ") }
	for reason, word := range words {
		require.NoError(t, e.inCommand(func(ctx rm.Context) error { return ctx.ACLAddLogEntry(u, e.str("what "+word), reason) }))
		got := newest()
		for _, part := range []string{"what " + word, "reason " + word, "context module", "username mine"} {
			require.Contains(t, got, part)
		}
	}
	by := func(user, object rm.RStr) error {
		return e.inCommand(func(ctx rm.Context) error { return ctx.ACLAddLogEntryByUserName(user, object, rm.ACLReasonAuth) })
	}
	if serverHas(t, "ACLAddLogEntryByUserName") {
		require.NoError(t, by(e.str("no\x00body"), e.str("by name")))
		require.Contains(t, newest(), "by name")
		require.Equal(t, rm.ErrNoString, by(rm.RStr{}, e.str("x")))
	} else {
		requireError(t, rm.ErrUnsupported, by(e.str("nobody"), e.str("x")))
	}
	require.Equal(t, rm.ErrNoString, e.inCommand(func(ctx rm.Context) error { return ctx.ACLAddLogEntry(u, rm.RStr{}, rm.ACLReasonKey) }))
	require.Equal(t, rm.ErrRange, e.inCommand(func(ctx rm.Context) error { return ctx.ACLAddLogEntry(u, e.str("x"), 5) }))
	require.EqualError(t, e.inCommand(func(ctx rm.Context) error { return ctx.ACLAddLogEntry(rm.User{}, e.str("x"), rm.ACLReasonKey) }), noUser)
}
