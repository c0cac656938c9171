// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module hooks is what the unit hooks of the suite loads: it notes server events.
//
// Any argument makes its load fail, when its listeners are there.
package main

import (
	"errors"
	"strconv"
	"strings"

	"github.com/iredismodule/redismodule/rm"
)

func init() {
	command := func(name string, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: name, Flags: rm.CmdAllowLoading, Keys: rm.NoKeys, Arity: arity, Handler: h}
	}
	rm.Register(rm.Module{Name: "hooks", Version: 1, OnLoad: load, Commands: []rm.Command{
		command("hooks.event_count", 2, func(ctx rm.Context, args rm.Args) error {
			return ctx.ReplyWithLongLong(events[args.At(1).String()].count)
		}),
		command("hooks.event_last", 2, func(ctx rm.Context, args rm.Args) error {
			return ctx.ReplyWithText(events[args.At(1).String()].last)
		}),
		command("hooks.is_key_removed", 2, isRemoved),
		command("hooks.pexpireat", 2, expireAt),
	}})
}

// event is what is known of the events of one name.
type event struct {
	count int64
	last  string
}

// removal is what was known of a key when it went.
type removal struct {
	value, why string
	expires    int64
}

var (
	events  = map[string]event{}
	removed = map[string]removal{}
)

// note notes an event.
func note(name, data string) {
	events[strings.Clone(name)] = event{events[name].count + 1, strings.Clone(data)}
}

// noting returns a function that notes an event by its name in a table.
func noting[E comparable](names map[E]string, data string) func(ctx rm.Context, e E) {
	return func(_ rm.Context, e E) {
		if name, ok := names[e]; ok {
			note(name, data)
		}
	}
}

func load(ctx rm.Context, args rm.Args) error {
	clear(events)
	clear(removed)
	// Servers that do not know it refuse no slot migration.
	if err := ctx.SetModuleOptions(rm.ModuleHandleAtomicSlotMigration); err != nil && !errors.Is(err, rm.ErrUnsupported) {
		return err
	}
	for _, on := range []func(ctx rm.Context) (rm.Listener, error){
		func(ctx rm.Context) (rm.Listener, error) { return ctx.OnPersistence(persistence) },
		func(ctx rm.Context) (rm.Listener, error) {
			return ctx.OnLoading(noting(map[rm.Loading]string{
				rm.LoadingRDBStart: "loading-rdb-start", rm.LoadingAOFStart: "loading-aof-start",
				rm.LoadingReplStart: "loading-repl-start", rm.LoadingEnded: "loading-end", rm.LoadingFailed: "loading-failed",
			}, "0"))
		},
		func(ctx rm.Context) (rm.Listener, error) { return ctx.OnLoadingProgress(progress) },
		func(ctx rm.Context) (rm.Listener, error) {
			return ctx.OnCronLoop(func(_ rm.Context, hz int) { note("cron-loop", strconv.Itoa(hz)) })
		},
		func(ctx rm.Context) (rm.Listener, error) {
			return ctx.OnModuleChange(func(_ rm.Context, e rm.ModuleChange) {
				if e.Sub == rm.ModuleChangeLoaded {
					note("module-loaded", e.Name)
				} else {
					note("module-unloaded", e.Name)
				}
			})
		},
		func(ctx rm.Context) (rm.Listener, error) {
			return ctx.OnFlushDB(func(_ rm.Context, e rm.FlushDB) {
				if e.Sub == rm.FlushDBStart {
					note("flush-start", strconv.Itoa(e.DB))
				} else {
					note("flush-end", strconv.Itoa(e.DB))
				}
			})
		},
		func(ctx rm.Context) (rm.Listener, error) {
			return ctx.OnMasterLinkChange(noting(map[rm.MasterLinkChange]string{rm.MasterLinkUp: "masterlink-up", rm.MasterLinkDown: "masterlink-down"}, ""))
		},
		func(ctx rm.Context) (rm.Listener, error) {
			return ctx.OnReplicaChange(noting(map[rm.ReplicaChange]string{rm.ReplicaOnline: "replica-online", rm.ReplicaOffline: "replica-offline"}, ""))
		},
		func(ctx rm.Context) (rm.Listener, error) {
			return ctx.OnReplicationRoleChanged(func(_ rm.Context, e rm.ReplicationRoleChange) {
				if e.Role == rm.ReplicationRoleMaster {
					note("role-master", e.MasterHost)
				} else {
					note("role-replica", e.MasterHost)
				}
			})
		},
		func(ctx rm.Context) (rm.Listener, error) {
			return ctx.OnSwapDB(func(_ rm.Context, e rm.SwapDB) {
				note("swapdb-first", strconv.Itoa(e.First))
				note("swapdb-second", strconv.Itoa(e.Second))
			})
		},
		func(ctx rm.Context) (rm.Listener, error) {
			return ctx.OnConfig(func(_ rm.Context, e rm.ConfigChange) {
				note("config-change-count", strconv.Itoa(e.Len()))
				note("config-change-first", e.At(0))
			})
		},
		func(ctx rm.Context) (rm.Listener, error) {
			return ctx.OnClientChange(func(_ rm.Context, e rm.ClientChange) {
				name := "client-connected"
				if e.Sub == rm.ClientChangeDisconnected {
					name = "client-disconnected"
				}
				note(name, strconv.FormatUint(e.Client.ID, 10))
			})
		},
		func(ctx rm.Context) (rm.Listener, error) {
			return ctx.OnShutdown(func(ctx rm.Context) { ctx.Notice("module-event-shutdown") })
		},
		func(ctx rm.Context) (rm.Listener, error) { return ctx.OnKey(keyRemoved) },
		func(ctx rm.Context) (rm.Listener, error) {
			return ctx.OnAuthenticationAttempt(func(_ rm.Context, e rm.AuthenticationAttempt) {
				note("auth-attempt", e.UserName)
				if e.Module != "" {
					note("auth-attempt-module", e.Module)
				}
				if e.Granted {
					note("auth-attempt-success", "1")
				} else {
					note("auth-attempt-success", "0")
				}
			})
		},
		func(ctx rm.Context) (rm.Listener, error) { return ctx.OnAtomicSlotMigration(slotsMove) },
	} {
		if _, err := on(ctx); err != nil && !errors.Is(err, rm.ErrUnsupported) {
			return err
		}
	}
	if args.Len() > 0 {
		return rm.Error("ERR this load is to fail")
	}
	return nil
}

