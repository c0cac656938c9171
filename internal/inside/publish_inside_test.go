// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// InsidePublish publishes for nobody, and what is no string. What subscribers get is tested
// in package rm.
//
// Drives: PublishMessage, PublishMessageShard.
func InsidePublish(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	channel, none := e.str("channel"), rm.RStr{}
	shard := func(a, b rm.RStr) any { return told(func() any { return either(ctx.PublishMessageShard(a, b)) }) }
	plain := func(a, b rm.RStr) any { return told(func() any { return either(ctx.PublishMessage(a, b)) }) }
	want := []any{0, rm.ErrNoString, rm.ErrNoString}
	same(t, want, answers(plain(channel, channel), plain(none, channel), plain(channel, none)))
	if !serverHas(t, "PublishMessageShard") {
		want = []any{rm.ErrUnsupported, rm.ErrUnsupported, rm.ErrUnsupported}
	}
	same(t, want, answers(shard(channel, channel), shard(none, channel), shard(channel, none)))
	e.costs(func() {
		if n, err := ctx.PublishMessage(channel, channel); n != 0 || err != nil {
			panic("published")
		}
	})
}
