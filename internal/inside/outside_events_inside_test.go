// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"syscall"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// The methods of a context that make timers and listen to events.

func init() {
	for name, f := range map[string]func(ctx rm.Context) error{
		"CreateTimer": func(ctx rm.Context) error {
			timer, err := ctx.CreateTimer(time.Hour, func(rm.Context) {})
			timer.Stop(ctx)
			return err
		},
		"Every": func(ctx rm.Context) error {
			ticker, err := ctx.Every(time.Hour, func(rm.Context) {})
			ticker.Stop(ctx)
			return err
		},
		"EventLoopAddOneShot": func(ctx rm.Context) error { return ctx.EventLoopAddOneShot(func(rm.Context) {}) },
		"EventLoopAdd": func(ctx rm.Context) error {
			_, err := ctx.EventLoopAdd(-1, rm.EventLoopReadable, func(rm.Context, rm.EventLoopMask) {})
			return wants("a file", errors.Is(err, syscall.EBADF))
		},
		"SubscribeToKeyspaceEvents": func(ctx rm.Context) error {
			l, err := ctx.SubscribeToKeyspaceEvents(rm.NotifyModule, func(rm.NotifyContext, rm.KeyspaceEvent) {})
			l.Stop(ctx)
			return err
		},
		"SubscribeToKeyspaceEventsWithSubkeys": func(ctx rm.Context) error {
			l, err := ctx.SubscribeToKeyspaceEventsWithSubkeys(rm.NotifyModule, rm.NotifyDeliverAll, func(rm.NotifyContext, rm.KeyspaceEvent) {})
			l.Stop(ctx)
			return supported(err)
		},
		"NotifyKeyspaceEvent": withName(func(ctx rm.Context, s rm.RStr) error {
			return ctx.NotifyKeyspaceEvent(rm.NotifyModule, "outside", s)
		}),
		"NotifyKeyspaceEventWithSubkeys": withName(func(ctx rm.Context, s rm.RStr) error {
			return supported(ctx.NotifyKeyspaceEventWithSubkeys(rm.NotifyModule, "outside", s, s))
		}),
		"NotifiedToClients":         func(ctx rm.Context) error { _, err := ctx.NotifiedToClients(); return err },
		"AllowNestedKeyspaceEvents": func(ctx rm.Context) error { return supported(ctx.AllowNestedKeyspaceEvents()) },
		"AddPostNotificationJob": func(ctx rm.Context) error {
			return supported(ctx.AddPostNotificationJob(func(rm.Context) {}))
		},
		"LatencyAddSample": func(ctx rm.Context) error { return ctx.LatencyAddSample("outside", time.Second) },
	} {
		outsideOthers[name] = f
	}
}

// Each method that listens to a server event listens and stops.
func init() {
	listens := func(name string, f func(ctx rm.Context) (rm.Listener, error)) {
		outsideOthers[name] = func(ctx rm.Context) error {
			l, err := f(ctx)
			l.Stop(ctx)
			return supported(err)
		}
	}
	listens("OnReplicationRoleChanged", func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnReplicationRoleChanged(func(rm.Context, rm.ReplicationRoleChange) {})
	})
	listens("OnReplicaChange", func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnReplicaChange(func(rm.Context, rm.ReplicaChange) {})
	})
	listens("OnMasterLinkChange", func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnMasterLinkChange(func(rm.Context, rm.MasterLinkChange) {})
	})
	listens("OnReplBackup", func(ctx rm.Context) (rm.Listener, error) { return ctx.OnReplBackup(func(rm.Context, rm.ReplBackup) {}) })
	listens("OnReplAsyncLoad", func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnReplAsyncLoad(func(rm.Context, rm.ReplAsyncLoad) {})
	})
	listens("OnPersistence", func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnPersistence(func(rm.Context, rm.Persistence) {})
	})
	listens("OnFlushDB", func(ctx rm.Context) (rm.Listener, error) { return ctx.OnFlushDB(func(rm.Context, rm.FlushDB) {}) })
	listens("OnLoading", func(ctx rm.Context) (rm.Listener, error) { return ctx.OnLoading(func(rm.Context, rm.Loading) {}) })
	listens("OnLoadingProgress", func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnLoadingProgress(func(rm.Context, rm.LoadingProgress) {})
	})
	listens("OnSwapDB", func(ctx rm.Context) (rm.Listener, error) { return ctx.OnSwapDB(func(rm.Context, rm.SwapDB) {}) })
	listens("OnKey", func(ctx rm.Context) (rm.Listener, error) { return ctx.OnKey(func(rm.NotifyContext, rm.KeyRemoval) {}) })
	listens("OnShutdown", func(ctx rm.Context) (rm.Listener, error) { return ctx.OnShutdown(func(rm.Context) {}) })
	listens("OnCronLoop", func(ctx rm.Context) (rm.Listener, error) { return ctx.OnCronLoop(func(rm.Context, int) {}) })
	listens("OnModuleChange", func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnModuleChange(func(rm.Context, rm.ModuleChange) {})
	})
	listens("OnForkChild", func(ctx rm.Context) (rm.Listener, error) { return ctx.OnForkChild(func(rm.Context, rm.ForkChild) {}) })
	listens("OnEventLoop", func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnEventLoop(func(rm.Context, rm.EventLoopPoint) {})
	})
	listens("OnConfig", func(ctx rm.Context) (rm.Listener, error) { return ctx.OnConfig(func(rm.Context, rm.ConfigChange) {}) })
	listens("OnClientChange", func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnClientChange(func(rm.Context, rm.ClientChange) {})
	})
	listens("OnClusterSlotMigration", func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnClusterSlotMigration(func(rm.Context, rm.SlotMigration) {})
	})
	listens("OnClusterSlotMigrationTrim", func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnClusterSlotMigrationTrim(func(rm.Context, rm.SlotTrim) {})
	})
	listens("OnClusterTopologyChange", func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnClusterTopologyChange(func(rm.Context, rm.TopologyFlags) {})
	})
	listens("OnAtomicSlotMigration", func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnAtomicSlotMigration(func(rm.Context, rm.AtomicSlotMigration) {})
	})
	listens("OnAuthenticationAttempt", func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnAuthenticationAttempt(func(rm.Context, rm.AuthenticationAttempt) {})
	})
	listens("OnCommandResult", func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnCommandResult(rm.CommandFailed, func(rm.Context, rm.CommandResult) {})
	})
}

// supported forgets that the server lacks something.
func supported(err error) error {
	if errors.Is(err, rm.ErrUnsupported) {
		return nil
	}
	return err
}
