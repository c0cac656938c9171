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

const (
	noUser  = "ERR no such user"
	badRule = "ERR the ACL rule is wrong"
)

// user is a user of the module's own with rules, freed when the test has ended.
func (e env) user(rules ...string) rm.User {
	e.Helper()
	u, err := rm.NewUser("mine")
	require.NoError(e, err)
	e.Cleanup(func() { u.Free() })
	for _, rule := range rules {
		require.NoError(e, u.SetACLRule(rule))
	}
	return u
}

// acl is what a user may do, or an error.
func acl(u rm.User) any {
	s, err := u.ACL()
	return text(s, err == nil, err)
}

// InsideUserCalls calls as users of the module and of the server, checked by their
// rights, alone and with the other checks of a call.
//
// Drives: CreateModuleUser, FreeModuleUser, SetContextUser, SetModuleUserACLString,
// GetModuleUserFromUserName, Call.
func InsideUserCalls(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	mine := e.user()
	if !serverHas(t, "SetContextUser") {
		requireError(t, rm.ErrUnsupported, ctx.SetUser(mine))
		return
	}
	require.NoError(t, mine.SetACL("on +get +eval +set ~mine:*"))
	e.do("ACL", "SETUSER", "small", "on", "+get", "+eval", "+set", "~mine:*")
	t.Cleanup(func() { e.do("ACL", "DELUSER", "small") })
	small, ok, err := rm.UserByName(e.str("small"))
	require.NoError(t, err)
	require.True(t, ok)
	t.Cleanup(func() { small.Free() })
	e.do("SET", "mine:1", "v")
	e.do("SET", "yours", "w")
	const refused = "NOPERM|acl verification failed"
	for _, u := range []rm.User{mine, small} {
		// call calls as the user, and then again without one.
		call := func(flags rm.CallFlags, words ...string) (as, without any) {
			t.Helper()
			results := [2]any{}
			for i, who := range []rm.User{u, {}} {
				require.NoError(t, ctx.SetUser(who))
				reply, err := rm.NewCall(words[0], flags).Do(ctx, e.strs(words[1:]...)...)
				if results[i] = err; err == nil {
					results[i] = value(reply)
				}
				reply.Free()
			}
			require.NoError(t, ctx.SetUser(rm.User{}))
			return results[0], results[1]
		}
		as, without := call(rm.CallAsUser, "GET", "mine:1")
		require.Equal(t, "v", as)
		require.Equal(t, "v", without)
		for _, flags := range []rm.CallFlags{0, rm.CallRESP3, rm.CallRESPAuto, rm.CallErrorsReply, rm.CallRespectOOM} {
			as, without = call(rm.CallAsUser|flags, "GET", "yours")
			require.IsType(t, rm.ReplyErr{}, as)
			require.Regexp(t, refused, as, "as the user")
			require.Equal(t, "w", without, "as the client, who may do all")
		}
		as, without = call(0, "GET", "yours")
		require.Equal(t, "w", as, "nobody asks without the flag")
		require.Equal(t, "w", without)
		as, without = call(rm.CallAsUser, "DEL", "yours2")
		require.Regexp(t, refused, as)
		require.Equal(t, 0, without)
	}
	// A user that is freed while it is set stays so until the callback returns.
	gone, err := rm.NewUser("gone")
	require.NoError(t, err)
	require.NoError(t, gone.SetACL("on +get ~mine:*"))
	require.NoError(t, ctx.SetUser(gone))
	gone.Free()
	for range 100 {
		_, err = ctx.Call("GET", rm.CallAsUser, rm.Text("yours"))
		require.ErrorAs(t, err, new(rm.ReplyErr))
		require.Regexp(t, refused, err.Error())
	}
	reply, err := ctx.Call("GET", rm.CallAsUser, rm.Text("mine:1"))
	require.NoError(t, err)
	reply.Free()
	require.NoError(t, ctx.SetUser(rm.User{}))
}

