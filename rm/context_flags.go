// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"github.com/iredismodule/redismodule"
)

// CtxFlags say what is so at the moment: of the server, and of the client for which a callback runs.
type CtxFlags int64

// The context flags, with the first release that has each. A server that does not know a flag never
// sets it; [ContextFlagsAll] tells which ones it knows.
const (
	CtxFlagLua                   CtxFlags = redismodule.CTX_FLAGS_LUA                     // a script has called the command
	CtxFlagMulti                 CtxFlags = redismodule.CTX_FLAGS_MULTI                   // the command runs in a transaction
	CtxFlagMaster                CtxFlags = redismodule.CTX_FLAGS_MASTER                  // the server is a master
	CtxFlagReplica               CtxFlags = redismodule.CTX_FLAGS_SLAVE                   // the server is a replica
	CtxFlagReadOnly              CtxFlags = redismodule.CTX_FLAGS_READONLY                // the server is a replica that is read-only
	CtxFlagCluster               CtxFlags = redismodule.CTX_FLAGS_CLUSTER                 // cluster mode
	CtxFlagAOF                   CtxFlags = redismodule.CTX_FLAGS_AOF                     // there is an AOF
	CtxFlagRDB                   CtxFlags = redismodule.CTX_FLAGS_RDB                     // the server saves by itself
	CtxFlagMaxMemory             CtxFlags = redismodule.CTX_FLAGS_MAXMEMORY               // there is a limit of memory
	CtxFlagEvict                 CtxFlags = redismodule.CTX_FLAGS_EVICT                   // there is one, and keys are evicted
	CtxFlagOOM                   CtxFlags = redismodule.CTX_FLAGS_OOM                     // the limit is passed; Redis 5.0
	CtxFlagOOMWarning            CtxFlags = redismodule.CTX_FLAGS_OOM_WARNING             // less than a quarter of it is left; Redis 5.0
	CtxFlagReplicated            CtxFlags = redismodule.CTX_FLAGS_REPLICATED              // the command comes from the master or the AOF; Redis 5.0.4
	CtxFlagLoading               CtxFlags = redismodule.CTX_FLAGS_LOADING                 // the server loads its data; Redis 5.0.6
	CtxFlagReplicaIsStale        CtxFlags = redismodule.CTX_FLAGS_REPLICA_IS_STALE        // the replica has no link to its master; Redis 5.0.7
	CtxFlagReplicaIsConnecting   CtxFlags = redismodule.CTX_FLAGS_REPLICA_IS_CONNECTING   // the replica connects; Redis 5.0.7
	CtxFlagReplicaIsTransferring CtxFlags = redismodule.CTX_FLAGS_REPLICA_IS_TRANSFERRING // the replica gets a whole copy; Redis 5.0.7
	CtxFlagReplicaIsOnline       CtxFlags = redismodule.CTX_FLAGS_REPLICA_IS_ONLINE       // the replica has a link to its master; Redis 5.0.7
	CtxFlagActiveChild           CtxFlags = redismodule.CTX_FLAGS_ACTIVE_CHILD            // there is a forked child; Redis 5.0.7
	CtxFlagMultiDirty            CtxFlags = redismodule.CTX_FLAGS_MULTI_DIRTY             // the transaction will fail: a watched key has changed; Redis 6.0
	CtxFlagIsChild               CtxFlags = redismodule.CTX_FLAGS_IS_CHILD                // this is a forked child; Redis 6.0.9
	CtxFlagDenyBlocking          CtxFlags = redismodule.CTX_FLAGS_DENY_BLOCKING           // the client must not be blocked; Redis 6.2
	CtxFlagRESP3                 CtxFlags = redismodule.CTX_FLAGS_RESP3                   // the client speaks RESP3; Redis 7.0
	CtxFlagAsyncLoading          CtxFlags = redismodule.CTX_FLAGS_ASYNC_LOADING           // a replica loads beside the data that it serves; Redis 7.0
	CtxFlagServerStartup         CtxFlags = redismodule.CTX_FLAGS_SERVER_STARTUP          // the server starts; Redis 7.2
	CtxFlagDebugEnabled          CtxFlags = redismodule.CTX_FLAGS_DEBUG_ENABLED           // the command DEBUG is allowed; Redis 8.0
	CtxFlagTrimInProgress        CtxFlags = redismodule.CTX_FLAGS_TRIM_IN_PROGRESS        // keys of slots that went away are deleted; Redis 8.4

	// These have the bits of two flags of Redis, see ctxFlags: their numbers are this package's own.
	CtxFlagSlotImportClient CtxFlags = redismodule.CTX_FLAGS_SLOT_IMPORT_CLIENT << ctxFlagsValkey // the command comes with slots that this node takes over; Valkey 9.0
	CtxFlagSlotExportClient CtxFlags = redismodule.CTX_FLAGS_SLOT_EXPORT_CLIENT << ctxFlagsValkey // the client is the node to which slots go; Valkey 9.0
)

