// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// brokenReplies says what the clients of handlers get that do not reply with one
// whole reply, and what the log says after the command's name; "" for nothing.
var brokenReplies = []struct {
	how          string
	resp2, resp3 string
	log          string
}{
	{"none", "-ERR command t.broken did not reply\r\n", "", "it did not reply"},
	{"after", ":1\r\n", "", "it had replied, so its error is not sent: BROKEN in the middle"},
	{"after.array", "*2\r\n:1\r\n:2\r\n", "", "it had replied, so its error is not sent: BROKEN in the middle"},

	{"fixed.short", "*3\r\n:1\r\n$-1\r\n$-1\r\n", "*3\r\n:1\r\n_\r\n_\r\n", "its reply was not complete: 2 elements were filled in, 0 lengths were said"},
	{"fixed.error", "*3\r\n:1\r\n-BROKEN in the middle\r\n$-1\r\n", "*3\r\n:1\r\n-BROKEN in the middle\r\n_\r\n", "its reply was not complete: 2 elements were filled in, 0 lengths were said; its error: BROKEN in the middle"},
	{"fixed.nested", "*2\r\n*2\r\n:1\r\n$-1\r\n-BROKEN in the middle\r\n", "*2\r\n*2\r\n:1\r\n_\r\n-BROKEN in the middle\r\n", "2 elements"},
	{"fixed.last", "*2\r\n*1\r\n:1\r\n*2\r\n:1\r\n$-1\r\n", "*2\r\n*1\r\n:1\r\n*2\r\n:1\r\n_\r\n", "1 elements"},
	{"map.key", "*4\r\n:1\r\n:2\r\n$-1\r\n-BROKEN in the middle\r\n", "%2\r\n:1\r\n:2\r\n_\r\n-BROKEN in the middle\r\n", "2 elements"},
	{"map.value", "*4\r\n:1\r\n:2\r\n:3\r\n-BROKEN in the middle\r\n", "%2\r\n:1\r\n:2\r\n:3\r\n-BROKEN in the middle\r\n", "1 elements"},

	{"open", "*2\r\n:1\r\n:2\r\n", "", "0 elements were filled in, 1 lengths were said"},
	{"open.none", "*0\r\n", "", "0 elements were filled in, 1 lengths"},
	{"open.error", "*3\r\n:1\r\n:2\r\n-BROKEN in the middle\r\n", "", "1 lengths were said; its error: BROKEN in the middle"},
	{"open.panic", "*3\r\n:1\r\n:2\r\n-ERR t.broken: panic: oh\r\n", "", "its error: ERR t.broken: panic: oh"},
	{"open.goexit", "*3\r\n:1\r\n:2\r\n-ERR t.broken: the handler called runtime.Goexit\r\n", "~3\r\n:1\r\n:2\r\n-ERR t.broken: the handler called runtime.Goexit\r\n", "its error: ERR t.broken"},
	{"open.map", "*2\r\n:1\r\n:2\r\n", "%1\r\n:1\r\n:2\r\n", "its error: BROKEN in the middle"},
	{"open.map.odd", "*4\r\n:1\r\n:2\r\n:3\r\n-BROKEN in the middle\r\n", "%2\r\n:1\r\n:2\r\n:3\r\n-BROKEN in the middle\r\n", "its error: BROKEN in the middle"},
	{"open.nested", "*3\r\n:1\r\n*4\r\n:1\r\n:2\r\n*3\r\n:1\r\n$-1\r\n$-1\r\n$-1\r\n-ERR all at once\r\n", "*3\r\n:1\r\n%2\r\n:1\r\n:2\r\n*3\r\n:1\r\n_\r\n_\r\n_\r\n-ERR all at once\r\n", "4 elements were filled in, 2 lengths were said; its error: ERR all at once"},
	{"open.many", strings.Repeat("*1\r\n", 99) + "*0\r\n", "", "0 elements were filled in, 100 lengths were said"},

	{"length.less", "*3\r\n:1\r\n:2\r\n:3\r\n", "", "it had replied, so its error is not sent: ERR the length of an aggregate is not the number of its elements"},
	{"length.more", "*3\r\n:1\r\n:2\r\n:3\r\n", "", "it had replied, so its error is not sent: ERR the length of an aggregate is not the number of its elements"},
	{"length.minus", "*4\r\n:1\r\n:2\r\n:3\r\n-ERR the length of an aggregate reply is negative or too large\r\n", "", "1 lengths were said"},
	{"length.other", "*4\r\n:1\r\n:2\r\n:3\r\n-ERR no aggregate of that kind awaits its length\r\n", "", "1 lengths were said"},
	{"length.twice", "*3\r\n:1\r\n:2\r\n:3\r\n", "", "it had replied, so its error is not sent: ERR no aggregate of that kind awaits its length"},
	{"length.single", "-ERR no aggregate of that kind awaits its length\r\n", "", ""},
	{"length.inner", "*1\r\n*2\r\n:1\r\n$-1\r\n", "*1\r\n*2\r\n:1\r\n_\r\n", "it had replied, so its error is not sent"},

	{"huge", "-ERR the length of an aggregate reply is negative or too large\r\n", "", ""},
	{"huge.max", "-ERR the length of an aggregate reply is negative or too large\r\n", "", ""},
	{"huge.map", "-ERR the length of an aggregate reply is negative or too large\r\n", "", ""},
	{"huge.set", "-ERR the length of an aggregate reply is negative or too large\r\n", "", ""},
	{"huge.attr", "-ERR the length of an aggregate reply is negative or too large\r\n", "", ""},
	{"huge.length", "*4\r\n:1\r\n:2\r\n:3\r\n-ERR the length of an aggregate reply is negative or too large\r\n", "", "1 lengths were said"},
	{"long", "*0\r\n", "", "0 elements were filled in, 1 lengths were said"},
	{"long.error", "*3\r\n:1\r\n:2\r\n-BROKEN in the middle\r\n", "", "1 elements were filled in, 1 lengths were said; its error: BROKEN"},
	{"long.map", "*4\r\n:1\r\n:2\r\n:3\r\n$-1\r\n", "%2\r\n:1\r\n:2\r\n:3\r\n_\r\n", "1 elements were filled in, 1 lengths"},
	{"long.whole", "*2\r\n*16386\r\n" + strings.Repeat("$-1\r\n", 16386) + "*0\r\n", "*2\r\n%8193\r\n" + strings.Repeat("_\r\n", 16386) + "*0\r\n", ""},
	{"deep", "*2\r\n" + strings.Repeat("*1\r\n", 126) + "*0\r\n-ERR the reply is nested deeper than 128 levels\r\n", "", "1 elements were filled in, 128 lengths were said"},
	{"deep.known", strings.Repeat("*1\r\n", 128) + "$-1\r\n", strings.Repeat("*1\r\n", 128) + "_\r\n", "1 elements were filled in, 0 lengths were said"},
	{"begun", "-ERR there is no command in this context\r\n", "", ""},

	{"raw.long", "*8193\r\n" + strings.Repeat("$-1\r\n", 8193), "*8193\r\n" + strings.Repeat("_\r\n", 8193), "0 elements were filled in, 1 lengths were said"},
	{"raw", ":1\r\n", "", ""},
	{"raw.nested", "*2\r\n:1\r\n:1\r\n", "", ""},
	{"raw.last", "*2\r\n:1\r\n:1\r\n", "", ""},
	{"raw.open", "*2\r\n:7\r\n:1\r\n", "", ""},
	{"raw.length", "*1\r\n:1\r\n", "", ""},
	{"fine.nested", "*3\r\n:1\r\n*2\r\n*0\r\n*0\r\n$-1\r\n", "*3\r\n:1\r\n*2\r\n*0\r\n*0\r\n_\r\n", ""},
}

