// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module keyspace_events is what the unit keyspace_events of the suite loads, and others for the keys
// that it counts.
//
// Any argument makes its load fail, when its listeners are there.
package main

import (
	"errors"
	"strings"

	"github.com/iredismodule/redismodule/rm"
)

func init() {
	command := func(name string, flags rm.CommandFlags, keys rm.KeyRange, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: name, Flags: flags, Keys: keys, Arity: arity, Handler: h}
	}
	rm.Register(rm.Module{Name: "testkeyspace", Version: 1, OnLoad: load, Commands: []rm.Command{
		command("keyspace.notify", rm.CmdWrite, rm.OneKey, 2, notify),
		command("keyspace.is_module_key_notified", rm.CmdReadOnly, rm.OneKey, 2, isIn(notified)),
		command("keyspace.is_key_loaded", rm.CmdReadOnly, rm.OneKey, 2, isIn(loaded)),
		command("keyspace.del_key_copy", rm.CmdWrite, rm.OneKey, 2, deleteCopy),
		command("keyspace.incr_case1", rm.CmdWrite, rm.OneKey, 2, incrCalled),
		command("keyspace.incr_case2", rm.CmdWrite, rm.OneKey, 2, incrReplicated),
		command("keyspace.incr_case3", rm.CmdWrite, rm.OneKey, 2, incrVerbatim),
		command("keyspace.incr_dels", rm.CmdWrite, rm.NoKeys, 1, incrDeletions),
		command("keyspace.get_dels", rm.CmdReadOnly, rm.NoKeys, 1, func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithLongLong(deletions) }),
	}})
}

var (
	loaded    = map[string]bool{}
	notified  = map[string]bool{}
	deletions int64
)

func load(ctx rm.Context, args rm.Args) error {
	clear(loaded)
	clear(notified)
	deletions = 0
	for _, l := range []struct {
		types rm.NotifyFlags
		f     func(c rm.NotifyContext, e rm.KeyspaceEvent)
	}{
		{rm.NotifyLoaded, func(_ rm.NotifyContext, e rm.KeyspaceEvent) { loaded[e.Key().Clone()] = true }},
		{rm.NotifyModule, func(_ rm.NotifyContext, e rm.KeyspaceEvent) { notified[e.Key().Clone()] = true }},
		{rm.NotifyExpired, expired},
		{rm.NotifyGeneric, deleted},
		{rm.NotifyString | rm.NotifyList | rm.NotifyKeyMiss, other},
		{rm.NotifyKeyMiss, missed},
	} {
		if _, err := ctx.SubscribeToKeyspaceEvents(l.types, l.f); err != nil {
			return err
		}
	}
	if args.Len() > 0 {
		return rm.Error("ERR this load is to fail")
	}
	return nil
}

// later has the server run f when the command is over, and at the end of the turn of the event loop
// on servers that know no such jobs, and on replicas, which take none; there it begins in database 0.
func later(c rm.NotifyContext, f func(ctx rm.Context)) {
	err := c.AddPostNotificationJob(f)
	if errors.Is(err, rm.ErrUnsupported) || errors.Is(err, rm.ErrNoJob) {
		db := c.SelectedDB()
		err = c.EventLoopAddOneShot(func(ctx rm.Context) {
			if err := ctx.SelectDB(db); err != nil {
				ctx.Warning(err.Error())
				return
			}
			f(ctx)
		})
	}
	if err != nil {
		c.Log(rm.LevelWarning, err.Error())
	}
}

// increment increments a key, later.
func increment(c rm.NotifyContext, key string) {
	later(c, func(ctx rm.Context) {
		if err := call(ctx, "INCR", rm.CallReplicate, rm.Text(key)); err != nil {
			ctx.Warning(err.Error())
		}
	})
}

// call calls a command whose reply does not matter.
func call(ctx rm.Context, command string, flags rm.CallFlags, args ...rm.Arg) error {
	reply, err := ctx.Call(command, flags, args...)
	reply.Free()
	return err
}

