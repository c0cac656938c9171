// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

const bigNumber = "3492890328409238509324850943850943825024385"

var longText = strings.Repeat("LONG text ", 500)

// both is a reply that is the same in both protocols.
func both(s string) [2]string { return [2]string{s, s} }

// replies are the bytes of every reply that t.reply gives, for RESP2 and RESP3.
var replies = map[string][2]string{
	"integer":      both(":-42\r\n"),
	"integer.min":  both(":-9223372036854775808\r\n"),
	"integer.max":  both(":9223372036854775807\r\n"),
	"string":       both(bulk("\x00argument\r\n")),
	"string.none":  {"$-1\r\n", "_\r\n"},
	"bytes":        both(bulk("a\x00\r\n\xff")),
	"bytes.nil":    both(bulk("")),
	"text":         both(bulk("a%s\x00b")),
	"text.empty":   both(bulk("")),
	"empty":        both(bulk("")),
	"simple":       both("+fine %s\r\n"),
	"simple.empty": both("+\r\n"),
	"simple.long":  both("+" + longText + "\r\n"),
	"simple.lines": both("-ERR a simple string must be one line without NUL bytes\r\n"),
	"simple.nul":   both("-ERR a simple string must be one line without NUL bytes\r\n"),
	"ok":           both("+OK\r\n"),

	"error.constant": both("-BUSY try again\r\n"),
	"error.plain":    both("-ERR went %s wrong\r\n"),
	"error.code":     both("-NOTNOW later\r\n"),
	"error.lines":    both("-ERR a  :1 z\r\n"),
	"error.lines2":   both("-CODE a b\r\n"),
	"error.empty":    both("-ERR \r\n"),
	"error.long":     both("-" + longText + "\r\n"),
	"error.arity":    both("-ERR wrong number of arguments for 't.reply' command\r\n"),
	"error.type":     both("-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"),
	"error.direct":   both("-BUSY try again\r\n"),
	"error.nil":      both("-ERR nil error\r\n"),
	"error.joined":   both("-BUSY try again ERR index out of range\r\n"),

	"null":            {"$-1\r\n", "_\r\n"},
	"null.array":      {"*-1\r\n", "_\r\n"},
	"double":          {bulk("-2.25"), ",-2.25\r\n"},
	"double.inf":      {bulk("inf"), ",inf\r\n"},
	"double.-inf":     {bulk("-inf"), ",-inf\r\n"},
	"longdouble":      {bulk("0.5"), ",0.5\r\n"},
	"bool.true":       {":1\r\n", "#t\r\n"},
	"bool.false":      {":0\r\n", "#f\r\n"},
	"bignumber":       {bulk(bigNumber), "(" + bigNumber + "\r\n"},
	"bignumber.minus": {bulk("-" + bigNumber), "(-" + bigNumber + "\r\n"},
	"bignumber.bad":   both("-ERR value is not an integer or out of range\r\n"),
	"bignumber.empty": both("-ERR value is not an integer or out of range\r\n"),
	"verbatim":        {bulk("*hi*\x00"), "=9\r\nmkd:*hi*\x00\r\n"},
	"verbatim.txt":    {bulk(""), "=4\r\ntxt:\r\n"},
	"verbatim.bad":    both("-ERR the format of a verbatim string is three bytes\r\n"),

	"array.empty":         both("*0\r\n"),
	"array":               both("*2\r\n:0\r\n:1\r\n"),
	"array.postponed":     both("*2\r\n:0\r\n:1\r\n"),
	"array.zero":          both("*0\r\n"),
	"array.negative":      both("-ERR the length of an aggregate reply is negative or too large\r\n"),
	"map":                 {"*4\r\n:0\r\n:1\r\n:2\r\n:3\r\n", "%2\r\n:0\r\n:1\r\n:2\r\n:3\r\n"},
	"map.postponed":       {"*2\r\n:0\r\n:1\r\n", "%1\r\n:0\r\n:1\r\n"},
	"map.negative":        both("-ERR the length of an aggregate reply is negative or too large\r\n"),
	"set":                 {"*3\r\n:0\r\n:1\r\n:2\r\n", "~3\r\n:0\r\n:1\r\n:2\r\n"},
	"set.postponed":       {"*3\r\n:0\r\n:1\r\n:2\r\n", "~3\r\n:0\r\n:1\r\n:2\r\n"},
	"set.negative":        both("-ERR the length of an aggregate reply is negative or too large\r\n"),
	"attribute":           {bulk("value"), "|1\r\n+ttl\r\n:60\r\n" + bulk("value")},
	"attribute.postponed": {bulk("value"), "|1\r\n+ttl\r\n:60\r\n" + bulk("value")},
	"attribute.negative":  both("-ERR the length of an aggregate reply is negative or too large\r\n"),
	"nested": {
		"*3\r\n*2\r\n" + bulk("k") + "*2\r\n:1\r\n$-1\r\n*0\r\n-BUSY try again\r\n",
		"*3\r\n%1\r\n" + bulk("k") + "~2\r\n#t\r\n_\r\n*0\r\n-BUSY try again\r\n",
	},
	"nested.postponed": {
		"*3\r\n*2\r\n" + bulk("k") + "*2\r\n:1\r\n:2\r\n*0\r\n" + bulk("0.5"),
		"*3\r\n%1\r\n" + bulk("k") + "~2\r\n:1\r\n:2\r\n*0\r\n,0.5\r\n",
	},
	"lengths.negative": both(":4\r\n"),
}

