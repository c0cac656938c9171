// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"math"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// conversion is a reply as an integer, a number and a text, or their errors.
type conversion struct {
	i, f, text any
	null       bool
}

func convert(r rm.CallReply) conversion {
	text := either(r.Text())
	if s, ok := text.(string); ok {
		text = strings.Clone(s)
	}
	return conversion{either(r.Int64()), either(r.Float64()), text, r.IsNull()}
}

// InsideReplyConvert reads replies of every type as integer, number and text.
//
// Drives: CallReplyInteger, CallReplyProto, CallReplyStringPtr.
func InsideReplyConvert(t *inside.T, ctx rm.Context) {
	const noInt, noFloat, other = rm.ErrNotInteger, rm.ErrNotFloat, rm.ErrReplyType
	nothing := conversion{other, other, other, false}
	null := conversion{other, other, other, true}
	e := env{t, ctx}
	elements := map[string]conversion{
		"12":                   {int64(12), 12.0, "12", false},
		"-9223372036854775808": {int64(math.MinInt64), -9.223372036854775808e18, "-9223372036854775808", false},
		"9223372036854775807":  {int64(math.MaxInt64), 9.223372036854775807e18, "9223372036854775807", false},
		"9223372036854775808":  {noInt, 9.223372036854775808e18, "9223372036854775808", false},
		"-9223372036854775809": {noInt, -9.223372036854775808e18, "-9223372036854775809", false},
		"1.5":                  {noInt, 1.5, "1.5", false},
		"-inf":                 {noInt, math.Inf(-1), "-inf", false},
		"x":                    {noInt, noFloat, "x", false},
		"":                     {noInt, noFloat, "", false},
		"-":                    {noInt, noFloat, "-", false},
		"00":                   {int64(0), 0.0, "00", false},
		"+1":                   {noInt, 1.0, "+1", false},
		"99999999999999999999": {noInt, 1e20, "99999999999999999999", false},
		" 1":                   {noInt, noFloat, " 1", false},
		"1e3":                  {noInt, 1000.0, "1e3", false},
	}
	for text := range elements {
		e.do("RPUSH", "list", text)
	}
	e.do("ZADD", "zset", "1.5", "a")
	list := e.call(0, "LRANGE", "list", "0", "-1")
	require.Equal(t, nothing, convert(list))
	n := 0
	for _, element := range list.Elements {
		text, err := element.Text()
		require.NoError(t, err)
		require.Equal(t, elements[text], convert(element), "%q", text)
		n++
	}
	require.Len(t, elements, n)
	require.Equal(t, conversion{int64(15), 15.0, "15", false}, convert(e.call(0, "LLEN", "list")))
	require.Equal(t, null, convert(e.call(0, "GET", "none")))
	require.Equal(t, conversion{noInt, noFloat, "PONG", false}, convert(e.call(0, "PING")))
	require.Equal(t, nothing, convert(rm.CallReply{}))

	// An error inside of a reply.
	reply := e.call(0, "EVAL", "return {1, redis.error_reply('ERR mine')}", "0")
	require.Equal(t, nothing, convert(reply))
	require.Equal(t, conversion{int64(1), 1.0, "1", false}, convert(reply.Element(0)))
	bad := reply.Element(1)
	_, err := bad.Int64()
	require.EqualError(t, err, "ERR mine")
	_, err = bad.Float64()
	require.EqualError(t, err, "ERR mine")
	_, err = bad.Text()
	require.EqualError(t, err, "ERR mine")
	require.False(t, bad.IsNull())
}

// InsideReplyConvert3 reads what only RESP3 has.
//
// Drives: CallReplyDouble, CallReplyBool, CallReplyBigNumber, CallReplyVerbatim.
func InsideReplyConvert3(t *inside.T, ctx rm.Context) {
	if !since70(t) {
		t.Skip("the server has no RESP3 for calls")
	}
	const noInt, noFloat, other = rm.ErrNotInteger, rm.ErrNotFloat, rm.ErrReplyType
	e := env{t, ctx}
	e.do("ZADD", "zset", "1.5", "a")
	for _, c := range []struct {
		command string
		want    conversion
	}{
		{"ZSCORE zset a", conversion{noInt, 1.5, "1.5", false}},
		{"ZINCRBY zset -0.5 a", conversion{int64(1), 1.0, "1", false}},
		{"DEBUG PROTOCOL verbatim", conversion{noInt, noFloat, "This is a verbatim\nstring", false}},
		{"DEBUG PROTOCOL true", conversion{int64(1), other, "true", false}},
		{"DEBUG PROTOCOL false", conversion{int64(0), other, "false", false}},
		{"DEBUG PROTOCOL bignum", conversion{noInt, 1.234568e36, "1234567999999999999999999999999999999", false}},
		{"DEBUG PROTOCOL null", conversion{other, other, other, true}},
	} {
		require.Equal(t, c.want, convert(e.call(rm.CallRESP3, strings.Fields(c.command)...)), c.command)
	}
}

