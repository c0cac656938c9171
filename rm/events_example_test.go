// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"strconv"
	"syscall"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// A command that adds to a list later: later.push KEY MILLISECONDS ELEMENT. It is written
// and replicated when the timer fires.
func ExampleContext_CreateTimer() {
	push := func(ctx rm.Context, args rm.Args) error {
		ms, err := args.At(2).Int64()
		if err != nil {
			return err
		}
		key, element := args.At(1).Retain(), args.At(3).Retain()
		_, err = ctx.CreateTimer(time.Duration(ms)*time.Millisecond, func(ctx rm.Context) {
			defer key.Free()
			defer element.Free()
			reply, err := ctx.Call("RPUSH", rm.CallReplicate, rm.Str(key.Str()), rm.Str(element.Str()))
			if err != nil {
				ctx.Log(rm.LevelWarning, "later.push: "+err.Error())
				return
			}
			reply.Free()
		})
		if err != nil {
			key.Free()
			element.Free()
			return err
		}
		return ctx.ReplyWithOK()
	}
	rm.Register(rm.Module{Name: "later", Version: 1, Commands: []rm.Command{
		{Name: "later.push", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 4, Handler: push},
	}})
}

// A module that counts the keys of database 0 every ten seconds, until it is unloaded.
func ExampleContext_Every() {
	rm.Register(rm.Module{Name: "watch", Version: 1, OnLoad: func(ctx rm.Context, _ rm.Args) error {
		_, err := ctx.Every(10*time.Second, func(ctx rm.Context) {
			if ctx.DBSize() > 1_000_000 {
				ctx.Log(rm.LevelWarning, "more than a million keys")
			}
		})
		return err
	}})
}

// A module that listens on a socket of its own: whoever connects is told how many keys
// there are.
func ExampleContext_EventLoopAdd() {
	rm.Register(rm.Module{Name: "counter", Version: 1, OnLoad: func(ctx rm.Context, _ rm.Args) error {
		fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
		if err != nil {
			return err
		}
		if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: "/run/counter.sock"}); err != nil {
			return err
		}
		if err := syscall.Listen(fd, 16); err != nil {
			return err
		}
		_, err = ctx.EventLoopAdd(fd, rm.EventLoopReadable, func(ctx rm.Context, _ rm.EventLoopMask) {
			client, _, err := syscall.Accept(fd) // there is one: it does not wait
			if err != nil {
				return
			}
			_, _ = syscall.Write(client, strconv.AppendUint(nil, ctx.DBSize(), 10))
			_ = syscall.Close(client)
		})
		return err
	}})
}

// A goroutine that has its result stored, and does not wait for that.
func ExampleThreadSafeContext_Post() {
	rm.Register(rm.Module{Name: "feed", Version: 1, OnLoad: func(ctx rm.Context, _ rm.Args) error {
		server := ctx.DetachedThreadSafeContext()
		go func() {
			for n := 0; ; n++ {
				time.Sleep(time.Second)
				err := server.Post(func(ctx rm.Context) {
					if reply, err := ctx.Call("SET", rm.CallReplicate, rm.Text("feed"), rm.Int64(int64(n))); err == nil {
						reply.Free()
					}
				})
				if err != nil {
					return // the module is unloaded
				}
			}
		}()
		return nil
	}})
}

// A module that counts in a hash how often each key was set: the counter is written by a
// job, when the command is over, and goes to the replicas with it.
func ExampleContext_SubscribeToKeyspaceEvents() {
	rm.Register(rm.Module{Name: "counts", Version: 1, OnLoad: func(ctx rm.Context, _ rm.Args) error {
		_, err := ctx.SubscribeToKeyspaceEvents(rm.NotifyString, func(ctx rm.NotifyContext, e rm.KeyspaceEvent) {
			key := e.Key().Clone() // it is valid in this function only
			_ = ctx.AddPostNotificationJob(func(ctx rm.Context) {
				reply, err := ctx.Call("HINCRBY", rm.CallReplicate, rm.Text("counts"), rm.Text(key), rm.Int64(1))
				if err != nil {
					ctx.Log(rm.LevelWarning, "counts: "+err.Error())
					return
				}
				reply.Free()
			})
		})
		return err
	}})
}

// A module with an index in Go's memory, which it forgets when the data goes.
func ExampleContext_OnFlushDB() {
	index := map[string]int{}
	rm.Register(rm.Module{Name: "index", Version: 1, OnLoad: func(ctx rm.Context, _ rm.Args) error {
		_, err := ctx.OnFlushDB(func(_ rm.Context, e rm.FlushDB) {
			if e.Sub == rm.FlushDBEnd {
				clear(index)
			}
		})
		return err
	}})
}

// A module that tells in the log how long saves take, in the child that saves.
func ExampleContext_OnPersistence() {
	var begun time.Time
	rm.Register(rm.Module{Name: "saves", Version: 1, OnLoad: func(ctx rm.Context, _ rm.Args) error {
		_, err := ctx.OnPersistence(func(ctx rm.Context, e rm.Persistence) {
			switch e {
			case rm.PersistenceEnded, rm.PersistenceFailed:
				ctx.Log(rm.LevelNotice, "the save took "+time.Since(begun).String())
			default:
				begun = time.Now()
			}
		})
		return err
	}})
}
