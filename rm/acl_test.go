// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

const aclmod = "github.com/iredismodule/redismodule/internal/testmod/aclmod"

// aclModule is the module with load arguments.
func aclModule(tb testing.TB, mode string, args ...string) rmtest.Module {
	return rmtest.Module{Path: rmtest.Build(tb, aclmod), Args: append([]string{"rm-mode=" + mode}, args...)}
}

// withACL runs a test against a server with the module, in each mode.
func withACL(t *testing.T, test func(t *testing.T, s *rmtest.Server), config ...string) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		test(t, rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{aclModule(t, mode)}, Config: config}))
	})
}

const noLogin = "-ERR no such user, or a user that is off, or a client that cannot be logged in\r\n"

// changed waits until the module was told of these changes.
func changed(t *testing.T, s *rmtest.Server, want ...string) {
	t.Helper()
	got := ""
	eventually(t, func() bool {
		if more := s.MustDo("acl.changes").(string); got != "" && more != "" {
			got += ", " + more
		} else {
			got += more
		}
		return len(got) >= len(strings.Join(want, ", "))
	})
	require.Equal(t, strings.Join(want, ", "), got)
}

// TestLogin logs clients in, as users of the server and of the module, and hears when that ends: by
// another login, by the end of the connection or of the user.
//
// Drives: AuthenticateClientWithACLUser, AuthenticateClientWithUser, FreeModuleUser, GetCurrentUserName.
func TestLogin(t *testing.T) {
	withACL(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("ACL", "SETUSER", "small", "on", "nopass", "+@all", "~*")
		s.MustDo("ACL", "SETUSER", "off", "off", "nopass", "+@all", "~*")
		w := dial(t, s, 2)
		id := w.id()
		num := ":" + id + "\r\n"
		require.Equal(t, num, w.alone("acl.login", "small", "a"))
		require.Equal(t, bulk("small"), w.do("ACL", "WHOAMI"))
		if is70(s) {
			require.Equal(t, bulk("small"), w.do("acl.whoami"))
		}
		for _, bad := range []string{"nobody", "off", "", "small\x00"} {
			require.Equal(t, noLogin, w.alone("acl.login", bad, "bad"))
		}
		require.Equal(t, "-ERR no such user\r\n", w.alone("acl.login.module", "bad"))
		changed(t, s)
		require.Equal(t, num, w.alone("acl.login", "small", "b"))
		changed(t, s, "a "+id)
		require.Equal(t, num, w.alone("acl.login", "small", "-"), "nobody wants to hear of it")
		changed(t, s, "b "+id)
		require.Equal(t, num, w.alone("acl.login", "small", "c"))
		require.Equal(t, "+OK\r\n", w.do("AUTH", "default", ""))
		changed(t, s, "c "+id)
		require.Equal(t, "+OK\r\n", w.do("AUTH", "default", ""))
		changed(t, s)

		for _, how := range []string{"panic", "goexit"} {
			require.Equal(t, num, w.alone("acl.login", "small", how))
			require.Equal(t, num, w.alone("acl.login", "small", "d"))
			require.Equal(t, "+RESET\r\n", w.do("RESET"))
			changed(t, s, "d "+id)
		}
		require.True(t, s.WaitLog("the function for a change of the user: panic: in the middle of a change", patience))

		require.Equal(t, num, w.alone("acl.login", "small", "gone"))
		require.NoError(t, w.conn.Close())
		changed(t, s, "gone "+id)

		if !is70(s) {
			return
		}
		s.MustDo("acl.user", "on +@all ~* &*")
		w = dial(t, s, 2)
		id, num = w.id(), ":"+w.id()+"\r\n"
		require.Equal(t, num, w.alone("acl.login.module", "module"))
		require.Equal(t, bulk("of.module"), w.do("ACL", "WHOAMI"))
		require.Equal(t, bulk("of.module"), w.do("acl.whoami"))
		s.MustDo("acl.user") // frees it
		_, err := w.r.ReadByte()
		require.Error(t, err, "the connection is closed")
		changed(t, s, "module "+id)
		s.MustDo("acl.user", "on +acl.user +ping")
		w = dial(t, s, 2)
		id = w.id()
		w.alone("acl.login.module", "itself")
		require.Contains(t, w.do("GET", "x"), "-NOPERM")
		w.send(append(command("acl.user", "on +@all"), command("PING")...)) // frees whom it is logged in as
		require.Equal(t, "+OK\r\n", w.read())
		_, err = w.r.ReadByte()
		require.Error(t, err)
		changed(t, s, "itself "+id)
	})
}

