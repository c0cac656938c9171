// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestCallConvert reads replies of every type as integer, number and text.
// Drives: CallReplyInteger, CallReplyDouble, CallReplyBool, CallReplyBigNumber, CallReplyVerbatim, CallReplyStringPtr.
func TestCallConvert(t *testing.T) {
	const (
		noInt, noFloat = "(ERR value is not an integer or out of range)", "(ERR value is not a valid float)"
		other          = "(ERR the reply is of another type)"
		nothing        = other + " " + other + " " + other
	)
	withData(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("RPUSH", "list", "12", "-9223372036854775808", "9223372036854775807", "9223372036854775808", "-9223372036854775809",
			"1.5", "-inf", "x", "", "-", "00", "+1", "99999999999999999999", " 1", "1e3")
		s.MustDo("ZADD", "zset", "1.5", "a")
		convert := func(flags string, command ...string) any {
			t.Helper()
			args := []any{"d.call.convert", flags}
			for _, c := range command {
				args = append(args, c)
			}
			return s.MustDo(args...)
		}
		require.Equal(t, strings.Join([]string{
			nothing + " false",
			"12 12 12 false",
			"-9223372036854775808 -9.223372036854776e+18 -9223372036854775808 false",
			"9223372036854775807 9.223372036854776e+18 9223372036854775807 false",
			noInt + " 9.223372036854776e+18 9223372036854775808 false",
			noInt + " -9.223372036854776e+18 -9223372036854775809 false",
			noInt + " 1.5 1.5 false",
			noInt + " -Inf -inf false",
			noInt + " " + noFloat + " x false",
			noInt + " " + noFloat + "  false",
			noInt + " " + noFloat + " - false",
			"0 0 00 false",
			noInt + " 1 +1 false",
			noInt + " 1e+20 99999999999999999999 false",
			noInt + " " + noFloat + "  1 false",
			noInt + " 1000 1e3 false",
		}, " | "), convert("-", "LRANGE", "list", "0", "-1"))
		require.Equal(t, "15 15 15 false", convert("-", "LLEN", "list"))
		require.Equal(t, nothing+" true", convert("-", "GET", "none"))
		require.Equal(t, noInt+" "+noFloat+" PONG false", convert("-", "PING"))
		if !is70(s) {
			return
		}
		require.Equal(t, noInt+" 1.5 1.5 false", convert("3", "ZSCORE", "zset", "a"))
		require.Equal(t, "1 1 1 false", convert("3", "ZINCRBY", "zset", "-0.5", "a"))
		require.Equal(t, noInt+" "+noFloat+" This is a verbatim\nstring false", convert("3", "DEBUG", "PROTOCOL", "verbatim"))
		require.Equal(t, "1 "+other+" true false", convert("3", "DEBUG", "PROTOCOL", "true"))
		require.Equal(t, "0 "+other+" false false", convert("3", "DEBUG", "PROTOCOL", "false"))
		require.Equal(t, noInt+" 1.234568e+36 1234567999999999999999999999999999999 false", convert("3", "DEBUG", "PROTOCOL", "bignum"))
		require.Equal(t, nothing+" true", convert("3", "DEBUG", "PROTOCOL", "null"))
		// An error inside of a reply.
		require.Equal(t, nothing+" false | 1 1 1 false | (ERR mine) (ERR mine) (ERR mine) false",
			convert("-", "EVAL", "return {1, redis.error_reply('ERR mine')}", "0"))
	})
}

