// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module testrdb is what the unit testrdb of the suite loads: a data type whose values are texts, and two
// texts that belong to no key and are saved before and after the keys.
//
// Its argument is a sum: 2 for the text before the keys, 4 for the one after them, 8 to save neither, 1 to
// leave no trace in the file when nothing is saved, which package rm always does where the server can.
package main

import (
	"errors"

	"github.com/iredismodule/redismodule/rm"
)

const (
	before = 2
	after  = 4
	noData = 8
)

// text is a value.
type text struct{ s string }

var textType *rm.Type[text]

// globals are the texts that belong to no key.
type globals struct{ before, after string }

// at returns the text that is saved then.
func (g *globals) at(when rm.AuxWhen) *string {
	if when == rm.AuxBeforeRDB {
		return &g.before
	}
	return &g.after
}

var (
	now, loading globals // loading is what comes with data that is not served yet
	async        bool
	auxLoads     int64
)

func init() {
	command := func(name string, keys rm.KeyRange, arity int, h rm.Handler) rm.Command {
		c := rm.Command{Name: "testrdb." + name, Keys: keys, Arity: arity, Handler: h}
		switch name {
		case "set.key":
			c.Flags = rm.CmdWrite | rm.CmdDenyOOM
		case "set.before", "set.after": // a replica, too, may be told
			c.Flags = rm.CmdDenyOOM
		}
		return c
	}
	set := func(s *string) rm.Handler {
		return func(ctx rm.Context, args rm.Args) error {
			*s = args.At(1).Clone()
			return ctx.ReplyWithLongLong(1)
		}
	}
	get := func(s *string) rm.Handler {
		return func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithText(*s) }
	}
	rm.Register(rm.Module{Name: "testrdb", Version: 1, OnLoad: load, Commands: []rm.Command{
		command("set.before", rm.NoKeys, 2, set(&now.before)),
		command("get.before", rm.NoKeys, 1, get(&now.before)),
		command("async_loading.get.before", rm.NoKeys, 1, get(&loading.before)),
		command("set.after", rm.NoKeys, 2, set(&now.after)),
		command("get.after", rm.NoKeys, 1, get(&now.after)),
		command("set.key", rm.OneKey, 3, setKey),
		command("get.key", rm.OneKey, 2, getKey),
		command("get.n_aux_load_called", rm.NoKeys, 1, func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithLongLong(auxLoads) }),
	}})
}

func main() {}

func load(ctx rm.Context, args rm.Args) error {
	now, loading, async, auxLoads = globals{}, globals{}, false, 0
	if err := ctx.SetModuleOptions(rm.ModuleHandleReplAsyncLoad); err != nil {
		return err
	}
	if err := ctx.SetModuleOptions(rm.ModuleHandleAtomicSlotMigration); err != nil && !errors.Is(err, rm.ErrUnsupported) {
		return err
	}
	how := int64(0)
	if args.Len() > 0 {
		var err error
		if how, err = args.At(0).Int64(); err != nil {
			return err
		}
		if how, err = meant(how); err != nil {
			return err
		}
	}
	spec := rm.TypeSpec[text]{
		Name: "test__rdb", Version: 1,
		Save: func(w *rm.Saver, v *text) error {
			w.SaveSigned(1)
			w.SaveText(v.s)
			w.SaveFloat(1.5)
			w.SaveLongDouble(1.0 / 3)
			return nil
		},
		Load: func(r *rm.Loader, _ int) (*text, error) {
			one, s, f, third := r.LoadSigned(), r.LoadText(), r.LoadFloat(), r.LoadLongDouble()
			if err := r.Err(); err != nil {
				return nil, err
			}
			if one != 1 || f != 1.5 || third != 1.0/3 {
				return nil, errors.New("the numbers of a value are others")
			}
			return &text{s}, nil
		},
		AuxWhen: map[int64]rm.AuxWhen{before: rm.AuxBeforeRDB, after: rm.AuxAfterRDB, before | after: rm.AuxBeforeRDB | rm.AuxAfterRDB}[how&(before|after)],
	}
	switch {
	case how&(before|after) == 0:
	case how&noData != 0:
		spec.AuxSave = func(*rm.Saver, rm.AuxWhen) error { return nil }
		spec.AuxLoad = func(*rm.Loader, int, rm.AuxWhen) error {
			auxLoads++
			return nil
		}
	default:
		spec.AuxSave, spec.AuxLoad = save, loaded
	}
	if _, err := ctx.OnReplAsyncLoad(asyncLoad); err != nil {
		return err
	}
	var err error
	textType, err = rm.NewType(ctx, spec)
	return err
}

// meant returns the argument as it is meant: for Redis 7.0 it is the number of the texts that are saved,
// the one after the keys first.
func meant(how int64) (int64, error) {
	major, minor, _, err := rm.ServerVersion()
	if err != nil || major != 7 || minor != 0 {
		return how, err
	}
	return map[int64]int64{1: after, 2: before | after}[how], nil
}

// save saves a global text: whether there is one, and it.
func save(w *rm.Saver, when rm.AuxWhen) error {
	if s := *now.at(when); s != "" {
		w.SaveSigned(1)
		w.SaveText(s)
	} else {
		w.SaveSigned(0)
	}
	return nil
}

// loaded loads a global text.
func loaded(r *rm.Loader, _ int, when rm.AuxWhen) error {
	g := &now
	if async {
		g = &loading
	}
	*g.at(when) = ""
	if r.LoadSigned() != 0 {
		*g.at(when) = r.LoadText()
	}
	return r.Err()
}

// asyncLoad keeps the global texts until the data that came with the new ones is served.
func asyncLoad(_ rm.Context, e rm.ReplAsyncLoad) {
	async = e == rm.ReplAsyncLoadStarted
	switch e {
	case rm.ReplAsyncLoadAborted:
		loading = globals{}
	case rm.ReplAsyncLoadCompleted:
		now, loading = loading, globals{}
	}
}

// testrdb.set.key KEY TEXT
func setKey(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	if err := textType.Set(key, &text{args.At(2).Clone()}); err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(1)
}

// testrdb.get.key KEY
func getKey(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenReadKey(args.At(1))
	defer key.Close()
	v, ok, err := textType.Get(key)
	if err != nil {
		return err
	}
	if !ok {
		return rm.ErrNoKey
	}
	return ctx.ReplyWithText(v.s)
}
