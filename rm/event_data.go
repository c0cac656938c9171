// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "github.com/iredismodule/redismodule"

// Events of the data: files, databases, keys.

var (
	persistence     = serverEvent{raw: redismodule.EventPersistence, came: featureSubscribeToServerEvent, forks: true}
	flushDB         = serverEvent{raw: redismodule.EventFlushDB, came: featureSubscribeToServerEvent}
	loading         = serverEvent{raw: redismodule.EventLoading, came: featureSubscribeToServerEvent}
	loadingProgress = serverEvent{raw: redismodule.EventLoadingProgress, came: featureSubscribeToServerEvent}
	swapDB          = serverEvent{raw: redismodule.EventSwapDB, came: featureIsSubEventSupported}
	keyRemoved      = serverEvent{raw: redismodule.EventKey, came: featureEventKey}
)

// Persistence is what the server does with its files.
type Persistence uint64

// What it does. Those without Sync are in a forked child.
const (
	PersistenceRDBStart     Persistence = redismodule.SUBEVENT_PERSISTENCE_RDB_START
	PersistenceAOFStart     Persistence = redismodule.SUBEVENT_PERSISTENCE_AOF_START
	PersistenceSyncRDBStart Persistence = redismodule.SUBEVENT_PERSISTENCE_SYNC_RDB_START
	PersistenceSyncAOFStart Persistence = redismodule.SUBEVENT_PERSISTENCE_SYNC_AOF_START // since Redis 7.0
	PersistenceEnded        Persistence = redismodule.SUBEVENT_PERSISTENCE_ENDED
	PersistenceFailed       Persistence = redismodule.SUBEVENT_PERSISTENCE_FAILED
)

func (p Persistence) subEvent() (*serverEvent, uint64) { return &persistence, uint64(p) }

// OnPersistence has f called when the server begins to write an RDB file or an AOF, and
// when it has. It writes them in a forked child mostly, and then f runs in that child: see
// [InChild] for what it may do there, and that nothing of it reaches the server. A failure
// of f goes to the log, and the file is written all the same. Where Go cannot run in
// children (portable mode) it is not called there; the log says so. What the server itself sees of its
// children is [Context.OnForkChild].
//
// C: RedisModule_SubscribeToServerEvent (Persistence), since Redis 6.0.
func (ctx Context) OnPersistence(f func(ctx Context, e Persistence)) (Listener, error) {
	l, err := ctx.listenTo(&persistence, f != nil, func(ctx Context, w occurrence) { f(ctx, Persistence(w.sub)) })
	if mode, _ := redismodule.CurrentMode(); err == nil && mode != redismodule.ModeResident {
		ctx.Log(LevelNotice, registered.Name+": persistence events in forked children do not reach the module in "+mode.String()+" mode")
	}
	return l, err
}

// FlushDBSub is where in a flush an event comes.
type FlushDBSub uint64

// Where it comes.
const (
	FlushDBStart FlushDBSub = redismodule.SUBEVENT_FLUSHDB_START // before the keys go
	FlushDBEnd   FlushDBSub = redismodule.SUBEVENT_FLUSHDB_END
)

func (s FlushDBSub) subEvent() (*serverEvent, uint64) { return &flushDB, uint64(s) }

// FlushDB is a flush of a database, or of all.
type FlushDB struct {
	Sub  FlushDBSub
	DB   int  // -1 for all
	Sync bool // the server frees the keys itself, not in the background
}

// OnFlushDB has f called for FLUSHDB and FLUSHALL, and when a replica drops its data for
// its master's.
//
// C: RedisModule_SubscribeToServerEvent (FlushDB), since Redis 6.0.
func (ctx Context) OnFlushDB(f func(ctx Context, e FlushDB)) (Listener, error) {
	return ctx.listenTo(&flushDB, f != nil, func(ctx Context, w occurrence) {
		e := FlushDB{Sub: FlushDBSub(w.sub)}
		if d := dataOf[redismodule.FlushInfo](w); d != nil {
			e.DB, e.Sync = int(d.DBNum), d.Sync != 0
		}
		f(ctx, e)
	})
}

// Loading is what the server loads, or how that has ended.
type Loading uint64

// What it loads, and the ends.
const (
	LoadingRDBStart  Loading = redismodule.SUBEVENT_LOADING_RDB_START
	LoadingAOFStart  Loading = redismodule.SUBEVENT_LOADING_AOF_START
	LoadingReplStart Loading = redismodule.SUBEVENT_LOADING_REPL_START // the master's data
	LoadingEnded     Loading = redismodule.SUBEVENT_LOADING_ENDED
	LoadingFailed    Loading = redismodule.SUBEVENT_LOADING_FAILED
)

