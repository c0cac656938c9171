// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

const commandModule = "github.com/iredismodule/redismodule/internal/testmod/commandmod"

// commandmod returns the module whose commands document themselves.
func commandmod(tb testing.TB, mode string, args ...string) rmtest.Module {
	return rmtest.Module{Path: rmtest.Build(tb, commandModule), Args: append([]string{"rm-mode=" + mode}, args...)}
}

// TestKeySpecsByChance: whatever key specs a load takes, no arguments make the server
// read beyond them, crash or hang: it is asked for the keys of commands with specs by chance,
// with as many arguments as the arity permits, of which some are numbers and keywords.
//
// Drives: SetCommandInfo.
func TestKeySpecsByChance(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		const commands = 300
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{commandmod(t, mode, "seed=11", fmt.Sprintf("count=%d", commands))}})
		since70(t, s)
		r := rand.New(rand.NewPCG(3, 4))
		words := []string{"kw", "KW", "a", "b", "0", "1", "2", "3", "-1", "9", "9223372036854775807", "-9223372036854775808", "4294967297", "18446744073709551615", ""}
		s.MustDo("ACL", "SETUSER", "ann", "on", "nopass", "+@all", "resetkeys", "~a")
		w, ann := dial(t, s, 2), dial(t, s, 2)
		require.Equal(t, "+OK\r\n", ann.do("AUTH", "ann", ""))
		found, refused := 0, 0
		for i := range commands {
			name := fmt.Sprintf("c.spec%d", i)
			arity := int(infoOf(t, s, name).arity)
			least, most := arity, arity
			if arity < 0 {
				least, most = -arity, -arity+5
			}
			var send []byte
			n := 0
			for argc := least; argc <= most; argc++ {
				for range 12 {
					args := []string{name}
					for len(args) < argc {
						args = append(args, words[r.IntN(len(words))])
					}
					send = append(send, command(append([]string{"COMMAND", "GETKEYS"}, args...)...)...)
					send = append(send, command(append([]string{"COMMAND", "GETKEYSANDFLAGS"}, args...)...)...)
					send = append(send, command(append([]string{"ACL", "DRYRUN", "ann"}, args...)...)...)
					n++
					if got := ann.do(args...); got != "+OK\r\n" {
						require.Contains(t, got, "-NOPERM")
						refused++
					}
				}
			}
			w.send(send)
			for range n {
				if w.read()[0] == '*' {
					found++
				}
				w.read()
				w.read()
			}
		}
		require.Equal(t, "+PONG\r\n", w.do("PING"))
		require.Greater(t, found, 100)
		require.Greater(t, refused, 100)
	})
}
