// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module basics is what the units basics and command of the suite load.
package main

import (
	"time"

	"github.com/iredismodule/redismodule/internal/moduleapi/calls"
	"github.com/iredismodule/redismodule/rm"
)

func init() {
	command := func(name string, h rm.Handler) rm.Command {
		return rm.Command{Name: name, Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -1, Handler: h}
	}
	rm.Register(rm.Module{Name: "test", Version: 1, Commands: []rm.Command{
		command("test.basics", basics),
		command("test.rmcallautomode", autoMode),
		command("test.getresp", getRESP),
		command("test.latency", latency),
		command("test.call_argv", calls.With(rm.CallNoWrites|rm.CallRESPAuto)),
		command("test.call_argv_s", calls.With(rm.CallScriptMode)),
		command("test.call_argv_raw", raw),
		command("test.call_argv_null_array_start", count),
	}})
}

// autoMode replies with a hash as the client's protocol has it.
func autoMode(ctx rm.Context, _ rm.Args) error {
	set, err := ctx.Call("HSET", rm.CallReplicate, rm.Text("testkey"), rm.Text("f1"), rm.Text("v1"), rm.Text("f2"), rm.Text("v2"))
	if err != nil {
		return err
	}
	set.Free()
	return calls.Forward(ctx, rm.CallRESPAuto, rm.ArgsOf(ctx.Str("HGETALL"), ctx.Str("testkey")))
}

func getRESP(ctx rm.Context, _ rm.Args) error {
	if ctx.RESP3() {
		return ctx.ReplyWithLongLong(3)
	}
	return ctx.ReplyWithLongLong(2)
}

// test.latency MILLISECONDS
func latency(ctx rm.Context, args rm.Args) error {
	ms, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	if err := ctx.LatencyAddSample("test", time.Duration(ms)*time.Millisecond); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// raw is test.call_argv_raw COMMAND ...: it replies with the reply as the protocol has it, errors too.
func raw(ctx rm.Context, args rm.Args) error {
	reply, err := ctx.Call(args.At(1).String(), rm.CallNoWrites, rm.Strs(args.From(2)))
	if err != nil {
		return ctx.ReplyWithText("-" + err.Error() + "\r\n")
	}
	defer reply.Free()
	return ctx.ReplyWithBytes(reply.Proto())
}

// count is test.call_argv_null_array_start KEY ...: it replies with the number of values.
func count(ctx rm.Context, args rm.Args) error {
	reply, err := ctx.Call("MGET", rm.CallNoWrites, rm.Strs(args.From(1)))
	if err != nil {
		return err
	}
	defer reply.Free()
	n := int64(0)
	for _, value := range reply.ElementBytes {
		if value != nil {
			n++
		}
	}
	return ctx.ReplyWithLongLong(n)
}

func main() {}
