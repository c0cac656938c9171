// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "github.com/iredismodule/redismodule"

// Events of slots that move. Redis and Valkey have different ones.

var (
	slotMigration     = serverEvent{raw: redismodule.EventClusterSlotMigration, came: featureEventSlotMigration, only: redisOnly}
	slotTrim          = serverEvent{raw: redismodule.EventClusterSlotMigrationTrim, came: featureEventSlotMigration, only: redisOnly}
	topologyChange    = serverEvent{raw: redismodule.EventClusterTopologyChange, came: featureEventTopology, only: redisOnly}
	atomicSlotMigrate = serverEvent{raw: redismodule.EventAtomicSlotMigration, came: featureEventAtomicSlots, only: valkeyOnly}
)

// MovedSlots are ranges of slots in the data of an event. They are the server's, valid until the
// function that got them returns.
type MovedSlots struct {
	redis  []redismodule.SlotRange
	valkey []redismodule.ValkeySlotRange
}

// Len returns how many ranges there are.
func (s MovedSlots) Len() int { return len(s.redis) + len(s.valkey) }

// All ranges over them.
func (s MovedSlots) All(yield func(i int, r SlotRange) bool) {
	for i, r := range s.redis {
		if !yield(i, SlotRange{int(r.Start), int(r.End)}) {
			return
		}
	}
	for i, r := range s.valkey {
		if !yield(i, SlotRange{int(r.Start), int(r.End)}) {
			return
		}
	}
}

// SlotMigrationSub is how far slots are on their way from one node to another.
type SlotMigrationSub uint64

// How far they are: on the node that gets them, and on the one that gives them away.
const (
	SlotMigrationImportStarted      SlotMigrationSub = redismodule.SUBEVENT_CLUSTER_SLOT_MIGRATION_IMPORT_STARTED
	SlotMigrationImportFailed       SlotMigrationSub = redismodule.SUBEVENT_CLUSTER_SLOT_MIGRATION_IMPORT_FAILED
	SlotMigrationImportCompleted    SlotMigrationSub = redismodule.SUBEVENT_CLUSTER_SLOT_MIGRATION_IMPORT_COMPLETED
	SlotMigrationMigrateStarted     SlotMigrationSub = redismodule.SUBEVENT_CLUSTER_SLOT_MIGRATION_MIGRATE_STARTED
	SlotMigrationMigrateFailed      SlotMigrationSub = redismodule.SUBEVENT_CLUSTER_SLOT_MIGRATION_MIGRATE_FAILED
	SlotMigrationMigrateCompleted   SlotMigrationSub = redismodule.SUBEVENT_CLUSTER_SLOT_MIGRATION_MIGRATE_COMPLETED
	SlotMigrationModulePropagate    SlotMigrationSub = redismodule.SUBEVENT_CLUSTER_SLOT_MIGRATION_MIGRATE_MODULE_PROPAGATE     // the module may send of its own
	SlotMigrationModulePropagateEnd SlotMigrationSub = redismodule.SUBEVENT_CLUSTER_SLOT_MIGRATION_MIGRATE_MODULE_PROPAGATE_END // since Redis 8.10
)

func (s SlotMigrationSub) subEvent() (*serverEvent, uint64) { return &slotMigration, uint64(s) }

// SlotMigration is slots on their way. Its texts are the server's, valid until the function
// that got it returns.
type SlotMigration struct {
	Sub         SlotMigrationSub
	Source      string // the ID of the node that gives them away
	Destination string // the ID of the one that gets them
	Task        string
	Slots       MovedSlots
}

// OnClusterSlotMigration has f called when slots begin to move from or to this node, and
// when they have.
//
// C: RedisModule_SubscribeToServerEvent (ClusterSlotMigration), since Redis 8.4.
func (ctx Context) OnClusterSlotMigration(f func(ctx Context, e SlotMigration)) (Listener, error) {
	return ctx.listenTo(&slotMigration, f != nil, func(ctx Context, w occurrence) {
		e := SlotMigration{Sub: SlotMigrationSub(w.sub)}
		if d := dataOf[redismodule.ClusterSlotMigrationInfo](w); d != nil {
			e.Source, e.Destination, e.Task = ctx.eventText(&d.SourceNodeID[0]), ctx.eventText(&d.DestinationNodeID[0]), ctx.eventText(d.TaskID)
			e.Slots.redis = d.Slots.Ranges()
		}
		f(ctx, e)
	})
}

// SlotTrimSub is how far the keys of slots that have gone are deleted.
type SlotTrimSub uint64

// How far they are.
const (
	SlotTrimStarted    SlotTrimSub = redismodule.SUBEVENT_CLUSTER_SLOT_MIGRATION_TRIM_STARTED
	SlotTrimCompleted  SlotTrimSub = redismodule.SUBEVENT_CLUSTER_SLOT_MIGRATION_TRIM_COMPLETED
	SlotTrimBackground SlotTrimSub = redismodule.SUBEVENT_CLUSTER_SLOT_MIGRATION_TRIM_BACKGROUND // all at once, without events for keys
)

