// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "github.com/iredismodule/redismodule"

// Events of replication.

var (
	roleChanged   = serverEvent{raw: redismodule.EventReplicationRoleChanged, came: featureSubscribeToServerEvent}
	replicaChange = serverEvent{raw: redismodule.EventReplicaChange, came: featureSubscribeToServerEvent}
	masterLink    = serverEvent{raw: redismodule.EventMasterLinkChange, came: featureSubscribeToServerEvent}
	replBackup    = serverEvent{raw: redismodule.EventReplBackup, came: featureEventReplBackup, gone: true}
	replAsyncLoad = serverEvent{raw: redismodule.EventReplAsyncLoad, came: featureEventReplAsyncLoad}
)

// ReplicationRole is what a server is.
type ReplicationRole uint64

// The roles.
const (
	ReplicationRoleMaster  ReplicationRole = redismodule.EVENT_REPLROLECHANGED_NOW_MASTER
	ReplicationRoleReplica ReplicationRole = redismodule.EVENT_REPLROLECHANGED_NOW_REPLICA
)

func (r ReplicationRole) subEvent() (*serverEvent, uint64) { return &roleChanged, uint64(r) }

// ReplicationRoleChange tells what the server has become. Its texts are the server's, valid
// until the function that got it returns.
type ReplicationRoleChange struct {
	Role       ReplicationRole
	MasterHost string // of the replica's master; "" without one
	MasterPort int
	ReplID1    string // of the present data
	ReplID2    string // of the data of the master before, valid up to Offset2
	Offset1    uint64
	Offset2    uint64
}

// OnReplicationRoleChanged has f called when the server has become a master or a replica:
// also when a replica gets another master.
//
// C: RedisModule_SubscribeToServerEvent (ReplicationRoleChanged), since Redis 6.0.
func (ctx Context) OnReplicationRoleChanged(f func(ctx Context, e ReplicationRoleChange)) (Listener, error) {
	return ctx.listenTo(&roleChanged, f != nil, func(ctx Context, w occurrence) {
		e := ReplicationRoleChange{Role: ReplicationRole(w.sub)}
		if d := dataOf[redismodule.ReplicationInfo](w); d != nil {
			e.MasterHost, e.MasterPort = ctx.eventText(d.MasterHost), int(d.MasterPort)
			e.ReplID1, e.ReplID2 = ctx.eventText(d.ReplID1), ctx.eventText(d.ReplID2)
			e.Offset1, e.Offset2 = d.Repl1Offset, d.Repl2Offset
		}
		f(ctx, e)
	})
}

// ReplicaChange is what has become of a replica of this server.
type ReplicaChange uint64

// What becomes of replicas.
const (
	ReplicaOnline  ReplicaChange = redismodule.SUBEVENT_REPLICA_CHANGE_ONLINE
	ReplicaOffline ReplicaChange = redismodule.SUBEVENT_REPLICA_CHANGE_OFFLINE
)

func (r ReplicaChange) subEvent() (*serverEvent, uint64) { return &replicaChange, uint64(r) }

// OnReplicaChange has f called when a replica of this server has come or gone. It does not
// say which one.
//
// C: RedisModule_SubscribeToServerEvent (ReplicaChange), since Redis 6.0.
func (ctx Context) OnReplicaChange(f func(ctx Context, e ReplicaChange)) (Listener, error) {
	return ctx.listenTo(&replicaChange, f != nil, func(ctx Context, w occurrence) { f(ctx, ReplicaChange(w.sub)) })
}

// MasterLinkChange is what has become of a replica's connection to its master.
type MasterLinkChange uint64

// What becomes of the connection.
const (
	MasterLinkUp   MasterLinkChange = redismodule.SUBEVENT_MASTER_LINK_UP
	MasterLinkDown MasterLinkChange = redismodule.SUBEVENT_MASTER_LINK_DOWN
)

func (m MasterLinkChange) subEvent() (*serverEvent, uint64) { return &masterLink, uint64(m) }

// OnMasterLinkChange has f called on a replica when the connection to its master is there,
// with the data loaded, and when it is broken.
//
// C: RedisModule_SubscribeToServerEvent (MasterLinkChange; for Valkey PrimaryLinkChange),
// since Redis 6.0.
func (ctx Context) OnMasterLinkChange(f func(ctx Context, e MasterLinkChange)) (Listener, error) {
	return ctx.listenTo(&masterLink, f != nil, func(ctx Context, w occurrence) { f(ctx, MasterLinkChange(w.sub)) })
}

// ReplBackup is what Redis 6.2 does with a copy of its data while it loads its master's.
type ReplBackup uint64

// What is done with the copy.
const (
	ReplBackupCreate  ReplBackup = redismodule.SUBEVENT_REPL_BACKUP_CREATE
	ReplBackupRestore ReplBackup = redismodule.SUBEVENT_REPL_BACKUP_RESTORE
	ReplBackupDiscard ReplBackup = redismodule.SUBEVENT_REPL_BACKUP_DISCARD
)

func (r ReplBackup) subEvent() (*serverEvent, uint64) { return &replBackup, uint64(r) }

// OnReplBackup has f called on a replica with "repl-diskless-load swapdb" when it keeps, takes back, or
// drops its data. Redis 6.2 alone has it: on others it is ErrUnsupported, and there is
// [Context.OnReplAsyncLoad].
//
// C: RedisModule_SubscribeToServerEvent (ReplBackup), since Redis 6.2.
func (ctx Context) OnReplBackup(f func(ctx Context, e ReplBackup)) (Listener, error) {
	return ctx.listenTo(&replBackup, f != nil, func(ctx Context, w occurrence) { f(ctx, ReplBackup(w.sub)) })
}

// ReplAsyncLoad is how far a replica is that loads its master's data beside its own.
type ReplAsyncLoad uint64

// How far it is.
const (
	ReplAsyncLoadStarted   ReplAsyncLoad = redismodule.SUBEVENT_REPL_ASYNC_LOAD_STARTED
	ReplAsyncLoadAborted   ReplAsyncLoad = redismodule.SUBEVENT_REPL_ASYNC_LOAD_ABORTED
	ReplAsyncLoadCompleted ReplAsyncLoad = redismodule.SUBEVENT_REPL_ASYNC_LOAD_COMPLETED
)

func (r ReplAsyncLoad) subEvent() (*serverEvent, uint64) { return &replAsyncLoad, uint64(r) }

// OnReplAsyncLoad has f called on a replica with "repl-diskless-load swapdb" that serves its
// data while it loads its master's. The server does so only if all modules say that they
// can bear it.
//
// C: RedisModule_SubscribeToServerEvent (ReplAsyncLoad), since Redis 7.0.
func (ctx Context) OnReplAsyncLoad(f func(ctx Context, e ReplAsyncLoad)) (Listener, error) {
	return ctx.listenTo(&replAsyncLoad, f != nil, func(ctx Context, w occurrence) { f(ctx, ReplAsyncLoad(w.sub)) })
}
