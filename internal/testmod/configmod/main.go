// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command configmod is the module of the tests of configs. CONFIGMOD in the environment
// names what it registers.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

type color int32

const (
	red color = iota + 3
	green
	blue
)

type right uint8

const (
	read  right = 1
	write right = 2
	admin right = 4
	all         = read | write | admin
)

var (
	enabled   atomic.Bool
	limit     atomic.Int64
	greeting  rm.AtomicText
	shade     rm.AtomicEnum[color]
	rights    rm.AtomicEnum[right]
	low, high atomic.Int64
	big       atomic.Uint64

	mode    = "plain" // by Get and Set
	applied []string
	checked int
)

// faulty does what a value asks for.
func faulty(value string) error {
	switch value {
	case "panic":
		panic("no more values")
	case "goexit":
		runtime.Goexit()
	case "nil":
		var p *int
		*p = 1
	case "lines":
		return errors.New("ERR one\r\ntwo\x00three")
	case "empty":
		return errors.New("")
	case "const":
		return rm.Error("ERR not this one")
	case "refused":
		return fmt.Errorf("%q is refused", value)
	}
	return nil
}

var configs = []rm.Config{
	rm.BoolConfig{Name: "enabled", Default: true, Value: &enabled, Apply: func(rm.Context) error {
		applied = append(applied, fmt.Sprint("enabled ", enabled.Load()))
		return nil
	}},
	rm.Int64Config{Name: "limit", Default: 10, Min: -5, Max: 1000, Value: &limit, Check: func(v int64) error {
		checked++
		if v == 13 {
			return errors.New("thirteen brings bad luck")
		}
		return nil
	}},
	rm.Int64Config{Name: "memory", Default: 1 << 20, Flags: rm.ConfigMemory, Value: new(atomic.Int64)},
	rm.TextConfig{Name: "greeting", Default: "hello", Value: &greeting, Check: faulty},
	rm.EnumConfig[color]{Name: "color", Default: green, Value: &shade, Words: []rm.ConfigWord[color]{{Word: "red", Value: red}, {Word: "green", Value: green}, {Word: "blue", Value: blue}}},
	rm.EnumConfig[right]{Name: "rights", Default: read | write, Flags: rm.ConfigBitflags, Value: &rights, Words: []rm.ConfigWord[right]{
		{Word: "none"}, {Word: "all", Value: all}, {Word: "read", Value: read}, {Word: "write", Value: write}, {Word: "admin", Value: admin}}},
	rm.TextConfig{Name: "mode", Default: "plain", Get: func() string {
		_ = faulty(mode)
		return mode
	}, Set: func(v string) error {
		if v == "late" {
			return errors.New("too late")
		}
		mode = v
		return nil
	}, Apply: func(ctx rm.Context) error {
		if v, ok := map[string]string{"apply-panic": "panic", "apply-goexit": "goexit", "apply-refused": "refused"}[mode]; ok {
			return faulty(v)
		}
		reply, err := ctx.Call("DBSIZE", 0)
		if err != nil {
			return err
		}
		defer reply.Free()
		_ = ctx.Str("left to be freed")
		if mode == "replies" {
			return ctx.ReplyWithOK()
		}
		applied = append(applied, fmt.Sprint("mode ", mode, " db ", ctx.SelectedDB()))
		return nil
	}},
	rm.BoolConfig{Name: "fixed", Flags: rm.ConfigImmutable, Value: new(atomic.Bool)},
	rm.TextConfig{Name: "secret", Flags: rm.ConfigSensitive | rm.ConfigHidden, Value: new(rm.AtomicText)},
	rm.BoolConfig{Name: "guarded", Flags: rm.ConfigProtected, Value: new(atomic.Bool)},
	rm.BoolConfig{Name: "steady", Flags: rm.ConfigDenyLoading, Value: new(atomic.Bool)},
	rm.ConfigGroup{Configs: []rm.Config{
		rm.Int64Config{Name: "low", Default: 1, Value: &low},
		rm.Int64Config{Name: "high", Default: 9, Value: &high},
	}, Apply: func(rm.Context) error {
		if low.Load() >= high.Load() {
			return fmt.Errorf("low %d is not below high %d", low.Load(), high.Load())
		}
		applied = append(applied, fmt.Sprint("range ", low.Load(), " ", high.Load()))
		return nil
	}},
}