func (s SlotTrimSub) subEvent() (*serverEvent, uint64) { return &slotTrim, uint64(s) }

// SlotTrim is slots whose keys are deleted, since they belong to another node now.
type SlotTrim struct {
	Sub   SlotTrimSub
	Slots MovedSlots
}

// OnClusterSlotMigrationTrim has f called when the keys of slots that have gone are deleted.
//
// C: RedisModule_SubscribeToServerEvent (ClusterSlotMigrationTrim), since Redis 8.4.
func (ctx Context) OnClusterSlotMigrationTrim(f func(ctx Context, e SlotTrim)) (Listener, error) {
	return ctx.listenTo(&slotTrim, f != nil, func(ctx Context, w occurrence) {
		e := SlotTrim{Sub: SlotTrimSub(w.sub)}
		if d := dataOf[redismodule.ClusterSlotMigrationTrimInfo](w); d != nil {
			e.Slots.redis = d.Slots.Ranges()
		}
		f(ctx, e)
	})
}

// TopologyFlags are what of a cluster has changed.
type TopologyFlags uint64

// What can change.
const (
	TopologySlot  TopologyFlags = redismodule.CLUSTER_TOPOLOGY_CHANGE_FLAG_SLOT
	TopologyRole  TopologyFlags = redismodule.CLUSTER_TOPOLOGY_CHANGE_FLAG_ROLE
	TopologyState TopologyFlags = redismodule.CLUSTER_TOPOLOGY_CHANGE_FLAG_STATE
	TopologyNode  TopologyFlags = redismodule.CLUSTER_TOPOLOGY_CHANGE_FLAG_NODE
)

// OnClusterTopologyChange has f called when nodes, their roles, or their slots have changed.
//
// C: RedisModule_SubscribeToServerEvent (ClusterTopologyChange), since Redis 8.10.
func (ctx Context) OnClusterTopologyChange(f func(ctx Context, changed TopologyFlags)) (Listener, error) {
	return ctx.listenTo(&topologyChange, f != nil, func(ctx Context, w occurrence) {
		var changed TopologyFlags
		if d := dataOf[redismodule.ClusterTopologyChangeInfo](w); d != nil {
			changed = TopologyFlags(d.ChangeFlags)
		}
		f(ctx, changed)
	})
}

// AtomicSlotMigrationSub is how far slots are on their way from one node of Valkey to
// another.
type AtomicSlotMigrationSub uint64

// How far they are: on the node that gets them, and on the one that gives them away.
const (
	AtomicSlotMigrationImportStarted   AtomicSlotMigrationSub = redismodule.SUBEVENT_ATOMIC_SLOT_MIGRATION_IMPORT_STARTED
	AtomicSlotMigrationExportStarted   AtomicSlotMigrationSub = redismodule.SUBEVENT_ATOMIC_SLOT_MIGRATION_EXPORT_STARTED
	AtomicSlotMigrationImportAborted   AtomicSlotMigrationSub = redismodule.SUBEVENT_ATOMIC_SLOT_MIGRATION_IMPORT_ABORTED
	AtomicSlotMigrationExportAborted   AtomicSlotMigrationSub = redismodule.SUBEVENT_ATOMIC_SLOT_MIGRATION_EXPORT_ABORTED
	AtomicSlotMigrationImportCompleted AtomicSlotMigrationSub = redismodule.SUBEVENT_ATOMIC_SLOT_MIGRATION_IMPORT_COMPLETED
	AtomicSlotMigrationExportCompleted AtomicSlotMigrationSub = redismodule.SUBEVENT_ATOMIC_SLOT_MIGRATION_EXPORT_COMPLETED
)

func (s AtomicSlotMigrationSub) subEvent() (*serverEvent, uint64) {
	return &atomicSlotMigrate, uint64(s)
}

// AtomicSlotMigration is slots on their way. Its texts are the server's, valid until the
// function that got it returns.
type AtomicSlotMigration struct {
	Sub   AtomicSlotMigrationSub
	Job   string
	Slots MovedSlots
}

// OnAtomicSlotMigration has f called when slots begin to move from or to this node, and when
// they have.
//
// C: RedisModule_SubscribeToServerEvent (AtomicSlotMigration), since Valkey 9.0.
func (ctx Context) OnAtomicSlotMigration(f func(ctx Context, e AtomicSlotMigration)) (Listener, error) {
	return ctx.listenTo(&atomicSlotMigrate, f != nil, func(ctx Context, w occurrence) {
		e := AtomicSlotMigration{Sub: AtomicSlotMigrationSub(w.sub)}
		if d := dataOf[redismodule.AtomicSlotMigrationInfo](w); d != nil {
			e.Job, e.Slots.valkey = ctx.eventText(&d.JobName[0]), d.Ranges()
		}
		f(ctx, e)
	})
}
