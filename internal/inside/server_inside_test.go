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
