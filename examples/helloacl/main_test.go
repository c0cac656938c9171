// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bufio"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/internal/resp"
	"github.com/iredismodule/redismodule/rmtest"
)

func TestMain(m *testing.M) { os.Exit(rmtest.Main(m)) }

func start(t *testing.T) *rmtest.Server {
	t.Helper()
	return rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{{Path: rmtest.Build(t, ".")}}})
}

// client is a connection of its own, which a login belongs to.
type client struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

func dial(t *testing.T, s *rmtest.Server) *client {
	c := s.RawConn()
	return &client{t, c, bufio.NewReader(c)}
}

func (c *client) do(args ...string) string {
	c.t.Helper()
	_, err := c.conn.Write(resp.AppendCommand(nil, args...))
	require.NoError(c.t, err)
	reply, err := resp.AppendRaw(nil, c.r)
	require.NoError(c.t, err)
	return string(reply)
}

func (c *client) closed() {
	c.t.Helper()
	_, err := c.r.ReadByte()
	require.Error(c.t, err, "the connection is closed")
}

func TestLogin(t *testing.T) {
	s := start(t)
	for _, how := range []string{"helloacl.authglobal", "helloacl.authasync"} {
		c := dial(t, s)
		id := c.do("CLIENT", "ID")
		require.Equal(t, id, c.do(how))
		require.Equal(t, "$6\r\nglobal\r\n", c.do("ACL", "WHOAMI"))
		require.Equal(t, "+OK\r\n", c.do("SET", "color", "red"))
		require.Contains(t, c.do("FLUSHALL"), "-NOPERM")
		require.Equal(t, "+OK\r\n", c.do("AUTH", "default", ""))
		require.Equal(t, int64(0), s.MustDo("helloacl.revoke"), "it is nobody's now")
		require.Equal(t, id, c.do(how))
		require.Equal(t, int64(1), s.MustDo("helloacl.revoke"))
		c.closed()
		require.Eventually(t, func() bool { return s.MustDo("helloacl.revoke") == int64(0) }, 10*time.Second, time.Millisecond)
	}
}

func TestReset(t *testing.T) {
	s := start(t)
	one, two, other := dial(t, s), dial(t, s), dial(t, s)
	one.do("helloacl.authglobal")
	two.do("helloacl.authasync")
	require.Equal(t, "OK", s.MustDo("helloacl.reset"))
	one.closed()
	two.closed()
	require.Equal(t, "+PONG\r\n", other.do("PING"))
	other.do("helloacl.authglobal")
	require.Equal(t, "$6\r\nglobal\r\n", other.do("ACL", "WHOAMI"))
}

// TestWithoutPassword: a client that is not logged in may ask for it, and for nothing else.
func TestWithoutPassword(t *testing.T) {
	s := start(t)
	c := dial(t, s)
	s.MustDo("ACL", "SETUSER", "default", "resetpass", ">secret")
	defer func() { require.Equal(t, "+OK\r\n", c.do("ACL", "SETUSER", "default", "nopass")) }()
	stranger := dial(t, s)
	require.Contains(t, stranger.do("GET", "x"), "-NOAUTH")
	require.Contains(t, stranger.do("helloacl.revoke"), "-NOAUTH")
	require.Contains(t, stranger.do("helloacl.authasync"), ":")
	require.Equal(t, "$-1\r\n", stranger.do("GET", "x"))
}

func TestUnload(t *testing.T) {
	s := start(t)
	c := dial(t, s)
	c.do("helloacl.authglobal")
	s.MustDo("MODULE", "UNLOAD", "helloacl")
	c.closed()
}
