// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestDebugReplies: with the tag rm_debug, misuse of a reply panics with its line.
// Drives: Call, FreeCallReply, CallReplyArrayElement.
func TestDebugReplies(t *testing.T) {
	path := rmtest.Build(t, datamod, rmtest.Tags("rm_debug"))
	eachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{{Path: path, Args: []string{"rm-mode=" + mode}}}})
		w := dial(t, s, 2)
		for range 3 { // addresses of replies are used again
			for how, want := range map[string]string{
				"right":    `^\+OK`,
				"twice":    `^-ERR d.call.misuse: panic: rm_debug: a call reply is freed twice \(\S*datamod/calls.go:\d+\), first \(\S*datamod/calls.go:\d+\)`,
				"part":     `^-ERR d.call.misuse: panic: rm_debug: a part of a call reply is freed \(\S*datamod/calls.go:\d+\)`,
				"use":      `^-ERR d.call.misuse: panic: rm_debug: a call reply is used after it was freed \(\S*datamod/calls.go:\d+\), freed \(\S*datamod/calls.go:\d+\)`,
				"use part": `^-ERR d.call.misuse: panic: rm_debug: a call reply is used after it was freed`,
				"pass on":  `^-ERR d.call.misuse: panic: rm_debug: a call reply is used after it was freed`,
			} {
				require.Regexp(t, want, w.alone("d.call.misuse", how), how)
			}
		}
		require.Equal(t, "+OK\r\n", w.alone("d.call.misuse", "later"))
		require.Regexp(t, `^-ERR d.call.misuse: panic: rm_debug: the error of a call is used after its callback: Clone it \(\S*datamod/calls.go:\d+\)`, w.alone("d.call.misuse", "later"))
		// What is right stays so.
		require.Equal(t, "-FAIL x\r\n", w.alone("d.call", "d.call", "d.call.fail", "x"))
		if serverHas(t, s, "CallReplyPromiseAbort") {
			for _, how := range []string{"free", "calls", "panic"} {
				s.MustDo("d.promise", "p", how, "BLPOP", "waiting", "0")
				s.MustDo("RPUSH", "waiting", "v")
				hears(t, s, "p: array[waiting v] in 0")
			}
			s.MustDo("d.promise", "p", "-", "BLPOP", "waiting", "0")
			s.MustDo("d.promise.abort", "p")
		}
	})
}