// Two bits mean one thing for Redis and another for Valkey. Those of Valkey are moved to where no server has any.
const (
	ctxFlagsValkey  = 16
	ctxFlagsCollide = redismodule.CTX_FLAGS_SLOT_IMPORT_CLIENT | redismodule.CTX_FLAGS_SLOT_EXPORT_CLIENT
)

// ctxFlags makes flags of what a server has answered.
func ctxFlags(answer int32, valkey bool) CtxFlags {
	f := CtxFlags(uint32(answer))
	if valkey {
		f = f&^ctxFlagsCollide | f&ctxFlagsCollide<<ctxFlagsValkey
	}
	return f
}

// ContextFlags returns what is so at the moment. What there is of a client is that of the command; in a
// context that has none these flags are not set.
//
// C: RedisModule_GetContextFlags, since Redis 4.0.3.
func (ctx Context) ContextFlags() CtxFlags {
	ctx.alive()
	c := ctx.c
	if !ctx.inCommand() {
		c = 0
	}
	return ctxFlags(redismodule.GetContextFlags(c), redismodule.IsValkey())
}

// ServerContextFlags returns what is so of the server at the moment, without a context: no flag of a client is
// set. It must run on the server's thread, or with its lock.
//
// C: RedisModule_GetContextFlags, since Redis 4.0.3.
func ServerContextFlags() CtxFlags {
	return ctxFlags(redismodule.GetContextFlags(0), redismodule.IsValkey())
}

// ContextFlagsAll returns the flags that the running server knows, none on servers before Redis 6.0.9.
//
// C: RedisModule_GetContextFlagsAll, since Redis 6.0.9.
func ContextFlagsAll() CtxFlags {
	if !has(featureGetContextFlagsAll) {
		return 0
	}
	return ctxFlags(redismodule.GetContextFlagsAll(), redismodule.IsValkey())
}

// InMulti tells whether the command runs in a transaction (MULTI).
//
// C: RedisModule_GetContextFlags, since Redis 4.0.3.
func (ctx Context) InMulti() bool { return ctx.ContextFlags()&CtxFlagMulti != 0 }

// InScript tells whether a script or a function has called the command.
//
// C: RedisModule_GetContextFlags, since Redis 4.0.3.
func (ctx Context) InScript() bool { return ctx.ContextFlags()&CtxFlagLua != 0 }

// IsReplica tells whether the server is a replica.
//
// C: RedisModule_GetContextFlags, since Redis 4.0.3.
func (ctx Context) IsReplica() bool { return ctx.ContextFlags()&CtxFlagReplica != 0 }

// MayBlock tells whether the client of the command may be blocked ([Context.BlockClient]): not in a transaction or a
// script, not where the server or a module says so, and not in a context that has no client.
//
// C: RedisModule_GetContextFlags, since Redis 4.0.3.
func (ctx Context) MayBlock() bool {
	return ctx.inCommand() && ctx.ContextFlags()&(CtxFlagMulti|CtxFlagLua|CtxFlagDenyBlocking) == 0
}