// TestLoginElsewhere logs in clients that are not one's own to log in: in scripts, in calls, on the
// master's link, from the append only file. Whom they run as is not asked by force either.
//
// Drives: AuthenticateClientWithACLUser, GetCurrentUserName.
func TestLoginElsewhere(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		modules := []rmtest.Module{aclModule(t, mode)}
		s := rmtest.Start(t, rmtest.Options{TCP: true, Modules: modules, Config: []string{"appendonly yes"}})
		since70(t, s)
		s.MustDo("ACL", "SETUSER", "small", "on", "nopass", "-@all", "+acl.replicated", "+ping")
		w := dial(t, s, 2)
		require.Equal(t, bulk("default"), w.do("acl.whoami"))
		w.do("MULTI")
		w.do("acl.whoami")
		require.Equal(t, "*1\r\n"+bulk("default"), w.do("EXEC"))
		require.Equal(t, bulk("default"), w.do("EVAL", "return redis.call('acl.whoami')", "0"))
		require.Equal(t, "$-1\r\n", w.do("acl.call", "acl.whoami"))
		require.Equal(t, "$-1\r\n", w.do("acl.call", "EVAL", "return redis.call('acl.whoami')", "0"))
		for _, how := range [][]string{
			{"EVAL", "return redis.call('acl.login', 'small', 'script')", "0"},
			{"acl.call", "acl.login", "small", "call"}, {"acl.call", "EVAL", "return redis.call('acl.login', 'small', 'script')", "0"},
		} {
			require.Contains(t, w.do(how...), noLogin[1:len(noLogin)-2], how)
			require.Equal(t, bulk("default"), w.do("ACL", "WHOAMI"))
		}
		changed(t, s)

		r := s.Replica()
		r.MustDo("ACL", "SETUSER", "small", "on", "nopass", "-@all", "+ping")
		s.MustDo("SET", "before", "x")
		require.Equal(t, "replicated: <nil> \"small\" true", strings.Split(w.do("acl.replicated", "small"), "\r\n")[1])
		s.MustDo("SET", "after", "x")
		eventually(t, func() bool { return r.MustDo("EXISTS", "after") == int64(1) })
		require.True(t, r.WaitLog("replicated: "+noLogin[1:len(noLogin)-2]+" \"\" false", patience))
		s.MustDo("SET", "later", "x")
		eventually(t, func() bool { return r.MustDo("EXISTS", "later") == int64(1) })

		s.RestartFromAOF()
		require.Equal(t, int64(3), s.MustDo("EXISTS", "before", "after", "later"))
		require.Contains(t, s.Log(), "replicated: "+noLogin[1:len(noLogin)-2])
	})
}

