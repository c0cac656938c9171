// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module commandfilter is what the unit commandfilter of the suite loads.
//
// It takes the key of a log and 0 or 1: whether its filter leaves out what the module itself calls. A
// third argument makes the load fail.
package main

import (
	"strings"

	"github.com/iredismodule/redismodule/internal/moduleapi/calls"
	"github.com/iredismodule/redismodule/rm"
)

func init() {
	command := func(name string, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: name, Flags: rm.CmdWrite | rm.CmdDenyOOM, Keys: rm.NoKeys, Arity: arity, Handler: h}
	}
	rm.Register(rm.Module{
		Name: "commandfilter", Version: 1, OnLoad: load,
		OnUnload: func(rm.Context) error { retained.Free(); return nil },
		Commands: []rm.Command{
			command("commandfilter.log", -2, log),
			command("commandfilter.ping", 1, ping),
			command("commandfilter.retained", 1, showRetained),
			command("commandfilter.unregister", 1, unregister),
			command("unfilter_clientid", 2, unfilter),
		},
	})
}

var (
	logKey     string
	filter     rm.CommandFilter
	retained   rm.RString
	logging    bool   // a command is being logged, and is not to be logged again
	unfiltered uint64 // the client whose commands stay as they are
)

func load(ctx rm.Context, args rm.Args) error {
	if args.Len() < 2 {
		return rm.Error("ERR the key of the log and 0 or 1")
	}
	var flags rm.FilterFlags
	if args.At(1).String() != "0" {
		flags = rm.FilterNoSelf
	}
	logKey, logging, unfiltered = args.At(0).Clone(), false, 0
	var err error
	if filter, err = ctx.RegisterCommandFilter(flags, rewrite); err != nil {
		return err
	}
	if args.Len() > 2 {
		return rm.Error("ERR this load is to fail")
	}
	return nil
}

// rewrite does what the words in a command ask for.
func rewrite(c rm.FilteredCommand) {
	if id := c.ClientID(); id != 0 && id == unfiltered {
		return
	}
	if strings.EqualFold(c.At(0).String(), "blmove") && c.Len() == 6 {
		from := c.At(3).Retain()
		to := c.At(4).Retain()
		check(c.Replace(3, &to))
		check(c.Replace(4, &from))
	}
	logIt := false
	for i := 1; i < c.Len(); i++ {
		switch c.At(i).String() {
		case "@log":
			logIt = !logging
		case "@delme":
			check(c.Delete(i))
			i--
		case "@replaceme":
			s := rm.NewRStringText("--replaced--")
			check(c.Replace(i, &s))
		case "@insertbefore":
			s := rm.NewRStringText("--inserted-before--")
			check(c.Insert(i, &s))
			i++
		case "@insertafter":
			s := rm.NewRStringText("--inserted-after--")
			check(c.Insert(i+1, &s))
			i++
		case "@retain":
			if i+1 < c.Len() {
				retained.Free()
				retained = c.At(i + 1).Retain()
			}
		}
	}
	if logIt {
		s := rm.NewRStringText("commandfilter.log")
		check(c.Insert(0, &s))
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// log is commandfilter.log COMMAND ...: it notes the command, runs it, and replies with its reply.
func log(ctx rm.Context, args rm.Args) error {
	var words []string
	for _, arg := range args.From(1).All {
		words = append(words, arg.String())
	}
	logging = true
	defer func() { logging = false }()
	reply, err := ctx.Call("RPUSH", rm.CallReplicate, rm.Text(logKey), rm.Text(strings.Join(words, " ")))
	if err != nil {
		return err
	}
	reply.Free()
	return calls.Forward(ctx, rm.CallReplicate, args.From(1))
}

// ping calls a command that the filter may see.
func ping(ctx rm.Context, _ rm.Args) error {
	return calls.Forward(ctx, 0, rm.ArgsOf(ctx.Str("ping"), ctx.Str("@log")))
}

func showRetained(ctx rm.Context, _ rm.Args) error {
	if retained.IsZero() {
		return ctx.ReplyWithNull()
	}
	return ctx.ReplyWithString(retained.Str())
}

func unregister(ctx rm.Context, _ rm.Args) error {
	filter.Stop(ctx)
	return ctx.ReplyWithOK()
}

// unfilter_clientid ID
func unfilter(ctx rm.Context, args rm.Args) error {
	id, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	unfiltered = uint64(id)
	return ctx.ReplyWithOK()
}

func main() {}
