// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest"
)

// withDebug runs a test against a server with the module built for debugging, in
// each mode.
func withDebug(t *testing.T, test func(t *testing.T, s *rmtest.Server)) {
	eachMode(t, func(t *testing.T, mode string) {
		m := rmtest.Module{Path: rmtest.Build(t, datamod, rmtest.Tags("rm_debug")), Args: []string{"rm-mode=" + mode}}
		test(t, rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{m}}))
	})
}

// TestMisuseOfKeys uses keys against their rules in the debug build: each panic
// names the line that did it, and the right uses after it do not panic.
// Drives: OpenKey, CloseKey.
func TestMisuseOfKeys(t *testing.T) {
	texts := map[string]string{
		"closed":    "ERR the key is closed",
		"none":      "ERR a string is missing",
		"open":      "ERR keys are open",
		"elsewhere": "ERR the key was opened on another goroutine",
	}
	withDebug(t, func(t *testing.T, s *rmtest.Server) {
		for range 3 {
			s.MustDo("d.misuse.stash", "k")
			all := s.MustDo("d.misuse").([]any)
			require.Len(t, all, 28)
			for i, one := range all {
				got := one.([]any)
				what, line := got[0].(string), got[2].(string)
				require.Regexp(t, regexp.MustCompile(`keys_misuse\.go:\d+$`), line)
				if text := texts[what]; text != "" {
					require.Equal(t, "rm_debug: "+text+" ("+line+")", got[1], "%d %s", i, what)
				} else {
					require.Equal(t, "", got[1], "%d %s", i, what)
				}
			}
		}
		_, err := s.Do("d.misuse.fail", "k")
		require.Regexp(t, regexp.MustCompile(`^ERR d\.misuse\.fail: panic: rm_debug: ERR the key is closed \(.*keys_misuse\.go:\d+\)$`), err.Error())
		require.Equal(t, "PONG", s.MustDo("PING"))
	})
	withData(t, func(t *testing.T, s *rmtest.Server) {
		if rm.Debugging {
			t.Skip("without the tag")
		}
		s.MustDo("d.misuse.stash", "k")
		require.Equal(t, "OK", s.MustDo("d.misuse.fail", "k"))
	})
}

// TestKeysInDebugBuild does what is right in the debug build.
// Drives: OpenKey, CloseKey.
func TestKeysInDebugBuild(t *testing.T) {
	withDebug(t, func(t *testing.T, s *rmtest.Server) {
		require.Equal(t, list("ok", "value", "ok", "value+", "ok"), onKey(t, s, "k", "w", "set", "value", "bytes", "append", "+", "bytes", "delete"))
		require.Equal(t, "OK", s.MustDo("d.left", "return", "a", "b"))
		require.Equal(t, "OK", s.MustDo("d.left.do", "return", 5))
		require.Eventually(t, func() bool { return s.MustDo("d.left.done") == int64(5) }, patience, time.Millisecond)
		s.MustDo("d.left", "nested.return", "a", "b")
		require.Equal(t, "PONG", s.MustDo("PING"))
	})
}

// TestLentKey closes a key that the server closes.
func TestLentKey(t *testing.T) {
	key, end := rm.LendKey()
	if rm.Debugging {
		defer func() {
			require.Regexp(t, `^rm_debug: ERR the key is lent .*\(.*key_debug_test\.go:\d+\)$`, recover())
			end()
		}()
	}
	key.Close()
	require.NotEqual(t, "Key(closed)", key.String())
	require.Equal(t, rm.KeyTypeEmpty, key.Type())
	end()
	key.Close()
	require.Equal(t, "Key(closed)", key.String())
}