// InsideReplyExact: on Valkey 9.1 a status is told apart from a string.
//
// Drives: Call, CallReplyType, CallReplyStringPtr.
func InsideReplyExact(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	if !serverHas(t, "ReplyWithCustomErrorFormat") {
		requireError(t, rm.ErrUnsupported, e.callErr(rm.CallExact, "PING"))
		return
	}
	e.do("RPUSH", "list", "x")
	status := e.call(rm.CallExact, "PING")
	require.Equal(t, rm.ReplySimpleString, status.Type())
	require.Equal(t, conversion{rm.ErrNotInteger, rm.ErrNotFloat, "PONG", false}, convert(status))
	require.Equal(t, "PONG", text(status.RString(), true, nil))
	require.Equal(t, rm.ReplyString, e.call(rm.CallExact, "LINDEX", "list", "0").Type())
	require.Equal(t, rm.ReplyNullArray, e.call(rm.CallExact, "BLPOP", "none", "0.001").Type())
}

// pair is a key and its value.
type pair struct{ key, value any }

// tree is a reply as a Go value, by the iterators: texts, lists of elements, and pairs.
func tree(r rm.CallReply) any {
	switch r.Type() {
	case rm.ReplyArray, rm.ReplySet:
		list := []any{}
		for i, e := range r.Elements {
			if i != len(list) {
				return "a wrong index"
			}
			list = append(list, tree(e))
		}
		return list
	case rm.ReplyMap:
		list := []pair{}
		for k, v := range r.Pairs {
			list = append(list, pair{tree(k), tree(v)})
		}
		return list
	case rm.ReplyNull:
		return nil
	}
	s, err := r.Text()
	if err != nil {
		return err
	}
	return strings.Clone(s)
}

// pairs are the pairs of a reply, with nil for what is missing.
func pairs(r rm.CallReply) []pair {
	list := []pair{}
	for k, v := range r.Pairs {
		p := pair{key: tree(k)}
		if !v.IsZero() {
			p.value = tree(v)
		}
		list = append(list, p)
	}
	return list
}

// InsideReplyWalk walks over replies, in both protocols.
//
// Drives: CallReplyArrayElement, CallReplyLength.
func InsideReplyWalk(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	e.do("HSET", "hash", "f", "1")
	e.do("HSET", "hash", "g", "two")
	e.do("SADD", "set", "m")
	e.do("SET", "three", "abc")
	hash := e.call(0, "HGETALL", "hash")
	require.Equal(t, []any{"f", "1", "g", "two"}, tree(hash))
	require.Equal(t, []pair{{"f", "1"}, {"g", "two"}}, pairs(hash))
	set := e.call(0, "SMEMBERS", "set")
	require.Equal(t, []any{"m"}, tree(set))
	require.Equal(t, []pair{{"m", nil}}, pairs(set), "the last one has no value")
	for _, command := range []string{"HGETALL none", "GET none", "STRLEN three", "GET three"} {
		reply := e.call(0, strings.Fields(command)...)
		require.Empty(t, pairs(reply), command)
		for range reply.Elements {
			t.Fatal("an element of " + command)
		}
	}
	require.Equal(t, []any{}, tree(e.call(0, "HGETALL", "none")))
	require.Nil(t, tree(e.call(0, "GET", "none")))
	require.Equal(t, "3", tree(e.call(0, "STRLEN", "three")))
	nested := e.call(0, "EVAL", "return {1,{{},2,{'x'}},3}", "0")
	require.Equal(t, []any{"1", []any{[]any{}, "2", []any{"x"}}, "3"}, tree(nested))
	require.Equal(t, []pair{{"1", []any{[]any{}, "2", []any{"x"}}}, {"3", nil}}, pairs(nested))

	// Left early.
	n := 0
	for _, first := range nested.Elements {
		require.Equal(t, rm.ReplyInteger, first.Type())
		n++
		break
	}
	for range nested.Pairs {
		n++
		break
	}
	require.Equal(t, 2, n)

	// Many elements.
	many := []string{"RPUSH", "many"}
	for range 100_000 {
		many = append(many, "x")
	}
	e.do(many...)
	n = 0
	for i, element := range e.call(0, "LRANGE", "many", "0", "-1").Elements {
		if i != n || element.String() != "x" {
			t.Fatalf("element %d at %d", n, i)
		}
		n++
	}
	require.Equal(t, 100_000, n)
}

