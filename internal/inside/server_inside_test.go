// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// InsideServerVersion compares the release with what INFO says.
//
// Drives: GetServerVersion.
func InsideServerVersion(t *inside.T, ctx rm.Context) {
	major, minor, patch, err := rm.ServerVersion()
	if !serverHas(t, "GetServerVersion") {
		requireError(t, rm.ErrUnsupported, err)
		return
	}
	require.NoError(t, err)
	e := env{t, ctx}
	info := fmt.Sprint(e.do("INFO", "server"))
	name := "redis_version:"
	if strings.Contains(info, "valkey_version:") {
		name = "valkey_version:"
	}
	require.Contains(t, info, fmt.Sprintf("%s%d.%d.%d\r\n", name, major, minor, patch))
	e.costs(func() { _, _, _, _ = rm.ServerVersion() })
}

// InsideLatency adds samples of events, which the server shows by LATENCY.
//
// Drives: LatencyAddSample.
func InsideLatency(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	if !serverHas(t, "LatencyAddSample") {
		requireError(t, rm.ErrUnsupported, ctx.LatencyAddSample("x", time.Second))
		return
	}
	e.do("LATENCY", "RESET", "short", "long")
	e.set("latency-monitor-threshold", "0")
	history := func(event string) []any {
		list, _ := e.do("LATENCY", "HISTORY", event).([]any)
		return list
	}
	require.NoError(t, ctx.LatencyAddSample("long", time.Hour))
	valkey := strings.Contains(fmt.Sprint(e.do("INFO", "server")), "valkey_version:")
	require.Equal(t, !valkey, len(history("long")) == 1, "the monitor is off, which Redis does not look at")
	e.do("LATENCY", "RESET", "long")
	e.set("latency-monitor-threshold", "10")
	require.NoError(t, ctx.LatencyAddSample("short", 10*time.Millisecond-1))
	require.NoError(t, ctx.LatencyAddSample("long", 12*time.Millisecond+999*time.Microsecond))
	require.Empty(t, history("short"), "it is too short")
	require.Len(t, history("long"), 1)
	require.EqualValues(t, 12, history("long")[0].([]any)[1], "milliseconds, rounded down")
	require.Equal(t, rm.ErrNULByte, ctx.LatencyAddSample("a\x00b", time.Second))
	e.costs(func() { _ = ctx.LatencyAddSample("long", 20*time.Millisecond) })
	e.do("LATENCY", "RESET", "long")
}

// InsideContextFlags compares the flags with what is known to be so.
//
// Drives: GetContextFlags, GetContextFlagsAll.
func InsideContextFlags(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	all := rm.ContextFlagsAll()
	require.Equal(t, serverHas(t, "GetContextFlagsAll"), all != 0)
	if all != 0 {
		require.Equal(t, rm.CtxFlagLua|rm.CtxFlagMulti|rm.CtxFlagIsChild, all&(rm.CtxFlagLua|rm.CtxFlagMulti|rm.CtxFlagIsChild))
		require.Zero(t, ctx.ContextFlags()&^all, "%v", ctx.ContextFlags()&^all)
	}
	now := func(mask rm.CtxFlags, run func()) (got rm.CtxFlags) {
		commandBody = func(ctx rm.Context) error {
			got = ctx.ContextFlags() & mask
			return nil
		}
		run()
		return got
	}
	call := func() { e.do(commandName) }
	const client = rm.CtxFlagLua | rm.CtxFlagMulti | rm.CtxFlagReplicated | rm.CtxFlagRESP3
	require.Equal(t, rm.CtxFlagMaster, now(client|rm.CtxFlagMaster|rm.CtxFlagReplica|rm.CtxFlagCluster|rm.CtxFlagIsChild|rm.CtxFlagLoading, call))
	require.Equal(t, rm.CtxFlagLua, now(client, func() { e.do("EVAL", "return redis.call('"+commandName+"')", "0") }))
	require.Equal(t, all&rm.CtxFlagDenyBlocking, now(rm.CtxFlagDenyBlocking, call), "a called command must not block")
	require.Zero(t, now(rm.CtxFlagMaxMemory|rm.CtxFlagEvict|rm.CtxFlagOOM, call))
	e.set("maxmemory-policy", "allkeys-lru")
	e.do("CONFIG", "SET", "maxmemory", "1")
	defer e.do("CONFIG", "SET", "maxmemory", "0")
	require.Equal(t, rm.CtxFlagMaxMemory|rm.CtxFlagEvict|rm.CtxFlagOOM, now(rm.CtxFlagMaxMemory|rm.CtxFlagEvict|rm.CtxFlagOOM,
		func() { _ = e.command(commandBody) }))
	e.costs(func() { _ = ctx.ContextFlags() })
}

