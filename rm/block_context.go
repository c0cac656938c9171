// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "github.com/iredismodule/redismodule"

// IsBlockedReplyRequest tells whether the callback is to reply to a blocked client:
// [BlockOptions].Reply, or the function of [BlockedClient.Finish].
//
// C: RedisModule_IsBlockedReplyRequest, since Redis 4.0.
func (ctx Context) IsBlockedReplyRequest() bool {
	return redismodule.IsBlockedReplyRequest(ctx.raw()) != 0
}

// IsBlockedTimeoutRequest tells whether the callback is to reply to a blocked client
// that has waited long enough. It is true, too, where a client that is blocked on keys gets
// an answer that does not come from its keys: the server knows no other way.
//
// C: RedisModule_IsBlockedTimeoutRequest, since Redis 4.0.
func (ctx Context) IsBlockedTimeoutRequest() bool {
	return redismodule.IsBlockedTimeoutRequest(ctx.raw()) != 0
}

// PrivateData returns the private data of the client that the callback replies to: what
// [BlockedClient.UnblockClient] was given, or else [BlockOptions].Data. It is false when
// that is of another type, and in other callbacks.
//
// C: RedisModule_GetBlockedClientPrivateData, since Redis 4.0;
// RedisModule_BlockClientGetPrivateData, since Redis 7.2.
func PrivateData[T any](ctx Context) (data T, ok bool) {
	ctx.alive()
	if b := ctx.servedNow(); b != nil {
		data, ok = b.data.(T)
	}
	return data, ok
}

// BlockedClientHandle returns the client that the callback replies to; false in other
// callbacks.
//
// C: RedisModule_GetBlockedClientHandle, since Redis 5.0.
func (ctx Context) BlockedClientHandle() (BlockedClient, bool) {
	ctx.alive()
	if b := ctx.servedNow(); b != nil {
		return b.client(), true
	}
	return BlockedClient{}, false
}

// BlockedClientReadyKey returns the key that is ready, where [BlockOptions].Reply is called
// for a client that is blocked on keys; false in other callbacks. The string lives until
// the callback returns.
//
// C: RedisModule_GetBlockedClientReadyKey, since Redis 6.0.
func (ctx Context) BlockedClientReadyKey() (RStr, bool) {
	ctx.alive()
	b := ctx.servedNow()
	if b == nil || !b.onKeys {
		return RStr{}, false
	}
	s := redismodule.GetBlockedClientReadyKey(ctx.c)
	return RStr{ctx.o, s}, s != 0
}

// Disconnected tells, in [BlockOptions].OnFree, whether the client was gone before it was
// answered.
//
// C: RedisModule_BlockedClientDisconnected, since Redis 5.0.
func (e BlockEnd) Disconnected() bool { return e == BlockDisconnected }
