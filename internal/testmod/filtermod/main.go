// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command filtermod is a module whose command filter does what the arguments of the
// commands say. With the load argument "fail" the load fails behind the registration.
package main

import (
	"errors"
	"runtime"
	"strconv"

	"github.com/iredismodule/redismodule/rm"
)

var (
	seen    int64
	filters []rm.CommandFilter
	stats   runtime.MemStats
)

func init() {
	rm.Register(rm.Module{
		Name: "filtermod", Version: 1,
		Commands: []rm.Command{
			{Name: "f.on", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: on},
			{Name: "f.off", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: off},
			{Name: "f.call", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: -2, Handler: call},
			{Name: "f.seen", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: func(ctx rm.Context, _ rm.Args) error {
				return ctx.ReplyWithLongLong(seen)
			}},
			{Name: "f.mallocs", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: func(ctx rm.Context, _ rm.Args) error {
				runtime.ReadMemStats(&stats)
				return ctx.ReplyWithLongLong(int64(stats.Mallocs))
			}},
		},
		OnLoad: func(ctx rm.Context, args rm.Args) error {
			filters, seen = nil, 0
			if args.Len() == 0 {
				return nil
			}
			if err := add(ctx, 0); err != nil || args.At(0).String() != "fail" {
				return err
			}
			return errors.New("as it was told")
		},
	})
}

func main() {}

func add(ctx rm.Context, flags rm.FilterFlags) error {
	f, err := ctx.RegisterCommandFilter(flags, filter)
	if err == nil {
		filters = append(filters, f)
	}
	return err
}

// on is f.on FLAGS.
func on(ctx rm.Context, args rm.Args) error {
	flags, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	if err := add(ctx, rm.FilterFlags(flags)); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// off stops all filters.
func off(ctx rm.Context, _ rm.Args) error {
	for _, f := range filters {
		f.Stop(ctx)
		f.Stop(ctx)
	}
	filters = nil
	return ctx.ReplyWithOK()
}

// call is f.call COMMAND ARG...: with "off" before COMMAND the filters are stopped by the
// filter that sees the call.
func call(ctx rm.Context, args rm.Args) error {
	rest := args.From(1)
	if rest.At(0).String() == "off" {
		rest = rest.From(1)
		inside = ctx
	}
	reply, err := ctx.Call(rest.At(0).String(), 0, rm.Strs(rest.From(1)))
	inside = rm.Context{}
	if err != nil {
		return err
	}
	defer reply.Free()
	return ctx.ReplyWithCallReply(reply)
}

// inside is the context of a command in which the next filter is to stop the filters: it
// is the command's, not the filter's, and a mistake that must do no harm.
var inside rm.Context

// filter does what the arguments say.
func filter(c rm.FilteredCommand) {
	seen++
	if inside != (rm.Context{}) {
		for _, f := range filters {
			f.Stop(inside)
		}
	}
	for i := 0; i < c.Len(); i++ {
		switch c.At(i).String() {
		case "@drop":
			must(c.Delete(i))
			i--
		case "@double":
			s := c.At(i - 1).Retain()
			must(c.Replace(i, &s))
		case "@before":
			s := rm.NewRStringText("inserted")
			must(c.Insert(i, &s))
			i++
		case "@many":
			for range 40 {
				s := rm.NewRStringText("more")
				if err := c.Insert(c.Len(), &s); err != nil && err != rm.ErrFilterScript {
					panic(err)
				}
			}
		case "@swap":
			must(c.Delete(i))
			s := rm.NewRStringText("swapped")
			must(c.Insert(i, &s))
		case "@client":
			s := rm.NewRStringText(strconv.FormatUint(c.ClientID(), 10))
			must(c.Replace(i, &s))
		case "f.ping":
			if i == 0 {
				s := rm.NewRStringText("PING")
				must(c.Replace(0, &s))
			}
		case "@none":
			for c.Len() > 1 {
				must(c.Delete(0))
			}
			if c.Delete(0) != rm.ErrRange {
				panic("the last argument can be deleted")
			}
		case "@panic":
			spoil(c)
			panic("as it was told")
		case "@goexit":
			spoil(c)
			runtime.Goexit()
		}
	}
}

// spoil changes all there is.
func spoil(c rm.FilteredCommand) {
	for range 3 {
		s := rm.NewRStringText("spoiled")
		must(c.Insert(1, &s))
	}
	must(c.Delete(0))
	for i := range c.Len() {
		s := rm.NewRStringText("spoiled again")
		must(c.Replace(i, &s))
	}
	for c.Len() > 1 {
		must(c.Delete(c.Len() - 1))
	}
	s := rm.NewRStringText("FLUSHALL")
	must(c.Replace(0, &s))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
