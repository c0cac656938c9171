// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/iredismodule/redismodule/rm"
)

var (
	heard    []string // keyspace events since they were last asked for
	jobs     bool     // events get a job
	finished int64    // timers
)

func load(ctx rm.Context, _ rm.Args) error {
	_, err1 := ctx.RegisterCommandFilter(0, via)
	_, err2 := ctx.SubscribeToKeyspaceEvents(rm.NotifyString|rm.NotifyModule, func(c rm.NotifyContext, e rm.KeyspaceEvent) {
		heard = append(heard, fmt.Sprint(e.Event(), " ", e.Key(), " ", c.SelectedDB()))
		if !jobs || e.Key().String() == "jobs" {
			return
		}
		event := strings.Clone(e.Event()) // the job comes later
		if c.AddPostNotificationJob(func(ctx rm.Context) {
			if r, err := ctx.Call("APPEND", rm.CallReplicate, rm.Text("jobs"), rm.Text(event)); err == nil {
				r.Free()
			}
		}) != nil {
			heard = append(heard, "no job")
		}
	})
	return errors.Join(err1, err2)
}

// via makes of w.via STEPS COMMAND [ARGUMENT ...] the command, changed by a step for each letter.
func via(c rm.FilteredCommand) {
	if c.Len() < 3 || c.At(0).String() != "w.via" {
		return
	}
	steps := c.At(1).Clone()
	_, _ = c.Delete(0), c.Delete(0)
	for _, step := range []byte(steps) {
		last := c.Len() - 1
		switch step {
		case 'd':
			_ = c.Delete(last) // one stays
		case 'r':
			s := rm.NewRStringText("replaced")
			_ = c.Replace(last, &s)
		case 'i':
			s := rm.NewRStringText("inserted")
			_ = c.Insert(max(last, 1), &s)
		case 'k':
			if last > 0 {
				s := c.At(last).Retain()
				_ = c.Delete(last)
				_ = c.Insert(1, &s)
			}
		}
	}
}

func words(ctx rm.Context, args rm.Args) error { return ctx.ReplyWithLongLong(int64(args.Len())) }

func hear(ctx rm.Context, _ rm.Args) error {
	list := heard
	heard = nil
	return ctx.ReplyWithTexts(list)
}

func setJobs(ctx rm.Context, args rm.Args) error {
	jobs = args.At(1).String() == "on"
	return ctx.ReplyWithOK()
}

func notify(ctx rm.Context, args rm.Args) error {
	if err := ctx.NotifyKeyspaceEvent(rm.NotifyModule, args.At(2).Clone(), args.At(1)); err != nil {
		return refused(err)
	}
	return ctx.ReplyWithOK()
}

// later has a timer write the key; not in a transaction, of which nobody knows when it runs.
func later(ctx rm.Context, args rm.Args) error {
	if ctx.InMulti() {
		return refused(errors.ErrUnsupported)
	}
	key, text := args.At(1).Clone(), args.At(2).Clone()
	if _, err := ctx.CreateTimer(0, func(ctx rm.Context) {
		k := ctx.OpenWriteKey(ctx.Str(key))
		if k.StringSet(ctx.Str(text)) == nil && ctx.Replicate("SET", 0, rm.Text(key), rm.Text(text)) == nil {
			finished++
		}
	}); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

func done(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithLongLong(finished) }
