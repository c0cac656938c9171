// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"log/slog"
	"strconv"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// What a handler can ask about the client and the server.
func ExampleContext_ContextFlags() {
	handler := func(ctx rm.Context, _ rm.Args) error {
		flags := ctx.ContextFlags()
		switch {
		case flags&rm.CtxFlagReplica != 0:
			return rm.Error("READONLY ask the master")
		case flags&rm.CtxFlagMulti != 0:
			return rm.Error("ERR not in a transaction")
		case flags&rm.CtxFlagOOM != 0:
			return rm.Error("OOM there is no memory for that")
		}
		return ctx.ReplyWithText(flags.String())
	}
	_ = handler
}

// A log line about the client, its database and how many keys that has.
func ExampleContext_ClientID() {
	handler := func(ctx rm.Context, _ rm.Args) error {
		client, db := strconv.FormatUint(ctx.ClientID(), 10), strconv.Itoa(ctx.SelectedDB())
		ctx.Notice("client " + client + " in database " + db + " with " + strconv.FormatUint(ctx.DBSize(), 10) + " keys")
		return ctx.ReplyWithOK()
	}
	_ = handler
}

// One function for the two reasons for which the server comes back to a blocked client.
func ExampleContext_IsBlockedTimeoutRequest() {
	answer := func(ctx rm.Context, _ rm.Args) error {
		if ctx.IsBlockedTimeoutRequest() {
			return ctx.ReplyWithNull()
		}
		n, _ := rm.PrivateData[int64](ctx) // IsBlockedReplyRequest
		return ctx.ReplyWithLongLong(n)
	}
	handler := func(ctx rm.Context, _ rm.Args) error {
		client, err := ctx.BlockClient(rm.BlockOptions{Timeout: time.Second, Reply: answer, OnTimeout: answer})
		if err != nil {
			return err
		}
		go client.UnblockClient(int64(42))
		return nil
	}
	_ = handler
}

// A command that makes clients look again who wait on a key in a module's own command.
func ExampleContext_SignalKeyAsReady() {
	wake := func(ctx rm.Context, args rm.Args) error {
		if err := ctx.SignalKeyAsReady(args.At(1)); err != nil {
			return err
		}
		return ctx.ReplyWithOK()
	}
	_ = rm.Command{Name: "wake", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Handler: wake}
}

// A change that the server does not see by itself: the bytes of a string in place. Clients that
// watch the key or cache it are told.
func ExampleContext_SignalModifiedKey() {
	zero := func(ctx rm.Context, args rm.Args) error {
		key := ctx.OpenWriteKey(args.At(1))
		defer key.Close()
		b, ok, err := key.StringDMA()
		if err != nil {
			return err
		}
		if ok {
			clear(b)
			if err := ctx.SignalModifiedKey(args.At(1)); err != nil {
				return err
			}
		}
		return ctx.ReplyWithOK()
	}
	_ = rm.Command{Name: "zero", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Replicate: rm.ReplicateVerbatim, Handler: zero}
}

// A command that is made at load, because only then its name is known.
func ExampleContext_CreateCommand() {
	rm.Register(rm.Module{Name: "prefixed", Version: 1, OnLoad: func(ctx rm.Context, args rm.Args) error {
		prefix := "my."
		if args.Len() > 0 {
			prefix = args.At(0).Clone()
		}
		return ctx.CreateCommand(rm.Command{
			Name: prefix + "ping", Flags: rm.CmdReadOnly | rm.CmdFast, Keys: rm.NoKeys, Arity: 1,
			Handler: func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithSimpleString("PONG") },
		})
	}})
}

// The server's log as the destination of log/slog, on any goroutine.
func ExampleNewLogHandler() {
	log := slog.New(rm.NewLogHandler(slog.LevelInfo))
	log.Warn("the disk is nearly full", "free", 12)
}

// A cluster whose module moves keys by itself: no redirections for its clients.
func ExampleContext_SetClusterFlags() {
	rm.Register(rm.Module{Name: "moves", Version: 1, OnLoad: func(ctx rm.Context, _ rm.Args) error {
		return ctx.SetClusterFlags(rm.ClusterNoRedirection)
	}})
}

// A blocked client that is answered by a command of its own, which its handler has put aside.
func ExampleContext_BlockedClientHandle() {
	var slowest rm.BlockedClient // of the server's thread
	handler := func(ctx rm.Context, _ rm.Args) error {
		_, err := ctx.BlockClient(rm.BlockOptions{
			Timeout: time.Second,
			OnTimeout: func(ctx rm.Context, _ rm.Args) error {
				if b, ok := ctx.BlockedClientHandle(); ok {
					slowest = b // the same handle as BlockClient has returned
				}
				return ctx.ReplyWithNull()
			},
		})
		return err
	}
	_, _ = handler, slowest
}

// A key that nobody has used for an hour is dropped.
func ExampleReadKey_LRUIdle() {
	drop := func(ctx rm.Context, args rm.Args) error {
		key := ctx.OpenWriteKey(args.At(1))
		defer key.Close()
		idle, ok, err := key.LRUIdle()
		if err != nil {
			return err // with some eviction policies the server does not keep it
		}
		if ok && idle > time.Hour {
			if err := key.Unlink(); err != nil {
				return err
			}
		}
		return ctx.ReplyWithOK()
	}
	_ = drop
}

// An event of the module's own: clients hear of it if the server's notify-keyspace-events has
// the letter d, and other modules do.
func ExampleContext_NotifyKeyspaceEvent() {
	refill := func(ctx rm.Context, args rm.Args) error {
		if err := ctx.NotifyKeyspaceEvent(rm.NotifyModule, "refill", args.At(1)); err != nil {
			return err
		}
		return ctx.ReplyWithOK()
	}
	_ = rm.Command{Name: "bucket.refill", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Replicate: rm.ReplicateVerbatim, Handler: refill}
}

// A module whose data types may be loaded beside the data that the replica still serves.
func ExampleContext_SetModuleOptions() {
	rm.Register(rm.Module{Name: "swaps", Version: 1, OnLoad: func(ctx rm.Context, _ rm.Args) error {
		return ctx.SetModuleOptions(rm.ModuleHandleReplAsyncLoad)
	}})
}
