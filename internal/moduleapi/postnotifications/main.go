// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module postnotifications is what the unit of the same name of the suite loads: what happens to keys
// makes it write, in jobs after the command.
//
// With the load argument with_key_events it writes, too, which keys are about to go.
package main

import (
	"strings"

	"github.com/iredismodule/redismodule/rm"
)

func init() {
	rm.Register(rm.Module{Name: "postnotifications", Version: 1, OnLoad: load, Commands: []rm.Command{
		{Name: "postnotification.async_set", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 1, Handler: asyncSet},
	}})
}

func load(ctx rm.Context, args rm.Args) error {
	if err := ctx.AllowNestedKeyspaceEvents(); err != nil {
		return err
	}
	for _, l := range []struct {
		types rm.NotifyFlags
		f     func(c rm.NotifyContext, e rm.KeyspaceEvent)
	}{
		{rm.NotifyString, changed},
		{rm.NotifyExpired, func(c rm.NotifyContext, e rm.KeyspaceEvent) { counted(c, e, "expired") }},
		{rm.NotifyEvicted, func(c rm.NotifyContext, e rm.KeyspaceEvent) { counted(c, e, "evicted") }},
	} {
		if _, err := ctx.SubscribeToKeyspaceEvents(l.types, l.f); err != nil {
			return err
		}
	}
	if args.Len() == 0 || args.At(0).String() != "with_key_events" {
		return nil
	}
	_, err := ctx.OnKey(removed)
	return err
}

// write calls a command that is replicated.
func write(ctx rm.Context, command string, words ...string) {
	var args []rm.Arg
	for _, w := range words {
		args = append(args, rm.Text(w))
	}
	reply, err := ctx.Call(command, rm.CallReplicate, args...)
	if err != nil {
		ctx.Warning(err.Error())
	}
	reply.Free()
}

// later adds a job.
func later(c rm.NotifyContext, f func(ctx rm.Context)) {
	if err := c.AddPostNotificationJob(f); err != nil {
		rm.Log(rm.LevelWarning, err.Error())
	}
}

// changed counts the changes of strings, by their names, and then all of them. A key read_NAME has NAME
// read, and write_sync_NAME has it set.
func changed(c rm.NotifyContext, e rm.KeyspaceEvent) {
	key := e.Key().Clone()
	switch {
	case strings.HasPrefix(key, "string_changed{"):
		later(c, func(ctx rm.Context) { write(ctx, "INCR", "string_total") })
	case key == "string_total":
	case strings.HasPrefix(key, "string"):
		later(c, func(ctx rm.Context) { write(ctx, "INCR", "string_changed{"+key+"}") })
	case strings.HasPrefix(key, "read_"):
		later(c, func(ctx rm.Context) {
			reply, err := ctx.Call("GET", 0, rm.Text(strings.TrimPrefix(key, "read_")))
			if err != nil {
				ctx.Warning(err.Error())
			}
			reply.Free()
		})
	case strings.HasPrefix(key, "write_sync_"):
		if ctx, ok := c.Nested(); ok {
			write(ctx, "SET", strings.TrimPrefix(key, "write_sync_"), "1")
		}
	}
}

// counted counts the keys that have gone by themselves.
func counted(c rm.NotifyContext, e rm.KeyspaceEvent, name string) {
	if key := e.Key().String(); key != name && key != "before_"+name {
		later(c, func(ctx rm.Context) { write(ctx, "INCR", name) })
	}
}

// removed notes keys that are about to go.
func removed(c rm.NotifyContext, e rm.KeyRemoval) {
	list, ok := map[rm.KeyRemovalSub]string{
		rm.KeyRemovalExpired: "before_expired", rm.KeyRemovalEvicted: "before_evicted", rm.KeyRemovalOverwritten: "before_overwritten",
	}[e.Sub]
	if key := e.Key.Name().Clone(); ok && !strings.HasPrefix(key, "before_") {
		later(c, func(ctx rm.Context) { write(ctx, "LPUSH", list, key) })
	}
}

// asyncSet has a goroutine set a string.
func asyncSet(ctx rm.Context, _ rm.Args) error {
	return rm.Go(ctx, func(job rm.Job) (rm.Reply, error) {
		reply := rm.NewReply()
		return reply, job.Do(func(ctx rm.Context) error {
			write(ctx, "SET", "string_x", "1")
			reply.OK()
			return nil
		})
	})
}

func main() {}