// InsideUserACL sets rules, right and wrong ones.
//
// Drives: SetModuleUserACL, SetModuleUserACLString, GetModuleUserACLString.
func InsideUserACL(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	u := e.user()
	if !serverHas(t, "SetModuleUserACLString") {
		require.NoError(t, u.SetACL("on +get ~a"))
		requireError(t, rm.ErrUnsupported, acl(u))
		require.EqualError(t, u.SetACLRule("on +get ~a"), badRule)
		require.EqualError(t, u.SetACL("+get +no.such.command"), badRule)
		return
	}
	require.NoError(t, u.SetACL("on +get ~mine:*"))
	rules := acl(u)
	require.Contains(t, rules, " ~mine:* ")
	require.Contains(t, rules, "+get")
	require.EqualError(t, u.SetACLRule("on +get ~mine:*"), badRule, "several rules are no rule")
	require.Equal(t, rules, acl(u))

	u = e.user()
	require.NoError(t, u.SetACLRule("+get"))
	require.Contains(t, acl(u), "+get")

	u = e.user()
	require.Regexp(t, "^ERR .*no.such.command", u.SetACL("+get +no.such.command").Error())
	require.NotContains(t, acl(u), "+get", "nothing has changed")
	for _, rules := range []string{`"+get`, `+get '`, `"+get"+set`, `+get "\"`, `'+get\'`, `+get"`, `"\`} {
		require.Error(t, u.SetACL(rules), rules) // no rules, to a server that does not say so
		require.NotContains(t, acl(u), "+get")
	}
	for _, rules := range []string{`"+get" '+set'`, `"+get"`, `+get '~it\'s'`, `+"get"`, "+get\t\"+set\"\n"} {
		u := e.user()
		require.NoError(t, u.SetACL(rules), rules)
		require.Contains(t, acl(u), "+get")
	}
}

// InsideUserMayRun asks what a user may run.
//
// Drives: ACLCheckCommandPermissions, SetModuleUserACL.
func InsideUserMayRun(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	u := e.user("on", "+get", "~mine:*")
	if !serverHas(t, "ACLCheckCommandPermissions") {
		requireError(t, rm.ErrUnsupported, either(u.MayRun(e.strs("GET", "mine:1")...)))
		return
	}
	for command, want := range map[string]bool{
		"GET mine:1": true, "get mine:": true, "GET yours": false, "SET mine:1 x": false, "no.such.command": false,
	} {
		require.Equal(t, want, either(u.MayRun(e.strs(strings.Fields(command)...)...)), command)
	}
	require.Equal(t, rm.ErrNoString, either(u.MayRun()))
	// Whatever is asked for, with too few arguments, too: the server lives.
	require.NoError(t, u.SetACL("+@all ~mine:* &news"))
	list, err := ctx.Call("COMMAND", 0, rm.Text("LIST"))
	require.NoError(t, err)
	defer list.Free()
	for i := range list.Len() {
		name, err := list.Element(i).Text()
		require.NoError(t, err)
		for _, command := range []string{name, name + " x", name + " 1 1", name + " -1 x", name + " x -1", name + " STREAMS"} {
			_, err := u.MayRun(e.strs(strings.Fields(command)...)...)
			require.NoError(t, err, command)
			_, _, err = u.CheckPermissions(0, e.strs(strings.Fields(command)...)...)
			require.True(t, err == nil || err == rm.ErrACLCommand || errors.Is(err, rm.ErrUnsupported), command)
		}
	}
	require.Equal(t, rm.ErrNoString, either(u.MayRun(rm.RStr{})))
	require.EqualError(t, either(rm.User{}.MayRun(e.str("GET"))).(error), noUser)
}

// InsideUserBad makes users of what is none.
//
// Drives: CreateModuleUser, GetModuleUserFromUserName, FreeModuleUser.
func InsideUserBad(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	_, err := rm.NewUser("a\x00b")
	require.Equal(t, rm.ErrNULByte, err)
	if serverHas(t, "GetModuleUserFromUserName") {
		_, _, err = rm.UserByName(rm.RStr{})
		require.Equal(t, rm.ErrNoString, err)
		nobody, ok, err := rm.UserByName(e.str("nobody"))
		require.NoError(t, err)
		require.False(t, ok)
		require.True(t, nobody.IsZero())
	} else {
		_, _, err = rm.UserByName(e.str("default"))
		requireError(t, rm.ErrUnsupported, err)
	}
	var none rm.User
	require.True(t, none.IsZero())
	none.Free()
	require.EqualError(t, none.SetACL("+get"), noUser)
	require.EqualError(t, none.SetACLRule("+get"), noUser)
	if serverHas(t, "GetModuleUserACLString") {
		require.EqualError(t, acl(none).(error), noUser)
	} else {
		requireError(t, rm.ErrUnsupported, acl(none))
	}
	u, err := rm.NewUser("mine")
	require.NoError(t, err)
	require.False(t, u.IsZero())
	require.Equal(t, rm.ErrNULByte, u.SetACL("a\x00"))
	require.Equal(t, rm.ErrNULByte, u.SetACLRule("a\x00"))
	freed := u
	u.Free()
	u.Free()
	require.True(t, u.IsZero())
	require.Zero(t, u.Raw())
	for what, f := range map[string]func() any{
		"SetACL":     func() any { return freed.SetACL("+get") },
		"SetACLRule": func() any { return freed.SetACLRule("+get") },
		"MayUseKey":  func() any { return either(freed.MayUseKey(e.str("k"), 0)) },
		"SetUser":    func() any { return ctx.SetUser(freed) },
		"Free":       func() any { freed := freed; freed.Free(); return rm.Error(noUser) },
	} {
		if got := told(f); !debugBuild && !isUnsupported(got) {
			require.EqualError(t, got.(error), noUser, what)
		}
	}
}

// InsideUserCosts looks for leaks.
//
// Drives: CreateModuleUser, FreeModuleUser, SetModuleUserACL.
func InsideUserCosts(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	get, key, name := e.str("GET"), e.str("x"), e.str("default")
	call := rm.NewCall("GET", rm.CallAsUser)
	has := serverHas(t, "SetContextUser")
	e.leakless(func() {
		reply, err := e.callback(func(ctx rm.Context) error { // whose errors go with it
			u, err := rm.NewUser("mine")
			if err != nil {
				return err
			}
			defer u.Free()
			_ = u.SetACL("+get ~x")
			_ = u.SetACL("+get +nonsense")
			_ = u.SetACLRule("+nonsense")
			_, _ = u.MayRun(get, key)
			_, _ = u.MayRun()
			if !has {
				return ctx.ReplyWithOK()
			}
			rules, err := u.ACL()
			rules.Free()
			if err != nil {
				return err
			}
			if _, ok, _ := rm.UserByName(key); ok {
				return rm.Error("ERR there is such a user")
			}
			client, ok, err := rm.UserByName(name)
			if !ok {
				return err
			}
			defer client.Free()
			for _, who := range []rm.User{u, client, {}} {
				if err := ctx.SetUser(who); err != nil {
					return err
				}
				reply, _ := call.Do(ctx, key)
				reply.Free()
			}
			return ctx.ReplyWithOK()
		})
		require.NoError(t, err)
		reply.Free()
	})
}