func (l Loading) subEvent() (*serverEvent, uint64) { return &loading, uint64(l) }

// OnLoading has f called when the server begins to load data, and when it has. f should write nothing before the end: a key that it makes and
// that the file has as well ends Redis and Valkey 8 ("Duplicated key found").
//
// C: RedisModule_SubscribeToServerEvent (Loading), since Redis 6.0.
func (ctx Context) OnLoading(f func(ctx Context, e Loading)) (Listener, error) {
	return ctx.listenTo(&loading, f != nil, func(ctx Context, w occurrence) { f(ctx, Loading(w.sub)) })
}

// LoadingProgressSub is what is loaded.
type LoadingProgressSub uint64

// What is loaded.
const (
	LoadingProgressRDB LoadingProgressSub = redismodule.SUBEVENT_LOADING_PROGRESS_RDB
	LoadingProgressAOF LoadingProgressSub = redismodule.SUBEVENT_LOADING_PROGRESS_AOF
)

func (s LoadingProgressSub) subEvent() (*serverEvent, uint64) { return &loadingProgress, uint64(s) }

// LoadingProgress tells how far the server is with loading.
type LoadingProgress struct {
	Sub      LoadingProgressSub
	Hz       int // how often a second the event comes, about
	Progress int // 0 to 1024; -1 when it is not known
}

// OnLoadingProgress has f called again and again while the server loads data.
//
// C: RedisModule_SubscribeToServerEvent (LoadingProgress), since Redis 6.0.
func (ctx Context) OnLoadingProgress(f func(ctx Context, e LoadingProgress)) (Listener, error) {
	return ctx.listenTo(&loadingProgress, f != nil, func(ctx Context, w occurrence) {
		e := LoadingProgress{Sub: LoadingProgressSub(w.sub)}
		if d := dataOf[redismodule.LoadingProgress](w); d != nil {
			e.Hz, e.Progress = int(d.Hz), int(d.Progress)
		}
		f(ctx, e)
	})
}

// SwapDB is the numbers of two databases that have been swapped.
type SwapDB struct{ First, Second int }

// OnSwapDB has f called after SWAPDB.
//
// C: RedisModule_SubscribeToServerEvent (SwapDB), since Redis 6.0.9.
func (ctx Context) OnSwapDB(f func(ctx Context, e SwapDB)) (Listener, error) {
	return ctx.listenTo(&swapDB, f != nil, func(ctx Context, w occurrence) {
		var e SwapDB
		if d := dataOf[redismodule.SwapDbInfo](w); d != nil {
			e = SwapDB{int(d.DBNumFirst), int(d.DBNumSecond)}
		}
		f(ctx, e)
	})
}

// KeyRemovalSub is why a key's value goes.
type KeyRemovalSub uint64

// Why it goes.
const (
	KeyRemovalDeleted     KeyRemovalSub = redismodule.SUBEVENT_KEY_DELETED
	KeyRemovalExpired     KeyRemovalSub = redismodule.SUBEVENT_KEY_EXPIRED
	KeyRemovalEvicted     KeyRemovalSub = redismodule.SUBEVENT_KEY_EVICTED
	KeyRemovalOverwritten KeyRemovalSub = redismodule.SUBEVENT_KEY_OVERWRITTEN
)

func (s KeyRemovalSub) subEvent() (*serverEvent, uint64) { return &keyRemoved, uint64(s) }

// KeyRemoval is a key whose value is about to go.
type KeyRemoval struct {
	Sub KeyRemovalSub
	Key ReadKey // the server's, with the value; it is closed by the server
}

// OnKey has f called when a key's value is about to be removed: other than a keyspace
// event, with the value. It comes in the middle of what the server does, as keyspace events
// do, and must not open the key again.
//
// C: RedisModule_SubscribeToServerEvent (Key), since Redis 7.2.
func (ctx Context) OnKey(f func(ctx NotifyContext, e KeyRemoval)) (Listener, error) {
	return ctx.listenTo(&keyRemoved, f != nil, func(ctx Context, w occurrence) {
		if d := dataOf[redismodule.KeyInfo](w); d != nil {
			// It ends with the callback, as all keys of the context do.
			f(NotifyContext{ctx}, KeyRemoval{KeyRemovalSub(w.sub), lendKey(ctx.c, d.Key)})
		}
	})
}
