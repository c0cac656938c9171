// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/iredismodule/redismodule/rm"
)

// listeners subscribe to each event, by its name. What they hear is noted, or in the log
// where it comes too often or in a child.
var listeners = map[string]func(ctx rm.Context) (rm.Listener, error){
	"role": func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnReplicationRoleChanged(func(_ rm.Context, e rm.ReplicationRoleChange) {
			note("role: %d master %t ids %d %d", e.Role, e.MasterHost != "" && e.MasterPort > 0, len(e.ReplID1), len(e.ReplID2))
		})
	},
	"persistence": func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnPersistence(func(ctx rm.Context, e rm.Persistence) {
			ctx.Log(rm.LevelNotice, fmt.Sprintf("persistence %d in child %t", e, rm.InChild()))
		})
	},
	"flushdb": func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnFlushDB(func(ctx rm.Context, e rm.FlushDB) { note("flushdb: %+v keys %d", e, ctx.DBSize()) })
	},
	"loading": func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnLoading(func(_ rm.Context, e rm.Loading) { note("loading: %d", e) })
	},
	"shutdown": func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnShutdown(func(ctx rm.Context) { ctx.Log(rm.LevelNotice, "the shutdown is heard") })
	},
	"replica": func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnReplicaChange(func(_ rm.Context, e rm.ReplicaChange) { note("replica: %d", e) })
	},
	"link": func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnMasterLinkChange(func(_ rm.Context, e rm.MasterLinkChange) { note("link: %d", e) })
	},
	"cron": func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnCronLoop(func(_ rm.Context, hz int) { counts["cron"]++; counts["hz"] = hz })
	},
	"module": func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnModuleChange(func(_ rm.Context, e rm.ModuleChange) { note("module: %+v", e) })
	},
	"progress": func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnLoadingProgress(func(_ rm.Context, e rm.LoadingProgress) {
			counts["progress"]++
			if e.Hz <= 0 || e.Progress < -1 || e.Progress > 1024 {
				note("progress: %+v", e)
			}
		})
	},
	"swapdb": func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnSwapDB(func(_ rm.Context, e rm.SwapDB) { note("swapdb: %+v", e) })
	},
	"backup": func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnReplBackup(func(_ rm.Context, e rm.ReplBackup) { note("backup: %d", e) })
	},
	"fork": func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnForkChild(func(_ rm.Context, e rm.ForkChild) { note("fork: %d in child %t", e, rm.InChild()) })
	},
	"async": func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnReplAsyncLoad(func(_ rm.Context, e rm.ReplAsyncLoad) { note("async: %d", e) })
	},
	"loop": func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnEventLoop(func(_ rm.Context, e rm.EventLoopPoint) { counts[fmt.Sprintf("loop%d", e)]++ })
	},
	"config": func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnConfig(func(_ rm.Context, e rm.ConfigChange) {
			var names []string
			for i, name := range e.All {
				names = append(names, fmt.Sprint(i, " ", name))
			}
			note("config: %d %s%s", e.Len(), strings.Join(names, ", "), e.At(e.Len()))
		})
	},
	"key": func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnKey(func(ctx rm.NotifyContext, e rm.KeyRemoval) {
			b, ok, err := e.Key.StringBytes()
			note("key: %d %s %d %q %t %v", e.Sub, e.Key.Name().Clone(), ctx.SelectedDB(), b, ok, err)
		})
	},
	"client": func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnClientChange(func(_ rm.Context, e rm.ClientChange) {
			note("client: %d unix %t id %t db %d", e.Sub, e.Client.Flags&rm.ClientUnixSocket != 0, e.Client.ID > 0, e.Client.DB)
		})
	},
	"slots": func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnAtomicSlotMigration(func(_ rm.Context, e rm.AtomicSlotMigration) {
			line := fmt.Sprintf("slots: %d job %d", e.Sub, len(e.Job))
			for _, r := range e.Slots.All {
				line += fmt.Sprint(" ", r.First, "-", r.Last)
			}
			note("%s", line)
		})
	},
	"auth": func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnAuthenticationAttempt(func(_ rm.Context, e rm.AuthenticationAttempt) {
			note("auth: %t %s %q %t", e.ClientID > 0, e.UserName, e.Module, e.Granted)
		})
	},
	"succeeded": onResult(rm.CommandSucceeded),
	"failed":    onResult(rm.CommandFailed),
	"rejected":  onResult(rm.CommandRejected),
	"acl":       onResult(rm.CommandACLRejected),
}

