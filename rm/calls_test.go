// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestCallArguments passes 0 to 30 arguments of each kind in each way; past 21
// words the arguments travel as a vector.
//
// Drives: Call, FreeCallReply, CreateString, CreateStringFromLongLong,
// FreeString, StringToLongLong, ReplyWithCallReply.
func TestCallArguments(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 3)
		for n := range 31 {
			args, want := make([]string, n), fmt.Sprintf("*%d\r\n", n)
			for i := range args {
				args[i] = strconv.Itoa((i - 3) * 1000)
				want += bulk(args[i])
			}
			for _, kinds := range []string{"s", "b", "t", "l", "sbtl", "sl", "blll"} {
				for _, how := range []string{"call", "do", "doargs"} {
					got := w.do(append([]string{"t.call", how, "-", kinds, "t.argv"}, args...)...)
					require.Equal(t, want, got, "%d arguments of kind %s by %s", n, kinds, how)
				}
			}
		}
		w.do("PING")
	})
}

// TestCallSync calls what would make a replica of the client of the call: the server would end.
//
// Drives: Call.
func TestCallSync(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 3)
		for _, how := range []string{"call", "do", "doargs"} {
			for _, words := range [][]string{{"SYNC"}, {"sync"}, {"PSYNC", "?", "-1"}, {"pSync", "a", "1"}} {
				require.Equal(t, "-ERR SYNC and PSYNC make a replica of a client: they cannot be called\r\n", w.do(append([]string{"t.call", how, "-", "s"}, words...)...))
			}
		}
		require.Equal(t, "+PONG\r\n", w.do("PING"))
	})
}

// TestCallDepth: what calls itself without end gets an error, and the server lives.
//
// Drives: Call.
func TestCallDepth(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 3)
		for _, how := range []string{"call", "do", "doargs"} {
			for range 2 { // the count is what it was before
				require.Equal(t, "-ERR commands call commands too deep\r\n", w.do("t.deep", how))
			}
		}
		require.Equal(t, "+PONG\r\n", w.do("PING"))
	})
}

// TestCallDepthOfSmallStacks: the stack of the server's thread does not end, however small it
// is, and whichever modules call each other.
//
// Drives: Call.
func TestCallDepthOfSmallStacks(t *testing.T) {
	limit, err := exec.LookPath("prlimit")
	if err != nil {
		t.Skip("there is no prlimit")
	}
	server := cmp.Or(os.Getenv("RM_SERVER"), "redis-server")
	if strings.Contains(server, "qemu") {
		t.Skip("the stack is the emulator's")
	}
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		for _, kib := range []int{512, 1024, 8192} {
			s := rmtest.Start(t, rmtest.Options{
				Server:  fmt.Sprintf("%s --stack=%d %s", limit, kib<<10, server),
				Modules: []rmtest.Module{testmod(t, mode), dataModule(t, mode)},
			})
			w := dial(t, s, 3)
			for range 2 {
				for _, words := range [][]string{{"t.deep", "call"}, {"t.deep", "do"}, {"t.bounce", "d.bounce", "t.bounce"}} {
					require.Equal(t, "-ERR commands call commands too deep\r\n", w.do(words...), "%d KiB: %v", kib, words)
				}
			}
			require.Equal(t, "+PONG\r\n", w.do("PING"))
		}
	})
}

// TestCallArgumentContent passes empty, binary and large arguments.
//
// Drives: Call, FreeCallReply, CreateString, FreeString, ReplyWithCallReply.
func TestCallArgumentContent(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 3)
		key, value := "\x00key\r\n\xff", "\x00value%s\r\n\x00"
		for _, how := range []string{"call", "do", "doargs"} {
			for _, kind := range []string{"s", "b", "t"} {
				for _, v := range []string{"", value, strings.Repeat("x", 1<<20)} {
					require.Equal(t, "+OK\r\n", w.do("t.call", how, "-", kind, "SET", key, v))
					require.True(t, bulk(v) == w.do("GET", key), "%s %s: %d bytes", how, kind, len(v))
					require.True(t, bulk(v) == w.do("t.call", how, "-", kind, "get", key), "%s %s: %d bytes", how, kind, len(v))
				}
				require.Equal(t, "+OK\r\n", w.do("t.call", how, "-", kind, "SET", "", "empty key"))
				require.Equal(t, bulk("empty key"), w.do("GET", ""))
				// The vector's way.
				args := []string{"t.call", how, "-", kind, "RPUSH", key}
				for range 30 {
					args = append(args, "", value)
				}
				w.do("DEL", key)
				require.Equal(t, ":60\r\n", w.do(args...))
				require.Equal(t, "*2\r\n"+bulk("")+bulk(value), w.do("LRANGE", key, "58", "-1"))
				w.do("DEL", key)
			}
		}
		require.Equal(t, ":-5\r\n", w.do("t.call", "call", "-", "sl", "INCRBY", "n", "-5"))
		require.Equal(t, ":9223372036854775802\r\n", w.do("t.call", "doargs", "-", "tl", "INCRBY", "n", "9223372036854775807"))
		require.Equal(t, "-ERR value is not an integer or out of range\r\n", w.do("t.call", "call", "-", "l", "ECHO", "x"))
	})
}