// expired counts keys that have expired.
func expired(c rm.NotifyContext, e rm.KeyspaceEvent) {
	increment(c, "testkeyspace:"+e.Event())
}

// deleted notes in what a key with the name of a copy is deleted, and counts keys that ask for it.
func deleted(c rm.NotifyContext, e rm.KeyspaceEvent) {
	if e.Event() != "del" {
		return
	}
	key := e.Key().String()
	if flags := c.ContextFlags(); strings.HasSuffix(key, "_copy") || flags&rm.CtxFlagMaster == 0 {
		if flags&rm.CtxFlagMulti != 0 {
			increment(c, "multi")
		}
		if flags&rm.CtxFlagLua != 0 {
			increment(c, "lua")
		}
	}
	if strings.HasPrefix(key, "count_dels_") {
		if c.ContextFlags()&rm.CtxFlagMaster != 0 {
			later(c, func(ctx rm.Context) {
				deletions++
				if err := ctx.Replicate("keyspace.incr_dels", 0); err != nil {
					ctx.Warning(err.Error())
				}
			})
		}
	}
}

// missed counts keys that are missing, on servers whose suite asks for it: those that have jobs behind events.
func missed(c rm.NotifyContext, _ rm.KeyspaceEvent) {
	if c.ContextFlags()&rm.CtxFlagMaster == 0 {
		return
	}
	err := c.AddPostNotificationJob(func(ctx rm.Context) {
		if err := call(ctx, "INCR", rm.CallReplicate, rm.Text("missed")); err != nil {
			ctx.Warning(err.Error())
		}
	})
	if err != nil && !errors.Is(err, rm.ErrUnsupported) {
		c.Log(rm.LevelWarning, err.Error())
	}
}

// other reads keys in the middle of what is done to them.
func other(c rm.NotifyContext, e rm.KeyspaceEvent) {
	key := c.OpenReadKey(e.Key())
	defer key.Close()
	if key.Type() == rm.KeyTypeString {
		if _, ok, err := key.StringBytes(); !ok || err != nil {
			c.Log(rm.LevelWarning, "a string key without a value")
		}
	}
}

// keyspace.notify KEY
func notify(ctx rm.Context, args rm.Args) error {
	if err := ctx.NotifyKeyspaceEvent(rm.NotifyModule, "notify", args.At(1)); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// isIn returns a handler that tells whether the key of the first argument is in a list.
func isIn(list map[string]bool) rm.Handler {
	return func(ctx rm.Context, args rm.Args) error {
		key := args.At(1).Clone()
		if err := ctx.ReplyWithArray(2); err != nil {
			return err
		}
		if !list[key] {
			if err := ctx.ReplyWithLongLong(0); err != nil {
				return err
			}
			return ctx.ReplyWithNull()
		}
		if err := ctx.ReplyWithLongLong(1); err != nil {
			return err
		}
		return ctx.ReplyWithText(key)
	}
}

// deleteCopy is keyspace.del_key_copy KEY: it deletes the key with _copy behind the name.
func deleteCopy(ctx rm.Context, args rm.Args) error {
	if err := call(ctx, "DEL", rm.CallReplicate, rm.Text(args.At(1).String()+"_copy")); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// incrCalled increments a key by a call that is replicated.
func incrCalled(ctx rm.Context, args rm.Args) error {
	if err := call(ctx, "INCR", rm.CallReplicate, rm.Str(args.At(1))); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// incrReplicated increments a key of the replicas alone.
func incrReplicated(ctx rm.Context, args rm.Args) error {
	if err := ctx.Replicate("INCR", 0, rm.Str(args.At(1))); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// incrVerbatim increments a key by a call, and is replicated itself.
func incrVerbatim(ctx rm.Context, args rm.Args) error {
	if err := call(ctx, "INCR", 0, rm.Str(args.At(1))); err != nil {
		return err
	}
	if err := ctx.ReplicateVerbatim(); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// incrDeletions is what a replica gets for each key that was counted.
func incrDeletions(ctx rm.Context, _ rm.Args) error {
	deletions++
	return ctx.ReplyWithOK()
}

func main() {}
