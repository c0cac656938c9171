// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"runtime"
	"strconv"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
)

var _ = add(
	rm.Command{Name: "d.scan.keys", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: scanKeys},
	rm.Command{Name: "d.scan.count", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: scanCount},
	rm.Command{Name: "d.scan.body", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -2, Handler: scanBody},
	rm.Command{Name: "d.scan.part", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: -2, Handler: scanPart},
	rm.Command{Name: "d.scan.fail", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 3, Handler: scanFail},
	rm.Command{Name: "d.scan.misuse", Flags: rm.CmdReadOnly, Arity: 2, Keys: rm.OneKey, Handler: scanMisuse},
	rm.Command{Name: "d.scan.dbs", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: scanDBs},
	rm.Command{Name: "d.scan.thread", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: scanThread},
)

// names collects copies of names, for a reply behind the loop.
var names []string

func replyNames(ctx rm.Context, names []string) error {
	_ = ctx.ReplyWithArray(len(names))
	for _, n := range names {
		_ = ctx.ReplyWithText(n)
	}
	return nil
}

// walkKeys calls f for all keys, in one of the two ways.
func walkKeys(ctx rm.Context, how string, f func(name rm.RStr)) error {
	if how == "iter" {
		keys, err := ctx.Keys(nil)
		if err != nil {
			return err
		}
		for name := range keys.All {
			f(name)
		}
		return nil
	}
	c, err := rm.NewScanCursor()
	if err != nil {
		return err
	}
	defer func() { _ = c.Free() }()
	for more := true; more; {
		if more, err = ctx.Scan(c, func(name rm.RStr, _ rm.ReadKey) { f(name) }); err != nil {
			return err
		}
	}
	return nil
}

// scanKeys is d.scan.keys iter|callback|show; show tells of the lent keys too.
func scanKeys(ctx rm.Context, args rm.Args) error {
	names = names[:0]
	how := args.At(1).String()
	if how != "show" {
		if err := walkKeys(ctx, how, func(name rm.RStr) { names = append(names, name.Clone()) }); err != nil {
			return err
		}
		return replyNames(ctx, names)
	}
	c, err := rm.NewScanCursor()
	if err != nil {
		return err
	}
	defer func() { _ = c.Free() }()
	var kept rm.ReadKey
	for more := true; more; {
		more, err = ctx.Scan(c, func(name rm.RStr, key rm.ReadKey) {
			names = append(names, fmt.Sprintf("%s %v %d %v", name, key.Type(), key.Len(), key.Close()))
			kept = key
		})
		if err != nil {
			return err
		}
	}
	names = append(names, fmt.Sprint("after the call: ", kept))
	return replyNames(ctx, names)
}

var (
	counted    int
	countCaret *rm.ScanCursor
)

func countOne(rm.RStr, rm.ReadKey) { counted++ }

// scanCount is d.scan.count iter|cursor|callback|nested: nothing is allocated.
func scanCount(ctx rm.Context, args rm.Args) error {
	counted = 0
	if countCaret == nil {
		countCaret, _ = rm.NewScanCursor()
	}
	switch args.At(1).String() {
	case "iter", "cursor":
		var c *rm.ScanCursor
		if args.At(1).String() == "cursor" {
			c = countCaret
			if err := c.Restart(); err != nil {
				return err
			}
		}
		keys, err := ctx.Keys(c)
		if err != nil {
			return err
		}
		for name := range keys.All {
			counted += min(1, name.Len())
		}
	case "callback":
		if err := countCaret.Restart(); err != nil {
			return err
		}
		for more := true; more; {
			var err error
			if more, err = ctx.Scan(countCaret, countOne); err != nil {
				return err
			}
		}
	case "nested":
		keys, err := ctx.Keys(nil)
		if err != nil {
			return err
		}
		for range keys.All {
			for range keys.All {
				counted++
			}
		}
	}
	return ctx.ReplyWithLongLong(int64(counted))
}

func call(ctx rm.Context, command string, args ...rm.Arg) {
	reply, _ := ctx.Call(command, 0, args...)
	reply.Free()
}