// TestBrokenReplies has handlers that end without a reply, in the middle of one and
// with lengths that are wrong.
//
// Drives: ReplyWithArray, ReplySetArrayLength, ReplySetMapLength, ReplySetSetLength.
func TestBrokenReplies(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		since70(t, s)
		w2, w3 := dial(t, s, 2), dial(t, s, 3)
		for _, c := range brokenReplies {
			before := len(s.Log())
			for range 2 {
				require.Equal(t, c.resp2, w2.alone("t.broken", c.how), c.how)
				resp3 := c.resp3
				if resp3 == "" {
					resp3 = c.resp2
				}
				require.Equal(t, resp3, w3.alone("t.broken", c.how), c.how)
			}
			lines := s.Log()[before:]
			if c.log == "" {
				require.NotContains(t, lines, "command t.broken", c.how)
			} else {
				require.Equal(t, 4, strings.Count(lines, c.log), "%s: %s", c.how, lines)
				require.Contains(t, lines, "command t.broken: it", c.how)
			}
		}
		const pair = "|1\r\n:1\r\n:2\r\n"
		for how, want := range map[string]string{
			"attribute":   pair + "-ERR command t.broken did not reply\r\n",
			"attr.only":   "*1\r\n" + pair + "_\r\n",
			"attr.tail":   "*2\r\n:1\r\n" + pair + "_\r\n",
			"attr.length": "*1\r\n" + pair + "_\r\n",
			"attr.after":  ":1\r\n",
			"attr.zero":   "|0\r\n-ERR command t.broken did not reply\r\n",
			"attr.half":   "|2\r\n:1\r\n:2\r\n:3\r\n_\r\n-BROKEN in the middle\r\n",
			"attr.open":   "|2\r\n:1\r\n:2\r\n:3\r\n_\r\n-BROKEN in the middle\r\n",
			"attr.twice":  pair + pair + "-BROKEN in the middle\r\n",
			"attr.array":  pair + "*2\r\n-BROKEN in the middle\r\n_\r\n",
		} {
			require.Equal(t, want, w3.alone("t.broken", how), how)
		}
	})
}

