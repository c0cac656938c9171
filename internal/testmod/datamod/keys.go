// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"strings"
	"time"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
)

var _ = add(
	rm.Command{Name: "d.key", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: -3, Handler: keyRun},
	rm.Command{Name: "d.keys", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 3, Handler: openTwice},
	rm.Command{Name: "d.key.modes", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: openModes},
	rm.Command{Name: "d.key.zero", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 1, Handler: zeroNames},
)

// keyRunner runs operations on an open key.
type keyRunner struct {
	ctx  rm.Context
	k    rm.ReadKey
	w    rm.WriteKey
	rest rm.Args

	closed bool // by an operation
}

func (r *keyRunner) next() rm.RStr {
	if r.rest.Len() == 0 {
		return rm.RStr{}
	}
	a := r.rest.At(0)
	r.rest = r.rest.From(1)
	return a
}

func (r *keyRunner) nextInt() int {
	n, _ := r.next().Int64()
	return int(n)
}

func (r *keyRunner) nextDuration() time.Duration {
	d, _ := time.ParseDuration(r.next().String())
	return d
}

// keyRun is d.key KEY MODE [OPERATION [ARGUMENT]] ...: it opens the key and
// replies with the result of each operation: a value, or the text of an error.
// MODE is r or w, then a colon and open modes with bars between them.
func keyRun(ctx rm.Context, args rm.Args) error {
	r := keyRunner{ctx: ctx, rest: args.From(3)}
	mode, names, _ := strings.Cut(args.At(2).String(), ":")
	var err error
	switch {
	case mode == "r" && names == "":
		r.k = ctx.OpenReadKey(args.At(1))
	case mode == "w" && names == "":
		r.w = ctx.OpenWriteKey(args.At(1))
	case mode == "r":
		r.k, err = ctx.OpenReadKeyMode(args.At(1), modesOf(names))
	case mode == "w":
		r.w, err = ctx.OpenWriteKeyMode(args.At(1), modesOf(names))
	case mode == "wr": // a key for writing that is none
		r.w = forged(ctx.OpenReadKey(args.At(1)))
	}
	if err != nil {
		return err
	}
	if mode != "r" {
		r.k = r.w.ReadKey()
	}
	if err := ctx.ReplyWithArray(rm.PostponedLen); err != nil {
		return err
	}
	n := 0
	for ; r.rest.Len() > 0; n++ {
		op := r.next().String()
		if !r.about(op) && !r.change(op) && !r.stringOp(op) && !r.raw(op) {
			_ = ctx.ReplyWithText("no such operation: " + op)
		}
	}
	if r.closed {
		n++
		_ = ctx.ReplyWithText("was closed")
	} else {
		r.k.Close()
	}
	return ctx.ReplySetArrayLength(n)
}

func modesOf(names string) rm.OpenMode {
	all := [...]rm.OpenMode{rm.OpenNoTouch, rm.OpenNoNotify, rm.OpenNoStats, rm.OpenNoExpire, rm.OpenNoEffects, rm.OpenAccessExpired, rm.OpenAccessTrimmed}
	var modes rm.OpenMode
	for name := range strings.SplitSeq(names, "|") {
		found := false
		for _, m := range all {
			if m.String() == name {
				modes, found = modes|m, true
			}
		}
		if !found {
			modes |= 1 << 30
		}
	}
	return modes
}

func (r *keyRunner) reply(err error) { result(r.ctx, err) }

func (r *keyRunner) number(n int64, err error) {
	if err != nil {
		result(r.ctx, err)
		return
	}
	_ = r.ctx.ReplyWithLongLong(n)
}

// numberOf is number of something that may be missing.
func (r *keyRunner) numberOf(n int64, ok bool, err error) { r.number(n, orMissing(ok, err)) }

func (r *keyRunner) bytes(b []byte, ok bool, err error) {
	if err = orMissing(ok, err); err != nil {
		result(r.ctx, err)
		return
	}
	_ = r.ctx.ReplyWithBytes(b)
}

// orMissing is err, or an error for what is missing.
func orMissing(ok bool, err error) error {
	switch {
	case err == nil && !ok:
		return rm.ErrNoKey
	case err != nil && ok:
		return rm.Error("ERR it is there, and there is an error")
	}
	return err
}

