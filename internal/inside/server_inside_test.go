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

// InsideContextFlagNames looks at the names of the flags.
func InsideContextFlagNames(t *inside.T, _ rm.Context) {
	require.Equal(t, "0", rm.CtxFlags(0).String())
	require.Equal(t, "CtxFlagLua|CtxFlagReplica|CtxFlagTrimInProgress|0x8000000", (rm.CtxFlagLua | rm.CtxFlagReplica | rm.CtxFlagTrimInProgress | 1<<27).String())
	require.Equal(t, "CtxFlagRESP3", rm.CtxFlagRESP3.String())
}