// badConfigs are faults.
var badConfigs = map[string]rm.Config{
	"name":      rm.BoolConfig{Name: "a b", Value: &enabled},
	"noname":    rm.BoolConfig{Value: &enabled},
	"twice":     rm.BoolConfig{Name: "LIMIT", Value: &enabled},
	"flags":     rm.BoolConfig{Name: "bad", Flags: 1 << 20, Value: &enabled},
	"memory":    rm.TextConfig{Name: "bad", Flags: rm.ConfigMemory, Value: &greeting},
	"bits":      rm.Int64Config{Name: "bad", Flags: rm.ConfigBitflags, Value: &limit},
	"novalue":   rm.Int64Config{Name: "bad"},
	"both":      rm.BoolConfig{Name: "bad", Value: &enabled, Get: func() bool { return true }, Set: func(bool) error { return nil }},
	"getonly":   rm.BoolConfig{Name: "bad", Get: func() bool { return true }},
	"checked":   rm.BoolConfig{Name: "bad", Get: func() bool { return true }, Set: func(bool) error { return nil }, Check: func(bool) error { return nil }},
	"nomax":     rm.Int64Config{Name: "bad", Default: 1, Min: 1, Value: &limit},
	"range":     rm.Int64Config{Name: "bad", Default: 5, Min: 1, Max: 4, Value: &limit},
	"nul":       rm.TextConfig{Name: "bad", Default: "a\x00b", Value: &greeting},
	"nowords":   rm.EnumConfig[color]{Name: "bad", Value: &shade},
	"word":      rm.EnumConfig[color]{Name: "bad", Value: &shade, Words: []rm.ConfigWord[color]{{Word: "a b"}}},
	"wordtwice": rm.EnumConfig[color]{Name: "bad", Value: &shade, Words: []rm.ConfigWord[color]{{Word: "a"}, {Word: "A"}}},
	"default":   rm.EnumConfig[color]{Name: "bad", Default: blue, Value: &shade, Words: []rm.ConfigWord[color]{{Word: "red", Value: red}}},
	"nil":       nil,
	"group":     rm.ConfigGroup{Configs: []rm.Config{rm.BoolConfig{Name: "bad", Value: &enabled, Apply: func(rm.Context) error { return nil }}}},
	"check":     rm.Int64Config{Name: "bad", Default: 7, Value: &limit, Check: func(int64) error { return errors.New("no value is good") }},
	"panics":    rm.TextConfig{Name: "bad", Default: "panic", Value: &greeting, Check: faulty},
}

func onLoad(ctx rm.Context, args rm.Args) error {
	ctx.Notice(fmt.Sprintf("OnLoad sees %t %d %q %d %d mode %s checked %d applied %d",
		enabled.Load(), limit.Load(), greeting.Load(), shade.Load(), rights.Load(), mode, checked, len(applied)))
	if args.Len() == 0 {
		return nil
	}
	switch args.At(0).Clone() {
	case "error":
		return errors.New("OnLoad fails")
	case "late":
		return ctx.RegisterConfig(rm.BoolConfig{Name: "late", Value: &enabled})
	case "again":
		return ctx.LoadConfigs()
	}
	return nil
}

// registers is an OnLoad that registers configs itself.
func registers(ctx rm.Context, args rm.Args) error {
	var early int64
	if err := ctx.RegisterConfig(rm.Int64Config{Name: "limit", Default: 10, Get: limit.Load, Set: func(v int64) error {
		limit.Store(v)
		return nil
	}}); err != nil {
		return err
	}
	limit.Store(1)
	err := ctx.LoadDefaultConfigs()
	early = limit.Load()
	limit.Store(77) // as a load argument would
	ctx.Notice(fmt.Sprintf("defaults: %v, limit %d", err, early))
	if args.Len() > 0 {
		return ctx.LoadConfigs()
	}
	return nil
}

// hammer stores values on goroutines while f runs.
func hammer(f func() error) error {
	var stop atomic.Bool
	var w sync.WaitGroup
	for i := range 4 {
		w.Go(func() {
			for n := int64(0); !stop.Load(); n++ {
				enabled.Store(n%2 == 0)
				limit.Store(n % 900)
				greeting.Store(fmt.Sprint("from ", i, " ", n, " ", greeting.Load() != ""))
				shade.Store(red + color(n%3))
				runtime.Gosched()
			}
		})
	}
	err := f()
	stop.Store(true)
	w.Wait()
	return err
}

