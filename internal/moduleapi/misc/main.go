// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module misc is what the unit misc of the suite loads, and others for its calls.
package main

import (
	"fmt"
	"strings"

	"github.com/iredismodule/redismodule/internal/moduleapi/calls"
	"github.com/iredismodule/redismodule/rm"
)

func init() {
	var commands []rm.Command
	for name, h := range map[string]rm.Handler{
		"test.call_info":              info,
		"test.call_argv_info":         info,
		"test.call_generic":           calls.With(0),
		"test.call_argv_generic":      calls.With(0),
		"test.rm_call":                calls.With(0),
		"test.vm_call_argv":           calls.With(0),
		"test.rm_call_flags":          calls.Flagged,
		"test.vm_call_argv_flags":     calls.Flagged,
		"test.rm_call_replicate":      calls.With(rm.CallReplicate),
		"test.vm_call_argv_replicate": calls.With(rm.CallReplicate),
		"test.redisversion":           version,
		"test.serverversion":          version,
		"test.ld_conversion":          longDouble,
		"test.ull_conversion":         unsigned,
		"test.malloc_api":             memory,
		"test.randomkey":              randomKey,
		"test.dbsize":                 func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithLongLong(int64(ctx.DBSize())) },
		"test.flushall":               flushAll,
		"test.keyexists":              keyExists,
		"test.silent_open_key":        silentOpen,
		"test.getlru":                 getLRU,
		"test.setlru":                 setLRU,
		"test.getlfu":                 getLFU,
		"test.setlfu":                 setLFU,
		"test.log_tsctx":              logLine,
		"test.clientinfo":             clientInfo,
		"test.getname":                getName,
		"test.setname":                setName,
		"test.getclientcert":          certificate,
		"test.keyslot": func(ctx rm.Context, args rm.Args) error {
			return ctx.ReplyWithLongLong(int64(rm.ClusterKeySlot(args.At(1))))
		},
		"test.clear_n_events": clearEvents,
		"test.get_n_events":   func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithLongLong(keyEvents) },
		"test.weird:cmd":      func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithOK() },
		"test.monotonic_time": monotonic,
	} {
		flags := rm.CmdAllowStale
		if strings.HasSuffix(name, "_replicate") {
			flags |= rm.CmdWrite
		}
		commands = append(commands, rm.Command{Name: name, Flags: flags, Keys: rm.NoKeys, Arity: -1, Handler: h})
	}
	rm.Register(rm.Module{Name: "misc", Version: 1, Commands: commands, OnLoad: func(ctx rm.Context, _ rm.Args) error {
		_, err := ctx.SubscribeToKeyspaceEvents(rm.NotifyExpired|rm.NotifyKeyMiss, func(rm.NotifyContext, rm.KeyspaceEvent) { keyEvents++ })
		return err
	}})
}

// keyEvents counts events of keys that have expired or are missing.
var keyEvents int64

func clearEvents(ctx rm.Context, _ rm.Args) error {
	keyEvents = 0
	return ctx.ReplyWithOK()
}

// test.call_info SECTION
func info(ctx rm.Context, args rm.Args) error {
	return calls.Forward(ctx, 0, rm.ArgsOf(ctx.Str("INFO"), args.At(1)))
}

// test.log_tsctx LEVEL TEXT
func logLine(ctx rm.Context, args rm.Args) error {
	levels := map[string]rm.Level{"debug": rm.LevelDebug, "verbose": rm.LevelVerbose, "notice": rm.LevelNotice, "warning": rm.LevelWarning}
	level, ok := levels[args.At(1).String()]
	if !ok {
		level = rm.LevelNotice
	}
	logged := make(chan struct{})
	text := args.At(2).Clone()
	go func() {
		defer close(logged)
		rm.Log(level, text)
	}()
	<-logged
	return ctx.ReplyWithOK()
}

func version(ctx rm.Context, _ rm.Args) error {
	major, minor, patch, err := rm.ServerVersion()
	if err != nil {
		return err
	}
	return ctx.ReplyWithText(fmt.Sprintf("%d.%d.%d", major, minor, patch))
}

func monotonic(ctx rm.Context, _ rm.Args) error {
	t, err := rm.MonotonicMicroseconds()
	if err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(int64(t))
}

func main() {}
