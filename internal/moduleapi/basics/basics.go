// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"slices"

	"github.com/iredismodule/redismodule/rm"
)

// basics calls commands and looks at what they answer.
func basics(ctx rm.Context, _ rm.Args) error {
	if err := emptied(ctx, "FLUSHDB"); err != nil {
		return err
	}
	for _, c := range []struct {
		want  rm.ReplyType
		check func(r rm.CallReply) bool
		flags rm.CallFlags
		words []string
	}{
		{rm.ReplyString, text("PONG"), 0, []string{"PING"}},
		{rm.ReplyString, text("a text"), 0, []string{"ECHO", "a text"}},
		{rm.ReplyString, text("OK"), rm.CallReplicate, []string{"SET", "k", "41"}},
		{rm.ReplyInteger, integer(42), rm.CallReplicate, []string{"INCR", "k"}},
		{rm.ReplyNull, nil, 0, []string{"GET", "none"}},
		{rm.ReplyInteger, integer(3), 0, []string{"RPUSH", "l", "a", "b", "c"}},
		{rm.ReplyArray, texts("a", "b", "c"), 0, []string{"LRANGE", "l", "0", "-1"}},
		{rm.ReplyInteger, integer(1), 0, []string{"ZADD", "z", "1.5", "e"}},
		{rm.ReplyDouble, func(r rm.CallReply) bool { return r.Double() == 1.5 }, rm.CallRESP3, []string{"ZSCORE", "z", "e"}},
		{rm.ReplyString, text("1.5"), 0, []string{"ZSCORE", "z", "e"}},
		{rm.ReplyInteger, integer(2), 0, []string{"HSET", "h", "f1", "v1", "f2", "v2"}},
		{rm.ReplyMap, pairs("f1", "v1", "f2", "v2"), rm.CallRESP3, []string{"HGETALL", "h"}},
		{rm.ReplyArray, texts("f1", "v1", "f2", "v2"), 0, []string{"HGETALL", "h"}},
		{rm.ReplyInteger, integer(1), 0, []string{"SADD", "s", "m"}},
		{rm.ReplySet, texts("m"), rm.CallRESP3, []string{"SMEMBERS", "s"}},
		{rm.ReplyVerbatimString, func(r rm.CallReply) bool {
			text, format := r.Verbatim()
			return format == "txt" && text == "Some\ntext"
		}, rm.CallRESP3, []string{"EVAL", "redis.setresp(3) return {verbatim_string={format='txt', string='Some\\ntext'}}", "0"}},
		{rm.ReplyBigNumber, func(r rm.CallReply) bool { return r.BigNumber() == "1234567999999999999999999999999999999" }, rm.CallRESP3, []string{"DEBUG", "PROTOCOL", "bignum"}},
		{rm.ReplyBool, func(r rm.CallReply) bool { return r.Bool() }, rm.CallRESP3, []string{"DEBUG", "PROTOCOL", "true"}},
		{rm.ReplyBool, func(r rm.CallReply) bool { return !r.Bool() }, rm.CallRESP3, []string{"DEBUG", "PROTOCOL", "false"}},
		{rm.ReplyNull, nil, rm.CallRESP3, []string{"DEBUG", "PROTOCOL", "null"}},
	} {
		args := make([]rm.Arg, 0, len(c.words))
		for _, w := range c.words[1:] {
			args = append(args, rm.Text(w))
		}
		reply, err := ctx.Call(c.words[0], c.flags, args...)
		if err != nil {
			return fmt.Errorf("%q: %w", c.words, err)
		}
		if t := reply.Type(); t != c.want {
			err = fmt.Errorf("%q: it is %v", c.words, t)
		} else if c.check != nil && !c.check(reply) {
			err = fmt.Errorf("%q: it is %q", c.words, reply.Proto())
		}
		reply.Free()
		if err != nil {
			return err
		}
	}
	if _, err := ctx.Call("LPUSH", 0, rm.Text("k"), rm.Text("x")); !rm.IsCode(err, "WRONGTYPE") {
		return fmt.Errorf("LPUSH to a string: %w", err)
	}
	if err := emptied(ctx, "FLUSHDB"); err != nil {
		return err
	}
	return ctx.ReplyWithSimpleString("ALL TESTS PASSED")
}

// emptied calls a command without arguments that leaves no key.
func emptied(ctx rm.Context, command string) error {
	reply, err := ctx.Call(command, 0)
	if err != nil {
		return err
	}
	reply.Free()
	if n := ctx.DBSize(); n != 0 {
		return fmt.Errorf("%d keys after %s", n, command)
	}
	return nil
}

func text(want string) func(r rm.CallReply) bool {
	return func(r rm.CallReply) bool { return r.String() == want }
}

func integer(want int64) func(r rm.CallReply) bool {
	return func(r rm.CallReply) bool { return r.Integer() == want }
}

func texts(want ...string) func(r rm.CallReply) bool {
	return func(r rm.CallReply) bool {
		var got []string
		for _, e := range r.Elements {
			got = append(got, string(e.Bytes()))
		}
		return r.Len() == len(want) && slices.Equal(got, want)
	}
}

func pairs(want ...string) func(r rm.CallReply) bool {
	return func(r rm.CallReply) bool {
		var got []string
		for k, v := range r.Pairs {
			got = append(got, string(k.Bytes()), string(v.Bytes()))
		}
		return 2*r.Len() == len(want) && slices.Equal(got, want)
	}
}
