// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "github.com/iredismodule/redismodule"

// PublishMessage sends a message to the subscribers of a channel, as PUBLISH does,
// and returns how many of this server's clients get it.
//
// C: RedisModule_PublishMessage, since Redis 6.0.
func (ctx Context) PublishMessage(channel, message RStr) (receivers int, err error) {
	ctx.alive()
	if !has(featurePublishMessage) {
		return 0, lacks(featurePublishMessage)
	}
	if channel.s == 0 || message.s == 0 {
		return 0, ErrNoString
	}
	return int(redismodule.PublishMessage(ctx.raw(), channel.raw(), message.raw())), nil
}

// PublishMessageShard sends a message to the subscribers of a shard channel, as
// SPUBLISH does, and returns how many of this server's clients get it.
//
// C: RedisModule_PublishMessageShard, since Redis 7.0.
func (ctx Context) PublishMessageShard(channel, message RStr) (receivers int, err error) {
	ctx.alive()
	if !has(featurePublishMessageShard) {
		return 0, lacks(featurePublishMessageShard)
	}
	if channel.s == 0 || message.s == 0 {
		return 0, ErrNoString
	}
	return int(redismodule.PublishMessageShard(ctx.raw(), channel.raw(), message.raw())), nil
}
