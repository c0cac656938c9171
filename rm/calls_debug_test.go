// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestDebugReplies: with the tag rm_debug, what is right with replies stays so. Package
// misuse has what is not.
// Drives: Call, FreeCallReply.
func TestDebugReplies(t *testing.T) {
	path := rmtest.Build(t, datamod, rmtest.Tags("rm_debug"))
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{WantMisuse: true, Modules: []rmtest.Module{{Path: path, Args: []string{"rm-mode=" + mode}}}})
		w := dial(t, s, 2)
		require.Equal(t, "-FAIL x\r\n", w.alone("d.call", "d.call", "d.call.fail", "x"))
		if serverHas(t, s, "CallReplyPromiseAbort") {
			for _, how := range []string{"free", "wait", "panic"} {
				s.MustDo("d.promise."+how, "p", "waiting")
				s.MustDo("RPUSH", "waiting", "v")
				hears(t, s, "p: waiting v")
			}
			s.MustDo("d.promise.wait", "p", "waiting")
			s.MustDo("d.promise.abort", "p")
		}
	})
}
