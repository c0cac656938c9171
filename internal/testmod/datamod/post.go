// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"runtime"

	"github.com/iredismodule/redismodule/rm"
)

// Work for the server's thread that nobody waits for.

var _ = add(rm.Command{Name: "d.post", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 4, Handler: dPost})

var poster *rm.ThreadSafeContext

// dPost is d.post DB HOW TEXT: has f run later, and on the server's thread.
func dPost(ctx rm.Context, args rm.Args) error {
	db, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	how, text := args.At(2).Clone(), args.At(3).Clone()
	t := ctx.DetachedThreadSafeContext()
	defer t.Free()
	if err := t.SelectDB(int(db)); err != nil {
		return err
	}
	f := func(ctx rm.Context) {
		switch how {
		case "panic":
			panic(text)
		case "goexit":
			runtime.Goexit()
		case "again":
			_ = poster.Post(func(ctx rm.Context) { noteEnd("again: %s in %d", text, ctx.SelectedDB()) })
		case "block":
			_, err := ctx.BlockClient(rm.BlockOptions{})
			noteEnd("%v", err)
			return
		}
		reply, err := ctx.Call("RPUSH", rm.CallReplicate, rm.Text("posted"), rm.Text(text))
		reply.Free()
		noteEnd("%s in %d: %v", text, ctx.SelectedDB(), err)
	}
	switch how {
	case "freed":
		t.Free()
		return t.Post(f)
	case "do": // and what comes after it on the same context
		return rm.Go(ctx, func(rm.Job) (rm.Reply, error) {
			d := poster
			if err := d.SelectDB(int(db)); err != nil {
				return rm.Reply{}, err
			}
			defer func() { _ = d.SelectDB(0) }()
			n := -1
			err := d.Do(func(ctx rm.Context) error { n = ctx.SelectedDB(); return nil })
			return textReply(fmt.Sprint("in ", n)), err
		})
	}
	if poster == nil {
		poster = ctx.DetachedThreadSafeContext()
	}
	if err := t.Post(f); err != nil {
		return err
	}
	noteEnd("posted")
	return ctx.ReplyWithOK()
}
