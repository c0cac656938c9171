// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest"
)

const midmod = "github.com/iredismodule/redismodule/internal/testmod/midmod"

// TestMidway has functions of a data type use the context of the command that has led to them: nothing that they change would the
// server bear.
func TestMidway(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		m := rmtest.Module{Path: rmtest.Build(t, midmod), Args: []string{"rm-mode=" + mode}}
		s := rmtest.Start(t, rmtest.Options{TCP: true, Modules: []rmtest.Module{m}, Config: []string{"enable-debug-command yes"}})
		since70(t, s)
		w := dial(t, s, 2)
		s.MustDo("m.new", "v")
		dump := s.MustDo("DUMP", "v").(string)
		for _, command := range [][]string{
			{"DEL", "v"}, {"UNLINK", "v"}, {"SET", "v", "x"}, {"RENAME", "v", "u"}, {"COPY", "v", "u", "REPLACE"}, {"MEMORY", "USAGE", "v"},
			{"DEBUG", "DIGEST-VALUE", "v"}, {"DUMP", "v"}, {"SAVE"}, {"RESTORE", "w", "0", dump, "REPLACE"}, {"PEXPIRE", "v", "0"}, {"INFO", "everything"},
		} {
			for _, what := range []string{"call", "prepared", "key", "unlink", "reset"} {
				s.MustDo("DEL", "v")
				s.MustDo("m.new", "v")
				reply := w.do(append([]string{"m.do", what}, command...)...)
				require.Contains(t, reply, string(rm.ErrMidway), "%s %q", what, command)
				require.NotContains(t, reply, "done", "%s %q", what, command)
				require.Equal(t, "+PONG\r\n", w.do("PING"))
			}
		}
		s.MustDo("FLUSHALL")
		s.MustDo("m.new", "v")
		s.MustDo("PEXPIRE", "v", "1")
		time.Sleep(5 * time.Millisecond)
		reply := w.do("m.do", "exists", "GET", "v") // what has expired is unlinked once
		require.True(t, strings.HasPrefix(reply, "*"), reply)
		require.Equal(t, "+PONG\r\n", w.do("PING"))
		require.Equal(t, "*0\r\n", w.do("m.do", "call", "SET", "v", "x"))
	})
}
