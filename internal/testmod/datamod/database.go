// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"github.com/iredismodule/redismodule/rm"
)

var _ = add(
	rm.Command{Name: "d.db.exists", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 2, Handler: keyExists},
	rm.Command{Name: "d.db.read", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 2, Handler: readKey},
	rm.Command{Name: "d.db.open", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Handler: openKey},
	rm.Command{Name: "d.db.set", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Handler: setKey},
	rm.Command{Name: "d.db.select", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 3, Handler: selectDB},
	rm.Command{Name: "d.db.reset", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 4, Handler: resetDataset},
	rm.Command{Name: "d.db.signal", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Handler: signalModified},
)

func keyExists(ctx rm.Context, args rm.Args) error {
	if !ctx.KeyExists(args.At(1)) {
		return rm.ErrNoKey
	}
	return ctx.ReplyWithOK()
}

func readKey(ctx rm.Context, args rm.Args) error {
	k := ctx.OpenReadKey(args.At(1))
	b, _, err := k.StringBytes()
	if err != nil {
		return err
	}
	return ctx.ReplyWithBytes(b)
}

// openKey opens a key for writing and does not write.
func openKey(ctx rm.Context, args rm.Args) error {
	ctx.OpenWriteKey(args.At(1))
	return ctx.ReplyWithOK()
}

func setKey(ctx rm.Context, args rm.Args) error {
	if err := ctx.OpenWriteKey(args.At(1)).StringSet(args.At(0)); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// selectDB is d.db.select N BACK: it selects database N and, if BACK is yes, the
// old one again, and replies with both results and the numbers in between.
func selectDB(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	_ = ctx.ReplyWithArray(5)
	old := ctx.SelectedDB()
	_ = ctx.ReplyWithLongLong(int64(old))
	result(ctx, ctx.SelectDB(int(n)))
	_ = ctx.ReplyWithLongLong(int64(ctx.SelectedDB()))
	if args.At(2).String() == "yes" {
		result(ctx, ctx.SelectDB(old))
	} else {
		result(ctx, nil)
	}
	return ctx.ReplyWithLongLong(int64(ctx.SelectedDB()))
}

// resetDataset is d.db.reset RESTARTAOF ASYNC OPEN, each yes or no: with OPEN yes
// there is an open key.
func resetDataset(ctx rm.Context, args rm.Args) error {
	if args.At(3).String() == "yes" {
		defer ctx.OpenReadKey(args.At(3)).Close()
	}
	var flags rm.ResetFlags
	if args.At(1).String() == "yes" {
		flags |= rm.ResetRestartAOF
	}
	if args.At(2).String() == "yes" {
		flags |= rm.ResetAsync
	}
	if err := ctx.ResetDataset(flags); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

func signalModified(ctx rm.Context, args rm.Args) error {
	if err := ctx.SignalModifiedKey(args.At(1)); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}