func (r *keyRunner) ms(n int64, ok bool, err error) {
	if err == nil && !ok {
		_ = r.ctx.ReplyWithText("never")
		return
	}
	r.number(n, err)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// about runs what does not change the key.
func (r *keyRunner) about(op string) bool {
	switch op {
	case "type":
		_ = r.ctx.ReplyWithText(r.k.Type().String())
	case "len":
		_ = r.ctx.ReplyWithLongLong(int64(r.k.Len()))
	case "exists":
		_ = r.ctx.ReplyWithText(yesNo(r.k.Exists()))
	case "name":
		_ = r.ctx.ReplyWithString(r.k.Name())
	case "db":
		n, err := r.k.DB()
		r.number(int64(n), err)
	case "ttl":
		d, ok, err := r.k.TTL()
		r.ms(d.Milliseconds(), ok, err)
	case "expireat":
		t, ok, err := r.k.ExpireAt()
		r.ms(t.UnixMilli(), ok, err)
	case "idle":
		d, ok, err := r.k.LRUIdle()
		r.numberOf(d.Milliseconds(), ok, err)
	case "freq":
		n, ok, err := r.k.LFUFreq()
		r.numberOf(int64(n), ok, err)
	default:
		return false
	}
	return true
}

// change runs what changes the key as such.
func (r *keyRunner) change(op string) bool {
	switch op {
	case "setttl":
		r.reply(r.w.SetTTL(r.nextDuration()))
	case "setexpireat":
		at := time.UnixMilli(int64(r.nextInt()))
		r.reply(r.w.SetExpireAt(at))
	case "setexpireat.zero":
		r.reply(r.w.SetExpireAt(time.Time{}))
	case "setexpireat.far":
		r.reply(r.w.SetExpireAt(time.Unix(1<<62, 0)))
	case "persist":
		r.reply(r.w.Persist())
	case "setidle":
		r.reply(r.k.SetLRU(r.nextDuration()))
	case "setfreq":
		r.reply(r.k.SetLFU(r.nextInt()))
	case "delete":
		r.reply(r.w.Delete())
	case "unlink":
		r.reply(r.w.Unlink())
	case "close":
		r.k.Close()
		r.closed = true
		r.reply(nil)
	case "call": // COMMAND ARGUMENT
		reply, err := r.ctx.Call(r.next().String(), 0, rm.Str(r.next()))
		reply.Free()
		r.reply(err)
	default:
		return false
	}
	return true
}

// raw runs what other parts of the package do, by the raw layer.
func (r *keyRunner) raw(op string) bool {
	raw := r.k.Raw()
	rc := int32(redismodule.OK)
	switch op {
	case "listget":
		s := redismodule.ListGet(raw, 0)
		_ = r.ctx.ReplyWithString(rm.RawRStr(s))
		if s != 0 {
			redismodule.FreeString(0, s)
		}
		return true
	case "listpush":
		rc = redismodule.ListPush(raw, redismodule.LIST_TAIL, r.next().Raw())
	case "zlex":
		lo, hi := rm.NewRStringText("-"), rm.NewRStringText("[zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz")
		rc = redismodule.ZsetFirstInLexRange(raw, lo.Raw(), hi.Raw())
		lo.Free()
		hi.Free()
	case "streamiter":
		rc = redismodule.StreamIteratorStart(raw, 0, nil, nil)
	case "trunc":
		rc = redismodule.StringTruncate(raw, uintptr(r.nextInt()))
	default:
		return false
	}
	_ = r.ctx.ReplyWithLongLong(int64(rc))
	return true
}

// openTwice is d.keys NAME NAME: two keys open at a time, closed in the order in
// which they were opened, with one of their own order in between.
func openTwice(ctx rm.Context, args rm.Args) error {
	a, b := ctx.OpenReadKey(args.At(1)), ctx.OpenReadKey(args.At(2))
	_ = ctx.ReplyWithArray(3)
	a.Close()
	c := ctx.OpenReadKey(args.At(1))
	_ = ctx.ReplyWithLongLong(int64(b.Len()))
	_ = ctx.ReplyWithText(a.String())
	a.Close()
	c.Close()
	_ = ctx.ReplyWithLongLong(int64(b.Len()))
	b.Close()
	return nil
}

func openModes(ctx rm.Context, _ rm.Args) error {
	return ctx.ReplyWithText(rm.OpenModes().String())
}

// zeroNames gives every function that takes a string the zero RStr, and wraps
// handles of the raw layer.
func zeroNames(ctx rm.Context, _ rm.Args) error {
	var none rm.RStr
	_ = ctx.ReplyWithArray(7)
	r, w := ctx.OpenReadKey(none), ctx.OpenWriteKey(none)
	r.Close()
	w.Close()
	result(ctx, w.StringSet(none))
	_, err := ctx.OpenReadKeyMode(none, 0)
	result(ctx, err)
	_, err = ctx.OpenWriteKeyMode(none, rm.OpenNoTouch)
	result(ctx, err)
	_ = ctx.ReplyWithText(yesNo(ctx.KeyExists(none)))
	result(ctx, ctx.SignalModifiedKey(none))
	result(ctx, ctx.RawWriteKey(0).Delete())
	missing := rm.NewRStringText("no such key")
	raw := ctx.RawReadKey(redismodule.OpenKey(ctx.Raw(), missing.Raw(), redismodule.READ))
	raw.Close()
	rawWrite := ctx.RawWriteKey(redismodule.OpenKey(ctx.Raw(), missing.Raw(), redismodule.READ|redismodule.WRITE))
	missing.Free()
	result(ctx, rawWrite.Delete())
	rawWrite.Close()
	return nil
}
