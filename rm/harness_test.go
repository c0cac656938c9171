// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/internal/resp"
	"github.com/iredismodule/redismodule/internal/tracetest"
	"github.com/iredismodule/redismodule/rmtest"
)

func TestMain(m *testing.M) {
	tracetest.Install()
	os.Exit(rmtest.Main(m))
}

const (
	patience = 10 * time.Second
	module   = "github.com/iredismodule/redismodule/internal/testmod/testmod"
	bad      = "github.com/iredismodule/redismodule/internal/testmod/badmod"
)

// testmod returns the module of these tests, told to run in a mode.
func testmod(tb testing.TB, mode string, args ...string) rmtest.Module {
	tb.Helper()
	return rmtest.Module{Path: rmtest.Build(tb, module), Args: append([]string{"rm-mode=" + mode}, args...)}
}

// withServer runs a test against a server with the test module, in each mode.
func withServer(t *testing.T, test func(t *testing.T, s *rmtest.Server), config ...string) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{testmod(t, mode)}, Config: config})
		test(t, s)
	})
}

// since70 ends a test of what came with Redis 7.0 on servers before it.
func since70(t *testing.T, s *rmtest.Server) {
	t.Helper()
	if !is70(s) {
		t.Skip("the server is older than Redis 7.0 and lacks the functions")
	}
}

func is70(s *rmtest.Server) bool {
	kind, major, _, _ := s.Version()
	return kind == "valkey" || major >= 7
}

// isValkey81 tells whether the server is Valkey 8.1, which has faults of its own.
func isValkey81(s *rmtest.Server) bool {
	kind, major, minor, _ := s.Version()
	return kind == "valkey" && major == 8 && minor == 1
}

// wire is a connection for tests of the protocol.
type wire struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

// dial opens a connection that speaks the protocol version.
func dial(t *testing.T, s *rmtest.Server, protocol int) *wire {
	t.Helper()
	w := &wire{t: t, conn: s.RawConn()}
	w.r = bufio.NewReaderSize(w.conn, 1<<16)
	require.NotEmpty(t, w.do("HELLO", strconv.Itoa(protocol)))
	return w
}

// command encodes a command.
func command(args ...string) []byte {
	return resp.AppendCommand(nil, args...)
}

func (w *wire) send(b []byte) {
	w.t.Helper()
	_, err := w.conn.Write(b)
	require.NoError(w.t, err)
}

// do sends a command and returns its reply, byte by byte.
func (w *wire) do(args ...string) string {
	w.t.Helper()
	w.send(command(args...))
	return w.read()
}

// alone is do, and proves that nothing follows the reply.
func (w *wire) alone(args ...string) string {
	w.t.Helper()
	w.send(append(command(args...), command("PING")...))
	reply := w.read()
	require.Equal(w.t, "+PONG\r\n", w.read(), "after the reply %.200q to %.200q", reply, args)
	return reply
}

func (w *wire) read() string {
	w.t.Helper()
	b, err := resp.AppendRaw(nil, w.r)
	require.NoError(w.t, err)
	return string(b)
}

// readFull fills b with replies.
func (w *wire) readFull(b []byte) {
	w.t.Helper()
	_, err := io.ReadFull(w.r, b)
	require.NoError(w.t, err)
}

// bulk is a bulk string in the protocol.
func bulk(s string) string { return fmt.Sprintf("$%d\r\n%s\r\n", len(s), s) }
