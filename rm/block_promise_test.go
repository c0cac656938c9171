// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestPromiseOfModule: a blocking command of a module's is called and goes on. It cannot be
// aborted, since servers end themselves there; it can be answered.
// Drives: CallReplyPromiseSetUnblockHandler.
func TestPromiseOfModule(t *testing.T) {
	withBlocking(t, func(t *testing.T, s *rmtest.Server) {
		if !serverHas(t, s, "CallReplyPromiseAbort") {
			t.Skip("the server has no promises")
		}
		for _, c := range [][]any{{"d.block", "n", "-"}, {"d.pop", "n", 0}} {
			require.Equal(t, "waits", s.MustDo(append([]any{"d.promise.call", "p"}, c...)...))
			require.Equal(t, int64(0), s.MustDo("d.promise.abort", "p"), "%q", c)
			require.Equal(t, "true", s.MustDo("d.block.answer", "n", "reply", "x"))
			hears(t, s, "p: x")
		}
		require.Equal(t, "waits", s.MustDo("d.promise.call", "p", "d.go", "0", "slow", "x"))
		require.Equal(t, int64(0), s.MustDo("d.promise.abort", "p"))
		hears(t, s, "p: x")
		require.Equal(t, "waits", s.MustDo("d.promise.call", "p", "d.go", "5", "wait", "x"))
		hears(t, s, "p: ERR too late")
	})
}