// scanBody is d.scan.body WHAT ...: loops whose bodies change things. It replies
// with the names that were seen.
func scanBody(ctx rm.Context, args rm.Args) error {
	keys, err := ctx.Keys(nil)
	if err != nil {
		return err
	}
	names = names[:0]
	limit := 0
	if args.Len() > 2 {
		limit, _ = strconv.Atoi(args.At(2).String())
	}
	for name := range keys.All {
		names = append(names, name.Clone())
		switch args.At(1).String() {
		case "delete": // the key itself, and another one
			call(ctx, "DEL", rm.Str(name), rm.Text("other:"+name.Clone()))
		case "add": // until there are so many
			if len(names) < limit {
				call(ctx, "SET", rm.Text("new:"+strconv.Itoa(len(names))), rm.Int64(1))
			}
		case "replace": // each key by another one
			if len(names) < limit {
				call(ctx, "DEL", rm.Str(name))
				call(ctx, "SET", rm.Text("new:"+strconv.Itoa(len(names))), rm.Int64(1))
			}
		case "flush":
			call(ctx, "FLUSHDB")
		case "break":
			if len(names) == limit {
				return replyNames(ctx, names)
			}
		case "panic":
			if len(names) == limit {
				panic("in the body")
			}
		case "goexit":
			if len(names) == limit {
				runtime.Goexit()
			}
		case "unlink.all": // those behind too
			call(ctx, "EVAL", rm.Text("for _, k in ipairs(redis.call('keys','*')) do redis.call('del',k) end"), rm.Int64(0))
		}
	}
	return replyNames(ctx, names)
}

var partCursor *rm.ScanCursor

// scanPart is d.scan.part start|free|restart, d.scan.part iter|step N: a scan that
// goes on from command to command.
func scanPart(ctx rm.Context, args rm.Args) (err error) {
	switch args.At(1).String() {
	case "start":
		if partCursor, err = rm.NewScanCursor(); err != nil {
			return err
		}
		return ctx.ReplyWithOK()
	case "free":
		if err = partCursor.Free(); err != nil {
			return err
		}
		return ctx.ReplyWithOK()
	case "restart":
		if err = partCursor.Restart(); err != nil {
			return err
		}
		return ctx.ReplyWithOK()
	}
	names = names[:0]
	if args.At(1).String() == "step" {
		more, err := ctx.Scan(partCursor, func(name rm.RStr, key rm.ReadKey) {
			if key.Exists() {
				names = append(names, name.Clone())
			}
		})
		if err != nil {
			return err
		}
		return replyNames(ctx, append(names, strconv.FormatBool(more)))
	}
	limit, _ := strconv.Atoi(args.At(2).String())
	keys, err := ctx.Keys(partCursor)
	if err != nil {
		return err
	}
	for name := range keys.All {
		names = append(names, name.Clone())
		if len(names) == limit {
			break
		}
	}
	return replyNames(ctx, names)
}

// scanFail is d.scan.fail recover|raise|goexit N: the function of a scan fails at the
// Nth key. With recover the scan goes on; the failure comes first in the reply.
func scanFail(ctx rm.Context, args rm.Args) error {
	c, err := rm.NewScanCursor()
	if err != nil {
		return err
	}
	defer func() { _ = c.Free() }()
	at, _ := strconv.Atoi(args.At(2).String())
	names = names[:0]
	n := 0
	step := func(name rm.RStr, key rm.ReadKey) {
		n++
		if n == at {
			if args.At(1).String() == "goexit" {
				runtime.Goexit()
			}
			panic(rm.ErrRange)
		}
		names = append(names, name.Clone())
	}
	failures := 0
	scan := func() (more bool) {
		more = true
		if args.At(1).String() == "recover" {
			defer func() {
				if v := recover(); v != nil {
					failures++
					names = append(names, fmt.Sprint("recovered ", v == rm.ErrRange, " ", v))
				}
			}()
		}
		more, err = ctx.Scan(c, step)
		return more
	}
	for scan() && err == nil && failures < 2 {
	}
	if err != nil {
		return err
	}
	return replyNames(ctx, names)
}

