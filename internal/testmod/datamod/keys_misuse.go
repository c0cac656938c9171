// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"runtime"

	"github.com/iredismodule/redismodule/rm"
)

var _ = add(
	rm.Command{Name: "d.misuse", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 1, Handler: misuseAll},
	rm.Command{Name: "d.misuse.stash", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 2, Handler: stash},
	rm.Command{Name: "d.misuse.fail", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 2, Handler: closeTwice},
)

var stashed rm.WriteKey

// stash is d.misuse.stash KEY: it keeps a key that ends with it.
func stash(ctx rm.Context, args rm.Args) error {
	stashed = ctx.OpenWriteKey(args.At(1))
	return ctx.ReplyWithOK()
}

func closeTwice(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenReadKey(args.At(1))
	key.Close()
	key.Close()
	return ctx.ReplyWithOK()
}

// here is the line that calls it.
func here() string {
	_, file, line, _ := runtime.Caller(1)
	return fmt.Sprintf("%s:%d", file, line)
}

// misuseAll misuses keys in each way, and replies with the panic of each and the
// line that it should name.
func misuseAll(ctx rm.Context, args rm.Args) error {
	var line string
	none := rm.RStr{}
	closed, open := ctx.OpenWriteKey(args.At(0)), ctx.OpenWriteKey(args.At(0))
	closed.Close()
	elsewhere := func(f func()) {
		done := make(chan any)
		go func() {
			defer func() { done <- recover() }()
			f()
		}()
		if p := <-done; p != nil {
			panic(p)
		}
	}
	uses := []struct {
		what string
		use  func()
	}{
		{"closed", func() { line = here(); closed.Close() }},
		{"closed", func() { line = here(); closed.Type() }},
		{"closed", func() { line = here(); closed.Len() }},
		{"closed", func() { line = here(); closed.Exists() }},
		{"closed", func() { line = here(); closed.Raw() }},
		{"closed", func() { line = here(); closed.Name() }},
		{"closed", func() { line = here(); _, _ = closed.DB() }},
		{"closed", func() { line = here(); _, _, _ = closed.TTL() }},
		{"closed", func() { line = here(); _ = closed.SetTTL(1) }},
		{"closed", func() { line = here(); _ = closed.Delete() }},
		{"closed", func() { line = here(); _ = closed.StringSet(args.At(0)) }},
		{"closed", func() { line = here(); _, _, _ = closed.StringBytes() }},
		{"closed", func() { line = here(); _ = closed.StringAppend(nil) }},
		{"closed", func() { line = here(); stashed.Type() }},
		{"closed", func() { line = here(); rm.ReadKey{}.Close() }},
		{"none", func() { line = here(); ctx.OpenReadKey(none) }},
		{"none", func() { line = here(); ctx.OpenWriteKey(none) }},
		{"none", func() { line = here(); _, _ = ctx.OpenReadKeyMode(none, 0) }},
		{"none", func() { line = here(); ctx.KeyExists(none) }},
		{"none", func() { line = here(); _ = ctx.SignalModifiedKey(none) }},
		{"none", func() { line = here(); _ = open.StringSet(none) }},
		{"open", func() { line = here(); _ = ctx.ResetDataset(0) }},
		{"elsewhere", func() { elsewhere(func() { line = here(); open.Type() }) }},
		{"elsewhere", func() { elsewhere(func() { line = here(); _, _, _ = open.StringBytes() }) }},
		{"elsewhere", func() { elsewhere(func() { line = here(); _ = open.SetTTL(1) }) }},
		{"elsewhere", func() { elsewhere(func() { line = here(); open.Close() }) }},
		{"right", func() { line = here(); open.Type() }},
		{"right", func() { line = here(); open.Close() }},
	}
	_ = ctx.ReplyWithArray(len(uses))
	for _, u := range uses {
		_ = ctx.ReplyWithArray(3)
		_ = ctx.ReplyWithText(u.what)
		_ = ctx.ReplyWithText(panicOf(u.use))
		_ = ctx.ReplyWithText(line)
	}
	return nil
}

func panicOf(f func()) (text string) {
	defer func() {
		if p := recover(); p != nil {
			text = fmt.Sprint(p)
		}
	}()
	f()
	return ""
}