// TestReplies compares every reply type, byte by byte.
//
// Drives: ReplyWithArray, ReplyWithAttribute, ReplyWithBigNumber, ReplyWithBool,
// ReplyWithDouble, ReplyWithError, ReplyWithLongDouble, ReplyWithLongLong,
// ReplyWithMap, ReplyWithNull, ReplyWithNullArray, ReplyWithSet,
// ReplyWithSimpleString, ReplyWithString, ReplyWithStringBuffer,
// ReplyWithVerbatimStringType, ReplySetArrayLength, ReplySetAttributeLength,
// ReplySetMapLength, ReplySetSetLength, WrongArity.
func TestReplies(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		since70(t, s)
		var want, got []string
		for name := range replies {
			want = append(want, name)
		}
		for _, name := range s.MustDo("t.replies").([]any) {
			got = append(got, name.(string))
		}
		sort.Strings(want)
		sort.Strings(got)
		require.Equal(t, want, got, "every reply of the module has a row in the table")

		for i, protocol := range []int{2, 3} {
			w := dial(t, s, protocol)
			for _, name := range want {
				reply := w.alone("t.reply", name, "\x00argument\r\n")
				require.Equal(t, replies[name][i], reply, "%s in RESP%d", name, protocol)
			}
			require.Equal(t, "-ERR no such reply\r\n", w.alone("t.reply", "none"))
		}
	})
}

// TestContextOfTheClient reads what a context knows of its client.
//
// Drives: GetClientId, GetContextFlags, GetSelectedDb.
func TestContextOfTheClient(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		for _, protocol := range []int{2, 3} {
			w := dial(t, s, protocol)
			id := w.do("CLIENT", "ID")
			require.Equal(t, "+OK\r\n", w.do("SELECT", "5"))
			want := protocol
			if !is70(s) {
				want = 2 // such servers do not tell
			}
			require.Equal(t, fmt.Sprintf("*3\r\n%s:5\r\n:%d\r\n", id, want), w.alone("t.client"))
		}
	})
}

// TestReplyOfManyElements has more elements than fit into one buffer of the
// server.
//
// Drives: ReplyWithArray, ReplyWithLongLong, ReplyWithString.
func TestReplyOfManyElements(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		args := []string{"t.argv"}
		var want strings.Builder
		want.WriteString("*20000\r\n")
		for i := range 20000 {
			a := fmt.Sprintf("element-%d", i)
			args = append(args, a)
			want.WriteString(bulk(a))
		}
		require.True(t, want.String() == dial(t, s, 3).alone(args...), "20000 elements come back as they went")
		var hundred strings.Builder
		hundred.WriteString("*100\r\n")
		for i := range 100 {
			fmt.Fprintf(&hundred, ":%d\r\n", i)
		}
		require.Equal(t, hundred.String(), dial(t, s, 2).alone("t.array100"))
	})
}
