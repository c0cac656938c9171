// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// Commands whose cost grows with something; bench/native/scale.h says what each does.

const (
	mostFilters  = 1000
	mostTimers   = 100_000
	mostParked   = 1_000_000
	errNotNumber = rm.Error("ERR not a number, or too large")
)

func scaleCommands(prefix string) []rm.Command {
	nestCall = rm.NewCall(prefix+"nest", 0)
	return []rm.Command{
		{Name: prefix + "args", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: -1, Handler: argsLength},
		{Name: prefix + "keys", Flags: rm.CmdReadOnly, Keys: rm.AllKeys, Arity: -2, Handler: keys},
		{Name: prefix + "nest", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: nest},
		{Name: prefix + "filters", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: filters},
		{Name: prefix + "timers", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: timers},
		{Name: prefix + "parked", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: parked},
	}
}

func argsLength(ctx rm.Context, args rm.Args) error {
	sum := 0
	for i := 1; i < args.Len(); i++ {
		sum += args.At(i).Len()
	}
	return ctx.ReplyWithLongLong(int64(sum))
}

var opened []rm.ReadKey // of keys, kept for the next

func keys(ctx rm.Context, args rm.Args) error {
	sum := 0
	opened = opened[:0]
	for i := 1; i < args.Len(); i++ {
		key := ctx.OpenReadKey(args.At(i))
		opened = append(opened, key)
		value, _, err := key.StringBytes()
		if err != nil {
			return err
		}
		sum += len(value)
	}
	for _, key := range opened {
		key.Close()
	}
	return ctx.ReplyWithLongLong(int64(sum))
}

var nestCall *rm.Call

func nest(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return errNotNumber
	}
	if n <= 1 {
		return ctx.ReplyWithLongLong(1)
	}
	reply, err := nestCall.DoArgs(ctx, rm.Int64(n-1))
	return passOn(ctx, reply, err)
}

// amount reads a number of things to have.
func amount(args rm.Args, most int64) (int64, error) {
	n, err := args.At(1).Int64()
	if err != nil || n < 0 || n > most {
		return 0, errNotNumber
	}
	return n, nil
}

var filtersNow []rm.CommandFilter

func filters(ctx rm.Context, args rm.Args) error {
	n, err := amount(args, mostFilters)
	if err != nil {
		return err
	}
	for len(filtersNow) > 0 {
		last := len(filtersNow) - 1
		filtersNow[last].Stop(ctx)
		filtersNow = filtersNow[:last]
	}
	for range n {
		f, err := ctx.RegisterCommandFilter(0, seeCommand)
		if err != nil {
			return err
		}
		filtersNow = append(filtersNow, f)
	}
	return ctx.ReplyWithLongLong(n)
}

var timersNow []rm.Timer

func timers(ctx rm.Context, args rm.Args) error {
	n, err := amount(args, mostTimers)
	if err != nil {
		return err
	}
	for len(timersNow) > 0 {
		last := len(timersNow) - 1
		timersNow[last].Stop(ctx)
		timersNow = timersNow[:last]
	}
	for range n {
		t, err := ctx.CreateTimer(time.Hour, onTimer)
		if err != nil {
			return err
		}
		timersNow = append(timersNow, t)
	}
	return ctx.ReplyWithLongLong(n)
}

var parkedNow chan struct{}

func parked(ctx rm.Context, args rm.Args) error {
	n, err := amount(args, mostParked)
	if err != nil {
		return err
	}
	if parkedNow != nil {
		close(parkedNow)
	}
	c := make(chan struct{})
	parkedNow = c
	for range n {
		go func() { <-c }()
	}
	return ctx.ReplyWithLongLong(n)
}