func onResult(outcome rm.CommandOutcome) func(ctx rm.Context) (rm.Listener, error) {
	return func(ctx rm.Context) (rm.Listener, error) {
		return ctx.OnCommandResult(outcome, func(_ rm.Context, e rm.CommandResult) {
			if strings.HasPrefix(e.Name, "e.") || e.ModuleClient {
				return
			}
			denied := ""
			if e.Outcome == rm.CommandACLRejected {
				denied = fmt.Sprintf(" denied %d", e.Denied)
			}
			note("command: %d %s args %d %s dirty %d client %t time %t %q%s", e.Outcome, e.Name, e.Args.Len(), e.Args.At(0).String(), e.Dirty, e.ClientID > 0, e.Duration >= 0, e.Rejection, denied)
		})
	}
}

var (
	counts    = map[string]int{}
	listening = map[string]rm.Listener{}
)

var _ = add(
	rm.Command{Name: "e.listen", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: -2, Handler: listen},
	rm.Command{Name: "e.listen.fail", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: listenFailing},
	rm.Command{Name: "e.deaf", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: deaf},
	rm.Command{Name: "e.count", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: count},
	rm.Command{Name: "e.keyspace", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: keyspace},
)

// listen is e.listen EVENT...: it replies with how many of them the server has.
func listen(ctx rm.Context, args rm.Args) error {
	n, err := listenTo(ctx, args)
	if err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(int64(n))
}

func listenTo(ctx rm.Context, args rm.Args) (n int, err error) {
	for i := 1; i < args.Len(); i++ {
		name := args.At(i).Clone()
		l, err := listeners[name](ctx)
		if errors.Is(err, rm.ErrUnsupported) {
			continue
		} else if err != nil {
			return n, err
		}
		n++
		listening[fmt.Sprint(name, len(listening))] = l
	}
	return n, nil
}

// listenFailing listens to persistence with functions that fail.
func listenFailing(ctx rm.Context, _ rm.Args) error {
	_, err := ctx.OnPersistence(func(rm.Context, rm.Persistence) { panic("a listener to persistence fails") })
	if err == nil {
		_, err = ctx.OnPersistence(func(rm.Context, rm.Persistence) { runtime.Goexit() })
	}
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// deaf stops all listeners.
func deaf(ctx rm.Context, _ rm.Args) error {
	for name, l := range listening {
		l.Stop(ctx)
		l.Stop(ctx)
		delete(listening, name)
	}
	return ctx.ReplyWithOK()
}

// count is e.count NAME: how often it was heard.
func count(ctx rm.Context, args rm.Args) error {
	return ctx.ReplyWithLongLong(int64(counts[args.At(1).String()]))
}

// keyspace is e.keyspace TYPES: notes the keyspace events of these types, and what a job of
// each comes to, which counts them in a key.
func keyspace(ctx rm.Context, args rm.Args) error {
	types, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	l, err := ctx.SubscribeToKeyspaceEvents(rm.NotifyFlags(types), func(ctx rm.NotifyContext, e rm.KeyspaceEvent) {
		if e.Key().String() == "jobs" {
			return
		}
		event := strings.Clone(e.Event())
		note("%s %s", event, e.Key().Clone())
		err := ctx.AddPostNotificationJob(func(ctx rm.Context) {
			reply, err := ctx.Call("INCR", rm.CallReplicate, rm.Text("jobs"))
			if err != nil {
				note("job of %s: %v", event, err)
				return
			}
			reply.Free()
		})
		if err != nil && !errors.Is(err, rm.ErrUnsupported) {
			note("no job of %s: %v", event, err)
		}
	})
	if err != nil {
		return err
	}
	listening[fmt.Sprint("keyspace", len(listening))] = l
	return ctx.ReplyWithOK()
}