func values(ctx rm.Context, _ rm.Args) error {
	return ctx.ReplyWithText(fmt.Sprintf("%t %d %s %d %d %d %d %s", enabled.Load(), limit.Load(), greeting.Load(), shade.Load(), rights.Load(), low.Load(), high.Load(), mode))
}

func takeApplied(ctx rm.Context, _ rm.Args) error {
	list := applied
	applied = nil
	return ctx.ReplyWithTexts(list)
}

// get and set do CONFIG while goroutines change the values.
func race(ctx rm.Context, _ rm.Args) error {
	return hammer(func() error {
		for end := time.Now().Add(200 * time.Millisecond); time.Now().Before(end); {
			for _, call := range [][]rm.Arg{
				{rm.Text("GET"), rm.Text("configmod.*")},
				{rm.Text("SET"), rm.Text("configmod.limit"), rm.Text("12"), rm.Text("configmod.greeting"), rm.Text("good evening")},
			} {
				reply, err := ctx.Call("CONFIG", 0, call...)
				if err != nil {
					return err
				}
				reply.Free()
			}
		}
		return ctx.ReplyWithOK()
	})
}

func init() {
	m := rm.Module{
		Name: "configmod", Version: 1, Configs: configs, OnLoad: onLoad, Info: info,
		Commands: []rm.Command{
			{Name: "cm.values", Arity: 1, Keys: rm.NoKeys, Handler: values},
			{Name: "cm.applied", Arity: 1, Keys: rm.NoKeys, Handler: takeApplied},
			{Name: "cm.kept", Arity: 1, Keys: rm.NoKeys, Handler: useKept},
			{Name: "cm.nested", Arity: 3, Keys: rm.NoKeys, Handler: nested},
			{Name: "cm.info", Arity: 2, Keys: rm.NoKeys, Handler: func(ctx rm.Context, args rm.Args) error {
				infoDoes = args.At(1).Clone()
				return ctx.ReplyWithOK()
			}},
			{Name: "cm.race", Arity: 1, Keys: rm.NoKeys, Handler: race},
			{Name: "cm.store", Arity: 2, Keys: rm.NoKeys, Handler: func(ctx rm.Context, args rm.Args) error {
				mode = args.At(1).Clone()
				shade.Store(99)
				return ctx.ReplyWithOK()
			}},
			{Name: "cm.late", Arity: 1, Keys: rm.NoKeys, Handler: func(ctx rm.Context, _ rm.Args) error {
				return errors.Join(ctx.RegisterConfig(configs[0]), ctx.LoadConfigs(), ctx.LoadDefaultConfigs())
			}},
		},
	}
	switch os.Getenv("CONFIGMOD") {
	case "":
	case "registers":
		m.Configs, m.OnLoad = nil, registers
	case "none":
		m.Configs, m.OnLoad = nil, nil
	case "unprefixed":
		m.Configs = append(m.Configs, rm.Int64Config{Name: "configmod-depth|configmod-alias", Default: 4, Flags: rm.ConfigUnprefixed, Value: new(atomic.Int64)},
			rm.ConfigGroup{Configs: []rm.Config{
				rm.TextConfig{Name: "configmod-a|configmod-b", Default: "x", Flags: rm.ConfigUnprefixed, Value: new(rm.AtomicText)},
				rm.TextConfig{Name: "plain", Default: "y", Value: new(rm.AtomicText)},
			}, Apply: func(rm.Context) error { applied = append(applied, "pair"); return nil }})
	case "unsigned":
		m.Configs = append(m.Configs, rm.Uint64Config{Name: "big", Default: 1 << 63, Max: 1<<63 + 1000, Value: &big})
	case "faults": // by the load argument
		m.Configs = nil
		m.OnLoad = func(ctx rm.Context, args rm.Args) error {
			if err := ctx.RegisterConfig(configs[1]); err != nil || args.Len() == 0 {
				return err
			}
			return ctx.RegisterConfig(badConfigs[args.At(0).Clone()])
		}
	}
	rm.Register(m)
}

func main() {}