// InsideContextQuestions asks what is asked most, in each place.
//
// Drives: GetContextFlags.
func InsideContextQuestions(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	type answer struct{ multi, script, replica, mayBlock bool }
	ask := func(run func()) (got answer) {
		commandBody = func(ctx rm.Context) error {
			got = answer{ctx.InMulti(), ctx.InScript(), ctx.IsReplica(), ctx.MayBlock()}
			return nil
		}
		run()
		return got
	}
	denied := rm.ContextFlagsAll()&rm.CtxFlagDenyBlocking == 0 // an old server does not tell of calls
	require.Equal(t, answer{mayBlock: denied}, ask(func() { e.do(commandName) }))
	require.Equal(t, answer{script: true}, ask(func() { e.do("EVAL", "return redis.call('"+commandName+"')", "0") }))
	server := rm.ServerContextFlags()
	require.Equal(t, rm.CtxFlagMaster, server&(rm.CtxFlagMaster|rm.CtxFlagReplica|rm.CtxFlagLua|rm.CtxFlagMulti|rm.CtxFlagDenyBlocking|rm.CtxFlagRESP3))
	require.Equal(t, server, ctx.ContextFlags()&server, "they are a part of what is so in a context")
	e.costs(func() { _, _, _ = rm.ServerContextFlags(), ctx.MayBlock(), ctx.InMulti() })
	major, _, _, _ := rm.ServerVersion()
	require.Equal(t, serverHas(t, "GetServerVersion") && rm.IsValkey(), strings.Contains(fmt.Sprint(e.do("INFO", "server")), "valkey_version:"))
	slots := rm.CtxFlagSlotImportClient | rm.CtxFlagSlotExportClient
	require.Equal(t, rm.IsValkey() && major >= 9, rm.ContextFlagsAll()&slots == slots)
	require.Equal(t, !rm.IsValkey() && major >= 8, rm.ContextFlagsAll()&rm.CtxFlagDebugEnabled != 0)
}

// InsideModuleOptions sets options that the server knows, and none that it does not.
//
// Drives: SetModuleOptions, GetModuleOptionsAll.
func InsideModuleOptions(t *inside.T, ctx rm.Context) {
	all := rm.ModuleOptionsAll()
	major, minor, _, _ := rm.ServerVersion()
	want := rm.ModuleFlags(0)
	for _, o := range []struct {
		flag rm.ModuleFlags
		here bool
		name string
	}{
		{rm.ModuleHandleIOErrors, serverHas(t, "SetModuleOptions"), "SetModuleOptions"},
		{rm.ModuleNoImplicitSignalModified, serverHas(t, "SetModuleOptions"), "SetModuleOptions"},
		{rm.ModuleHandleReplAsyncLoad, serverHas(t, "EventLoopAdd"), "OPTIONS_HANDLE_REPL_ASYNC_LOAD (since Redis 7.0, Valkey 7.2)"},
		{rm.ModuleAllowNestedKeyspaceEvents, serverHas(t, "AddPostNotificationJob"), "OPTIONS_ALLOW_NESTED_KEYSPACE_NOTIFICATIONS (since Redis 7.2, Valkey 7.2)"},
		{rm.ModuleSkipCommandValidation, rm.IsValkey() && (major > 8 || major == 8 && minor >= 1), "OPTIONS_SKIP_COMMAND_VALIDATION (since Valkey 8.1)"},
		{rm.ModuleHandleAtomicSlotMigration, rm.IsValkey() && major >= 9, "OPTIONS_HANDLE_ATOMIC_SLOT_MIGRATION (since Valkey 9.0)"},
		{1 << 20, false, "one of the module options"},
	} {
		if o.here {
			want |= o.flag
			continue
		}
		err := ctx.SetModuleOptions(o.flag | rm.ModuleHandleIOErrors)
		requireError(t, rm.ErrUnsupported, err)
		require.Contains(t, err.Error(), o.name)
	}
	require.Equal(t, want, all, "%v", all)
	if all != 0 {
		require.NoError(t, ctx.SetModuleOptions(rm.ModuleHandleIOErrors))
		env{t, ctx}.costs(func() { _ = ctx.SetModuleOptions(rm.ModuleHandleIOErrors) })
	}
	require.Equal(t, "ModuleHandleIOErrors|ModuleHandleAtomicSlotMigration", (rm.ModuleHandleIOErrors | rm.ModuleHandleAtomicSlotMigration).String())
}

// InsideRuntimeArgs changes the arguments that the server shows for the module.
//
// Drives: UpdateRuntimeArgs.
func InsideRuntimeArgs(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	if !serverHas(t, "UpdateRuntimeArgs") {
		requireError(t, rm.ErrUnsupported, ctx.UpdateRuntimeArgs(e.str("x")))
		return
	}
	shown := func() (args []string) {
		list, _ := e.do("MODULE", "LIST").([]any)
		for _, m := range list {
			if fields := m.([]any); fields[1] == "inside" {
				require.Equal(t, "args", fields[6])
				for _, a := range fields[7].([]any) {
					args = append(args, a.(string))
				}
			}
		}
		return args
	}
	before := shown()
	require.NotEmpty(t, before)
	for _, args := range [][]string{nil, {"one"}, {"", "two words", "3"}, before} {
		require.NoError(t, ctx.UpdateRuntimeArgs(e.strs(args...)...))
		require.Equal(t, args, shown())
	}
	require.Equal(t, rm.ErrNoString, ctx.UpdateRuntimeArgs(rm.RStr{}))
	require.Equal(t, before, shown())
}

// InsideContextFlagNames looks at the names of the flags.
func InsideContextFlagNames(t *inside.T, _ rm.Context) {
	require.Equal(t, "0", rm.CtxFlags(0).String())
	require.Equal(t, "CtxFlagLua|CtxFlagReplica|CtxFlagTrimInProgress|0x8000000", (rm.CtxFlagLua | rm.CtxFlagReplica | rm.CtxFlagTrimInProgress | 1<<27).String())
	require.Equal(t, "CtxFlagRESP3", rm.CtxFlagRESP3.String())
	require.Equal(t, "CtxFlagDebugEnabled|CtxFlagSlotImportClient", (rm.CtxFlagDebugEnabled | rm.CtxFlagSlotImportClient).String())
}
