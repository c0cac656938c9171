// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// InsideNotifyFlags looks at the context flags in a listener to keyspace events.
//
// Drives: GetContextFlags.
func InsideNotifyFlags(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	var flags []rm.CtxFlags
	l, err := ctx.SubscribeToKeyspaceEvents(rm.NotifyString, func(c rm.NotifyContext, _ rm.KeyspaceEvent) {
		flags = append(flags, c.ContextFlags()&(rm.CtxFlagLua|rm.CtxFlagMulti|rm.CtxFlagMaster))
	})
	require.NoError(t, err)
	defer l.Stop(ctx)
	e.do("SET", "k", "1")
	e.do("EVAL", "redis.call('SET', KEYS[1], '2')", "1", "k")
	require.Equal(t, []rm.CtxFlags{rm.CtxFlagMaster, rm.CtxFlagMaster | rm.CtxFlagLua}, flags)
}
