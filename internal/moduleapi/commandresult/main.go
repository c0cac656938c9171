// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module commandresult is what the unit of the same name of the suite loads: it counts and notes what
// becomes of commands.
package main

import (
	"strings"

	"github.com/iredismodule/redismodule/internal/moduleapi/calls"
	"github.com/iredismodule/redismodule/rm"
)

func init() {
	command := func(name string, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: "cmdresult." + name, Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: arity, Handler: h}
	}
	rm.Register(rm.Module{Name: "commandresult", Version: 1, OnLoad: load, Commands: []rm.Command{
		command("register", 2, register),
		command("unsubscribe", 1, unsubscribe),
		command("stats", 1, replyStats),
		command("reset", 1, reset),
		command("getlog", -1, replyLog),
		command("success", 1, func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithOK() }),
		command("fail", 1, func(rm.Context, rm.Args) error { return rm.Error("ERR this command fails") }),
		command("rmcall", -2, calls.With(0)),
	}})
}

// load begins with nothing: Go's variables outlive the load before.
func load(rm.Context, rm.Args) error {
	listeners, entries = nil, nil
	clear(counts)
	micros, made = 0, 0
	return nil
}

// outcomes are what there is to listen to, by the names that the suite has for it.
var outcomes = map[string][]rm.CommandOutcome{
	"success": {rm.CommandSucceeded}, "failure": {rm.CommandFailed},
	"rejected": {rm.CommandRejected}, "acl_rejected": {rm.CommandACLRejected},
	"all": {rm.CommandSucceeded, rm.CommandFailed, rm.CommandRejected, rm.CommandACLRejected},
}

var names = map[rm.CommandOutcome]string{
	rm.CommandSucceeded: "success", rm.CommandFailed: "failure", rm.CommandRejected: "rejected", rm.CommandACLRejected: "acl_rejected",
}

// entry is what is kept of a command.
type entry struct {
	rm.CommandResult
	args []string
}

var (
	listeners    []rm.Listener
	counts       = map[rm.CommandOutcome]int64{}
	micros, made int64
	entries      []entry // the newest last
)

// maxEntries is how many are kept.
const maxEntries = 100

func note(_ rm.Context, e rm.CommandResult) {
	counts[e.Outcome]++
	micros += e.Duration.Microseconds()
	made += e.Dirty
	kept := entry{CommandResult: e}
	for _, a := range e.Args.All {
		kept.args = append(kept.args, a.Clone())
	}
	kept.Name, kept.Rejection, kept.Args = strings.Clone(e.Name), strings.Clone(e.Rejection), rm.Args{}
	if entries = append(entries, kept); len(entries) > maxEntries {
		entries = entries[1:]
	}
}

// cmdresult.register success|failure|rejected|acl_rejected|all
func register(ctx rm.Context, args rm.Args) error {
	if len(listeners) > 0 {
		return rm.Error("ERR already subscribed to the events")
	}
	which, ok := outcomes[args.At(1).String()]
	if !ok {
		return rm.Error("ERR invalid mode")
	}
	for _, outcome := range which {
		l, err := ctx.OnCommandResult(outcome, note)
		if err != nil {
			stop(ctx)
			return err
		}
		listeners = append(listeners, l)
	}
	return ctx.ReplyWithOK()
}

// stop ends all listeners.
func stop(ctx rm.Context) {
	for _, l := range listeners {
		l.Stop(ctx)
	}
	listeners = nil
}

func unsubscribe(ctx rm.Context, _ rm.Args) error {
	if len(listeners) == 0 {
		return rm.Error("ERR not subscribed to the events")
	}
	stop(ctx)
	return ctx.ReplyWithOK()
}

func reset(ctx rm.Context, _ rm.Args) error {
	clear(counts)
	micros, made, entries = 0, 0, nil
	return ctx.ReplyWithOK()
}

func replyStats(ctx rm.Context, _ rm.Args) error {
	total := int64(0)
	for _, n := range counts {
		total += n
	}
	r := rm.NewReply()
	defer r.Free()
	fields := []struct {
		name string
		n    int64
	}{
		{"total_callbacks", total}, {"success_count", counts[rm.CommandSucceeded]}, {"failure_count", counts[rm.CommandFailed]},
		{"rejected_count", counts[rm.CommandRejected]}, {"acl_denied_count", counts[rm.CommandACLRejected]},
		{"total_duration_us", micros}, {"total_dirty", made},
	}
	r.BeginArray(2 * len(fields))
	for _, f := range fields {
		r.Text(f.name)
		r.LongLong(f.n)
	}
	return r.ReplyTo(ctx)
}

// cmdresult.getlog [COUNT]: the newest first.
func replyLog(ctx rm.Context, args rm.Args) error {
	n := int64(len(entries))
	if args.Len() > 1 {
		wanted, err := args.At(1).Int64()
		if err != nil {
			return err
		}
		n = min(n, max(wanted, 0))
	}
	r := rm.NewReply()
	defer r.Free()
	r.BeginArray(int(n))
	for i := range int(n) {
		e := entries[len(entries)-1-i]
		r.BeginArray(18)
		text := func(name, value string) { r.Text(name); r.Text(value) }
		number := func(name string, value int64) { r.Text(name); r.LongLong(value) }
		text("command", e.Name)
		text("status", names[e.Outcome])
		number("duration_us", e.Duration.Microseconds())
		number("dirty", e.Dirty)
		number("client_id", int64(e.ClientID))
		called := int64(0)
		if e.ModuleClient {
			called = 1
		}
		number("is_module_client", called)
		number("subevent", int64(e.Denied))
		text("rejection_context", e.Rejection)
		r.Text("argv")
		r.Texts(e.args)
	}
	return r.ReplyTo(ctx)
}

func main() {}