// scanMisuse is d.scan.misuse KEY: what wrong uses of cursors give.
func scanMisuse(ctx rm.Context, args rm.Args) error {
	var out []string
	show := func(what string, v ...any) { out = append(out, what+": "+fmt.Sprintln(v...)) }
	c, err := rm.NewScanCursor()
	if err != nil {
		return err
	}
	key := ctx.OpenReadKey(args.At(1))
	nothing := func(rm.RStr, rm.ReadKey) {}

	// until steps until there was a key.
	until := func(fn func(rm.RStr, rm.ReadKey)) (more bool, err error) {
		more = true
		for n := 0; n == 0 && more && err == nil; {
			more, err = ctx.Scan(c, func(name rm.RStr, key rm.ReadKey) {
				n++
				fn(name, key)
			})
		}
		return more, err
	}
	_, err = until(func(rm.RStr, rm.ReadKey) {
		more, err := ctx.Scan(c, nothing)
		show("scan inside", more, err)
		_, err = ctx.Keys(c)
		show("keys inside", err)
		_, err = key.ScanKey(c, nil)
		show("elements inside", err)
	})
	show("scan", err)
	for more := true; more; {
		more, err = ctx.Scan(c, nothing)
	}
	show("scan to the end", err)
	more, err := ctx.Scan(c, func(rm.RStr, rm.ReadKey) { show("the end") })
	show("scan again", more, err)
	more, err = key.ScanKey(c, nil)
	show("elements after keys", more, err)
	_, err = key.Elements(c)
	show("walk of elements after keys", err)
	show("restart", c.Restart())
	more, err = until(func(rm.RStr, rm.ReadKey) { show("restart inside", c.Restart()) })
	show("scan that restarts", more, err)
	_, err = until(func(rm.RStr, rm.ReadKey) { show("the key again", c.Restart()) })
	show("scan", err)
	more, err = until(func(rm.RStr, rm.ReadKey) {
		show("free inside", c.Free())
		show("free inside again", c.Free())
		show("restart freed inside", c.Restart())
	})
	show("scan that frees", more, err)
	show("free", c.Free())
	show("restart freed", c.Restart())
	more, err = ctx.Scan(c, nothing)
	show("scan freed", more, err)
	_, err = ctx.Keys(c)
	show("keys freed", err)
	more, err = key.ScanKey(c, nil)
	show("elements freed", more, err)
	_, err = key.Elements(c)
	show("walk of elements freed", err)

	c, _ = rm.NewScanCursor()
	keys, err := ctx.Keys(c)
	show("walk", err)
	n := 0
	for range keys.All {
		n++
		show("free in the body", c.Free())
	}
	show("seen", n)
	for range keys.All {
		n++
	}
	show("seen of a freed cursor", n)
	for range (rm.KeyScan{}).All {
		n++
	}
	for range (rm.ElementScan{}).All {
		n++
	}
	show("seen of none", n)
	show("close", key.Close())
	c, _ = rm.NewScanCursor()
	more, err = key.ScanKey(c, nil)
	show("elements of a closed key", more, err)
	_, err = key.Elements(nil)
	show("walk of a closed key", err)
	show("free", c.Free())
	return replyNames(ctx, out)
}

// scanDBs walks over two databases, one inside the other.
func scanDBs(ctx rm.Context, _ rm.Args) error {
	names = names[:0]
	outer, err := ctx.Keys(nil)
	if err != nil {
		return err
	}
	home := ctx.SelectedDB()
	for name := range outer.All {
		if name.Len() == 0 {
			continue
		}
		redismodule.SelectDb(ctx.Raw(), 1)
		inner, err := ctx.Keys(nil)
		if err != nil {
			return err
		}
		for other := range inner.All {
			names = append(names, name.Clone()+" "+other.Clone())
		}
		// The outer walk stays in its database all the same.
	}
	redismodule.SelectDb(ctx.Raw(), int32(home))
	return replyNames(ctx, names)
}

// scanThread walks on a goroutine of its own, giving the lock back between parts.
func scanThread(ctx rm.Context, _ rm.Args) error {
	c, err := rm.NewScanCursor()
	if err != nil {
		return err
	}
	t := ctx.DetachedThreadSafeContext()
	go func() {
		defer t.Free()
		total := 0
		for ended := false; !ended; {
			_ = t.Do(func(ctx rm.Context) error {
				keys, err := ctx.Keys(c)
				if err != nil {
					return err
				}
				n := 0
				for range keys.All {
					if n++; n == 100 {
						break
					}
				}
				total += n
				ended = n < 100
				return nil
			})
		}
		_ = t.Do(func(ctx rm.Context) error {
			_ = c.Free()
			call(ctx, "SET", rm.Text("thread:result"), rm.Int64(int64(total)))
			return nil
		})
	}()
	return ctx.ReplyWithOK()
}
