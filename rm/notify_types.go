// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "github.com/iredismodule/redismodule"

// NotifyFlags are types of keyspace events. Each event is of one type.
type NotifyFlags int32

// The types of keyspace events. The letters are those of the option notify-keyspace-events;
// a module hears them whatever that is set to.
const (
	NotifyGeneric     NotifyFlags = redismodule.NOTIFY_GENERIC      // g: DEL, EXPIRE, RENAME ...
	NotifyString      NotifyFlags = redismodule.NOTIFY_STRING       // $
	NotifyList        NotifyFlags = redismodule.NOTIFY_LIST         // l
	NotifySet         NotifyFlags = redismodule.NOTIFY_SET          // s
	NotifyHash        NotifyFlags = redismodule.NOTIFY_HASH         // h
	NotifyZSet        NotifyFlags = redismodule.NOTIFY_ZSET         // z
	NotifyExpired     NotifyFlags = redismodule.NOTIFY_EXPIRED      // x: a key has expired, and is deleted
	NotifyEvicted     NotifyFlags = redismodule.NOTIFY_EVICTED      // e: a key is deleted because of maxmemory
	NotifyStream      NotifyFlags = redismodule.NOTIFY_STREAM       // t
	NotifyModule      NotifyFlags = redismodule.NOTIFY_MODULE       // d: of values of data types of modules
	NotifyKeyMiss     NotifyFlags = redismodule.NOTIFY_KEY_MISS     // m: a key that was to be read is missing; not in NotifyAll
	NotifyLoaded      NotifyFlags = redismodule.NOTIFY_LOADED       // a key is loaded from an RDB file; for modules only, not in NotifyAll
	NotifyNew         NotifyFlags = redismodule.NOTIFY_NEW          // n: a key is new; not in NotifyAll; since Redis 7.0.1
	NotifyOverwritten NotifyFlags = redismodule.NOTIFY_OVERWRITTEN  // o: a value is replaced; not in NotifyAll; since Redis 8.2, not in Valkey
	NotifyTypeChanged NotifyFlags = redismodule.NOTIFY_TYPE_CHANGED // c: by one of another type; not in NotifyAll; since Redis 8.2, not in Valkey
	NotifyKeyTrimmed  NotifyFlags = redismodule.NOTIFY_KEY_TRIMMED  // a key is deleted since its slot has moved; for modules only, not in NotifyAll; since Redis 8.4, not in Valkey
	NotifyArray       NotifyFlags = redismodule.NOTIFY_ARRAY        // a; since Redis 8.8, not in Valkey

	// NotifyAll is A: all types but those that say that they are not in it. Those that the
	// running server lacks do not matter in it.
	NotifyAll NotifyFlags = NotifyGeneric | NotifyString | NotifyList | NotifySet | NotifyHash | NotifyZSet | NotifyExpired | NotifyEvicted |
		NotifyStream | NotifyModule | NotifyArray
)

// What the option notify-keyspace-events has besides: which channels clients hear of.
const (
	NotifyKeyspace         NotifyFlags = redismodule.NOTIFY_KEYSPACE         // K
	NotifyKeyEvent         NotifyFlags = redismodule.NOTIFY_KEYEVENT         // E
	NotifySubkeyspace      NotifyFlags = redismodule.NOTIFY_SUBKEYSPACE      // S; since Redis 8.8, not in Valkey
	NotifySubkeyEvent      NotifyFlags = redismodule.NOTIFY_SUBKEYEVENT      // T; since Redis 8.8, not in Valkey
	NotifySubkeyspaceItem  NotifyFlags = redismodule.NOTIFY_SUBKEYSPACEITEM  // I; since Redis 8.8, not in Valkey
	NotifySubkeyspaceEvent NotifyFlags = redismodule.NOTIFY_SUBKEYSPACEEVENT // V; since Redis 8.8, not in Valkey
)

// NotifyTypes returns the types of keyspace events that the running server knows. Servers
// before Redis 6.0.9 do not tell; for them it is what Redis 6.0 has.
//
// C: RedisModule_GetKeyspaceNotificationFlagsAll, since Redis 6.0.9.
func NotifyTypes() NotifyFlags {
	if !has(featureGetKeyspaceNotificationFlagsAll) {
		return NotifyAll&^(NotifyModule|NotifyArray) | NotifyKeyMiss
	}
	// It is all numbers below a power of two, used or not.
	return NotifyFlags(redismodule.GetKeyspaceNotificationFlagsAll()) & notifyKnown
}

// notifyKnown are the types that have a name here.
const notifyKnown = NotifyAll | NotifyKeyMiss | NotifyLoaded | NotifyNew | NotifyOverwritten | NotifyTypeChanged | NotifyKeyTrimmed

// NotifiedToClients returns what the server tells clients of keyspace events: the option
// notify-keyspace-events. Modules hear of all. ErrUnsupported before Redis 6.0.
//
// C: RedisModule_GetNotifyKeyspaceEvents, since Redis 6.0.
func (ctx Context) NotifiedToClients() (NotifyFlags, error) {
	if !has(featureGetNotifyKeyspaceEvents) {
		return 0, lacks(featureGetNotifyKeyspaceEvents)
	}
	ctx.alive()
	return NotifyFlags(redismodule.GetNotifyKeyspaceEvents()), nil
}

// ErrNotifyTypes is the error of types that are none.
const ErrNotifyTypes = Error("ERR these are no types of keyspace events")

// notifyUsable returns the types to subscribe to, or why that cannot be.
func notifyUsable(types NotifyFlags) (NotifyFlags, error) {
	if types == 0 || types&^notifyKnown != 0 {
		return 0, ErrNotifyTypes
	}
	known := state.notifyTypes
	if known == 0 {
		known = NotifyTypes()
		state.notifyTypes = known
	}
	if types&NotifyAll == NotifyAll { // whatever that is here
		types &^= NotifyAll &^ known
	}
	switch lacking := types &^ known; {
	case lacking == 0:
		return types, nil
	case lacking&NotifyArray != 0:
		return 0, lacks(featureNotifyArray)
	case lacking&NotifyKeyTrimmed != 0:
		return 0, lacks(featureNotifyKeyTrimmed)
	case lacking&(NotifyOverwritten|NotifyTypeChanged) != 0:
		return 0, lacks(featureNotifyOverwritten)
	default:
		return 0, lacks(featureNotifyNew)
	}
}
