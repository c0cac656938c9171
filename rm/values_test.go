// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest"
)

const uintMax = "18446744073709551615"

// valueReplies are the bytes of every value that d.value sends, for RESP2 and RESP3.
var valueReplies = map[string][2]string{
	"zero":          {"$-1\r\n", "_\r\n"},
	"null":          {"$-1\r\n", "_\r\n"},
	"null.array":    {"*-1\r\n", "_\r\n"},
	"int":           both(":-9223372036854775808\r\n"),
	"uint":          both(":7\r\n"),
	"uint.big":      {bulk(uintMax), "(" + uintMax + "\r\n"},
	"float":         {bulk("-2.25"), ",-2.25\r\n"},
	"longdouble":    {bulk("0.5"), ",0.5\r\n"},
	"bool":          {":1\r\n", "#t\r\n"},
	"text":          both(bulk("a\x00\r\n")),
	"bytes.nil":     both(bulk("")),
	"str":           both(bulk("argument\x00")),
	"str.none":      {"$-1\r\n", "_\r\n"},
	"simple":        both("+fine\r\n"),
	"simple.bad":    both("-ERR invalid reply: a simple string must be one line without NUL bytes\r\n"),
	"error":         both("-ERR went wrong\r\n"),
	"error.arity":   both("-ERR wrong number of arguments for 'd.value' command\r\n"),
	"error.nil":     both("-ERR nil error\r\n"),
	"big":           {bulk("-12345678901234567890"), "(-12345678901234567890\r\n"},
	"big.bad":       both("-ERR invalid reply: a big number must be decimal digits\r\n"),
	"verbatim":      {bulk("*x*"), "=7\r\nmkd:*x*\r\n"},
	"verbatim.bad":  both("-ERR invalid reply: the format of a verbatim string is three bytes, at element 2 of an array of 2\r\n"),
	"array":         {"*4\r\n:1\r\n$3\r\ntwo\r\n$-1\r\n*0\r\n", "*4\r\n:1\r\n$3\r\ntwo\r\n_\r\n*0\r\n"},
	"set":           {"*2\r\n:1\r\n-" + string(rm.ErrWrongType) + "\r\n", "~2\r\n:1\r\n-" + string(rm.ErrWrongType) + "\r\n"},
	"map":           {"*4\r\n$1\r\nk\r\n*1\r\n:1\r\n:2\r\n:0\r\n", "%2\r\n$1\r\nk\r\n~1\r\n:1\r\n:2\r\n#f\r\n"},
	"map.odd":       both("-ERR invalid reply: the last key of a map is without a value, at element 1 of an array of 1\r\n"),
	"attribute":     {"*1\r\n:1\r\n", "|1\r\n$3\r\nttl\r\n:60\r\n*1\r\n:1\r\n"},
	"attribute.odd": both("-ERR invalid reply: the last key of an attribute is without a value\r\n"),
	"deep":          {strings.Repeat("*1\r\n", 128) + "$-1\r\n", strings.Repeat("*1\r\n", 128) + "_\r\n"},
	"deep.too":      both("-ERR invalid reply: the nesting is deeper than 128 levels, at " + strings.Repeat("element 1 of an array of 1, ", 8) + "...\r\n"),
	"call.none":     {"$-1\r\n", "_\r\n"},
	"recorded":      {"*2\r\n*1\r\n:3\r\n*1\r\n:3\r\n", "*2\r\n~1\r\n:3\r\n~1\r\n:3\r\n"},

	"of.nil":    {"$-1\r\n", "_\r\n"},
	"of.nils":   {"*6\r\n" + strings.Repeat("$-1\r\n", 6), "*6\r\n" + strings.Repeat("_\r\n", 6)},
	"of.ints":   {ints + bulk(uintMax) + ":11\r\n", ints + "(" + uintMax + "\r\n:11\r\n"},
	"of.floats": {"*2\r\n$3\r\n0.5\r\n$3\r\n1.5\r\n", "*2\r\n,0.5\r\n,1.5\r\n"},
	"of.texts":  both("*4\r\n" + bulk("text") + bulk("bytes") + bulk("named") + "*2\r\n" + bulk("a") + bulk("b")),
	"of.bool":   {":1\r\n", "#t\r\n"},
	"of.errors": both("*3\r\n-ERR no such key\r\n-ERR plain\r\n-FAIL it\r\n"),
	"of.strs":   {"*3\r\n" + bulk("argument\x00") + bulk("argument\x00") + "$-1\r\n", "*3\r\n" + bulk("argument\x00") + bulk("argument\x00") + "_\r\n"},
	"of.args":   both("*2\r\n" + bulk("of.args") + bulk("argument\x00")),
	"of.map": {
		"*6\r\n" + bulk("") + "$-1\r\n" + bulk("a") + "*2\r\n" + bulk("x") + ":1\r\n" + bulk("b") + ":1\r\n",
		"%3\r\n" + bulk("") + "_\r\n" + bulk("a") + "%1\r\n" + bulk("x") + "#t\r\n" + bulk("b") + ":1\r\n",
	},
	"of.value":   both("*2\r\n:1\r\n+OK\r\n"),
	"of.pointer": both(":42\r\n"),
	"of.struct":  both("-ERR no reply can be made of a struct { A int } at [\"a\"][1]\r\n"),
	"of.map.int": both("-ERR no reply can be made of a map[int]string\r\n"),
	"of.func":    both("-ERR no reply can be made of a func()\r\n"),
	"of.endless": both("-ERR no reply can be made of more than 128 levels at " + strings.Repeat("[0]", 128) + "\r\n"),
	"of.replies": {"*2\r\n$-1\r\n:1\r\n", "*2\r\n_\r\n#t\r\n"},
}