// TestCallErrors: the error of a call and the reply that it is have the same text.
//
// Drives: Call, CallReplyStringPtr, CallReplyType, FreeCallReply.
func TestCallErrors(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		since70(t, s) // before, refusals have no text
		w := dial(t, s, 3)
		s.MustDo("RPUSH", "list", "a")
		for _, how := range []string{"call", "do", "doargs"} {
			for _, c := range []struct{ command, want string }{
				{"no.such.command x", "ERR unknown command 'no.such.command'"},
				{"GET", "ERR wrong number of arguments for 'get' command"},
				{"GET list", "WRONGTYPE Operation against a key holding the wrong kind of value"},
				{"t.error", "BUSY try again"},
				{"t.echo", "ERR wrong number of arguments for 't.echo' command"},
			} {
				args := append([]string{how, "-", "t"}, strings.Fields(c.command)...)
				got := w.alone(append([]string{"t.call"}, args...)...)
				require.True(t, strings.HasPrefix(got, "-"+c.want), "%s %s: got %q", how, c.command, got)
				// The error has the text, and there is no reply.
				got = w.alone(append([]string{"t.walk"}, args...)...)
				require.Contains(t, got, "\r\nunknown error: "+c.want, "%s %s", how, c.command)
			}
		}
		const noName, nul, flag = "ERR the name of the command is empty", "ERR text contains a NUL byte", "ERR index out of range"
		require.Equal(t, []any{noName, nul, flag, noName, nul, flag, flag}, s.MustDo("t.badcalls"))
	})
}

// TestCallReplyTypes reads replies of every type, in both protocols, and passes
// them on.
//
// Drives: CallReplyArrayElement, CallReplyAttribute, CallReplyAttributeElement,
// CallReplyBigNumber, CallReplyBool, CallReplyDouble, CallReplyInteger,
// CallReplyLength, CallReplyMapElement, CallReplyProto, CallReplySetElement,
// CallReplyStringPtr, CallReplyType, CallReplyVerbatim, FreeCallReply,
// ReplyWithCallReply.
func TestCallReplyTypes(t *testing.T) {
	const verbatim = "This is a verbatim\nstring"
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		since70(t, s)
		w3, w2 := dial(t, s, 3), dial(t, s, 2)
		w3.do("HSET", "hash", "field", "value", "n", "1")
		w3.do("SADD", "set", "member")
		w3.do("ZADD", "zset", "1.5", "one")
		w3.do("RPUSH", "list", "a", "b\x00")
		w3.do("SET", "string", "text")
		w3.do("SET", "empty", "")
		w3.do("EVAL", "redis.call('XADD','stream','1-1','f','v')", "0")
		for _, c := range []struct{ command, resp2, resp3 string }{
			{"GET string", `string"text"`, `string"text"`},
			{"GET empty", `string""`, `string""`},
			{"GET none", "null", "null"},
			{"PING", `string"PONG"`, `string"PONG"`},
			{"STRLEN string", "integer4", "integer4"},
			{"DECRBY counter 0", "integer0", "integer0"},
			{"LRANGE list 0 -1", `array[string"a" string"b\x00" ]`, `array[string"a" string"b\x00" ]`},
			{"LRANGE none 0 -1", "array[]", "array[]"},
			{"HGETALL hash", `array[string"field" string"value" string"n" string"1" ]`, `map{string"field":string"value" string"n":string"1" }`},
			{"HGETALL none", "array[]", "map{}"},
			{"SMEMBERS set", `array[string"member" ]`, `set[string"member" ]`},
			{"ZSCORE zset one", `string"1.5"`, "double1.5"},
			{"ZRANGE zset 0 -1 WITHSCORES", `array[string"one" string"1.5" ]`, `array[array[string"one" double1.5 ] ]`},
			{"XRANGE stream - +", `array[array[string"1-1" array[string"f" string"v" ] ] ]`, `array[array[string"1-1" array[string"f" string"v" ] ] ]`},
			{"XREAD STREAMS stream 0", `array[array[string"stream" array[array[string"1-1" array[string"f" string"v" ] ] ] ] ]`, `map{string"stream":array[array[string"1-1" array[string"f" string"v" ] ] ] }`},
			{"t.reply nested", `array[array[string"k" array[integer1 null ] ] array[] error"BUSY try again" ]`, `array[map{string"k":set[booltrue null ] } array[] error"BUSY try again" ]`},
			{"t.reply attribute", `string"value"`, `attribute1"|1\r\n+ttl\r\n:60\r\n" string"value"`},
			{"t.reply verbatim", `string"*hi*\x00"`, `verbatimstringmkd"*hi*\x00"`},
			{"t.reply bignumber.minus", `string"-` + bigNumber + `"`, "bignumber-" + bigNumber},
			{"t.reply double.-inf", `string"-inf"`, "double-Inf"},
			{"t.reply null.array", "null", "null"},
			{"t.reply longdouble", `string"0.5"`, "double0.5"},
			{"DEBUG PROTOCOL string", `string"Hello World"`, `string"Hello World"`},
			{"DEBUG PROTOCOL integer", "integer12345", "integer12345"},
			{"DEBUG PROTOCOL double", `string"3.141"`, "double3.141"},
			{"DEBUG PROTOCOL null", "null", "null"},
			{"DEBUG PROTOCOL array", "array[integer0 integer1 integer2 ]", "array[integer0 integer1 integer2 ]"},
			{"DEBUG PROTOCOL set", "array[integer0 integer1 integer2 ]", "set[integer0 integer1 integer2 ]"},
			{"DEBUG PROTOCOL map", "array[integer0 integer0 integer1 integer1 integer2 integer0 ]", "map{integer0:boolfalse integer1:booltrue integer2:boolfalse }"},
			{"DEBUG PROTOCOL attrib", "", `attribute1"|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n" string"Some real reply following the attribute"`},
			{"DEBUG PROTOCOL verbatim", strconv.Quote(verbatim), "verbatimstringtxt" + strconv.Quote(verbatim)},
			{"DEBUG PROTOCOL true", "integer1", "booltrue"},
			{"DEBUG PROTOCOL false", "integer0", "boolfalse"},
			{"DEBUG PROTOCOL bignum", `string"1234567999999999999999999999999999999"`, "bignumber1234567999999999999999999999999999999"},
		} {
			fields := strings.Fields(c.command)
			for _, how := range []string{"call", "do", "doargs"} {
				args := func(verb, flags string) []string { return append([]string{verb, how, flags, "t"}, fields...) }
				if c.resp2 != "" {
					want := c.resp2
					if want[0] == '"' {
						want = "string" + want
					}
					require.Equal(t, bulk(want), w2.do(args("t.walk", "-")...), c.command)
					require.Equal(t, bulk(want), w3.do(args("t.walk", "-")...), c.command)
					require.Equal(t, w2.do(fields...), w2.alone(args("t.call", "-")...), c.command)
					require.Equal(t, bulk(want), w2.do(args("t.walk", "0")...), "%s as the client speaks", c.command)
				}
				require.Equal(t, bulk(c.resp3), w2.do(args("t.walk", "3")...), c.command)
				require.Equal(t, bulk(c.resp3), w3.do(args("t.walk", "3")...), c.command)
				require.Equal(t, bulk(c.resp3), w3.do(args("t.walk", "0")...), "%s as the client speaks", c.command)
				require.Equal(t, w3.do(fields...), w3.alone(args("t.call", "3")...), "%s passed on", c.command)
				require.Equal(t, w3.do(fields...), w3.alone(args("t.call", "0")...), "%s passed on", c.command)
			}
		}
	})
}

