// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module rdbloadsave is what the unit of the same name of the suite loads: it saves and loads RDB files.
package main

import (
	"errors"
	"syscall"

	"github.com/iredismodule/redismodule/rm"
)

func init() {
	command := func(name string, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: name, Keys: rm.NoKeys, Arity: arity, Handler: h}
	}
	rm.Register(rm.Module{Name: "rdbloadsave", Version: 1, Commands: []rm.Command{
		command("test.sanity", 1, sanity),
		command("test.rdbsave", 2, onFile(rm.Context.SaveRDB)),
		command("test.rdbload", 2, onFile(rm.Context.LoadRDB)),
		command("test.rdbsave_fork", 2, saveInChild),
	}})
}

// onFile returns a handler whose argument is a file.
func onFile(f func(ctx rm.Context, file string) error) rm.Handler {
	return func(ctx rm.Context, args rm.Args) error {
		switch err := f(ctx, args.At(1).Clone()); {
		case errors.Is(err, syscall.ENOENT):
			return rm.Error("ERR No such file or directory") // as C spells it
		case err != nil:
			return err
		}
		return ctx.ReplyWithOK()
	}
}

// sanity loads what is not there, saves it, and loads it.
func sanity(ctx rm.Context, _ rm.Args) error {
	const file = "dbnew.rdb"
	if err := ctx.LoadRDB(file); !errors.Is(err, syscall.ENOENT) {
		return rm.Error("ERR a file that is not there")
	}
	if err := ctx.SaveRDB(file); err != nil {
		return err
	}
	if err := ctx.LoadRDB(file); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// saveInChild has a forked child save to a file.
func saveInChild(ctx rm.Context, args rm.Args) error {
	file := args.At(1).Clone()
	_, err := ctx.Fork(func() int {
		if err := ctx.SaveRDB(file); err != nil {
			return 1
		}
		return 0
	}, nil)
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

func main() {}