// TestLoginAtUnload ends the module while clients are logged in by it: each change is told of once,
// after OnUnload, nothing is called later, and nobody stays logged in.
//
// Drives: AuthenticateClientWithACLUser, AuthenticateClientWithUser.
func TestLoginAtUnload(t *testing.T) {
	withACL(t, func(t *testing.T, s *rmtest.Server) {
		since70(t, s)
		s.MustDo("ACL", "SETUSER", "small", "on", "nopass", "+@all", "~*")
		s.MustDo("acl.user", "on +@all ~* &*")
		var all []*wire
		for _, how := range []string{"one", "panic", "two", "goexit", "three"} {
			w := dial(t, s, 2)
			w.alone("acl.login", "small", how)
			all = append(all, w)
		}
		for _, how := range []string{"four", "-"} {
			w := dial(t, s, 2)
			w.alone("acl.login.module", how)
			all = append(all, w)
		}
		s.MustDo("MODULE", "UNLOAD", "aclmod")
		for _, w := range all {
			_, err := w.r.ReadByte()
			require.Error(t, err, "the connection is closed")
		}
		log := s.Log()
		for _, how := range []string{"one", "two", "three", "four"} {
			require.Equal(t, 1, strings.Count(log, "change: "+how), how)
			require.Less(t, strings.Index(log, "OnUnload"), strings.Index(log, "change: "+how))
		}
		require.Equal(t, 1, strings.Count(log, "panic: in the middle of a change"))
		require.Equal(t, "PONG", s.MustDo("PING"))
	})
}

// TestACLCategories adds categories, puts commands into them, and has rules name them.
//
// Drives: AddACLCategory, SetCommandACLCategories.
func TestACLCategories(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{})
		load := func(args ...string) (string, error) {
			m := aclModule(t, mode, args...)
			words := []any{"MODULE", "LOAD", m.Path}
			for _, arg := range m.Args {
				words = append(words, arg)
			}
			before := len(s.Log())
			_, err := s.Do(words...)
			return s.Log()[before:], err
		}
		kind, major, minor, _ := s.Version()
		sets := kind == "valkey" || major > 7 || major == 7 && minor >= 2
		adds := kind == "valkey" && major >= 8 || kind != "valkey" && (major > 7 || major == 7 && minor >= 4)
		if !sets {
			log, err := load("command", "acl.of.read", "read")
			require.Error(t, err)
			require.Contains(t, log, lacking("SetCommandACLCategories"))
		} else {
			_, err := load("command", "acl.of.hash", "hash")
			require.NoError(t, err)
			require.Contains(t, s.MustDo("ACL", "CAT", "hash"), "acl.of.hash")
			s.MustDo("MODULE", "UNLOAD", "aclmod")
			log, err := load("command", "acl.of.none", "nonesuch")
			require.Error(t, err)
			require.Contains(t, log, `command "acl.of.none": Categories: the server does not know all of ["nonesuch"]`)
		}
		if !adds {
			log, err := load("category", "mine")
			require.Error(t, err)
			require.Contains(t, log, lacking("AddACLCategory"))
			return
		}
		for _, c := range []struct{ args, want string }{
			{"category read", "there is an ACL category of this name already"},
			{"category mine category mine", "there is an ACL category of this name already"},
			{"category a+b", "the name of an ACL category has characters other than"},
			{"category mine command acl.of.mine mine fail", "on purpose"},
		} {
			log, err := load(strings.Split(c.args, " ")...)
			require.Error(t, err, c.args)
			require.Contains(t, log, c.want, c.args)
		}
		var many []string
		for i := range 64 {
			many = append(many, "category", "c"+strings.Repeat("x", i))
		}
		log, err := load(many...)
		require.Error(t, err)
		require.Contains(t, log, "there are too many ACL categories")
		for range 2 { // what goes with the module comes again
			_, err = load("category", "mine", "command", "acl.of.mine", "mine")
			require.NoError(t, err)
			require.Equal(t, []any{"acl.of.mine"}, s.MustDo("ACL", "CAT", "mine"))
			s.MustDo("ACL", "SETUSER", "small", "reset", "on", "nopass", "+@mine")
			require.Equal(t, "OK", s.MustDo("ACL", "DRYRUN", "small", "acl.of.mine"))
			require.NotEqual(t, "OK", s.MustDo("ACL", "DRYRUN", "small", "get", "x"))
			w := dial(t, s, 2)
			require.Equal(t, "-ERR ACL categories can be added while the module loads only: in Module.Categories or OnLoad\r\n", w.do("acl.late", "late"))
			s.MustDo("ACL", "DELUSER", "small")
			s.MustDo("MODULE", "UNLOAD", "aclmod")
		}
	})
}
