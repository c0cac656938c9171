// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module moduleconfigs is what the unit moduleconfigs of the suite loads.
package main

import (
	"errors"
	"strings"
	"sync/atomic"

	"github.com/iredismodule/redismodule/rm"
)

type number int32

var (
	mutable, immutable atomic.Bool
	memory, numeric    atomic.Int64
	text               rm.AtomicText
	enum, flags        rm.AtomicEnum[number]
)

var words = []rm.ConfigWord[number]{{Word: "none"}, {Word: "five", Value: 5}, {Word: "one", Value: 1}, {Word: "two", Value: 2}, {Word: "four", Value: 4}}

var configs = []rm.Config{
	rm.ConfigGroup{Configs: []rm.Config{
		rm.BoolConfig{Name: "mutable_bool", Default: true, Value: &mutable},
		rm.BoolConfig{Name: "immutable_bool", Flags: rm.ConfigImmutable, Value: &immutable},
	}, Apply: func(rm.Context) error {
		if mutable.Load() && immutable.Load() {
			return rm.Error("Bool configs cannot both be yes.")
		}
		return nil
	}},
	rm.TextConfig{Name: "string", Default: "secret password", Value: &text, Check: func(v string) error {
		if strings.EqualFold(v, "rejectisfreed") {
			return rm.Error("Cannot set string to 'rejectisfreed'")
		}
		return nil
	}},
	rm.EnumConfig[number]{Name: "enum", Default: 1, Words: words, Value: &enum},
	rm.EnumConfig[number]{Name: "flags", Default: 3, Words: words, Flags: rm.ConfigBitflags, Value: &flags},
	rm.ConfigGroup{Configs: []rm.Config{
		rm.Int64Config{Name: "memory_numeric", Default: 1024, Max: 3000000, Flags: rm.ConfigMemory, Value: &memory},
		rm.Int64Config{Name: "numeric", Default: -1, Min: -5, Max: 2000, Value: &numeric},
	}, Apply: func(rm.Context) error {
		if numeric.Load() == memory.Load() {
			return rm.Error("These configs cannot equal each other.")
		}
		return nil
	}},
}

// unsigned is there on the servers that have such configs.
var unsigned = rm.Uint64Config{Name: "unsigned_numeric", Default: 1, Max: 1<<63 - 1 + 1000, Value: new(atomic.Uint64)}

func onLoad(ctx rm.Context, args rm.Args) error {
	if args.Len() > 0 && strings.EqualFold(args.At(0).Clone(), "noload") {
		return errors.New("the configs are not to be loaded")
	}
	for _, c := range configs {
		if err := ctx.RegisterConfig(c); err != nil {
			return err
		}
	}
	if err := ctx.RegisterConfig(unsigned); err != nil && !errors.Is(err, rm.ErrUnsupported) {
		return err
	}
	return ctx.LoadConfigs()
}

// late tries to register and to load when the module is loaded.
func late(ctx rm.Context, _ rm.Args) error {
	for _, c := range configs {
		if ctx.RegisterConfig(c) == nil {
			return rm.Error("UNEXPECTEDOK")
		}
	}
	if ctx.LoadConfigs() == nil {
		return rm.Error("UNEXPECTEDOK")
	}
	return ctx.ReplyWithOK()
}

func init() {
	rm.Register(rm.Module{Name: "moduleconfigs", Version: 1, OnLoad: onLoad, Commands: []rm.Command{
		{Name: "block.register.configs.outside.onload", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 1, Handler: late},
	}})
}

func main() {}
