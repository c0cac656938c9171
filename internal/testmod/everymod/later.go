// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// done counts what was to run later and has.
var done int

// later has a key written by what runs when the command is over: in its database by timers and what says so, in database 0 by the others.
func later(ctx rm.Context, key, way, value string) (err error) {
	write := func(ctx rm.Context) error {
		done++
		k := ctx.OpenWriteKey(ctx.Str(key))
		defer k.Close()
		if err := k.StringSet(ctx.Str(value)); err != nil {
			return err
		}
		return ctx.Replicate("SET", 0, rm.Text(key), rm.Text(value))
	}
	run := func(ctx rm.Context) {
		if err := write(ctx); err != nil {
			ctx.Log(rm.LevelWarning, err.Error())
		}
	}
	detached := func(f func(t *rm.ThreadSafeContext) error) {
		t := ctx.DetachedThreadSafeContext()
		go func() {
			defer t.Free()
			if err := f(t); err != nil {
				rm.Log(rm.LevelWarning, err.Error())
			}
		}()
	}
	db := ctx.SelectedDB()
	switch way {
	case "timer":
		_, err = ctx.CreateTimer(0, run)
	case "timers": // one makes the next
		_, err = ctx.CreateTimer(time.Microsecond, func(ctx rm.Context) {
			if _, err := ctx.CreateTimer(-time.Hour, run); err != nil {
				ctx.Log(rm.LevelWarning, err.Error())
			}
		})
	case "ticker":
		var t rm.Ticker
		t, err = ctx.Every(time.Millisecond, func(ctx rm.Context) {
			t.Stop(ctx)
			run(ctx)
		})
	case "oneshot":
		err = ctx.EventLoopAddOneShot(run)
	case "post":
		t := ctx.DetachedThreadSafeContext()
		err = t.Post(func(ctx rm.Context) {
			run(ctx)
			t.Free()
		})
	case "thread":
		detached(func(t *rm.ThreadSafeContext) error { return t.Do(write) })
	case "thread in its database":
		detached(func(t *rm.ThreadSafeContext) error {
			if err := t.SelectDB(db); err != nil {
				return err
			}
			return t.Do(write)
		})
	default:
		err = errOperation
	}
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}
