// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "github.com/iredismodule/redismodule"

// BlockFlags say what wakes a client that is blocked on keys.
type BlockFlags uint32

// BlockUnblockDeleted calls [BlockOptions].Reply, too, when a key is deleted: for those who
// wait for something to happen to a key that exists. Of keys whose type no command of the
// server waits for (strings, hashes, sets) the server does not tell. Redis 7.2.
const BlockUnblockDeleted BlockFlags = redismodule.BLOCK_UNBLOCK_DELETED

const (
	// ErrNoKeys means that a client is to be blocked on keys, and none is given.
	ErrNoKeys = Error("ERR there is no key to wait for")
	// ErrBlockSlot means that in a cluster a client is to be blocked on keys that are not in the slot of its command's
	// keys, or by a command that has none, or by one of the raw layer.
	ErrBlockSlot = Error("ERR in a cluster the keys to wait for must be in the slot of the command's keys")
)

// BlockClientOnKeys blocks the client of the command until one of the keys is ready: made
// by a command of the server that serves those who wait for lists, sorted sets and
// streams, or told of by SignalKeyAsReady. Then [BlockOptions].Reply is called, which must
// be there; it may find that the key does not serve and return [ErrKeepWaiting]. A key that is
// ready already calls nobody: look first, then block. All else is as with BlockClient;
// answers of other goroutines work, too, and the server calls them time-outs.
//
// The keys must be arguments of the command, so that a cluster sends its clients to the
// right node; when they move to another node the server ends the waiting. In a cluster the error is [ErrBlockSlot]
// when they are not in the slot of the keys that the server knows of ([Command].Keys): Valkey 9.1 would end.
//
// C: RedisModule_BlockClientOnKeys, since Redis 6.0;
// RedisModule_BlockClientOnKeysWithFlags, since Redis 7.2.
func (ctx Context) BlockClientOnKeys(o BlockOptions, keys ...RStr) (BlockedClient, error) {
	ctx.alive()
	switch {
	case o.Reply == nil:
		return BlockedClient{}, ErrNoReplyHandler
	case len(keys) == 0:
		return BlockedClient{}, ErrNoKeys
	case o.Flags&^BlockUnblockDeleted != 0:
		return BlockedClient{}, ErrFlags
	case o.Flags != 0 && !has(featureBlockClientOnKeysWithFlags):
		return BlockedClient{}, lacks(featureBlockClientOnKeysWithFlags)
	}
	raw := rawStrings(keys)
	if !allStrings(raw) {
		return BlockedClient{}, ErrNoString
	}
	ms, err := ctx.mayBlock(&o)
	if err != nil {
		return BlockedClient{}, err
	}
	if redismodule.GetContextFlags(ctx.c)&redismodule.CTX_FLAGS_CLUSTER != 0 && !ctx.inSlot(keys) {
		return BlockedClient{}, ErrBlockSlot
	}
	b := newBlocked(ctx, o)
	b.onKeys = true
	var bc redismodule.BlockedClient
	if o.Flags == 0 {
		bc = redismodule.BlockClientOnKeys(ctx.raw(), blockReply.slot, blockTimeout.slot, blockFree.slot, ms, &raw[0], int32(len(raw)), b.word())
	} else {
		bc = redismodule.BlockClientOnKeysWithFlags(ctx.raw(), blockReply.slot, blockTimeout.slot, blockFree.slot, ms, &raw[0], int32(len(raw)), b.word(), int32(o.Flags))
	}
	if bc == 0 {
		return BlockedClient{}, b.refused()
	}
	return b.begin(bc), nil
}

// inSlot tells whether the keys are in the slot that the server has sent the command's client here for.
func (ctx Context) inSlot(keys []RStr) bool {
	if replyArgv == 0 {
		return false
	}
	command := args(ctx.o, replyArgv, replyArgc)
	at, err := ctx.GetCommandKeys(nil, command)
	if err != nil || len(at) == 0 {
		return false
	}
	slot := ClusterKeySlot(command.At(at[0]))
	for _, key := range keys {
		if ClusterKeySlot(key) != slot {
			return false
		}
	}
	return true
}

// SignalKeyAsReady wakes the clients that are blocked on a key, in the database of the
// context: their Reply is called when the command or callback is over. A key that does not
// exist wakes nobody.
//
// C: RedisModule_SignalKeyAsReady, since Redis 6.0.
func (ctx Context) SignalKeyAsReady(key RStr) error {
	ctx.alive()
	raw := key.raw()
	if raw == 0 {
		return ErrNoString
	}
	redismodule.SignalKeyAsReady(ctx.raw(), raw)
	return nil
}