// TestCallWalk walks over replies, in both protocols.
// Drives: CallReplyArrayElement, CallReplySetElement, CallReplyMapElement, CallReplyLength.
func TestCallWalk(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("HSET", "hash", "f", "1")
		s.MustDo("HSET", "hash", "g", "two")
		s.MustDo("SADD", "set", "m")
		s.MustDo("SET", "three", "abc")
		walk := func(flags string, command string) any {
			t.Helper()
			args := []any{"d.call.walk", flags}
			for _, c := range fields(command) {
				args = append(args, c)
			}
			return s.MustDo(args...)
		}
		require.Equal(t, "array[f 1 g two] first:string pair:f=1", walk("-", "HGETALL hash"))
		require.Equal(t, "array[m] first:string pair:m=unknown", walk("-", "SMEMBERS set"))
		require.Equal(t, "array[] first: pair:", walk("-", "HGETALL none"))
		require.Equal(t, "null first: pair:", walk("-", "GET none"))
		require.Equal(t, "3 first: pair:", walk("-", "STRLEN three"))
		require.Equal(t, "array[1 array[array[] 2 array[x]] 3] first:integer pair:1=array[array[] 2 array[x]]", s.MustDo("d.call.walk", "-", "EVAL", "return {1,{{},2,{'x'}},3}", 0))
		if is70(s) {
			require.Equal(t, "map[ f:1  g:two ] first: pair:f=1", walk("3", "HGETALL hash"))
			require.Equal(t, "set[m] first:string pair:", walk("3", "SMEMBERS set"))
			require.Equal(t, "map[] first: pair:", walk("3", "HGETALL none"))
		}
		// Many elements.
		args := []any{"RPUSH", "many"}
		for range 100_000 {
			args = append(args, "x")
		}
		s.MustDo(args...)
		require.Equal(t, "array["+strings.Repeat("x ", 99_999)+"x] first:string pair:x=x", walk("-", "LRANGE many 0 -1"))
	})
}

// TestCallProto shows the protocol of a reply and of its elements.
// Drives: CallReplyProto.
func TestCallProto(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		big := strings.Repeat("x", 1<<20)
		s.MustDo("RPUSH", "list", "a", "", "b\x00\r\n", big)
		require.Equal(t, []any{"*4\r\n" + bulk("a") + bulk("") + bulk("b\x00\r\n") + bulk(big), bulk("a"), bulk(""), bulk("b\x00\r\n"), bulk(big)},
			s.MustDo("d.call.proto", "-", "LRANGE", "list", 0, -1))
		require.Equal(t, []any{"*5\r\n:-12\r\n+st\r\n$-1\r\n*2\r\n*0\r\n:1\r\n-ERR e\r\n", ":-12\r\n", "+st\r\n", "$-1\r\n", "*2\r\n*0\r\n:1\r\n", "-ERR e\r\n"},
			s.MustDo("d.call.proto", "-", "EVAL", "return {-12,{ok='st'},false,{{},1},{err='ERR e'}}", 0))
	})
}

// TestCallRString makes server strings of replies, which outlive these.
// Drives: CreateStringFromCallReply.
func TestCallRString(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("SET", "k", "v\x00")
		require.Equal(t, []any{"v\x00"}, s.MustDo("d.call.rstring", "-", "GET", "k"))
		require.Equal(t, []any{"2"}, s.MustDo("d.call.rstring", "-", "STRLEN", "k"))
		require.Equal(t, []any{nil}, s.MustDo("d.call.rstring", "-", "GET", "none"))
		for range 100 { // the strings are freed once
			require.Equal(t, []any{"v\x00"}, s.MustDo("d.call.rstring.auto", "-", "GET", "k"))
			require.Equal(t, []any{"2"}, s.MustDo("d.call.rstring.auto", "-", "STRLEN", "k"))
			require.Equal(t, []any{nil, "-5", "st", nil},
				s.MustDo("d.call.rstring.auto", "-", "EVAL", "return {-5,{ok='st'},{1}}", 0))
		}
		require.Equal(t, []any{nil, "-5", "st", nil, nil, "ERR e"},
			s.MustDo("d.call.rstring", "-", "EVAL", "return {-5,{ok='st'},false,{1},{err='ERR e'}}", 0))
		if is70(s) {
			require.Equal(t, []any{nil}, s.MustDo("d.call.rstring", "3", "DEBUG", "PROTOCOL", "true"))
		}
	})
}
