// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestUserCalls calls as users of the module and of the server, checked by their
// rights, alone and with the other checks of a call.
// Drives: CreateModuleUser, FreeModuleUser, SetContextUser, SetModuleUserACLString, GetModuleUserFromUserName, Call.
func TestUserCalls(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		if !serverHas(t, s, "SetContextUser") {
			require.Equal(t, "-"+lacking("SetContextUser")+"\r\n", w.alone("d.user.call", "+get", "-", "GET", "x"))
			return
		}
		s.MustDo("SET", "mine:1", "v")
		s.MustDo("SET", "yours", "w")
		s.MustDo("ACL", "SETUSER", "small", "on", "+get", "+eval", "+set", "~mine:*")
		const refused = "NOPERM|acl verification failed"
		const rules = "on +get +eval +set ~mine:*"
		for _, c := range []struct{ command, user string }{{"d.user.call", rules}, {"d.user.named", "small"}} {
			call := func(flags string, command ...any) []any {
				t.Helper()
				return s.MustDo(append([]any{c.command, c.user, flags}, command...)...).([]any)
			}
			require.Equal(t, []any{"v", "v"}, call("C", "GET", "mine:1"))
			for _, flags := range []string{"C", "C3", "C0", "CE", "CM"} {
				got := call(flags, "GET", "yours")
				require.Regexp(t, refused, got[0], "as the user")
				require.Equal(t, "w", got[1], "as the client, who may do all")
			}
			require.Equal(t, []any{"w", "w"}, call("-", "GET", "yours"), "without C nobody asks")
			got := call("C", "DEL", "yours2")
			require.Regexp(t, refused, got[0])
			require.Equal(t, int64(0), got[1])
		}
	})
}

// TestUserACL sets rules, right and wrong ones.
// Drives: SetModuleUserACL, SetModuleUserACLString, GetModuleUserACLString.
func TestUserACL(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		acl := func(rules string) []any {
			t.Helper()
			return s.MustDo("d.user.acl", rules).([]any)
		}
		if !serverHas(t, s, "SetModuleUserACLString") {
			require.Equal(t, []any{"ok", lacking("GetModuleUserACLString"), "ERR the ACL rule is wrong"}, acl("on +get ~a"))
			require.Equal(t, "ERR the ACL rule is wrong", acl("+get +no.such.command")[0])
			return
		}
		got := acl("on +get ~mine:*")
		require.Equal(t, "ok", got[0])
		require.Contains(t, got[1], " ~mine:* ")
		require.Contains(t, got[1], "+get")
		require.Equal(t, "ERR the ACL rule is wrong", got[2], "several rules are no rule")
		got = acl("+get")
		require.Equal(t, "ok", got[2])
		got = acl("+get +no.such.command")
		require.Regexp(t, "^ERR .*no.such.command", got[0])
		require.NotContains(t, got[1], "+get", "nothing has changed")
		got = acl(`"+get`)
		require.NotEqual(t, "", got[0])
	})
}

// TestUserMayRun asks what a user may run.
// Drives: ACLCheckCommandPermissions, SetModuleUserACL.
func TestUserMayRun(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		if !serverHas(t, s, "ACLCheckCommandPermissions") {
			require.Equal(t, "-"+lacking("ACLCheckCommandPermissions")+"\r\n", w.alone("d.user.mayrun", "GET", "mine:1"))
			return
		}
		for command, want := range map[string]string{
			"GET mine:1": ":1\r\n", "get mine:": ":1\r\n", "GET yours": ":0\r\n", "SET mine:1 x": ":0\r\n", "no.such.command": ":0\r\n",
		} {
			require.Equal(t, want, w.alone(append([]string{"d.user.mayrun"}, fields(command)...)...), command)
		}
		const noUser, nul, noString = "ERR no such user", "ERR text contains a NUL byte", "ERR a string is missing"
		noACL := any(noUser)
		if !serverHas(t, s, "GetModuleUserACLString") {
			noACL = lacking("GetModuleUserACLString")
		}
		require.Equal(t, []any{nul, noString, noUser, noUser, noUser, noACL, noUser, noString, noString, nul, nul, int64(0)}, s.MustDo("d.user.bad"))
		require.NoError(t, w.conn.Close())
		leakless(t, s, 2, 16*300, func(w *wire) {
			for range 300 {
				w.do("d.user.mayrun", "GET", "mine:1")
				w.do("d.user.bad")
				w.do("d.user.acl", "+get")
				w.do("d.user.acl", "+get +nonsense")
				w.do("d.user.call", "+get ~x", "C", "GET", "x")
				w.do("d.user.named", "default", "C", "GET", "x")
			}
		})
	})
}