const ints = "*11\r\n:1\r\n:-2\r\n:3\r\n:-4\r\n:5\r\n:6\r\n:7\r\n:8\r\n:9\r\n"

// TestValues compares every kind of value, byte by byte.
//
// Drives: ReplyWithLongLong, ReplyWithString, ReplyWithStringBuffer, ReplyWithNull,
// ReplyWithError, ReplyWithMap, ReplyWithSet, ReplyWithAttribute, WrongArity,
// GetCurrentCommandName.
func TestValues(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		old := !serverHas(t, s, "ReplyWithMap")
		var want []string
		for name := range valueReplies {
			want = append(want, name)
		}
		slices.Sort(want)
		var got []string
		for _, name := range s.MustDo("d.values").([]any) {
			got = append(got, name.(string))
		}
		require.Equal(t, want, got, "every value of the module has a row in the table")
		for i, protocol := range []int{2, 3} {
			if old && protocol == 3 {
				continue // the table has the types that its modules lack
			}
			w := dial(t, s, protocol)
			for name, replies := range valueReplies {
				want := replies[i]
				if name == "error.arity" && !serverHas(t, s, "GetCurrentCommandName") {
					want = "-ERR wrong number of arguments\r\n"
				}
				require.Equal(t, want, w.alone("d.value", name, "argument\x00"), "%s in RESP%d", name, protocol)
			}
			require.Equal(t, "-ERR no such value\r\n", w.alone("d.value", "none"))
		}
	})
}

// TestValueOfCall replies with the replies of calls, alone and in an array, also in
// RESP3 to a client that speaks RESP2.
//
// Drives: ReplyWithCallReply, CallReplyProto, CallReplyType.
func TestValueOfCall(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("HSET", "hash", "f", "v\x00")
		s.MustDo("SET", "text", "x")
		pair := bulk("f") + bulk("v\x00")
		for _, protocol := range []int{2, 3} {
			w := dial(t, s, protocol)
			call := func(args ...string) string { return w.alone(append([]string{"d.value.call"}, args...)...) }
			require.Equal(t, "*2\r\n"+pair, call("alone", "-", "HGETALL", "hash"))
			require.Equal(t, "*2\r\n*2\r\n"+pair+":1\r\n", call("array", "-", "HGETALL", "hash"))
			require.Equal(t, bulk("x"), call("alone", "-", "GET", "text"))
			require.Equal(t, "*2\r\n-"+string(rm.ErrWrongType)+"\r\n:1\r\n", call("array", "-", "GET", "hash"))
			if serverHas(t, s, "ReplyWithMap") {
				want := "*2\r\n" + pair
				if protocol == 3 {
					want = "%1\r\n" + pair
				}
				require.Equal(t, want, call("alone", "3", "HGETALL", "hash"))
				require.Equal(t, "*2\r\n"+want+":1\r\n", call("array", "3", "HGETALL", "hash"))
			}
		}
	})
}

// TestValueMemory watches the server's memory, and counts the Go allocations of
// simple values.
func TestValueMemory(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		leakless(t, s, 3, 1<<13, func(w *wire) {
			for range 50 {
				for name := range valueReplies {
					w.do("d.value", name, "argument\x00")
				}
				w.do("d.value.call", "array", "-", "LRANGE", "none", "0", "1")
			}
		})
		noAllocs(t, s, []string{"d.value.hot", "text"})
	})
}

// TestDirectReplies has the replies that the other tests leave out.
//
// Drives: ReplyWithCString, ReplyWithEmptyString, ReplyWithEmptyArray, ReplyWithError,
// WrongArity, GetCurrentCommandName, ReplyWithVerbatimString,
// ReplyWithCustomErrorFormat.
func TestDirectReplies(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		reply := func(args ...string) string { return w.alone(append([]string{"d.reply"}, args...)...) }
		require.Equal(t, bulk("a C string"), reply("cstring"))
		require.Equal(t, bulk(""), reply("empty"))
		require.Equal(t, "*0\r\n", reply("emptyarray"))
		require.Equal(t, bulk("text"), reply("verbatim.txt"))
		require.Equal(t, "-ERR %s is 42%, ERR index out of range\r\n", reply("format", "%s"))
		require.Equal(t, "-CODE \"a\\x00\\n\" \r\n", reply("format.code", "a\x00\n"))
		if serverHas(t, s, "GetCurrentCommandName") {
			require.Equal(t, "-ERR wrong number of arguments for 'd.reply' command\r\n", reply("arity"))
		} else {
			require.Equal(t, "-ERR wrong number of arguments\r\n", reply("arity"))
		}
		if !serverHas(t, s, "ReplyWithCustomErrorFormat") {
			for _, name := range []string{"uncounted", "uncounted.nil"} {
				require.Equal(t, "-"+lacking("ReplyWithCustomErrorFormat")+"\r\n", reply(name, "x"))
			}
			return
		}
		require.Equal(t, "-COUNTED 100%s  x\ty\r\n", reply("counted", "x\ty"))
		require.Equal(t, "-UNCOUNTED 100%s  x\r\n", reply("uncounted", "x"))
		require.Equal(t, "-ERR nil error\r\n", reply("uncounted.nil"))
		stats := s.MustDo("INFO", "errorstats")
		require.Contains(t, stats, "errorstat_COUNTED")
		require.NotContains(t, stats, "UNCOUNTED")
		require.NotContains(t, s.Log(), "it replied", "each is one reply")
	})
}

// TestWrongArityWithoutCommand replies where there is no client and no command.
//
// Drives: GetCurrentCommandName.
func TestWrongArityWithoutCommand(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 3)
		w.alone("d.reply.thread")
		require.Eventually(t, func() bool { return w.alone("d.reply.thread") != ":0\r\n" }, patience, 5*time.Millisecond)
	})
}
