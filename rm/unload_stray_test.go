// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// withStray runs a test with a module that has the commands e.x and e.y; load loads it again with others, in another order.
func withStray(t *testing.T, test func(t *testing.T, s *rmtest.Server, load []string)) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		m := rmtest.Module{Path: rmtest.Build(t, endsmod), Args: []string{"rm-mode=" + mode, "commands", "e.x", "e.y"}}
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{m}})
		since70(t, s)
		load := []string{"MODULE", "LOAD", m.Path, "rm-mode=" + mode, "commands", "e.y", "e.z", "e.x"}
		test(t, s, load)
	})
}

// TestUnloadPaused: while clients are paused the module is not unloaded, and where that cannot be told the commands of those that waited
// are not run by a module that is gone, nor by another command of its next load.
func TestUnloadPaused(t *testing.T) {
	withStray(t, func(t *testing.T, s *rmtest.Server, load []string) {
		s.MustDo("CLIENT", "PAUSE", 60000, "WRITE")
		_, err := s.Do("MODULE", "UNLOAD", "endsmod")
		require.Error(t, err)
		require.Contains(t, s.Log(), "unload refused: clients are paused")
		s.MustDo("CLIENT", "UNPAUSE")
		for range 5 {
			require.Equal(t, "ran e.x", s.MustDo("e.x"))
			unloads, x, y := dial(t, s, 2), dial(t, s, 2), dial(t, s, 2)
			s.MustDo("CLIENT", "PAUSE", 100, "ALL")
			unloads.send(command("MODULE", "UNLOAD", "endsmod"))
			time.Sleep(10 * time.Millisecond) // so that it comes first
			x.send(command("e.x"))
			y.send(command("e.y"))
			require.Equal(t, "+OK\r\n", unloads.read())
			for _, w := range []*wire{x, y} {
				reply := w.read()
				require.True(t, reply == "-ERR the module is unloaded\r\n" || strings.HasPrefix(reply, "-ERR unknown command"), reply)
			}
			require.Equal(t, "+OK\r\n", x.do(load...))
			require.Equal(t, "+ran e.x\r\n", x.do("E.X"))
			require.Equal(t, "+ran e.y\r\n", x.do("e.y"))
			require.Equal(t, "+PONG\r\n", x.do("e.call", "PING"))

			// With a load behind it, which comes before the command, too.
			loads := dial(t, s, 2)
			s.MustDo("CLIENT", "PAUSE", 100, "ALL")
			unloads.send(command("MODULE", "UNLOAD", "endsmod"))
			time.Sleep(10 * time.Millisecond)
			loads.send(command(append(load[:5:5], "e.a", "e.b", "e.c", "e.d", "e.x")...))
			time.Sleep(10 * time.Millisecond)
			x.send(command("e.x"))
			require.Equal(t, "+OK\r\n", unloads.read())
			require.Equal(t, "+OK\r\n", loads.read())
			if reply := x.read(); reply != "+ran e.x\r\n" {
				require.Equal(t, "-ERR the module was unloaded and loaded again while the command waited: send it again\r\n", reply)
			}
			require.Equal(t, "+ran e.x\r\n", x.do("e.x"))
		}
	})
}

// TestUnloadInTransaction: a command that waits in a transaction while the module is unloaded, and loaded again, is answered with an
// error, and no other command of the new load runs for it.
func TestUnloadInTransaction(t *testing.T) {
	withStray(t, func(t *testing.T, s *rmtest.Server, load []string) {
		const (
			unloaded = "-ERR the module is unloaded\r\n"
			reloaded = "-ERR the module was unloaded and loaded again while the command waited: send it again\r\n"
		)
		for range 5 {
			w, other := dial(t, s, 2), dial(t, s, 2)
			queue := func() {
				w.do("MULTI")
				require.Equal(t, "+QUEUED\r\n", w.do("e.x"))
				require.Equal(t, "+QUEUED\r\n", w.do("PING"))
			}
			queue()
			require.Equal(t, "+OK\r\n", other.do("MODULE", "UNLOAD", "endsmod"))
			require.Equal(t, "*2\r\n"+unloaded+"+PONG\r\n", w.do("EXEC"))
			require.Equal(t, "+OK\r\n", other.do(load...))
			queue()
			require.Equal(t, "+OK\r\n", other.do("MODULE", "UNLOAD", "endsmod"))
			require.Equal(t, "+OK\r\n", other.do(load...))
			// Where the server finds e.x again by chance, it cannot block in a transaction.
			reply := w.do("EXEC")
			require.True(t, reply == "*2\r\n"+reloaded+"+PONG\r\n" || strings.HasPrefix(reply, "*2\r\n-ERR the client cannot be blocked here"), reply)
		}
	})
}
