// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"

	"github.com/iredismodule/redismodule/rm"
)

// The methods of a context that are about the server's and the module's configuration, INFO,
// commands and scripting engines.

// atLoadOnly is nil in the load, and wants the error elsewhere. In the load the module's own
// configs are loaded, or there are none.
func atLoadOnly(err, elsewhere error) error {
	err = supported(err)
	if outsideAtLoad == nil && (err == rm.ErrConfigLoaded || err == rm.ErrNoConfigs || err == nil) || err == elsewhere {
		return nil
	}
	return fmt.Errorf("%v instead of %v", err, elsewhere)
}

func init() {
	option := func(ok bool, err error) error {
		return errors.Join(wants("no option", ok == (err == nil)), supported(err))
	}
	for name, f := range map[string]func(ctx rm.Context) error{
		"ConfigGet": func(ctx rm.Context) error {
			value, ok, err := ctx.ConfigGet("maxmemory-policy")
			value.Free()
			return option(ok, err)
		},
		"ConfigGetBool": func(ctx rm.Context) error { _, ok, err := ctx.ConfigGetBool("appendonly"); return option(ok, err) },
		"ConfigGetEnum": func(ctx rm.Context) error {
			value, ok, err := ctx.ConfigGetEnum("maxmemory-policy")
			value.Free()
			return option(ok, err)
		},
		"ConfigGetNumeric": func(ctx rm.Context) error { _, ok, err := ctx.ConfigGetNumeric("hz"); return option(ok, err) },
		"ConfigGetType":    func(ctx rm.Context) error { _, ok, err := ctx.ConfigGetType("hz"); return option(ok, err) },
		"ConfigNames": func(ctx rm.Context) error {
			names, err := ctx.ConfigNames("hz")
			return option(len(names) == 1, err)
		},
		"ConfigSet": withName(func(ctx rm.Context, s rm.RStr) error {
			return gives(ctx.ConfigSet("no-such-option", s), rm.ErrNoConfig)
		}),
		"ConfigSetBool": func(ctx rm.Context) error { return gives(ctx.ConfigSetBool("no-such-option", true), rm.ErrNoConfig) },
		"ConfigSetEnum": withName(func(ctx rm.Context, s rm.RStr) error {
			return gives(ctx.ConfigSetEnum("no-such-option", s), rm.ErrNoConfig)
		}),
		"ConfigSetNumeric": func(ctx rm.Context) error { return gives(ctx.ConfigSetNumeric("no-such-option", 1), rm.ErrNoConfig) },
		"RegisterConfig": func(ctx rm.Context) error {
			err := ctx.RegisterConfig(rm.BoolConfig{Name: "outside"})
			if outsideAtLoad == nil { // it has no Value, or the configs are loaded: refused in any case
				return wants("no error", err != nil)
			}
			return atLoadOnly(err, rm.ErrConfigLate)
		},
		"LoadConfigs":        func(ctx rm.Context) error { return atLoadOnly(ctx.LoadConfigs(), rm.ErrConfigLate) },
		"LoadDefaultConfigs": func(ctx rm.Context) error { return atLoadOnly(ctx.LoadDefaultConfigs(), rm.ErrConfigLate) },

		"ServerInfo": func(ctx rm.Context) error {
			info, err := ctx.ServerInfo("server")
			if err != nil {
				return err
			}
			defer info.Free()
			_, ok, err := info.Text("redis_version")
			return errors.Join(wants("no version", ok), err)
		},
		"SetModuleOptions": func(ctx rm.Context) error { return ctx.SetModuleOptions(0) },
		"UpdateRuntimeArgs": func(ctx rm.Context) error {
			err := ctx.UpdateRuntimeArgs(rm.RStr{})
			if err == rm.ErrRefused { // in the load
				return nil
			}
			return gives(err, rm.ErrNoString)
		},
		"InMulti":   func(ctx rm.Context) error { return wants("a transaction", !ctx.InMulti()) },
		"InScript":  func(ctx rm.Context) error { return wants("a script", !ctx.InScript()) },
		"IsReplica": func(ctx rm.Context) error { return wants("a master", !ctx.IsReplica()) },
		"MayBlock":  func(ctx rm.Context) error { return wants("a client", !ctx.MayBlock()) },

		"GetCommandKeys": withName(func(ctx rm.Context, s rm.RStr) error {
			keys, err := ctx.GetCommandKeys(nil, rm.ArgsOf(ctx.Str("GET"), s))
			return errors.Join(wants("not one key", len(keys) == 1 && keys[0] == 1), err)
		}),
		"GetCommandKeysWithFlags": withName(func(ctx rm.Context, s rm.RStr) error {
			keys, err := ctx.GetCommandKeysWithFlags(nil, rm.ArgsOf(ctx.Str("GET"), s))
			return errors.Join(wants("not one key", len(keys) == 1), err)
		}),
		"GetCurrentCommandName": func(ctx rm.Context) error {
			_, _, err := ctx.GetCurrentCommandName() // that of the command around it, if there is one
			return err
		},
		"RegisterScriptingEngine": func(ctx rm.Context) error {
			engine, err := ctx.RegisterScriptingEngine(rm.ScriptingEngine{
				Name:    "outside",
				Compile: func(rm.ScriptCode) ([]rm.EngineFunction, error) { return nil, errors.New("never") },
			})
			if err == nil {
				engine.Stop(ctx)
			}
			return supported(err)
		},
	} {
		outsideOthers[name] = f
	}
}