// persistence notes events of saves; those in forked children are seen in the log alone.
func persistence(ctx rm.Context, e rm.Persistence) {
	name := map[rm.Persistence]string{
		rm.PersistenceRDBStart: "persistence-rdb-start", rm.PersistenceAOFStart: "persistence-aof-start",
		rm.PersistenceSyncRDBStart: "persistence-syncrdb-start", rm.PersistenceSyncAOFStart: "persistence-syncaof-start",
		rm.PersistenceEnded: "persistence-end", rm.PersistenceFailed: "persistence-failed",
	}[e]
	ctx.Notice("module-event-" + name)
	note(name, "")
}

func progress(_ rm.Context, e rm.LoadingProgress) {
	if e.Sub == rm.LoadingProgressRDB {
		note("loading-progress-rdb", strconv.Itoa(e.Progress))
	} else {
		note("loading-progress-aof", strconv.Itoa(e.Progress))
	}
}

// slotsMove notes the job and the slots of a migration.
func slotsMove(_ rm.Context, e rm.AtomicSlotMigration) {
	name := "atomic-slot-migration-" + map[rm.AtomicSlotMigrationSub]string{
		rm.AtomicSlotMigrationImportStarted: "import-start", rm.AtomicSlotMigrationExportStarted: "export-start",
		rm.AtomicSlotMigrationImportAborted: "import-abort", rm.AtomicSlotMigrationExportAborted: "export-abort",
		rm.AtomicSlotMigrationImportCompleted: "import-complete", rm.AtomicSlotMigrationExportCompleted: "export-complete",
	}[e.Sub]
	var ranges []string
	for _, r := range e.Slots.All {
		ranges = append(ranges, strconv.Itoa(r.First)+"-"+strconv.Itoa(r.Last))
	}
	note(name+"-jobname", e.Job)
	note(name+"-numslotranges", strconv.Itoa(len(ranges)))
	note(name+"-slotranges", strings.Join(ranges, " "))
}

// keyRemoved notes what a key was that goes.
func keyRemoved(c rm.NotifyContext, e rm.KeyRemoval) {
	name := e.Key.Name().Clone()
	if strings.HasPrefix(name, "testkey") {
		note("key-info-"+name, name)
	}
	r := removal{value: strconv.Itoa(e.Key.Len()), expires: -1, why: map[rm.KeyRemovalSub]string{
		rm.KeyRemovalDeleted: "deleted", rm.KeyRemovalExpired: "expired",
		rm.KeyRemovalEvicted: "evicted", rm.KeyRemovalOverwritten: "overwritten",
	}[e.Sub]}
	if e.Key.Type() == rm.KeyTypeString {
		text, _, err := e.Key.StringBytes()
		if err != nil {
			c.Log(rm.LevelWarning, err.Error())
		}
		r.value = string(text)
	}
	if at, ok, err := e.Key.ExpireAt(); ok && err == nil {
		r.expires = at.UnixMilli()
	}
	removed[name] = r
}

// isRemoved is hooks.is_key_removed KEY: the value of a string or the number of elements, and why it went.
func isRemoved(ctx rm.Context, args rm.Args) error {
	r, ok := removed[args.At(1).String()]
	if !ok {
		return rm.Error("ERR key is not removed")
	}
	return ctx.ReplyWithTexts([]string{r.value, r.why})
}

// hooks.pexpireat KEY
func expireAt(ctx rm.Context, args rm.Args) error {
	r, ok := removed[args.At(1).String()]
	if !ok {
		return rm.Error("ERR key is not removed")
	}
	return ctx.ReplyWithLongLong(r.expires)
}

func main() {}
