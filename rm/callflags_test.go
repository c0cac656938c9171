// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestCallRefusals are the flags under which the server refuses commands.
//
// Drives: Call, FreeCallReply.
func TestCallRefusals(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		since70(t, s)
		w := dial(t, s, 3)
		call := func(flags, command string) string {
			return w.alone(append([]string{"t.call", "call", flags, "t"}, strings.Fields(command)...)...)
		}
		for _, e := range []string{"", "E"} { // with a text in any case
			require.Equal(t, "+OK\r\n", call(e+"-", "SET k v"))
			require.Regexp(t, "^-ERR Write command '(?i:set)' was called while write is not allowed", call("W"+e, "SET k w"))
			require.Equal(t, bulk("v"), call("W"+e, "GET k"))

			require.Equal(t, "+PONG\r\n", call("S"+e, "PING"))
			require.Contains(t, call("S"+e, "DEBUG SLEEP 0"), "not allowed")
			require.Equal(t, "+OK\r\n", call("-"+e, "DEBUG SLEEP 0"))

			require.Equal(t, "+OK\r\n", w.do("CONFIG", "SET", "maxmemory", "1"))
			require.Contains(t, call("M"+e, "SET k w"), "-OOM ")
			require.Equal(t, bulk("v"), call("M"+e, "GET k"))
			require.Equal(t, "+OK\r\n", w.do("CONFIG", "SET", "maxmemory", "0"))
		}
		require.Equal(t, "-ERR unknown command 'none', with args beginning with: \r\n", call("E", "none"))
		require.Equal(t, "+OK\r\n", call("MSW", "t.noop"))
	})
}

// TestCallAsUser calls with the rights of the client's user.
//
// Drives: Call, FreeCallReply.
func TestCallAsUser(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		since70(t, s)
		s.MustDo("ACL", "SETUSER", "small", "on", ">pw", "+hello", "+ping", "+t.call", "+get", "~mine:*")
		w := dial(t, s, 3)
		require.Equal(t, "+OK\r\n", w.do("AUTH", "small", "pw"))
		const refused = "^-(NOPERM|ERR acl verification failed)"
		for _, how := range []string{"call", "do", "doargs"} {
			require.Equal(t, "_\r\n", w.alone("t.call", how, "C0", "t", "GET", "mine:1"))
			require.Regexp(t, refused, w.alone("t.call", how, "C", "t", "GET", "yours"))
			require.Regexp(t, refused, w.alone("t.call", how, "C", "t", "SET", "mine:1", "x"))
			require.Equal(t, "_\r\n", w.alone("t.call", how, "0", "t", "GET", "yours"))
			require.Equal(t, "+OK\r\n", w.alone("t.call", how, "-", "t", "SET", "yours:"+how, "x"))
		}
	})
}

// TestCallFlagsOfNewerServers: what the server does not know is refused, not
// passed on.
func TestCallFlagsOfNewerServers(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		kind, major, minor, _ := s.Version()
		if kind == "valkey" || major > 7 || (major == 7 && minor >= 2) {
			t.Skip("the server knows every call flag")
		}
		refused := []string{"D", "K"}
		if !is70(s) {
			refused = append(refused, "3", "0", "C", "S", "W", "M", "E")
		}
		w := dial(t, s, 3)
		for _, flag := range refused {
			want := lacking("ReplyWithBool", "one of the call flags")
			if flag == "D" || flag == "K" {
				want = lacking("CallReplyPromiseAbort", "one of the call flags")
			}
			for _, how := range []string{"call", "do", "doargs"} {
				require.Equal(t, "-"+want+"\r\n", w.alone("t.call", how, flag, "t", "PING"))
			}
		}
	})
}

// TestCallReplication looks for calls in the AOF and at a replica.
//
// Drives: Call, FreeCallReply.
func TestCallReplication(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		replica := s.RawConn()
		_, err := replica.Write([]byte("SYNC\r\n"))
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			return strings.Contains(s.InfoField("replication", "slave0"), "state=online")
		}, patience, 5*time.Millisecond, "the connection becomes a replica")

		w := dial(t, s, 3)
		for _, c := range []struct{ flags, marker string }{
			{"-", "marker-none"}, {"!", "marker-all"}, {"!A", "marker-no-aof"}, {"!R", "marker-no-replica"}, {"!AR", "marker-neither"},
		} {
			for _, how := range []string{"call", "do", "doargs"} {
				require.Equal(t, "+OK\r\n", w.do("t.call", how, c.flags, "t", "SET", c.marker, how))
			}
		}
		w.do("SET", "marker-end", "x")

		var stream bytes.Buffer
		buf := make([]byte, 1<<16)
		for !bytes.Contains(stream.Bytes(), []byte("marker-end")) {
			n, err := replica.Read(buf)
			require.NoError(t, err)
			stream.Write(buf[:n])
		}
		var aof bytes.Buffer
		require.NoError(t, filepath.WalkDir(s.Dir(), func(path string, d os.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".aof") {
				var text []byte
				if text, err = os.ReadFile(path); err == nil {
					aof.Write(text)
				}
			}
			return err
		}))
		// A flag with its three ways of calling leaves three commands or none.
		for marker, want := range map[string][2]int{
			"marker-none": {0, 0}, "marker-all": {3, 3}, "marker-no-aof": {0, 3}, "marker-no-replica": {3, 0}, "marker-neither": {0, 0}, "marker-end": {1, 1},
		} {
			require.Equal(t, want[0], strings.Count(aof.String(), marker), "%s in the AOF", marker)
			require.Equal(t, want[1], strings.Count(stream.String(), marker), "%s at the replica", marker)
		}
		require.NoError(t, replica.Close())
	}, "appendonly yes", "appendfsync always", "repl-diskless-sync yes", "repl-diskless-sync-delay 0")
}
