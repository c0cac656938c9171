// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module infotest is what the units infotest and infra of the suite load.
package main

import (
	"github.com/iredismodule/redismodule/rm"
)

func init() {
	get := func(name string, h func(ctx rm.Context, i rm.ServerInfo, field string) (ok bool, err error)) rm.Command {
		return rm.Command{Name: name, Keys: rm.NoKeys, Arity: -3, Handler: func(ctx rm.Context, args rm.Args) error {
			i, err := ctx.ServerInfo(args.At(1).Clone())
			if err != nil {
				return err
			}
			defer i.Free()
			ok, err := h(ctx, i, args.At(2).Clone())
			if !ok {
				return rm.Error("not found") // whether it is missing or something else
			}
			return err
		}}
	}
	rm.Register(rm.Module{Name: "infotest", Version: 1, NoGoInfo: true, Info: info, OnLoad: func(rm.Context, rm.Args) error { return nil }, Commands: []rm.Command{
		get("info.gets", func(ctx rm.Context, i rm.ServerInfo, field string) (bool, error) {
			v, ok, _ := i.Field(field)
			defer v.Free()
			if !ok {
				return false, nil
			}
			return true, ctx.ReplyWithString(v.Str())
		}),
		get("info.getc", func(ctx rm.Context, i rm.ServerInfo, field string) (bool, error) {
			v, ok, _ := i.Text(field)
			if !ok {
				return false, nil
			}
			return true, ctx.ReplyWithText(v)
		}),
		get("info.geti", func(ctx rm.Context, i rm.ServerInfo, field string) (bool, error) {
			v, ok, _ := i.Int64(field)
			if !ok {
				return false, nil
			}
			return true, ctx.ReplyWithLongLong(v)
		}),
		get("info.getu", func(ctx rm.Context, i rm.ServerInfo, field string) (bool, error) {
			v, ok, _ := i.Uint64(field)
			if !ok {
				return false, nil
			}
			return true, ctx.ReplyWithLongLong(int64(v))
		}),
		get("info.getd", func(ctx rm.Context, i rm.ServerInfo, field string) (bool, error) {
			v, ok, _ := i.Float64(field)
			if !ok {
				return false, nil
			}
			return true, ctx.ReplyWithDouble(v)
		}),
	}})
}

// info adds what the tests look for. Errors cannot come: the names are good.
func info(i rm.Info) {
	section := func(name string) { _, _ = i.AddSection(name) }
	number := func(name string, v int64) { _ = i.AddFieldLongLong(name, v) }
	minusTwo := int64(-2)
	section("")
	number("global", minusTwo)
	_ = i.AddFieldULongLong("uglobal", uint64(minusTwo))
	section("Spanish")
	_ = i.AddFieldCString("uno", "one")
	number("dos", 2)
	section("Italian")
	number("due", 2)
	_ = i.AddFieldDouble("tre", 3.3)
	section("keyspace")
	_ = i.BeginDictField("db0")
	number("keys", 3)
	number("expires", 1)
	_ = i.EndDictField()
	section("unsafe")
	_ = i.BeginDictField("unsafe:field")
	number("value", 1)
	_ = i.EndDictField()
}

func main() {}