// InsideReplyWalk3 walks over maps and sets.
//
// Drives: CallReplyMapElement, CallReplySetElement, CallReplyLength.
func InsideReplyWalk3(t *inside.T, ctx rm.Context) {
	if !since70(t) {
		t.Skip("the server has no RESP3 for calls")
	}
	e := env{t, ctx}
	e.do("HSET", "hash", "f", "1")
	e.do("HSET", "hash", "g", "two")
	e.do("SADD", "set", "m")
	hash := e.call(rm.CallRESP3, "HGETALL", "hash")
	require.Equal(t, rm.ReplyMap, hash.Type())
	require.Equal(t, []pair{{"f", "1"}, {"g", "two"}}, tree(hash))
	for range hash.Elements {
		t.Fatal("a map has no elements")
	}
	set := e.call(rm.CallRESP3, "SMEMBERS", "set")
	require.Equal(t, rm.ReplySet, set.Type())
	require.Equal(t, []any{"m"}, tree(set))
	require.Empty(t, pairs(set))
	none := e.call(rm.CallRESP3, "HGETALL", "none")
	require.Equal(t, rm.ReplyMap, none.Type())
	require.Equal(t, []pair{}, tree(none))
}

// InsideReplyProto reads the protocol of a reply and of its elements.
//
// Drives: CallReplyProto.
func InsideReplyProto(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	protos := func(reply rm.CallReply) []string {
		list := []string{string(reply.Proto())}
		for i := range reply.Len() {
			list = append(list, string(reply.Element(i).Proto()))
		}
		return list
	}
	big := strings.Repeat("x", 1<<20)
	e.do("RPUSH", "list", "a", "", "b\x00\r\n", big)
	elements := []string{"$1\r\na\r\n", "$0\r\n\r\n", "$4\r\nb\x00\r\n\r\n", "$1048576\r\n" + big + "\r\n"}
	require.Equal(t, append([]string{"*4\r\n" + strings.Join(elements, "")}, elements...), protos(e.call(0, "LRANGE", "list", "0", "-1")))
	elements = []string{":-12\r\n", "+st\r\n", "$-1\r\n", "*2\r\n*0\r\n:1\r\n", "-ERR e\r\n"}
	require.Equal(t, append([]string{"*5\r\n" + strings.Join(elements, "")}, elements...),
		protos(e.call(0, "EVAL", "return {-12,{ok='st'},false,{{},1},{err='ERR e'}}", "0")))
}

// rstrings are a reply and its elements as server strings, which outlive the reply.
func (e env) rstrings(flags rm.CallFlags, words ...string) []any {
	e.Helper()
	reply, err := rm.NewCall(words[0], flags).Do(e.ctx, e.strs(words[1:]...)...)
	require.NoError(e, err)
	list := []rm.RString{reply.RString()}
	for _, element := range reply.Elements {
		list = append(list, element.RString())
	}
	reply.Free()
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = text(s, !s.IsZero(), nil)
	}
	return out
}

// InsideReplyRString makes server strings of replies, without and with automatic memory:
// they are freed once.
//
// Drives: CreateStringFromCallReply, FreeString.
func InsideReplyRString(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	e.do("SET", "k", "v\x00")
	const none = "(null)"
	all := func(e env) {
		require.Equal(t, []any{"v\x00"}, e.rstrings(0, "GET", "k"))
		require.Equal(t, []any{"2"}, e.rstrings(0, "STRLEN", "k"))
		require.Equal(t, []any{none}, e.rstrings(0, "GET", "none"))
		require.Equal(t, []any{none, "-5", "st", none, none, "ERR e"}, e.rstrings(0, "EVAL", "return {-5,{ok='st'},false,{1},{err='ERR e'}}", "0"))
		if since70(t) {
			require.Equal(t, []any{none}, e.rstrings(rm.CallRESP3, "DEBUG", "PROTOCOL", "true"))
		}
	}
	all(e)
	for range 100 {
		e.callbackOK(func(ctx rm.Context) error {
			ctx.AutoMemory()
			all(env{t, ctx})
			return ctx.ReplyWithOK()
		})
	}
}
