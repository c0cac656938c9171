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

// needsCommand tells whether a method needs a command or its client.
func needsCommand(method string) bool {
	return strings.HasPrefix(method, "Reply") || method == "WrongArity" || method == "ReplicateVerbatim"
}

// TestWithoutCommand calls every method of a context where there is no command: what
// needs one gives an error, the others work as documented, and the server lives.
func TestWithoutCommand(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{
			Modules: []rmtest.Module{dataModule(t, mode)}, Config: []string{"appendonly yes"}, Env: []string{"DATAMOD_OUTSIDE=1"},
		})
		since70(t, s)
		for _, where := range []string{"load", "do", "timer", "promise"} {
			if where == "promise" && !serverHas(t, s, "CallReplyPromiseAbort") {
				continue
			}
			require.Equal(t, "OK", s.MustDo("d.outside", where))
			if where == "promise" {
				s.MustDo("RPUSH", "outside list", "1")
			}
			results := map[string]string{}
			require.Eventually(t, func() bool {
				for _, line := range s.MustDo("d.outside.result").([]any) {
					name, result, _ := strings.Cut(line.(string), ": ")
					results[name] = result
				}
				return len(results) > 0
			}, patience, time.Millisecond, where)
			methods := []any{"ReplyTo"}
			for _, m := range append(methods, s.MustDo("d.outside.methods").([]any)...) {
				want := "<nil>"
				if needsCommand(m.(string)) {
					want = "ERR there is no command in this context"
				}
				require.Equal(t, want, results[m.(string)], "%s in %s", m, where)
			}
		}
		require.Equal(t, "PONG", s.MustDo("PING"))
	})
}

// TestUserInDo: the user that a function sets is not the next one's, though both may
// share the server's context.
func TestUserInDo(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		if !serverHas(t, s, "SetContextUser") {
			t.Skip("the server has no users of contexts")
		}
		s.MustDo("d.outside.users")
		var results []any
		require.Eventually(t, func() bool {
			results, _ = s.MustDo("d.outside.result").([]any)
			return len(results) == 2
		}, patience, time.Millisecond)
		require.Equal(t, "<nil>", results[0])
		require.Contains(t, results[1], "no user")
	})
}