// TestCallReplyPassedToOlderProtocol: a RESP3 reply does not fit a client that
// speaks RESP2, and nothing of it is sent.
//
// Drives: Call, ReplyWithCallReply.
func TestCallReplyPassedToOlderProtocol(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		since70(t, s)
		s.MustDo("HSET", "hash", "f", "v")
		got := dial(t, s, 2).alone("t.call", "call", "3", "t", "HGETALL", "hash")
		require.Equal(t, "-ERR the client speaks RESP2, and the reply is RESP3\r\n", got)
		require.Equal(t, "*2\r\n"+bulk("f")+bulk("v"), dial(t, s, 2).alone("t.call", "call", "0", "t", "HGETALL", "hash"))
	})
}

// TestCallReplyMisread: reading a reply as what it is not gives zero values.
//
// Drives: CallReplyArrayElement, CallReplyBigNumber, CallReplyBool,
// CallReplyDouble, CallReplyInteger, CallReplyMapElement, CallReplySetElement,
// CallReplyType, CallReplyVerbatim.
func TestCallReplyMisread(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		since70(t, s)
		for name, want := range map[string]string{
			"integer": "integer", "string.none": "null", "text": "string", "simple": "string",
			"double": "double", "bool.true": "bool", "bignumber": "bignumber", "verbatim": "verbatimstring",
			"array": "array", "array.empty": "array", "map": "map", "set": "set", "null": "null", "attribute": "string",
		} {
			require.Equal(t, want, s.MustDo("t.misread", "call", "3", "t", "t.reply", name), name)
		}
		require.Equal(t, "unknown", s.MustDo("t.misread", "call", "DK", "t", "PI\x00NG"))
	})
}

// TestAutoMemory leaves the freeing to the server.
//
// Drives: AutoMemory, Call.
func TestAutoMemory(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		require.Equal(t, "value", s.MustDo("t.autofree", "key", "value"))
	})
}