// TestBrokenRepliesInside has such handlers called by others, in scripts and in
// transactions.
func TestBrokenRepliesInside(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		since70(t, s)
		w := dial(t, s, 2)
		for _, c := range brokenReplies {
			inner := c.resp2
			if msg, isError := strings.CutPrefix(inner, "-"); isError {
				inner = bulk(strings.TrimSuffix(msg, "\r\n"))
			}
			require.Equal(t, "*2\r\n:1\r\n"+inner, w.alone("t.broken.inside", c.how), c.how)
			w.do("MULTI")
			w.do("t.broken", c.how)
			w.do("t.broken.inside", c.how)
			require.Equal(t, "*2\r\n"+c.resp2+"*2\r\n:1\r\n"+inner, w.alone("EXEC"), c.how)
			script := "redis.pcall('t.broken', ARGV[1]) return redis.call('PING')"
			for range 2 {
				require.Equal(t, "+PONG\r\n", w.alone("EVAL", script, "0", c.how), c.how)
			}
		}
		require.Equal(t, "+OK\r\n", w.alone("t.noop"))
	})
}

// TestBrokenRepliesOnReplica has such handlers run by a replica, whose link to its master
// must live on.
func TestBrokenRepliesOnReplica(t *testing.T) {
	s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{testmod(t, "resident")}, TCP: true})
	r := s.Replica()
	s.WaitReplica(r)
	for _, how := range []string{"long", "fixed.short", "open", "none"} {
		_, _ = s.Do("t.broken.write", how)
		s.MustDo("SET", "after", how)
		s.WaitReplica(r)
		require.Equal(t, how, r.MustDo("GET", "after"))
	}
}

// TestTwoReplies: the client cannot be helped, the server lives and says who it was.
func TestTwoReplies(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		since70(t, s)
		w := dial(t, s, 2)
		require.Equal(t, ":1\r\n", w.do("t.broken", "two"))
		require.Equal(t, ":2\r\n", w.read())
		require.Equal(t, "*1\r\n:1\r\n", w.do("t.broken", "two.after"))
		require.Equal(t, ":2\r\n", w.read())
		require.Equal(t, "*1\r\n:1\r\n", w.do("t.broken", "two.arrays"))
		require.Equal(t, "*1\r\n:1\r\n", w.read())
		require.Equal(t, 3, strings.Count(s.Log(), "command t.broken: it replied 2 times"))
		require.Equal(t, "PONG", s.MustDo("PING"))
	})
}

// TestDebugTwoReplies: with the tag rm_debug, the second reply panics with its line,
// and so does a wrong length.
func TestDebugTwoReplies(t *testing.T) {
	path := rmtest.Build(t, module, rmtest.Tags("rm_debug"))
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{WantMisuse: true, Modules: []rmtest.Module{{Path: path, Args: []string{"rm-mode=" + mode}}}})
		since70(t, s)
		w := dial(t, s, 2)
		require.Equal(t, ":1\r\n", w.alone("t.broken", "two"))
		require.Regexp(t, `command t.broken: panic: rm_debug: ERR the command has replied already \(\S*testmod/account.go:\d+\)`, s.Log())
		require.Equal(t, "*3\r\n:1\r\n:2\r\n:3\r\n", w.alone("t.broken", "length.more"))
		require.Regexp(t, `command t.broken: panic: rm_debug: ERR the length of an aggregate is not \S.* \(\S*testmod/account.go:\d+\)`, s.Log())
		for _, fine := range []string{"fine.nested", "raw", "raw.nested", "raw.open", "raw.length"} {
			_ = w.alone("t.broken", fine)
		}
		require.Equal(t, 2, strings.Count(s.Log(), "command t.broken: panic: rm_debug"))
	})
}
