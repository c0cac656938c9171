// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module datatype is what the unit datatype of the suite loads: a data type whose values are a number
// and a text.
package main

import (
	"sync/atomic"

	"github.com/iredismodule/redismodule/rm"
)

type pair struct {
	n    int64
	text string
}

var pairType *rm.Type[pair]

// loadedVersion is the encoding version of the value that was loaded last.
var loadedVersion int

// What slows loading down.
var slowLoading, inSlowLoading atomic.Bool

func init() {
	write := func(name string, keys rm.KeyRange, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: name, Flags: rm.CmdWrite | rm.CmdDenyOOM, Keys: keys, Arity: arity, Replicate: rm.ReplicateVerbatim, Handler: h}
	}
	rm.Register(rm.Module{Name: "datatype", Version: 1, OnLoad: load, Commands: []rm.Command{
		write("datatype.set", rm.OneKey, 4, set),
		{Name: "datatype.get", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 2, Handler: get},
		{Name: "datatype.dump", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 2, Handler: dump},
		write("datatype.restore", rm.OneKey, 4, restore),
		write("datatype.swap", rm.KeyRange{First: 1, Last: 2, Step: 1}, 3, swap),
		{Name: "datatype.slow_loading", Flags: rm.CmdAllowLoading, Keys: rm.NoKeys, Arity: 2, Handler: setSlow},
		{Name: "datatype.is_in_slow_loading", Flags: rm.CmdAllowLoading, Keys: rm.NoKeys, Arity: 1, Handler: isSlow},
		{Name: "block.create.datatype.outside.onload", Keys: rm.NoKeys, Arity: 1, Handler: late},
	}})
}

func spec(name string) rm.TypeSpec[pair] {
	return rm.TypeSpec[pair]{
		Name: name, Version: 5,
		Save: func(w *rm.Saver, v *pair) error {
			w.SaveSigned(v.n)
			w.SaveText(v.text)
			return nil
		},
		Load: func(r *rm.Loader, version int) (*pair, error) {
			if slowLoading.Load() {
				inSlowLoading.Store(true)
				for slowLoading.Load() && r.Yield() == nil {
				}
				inSlowLoading.Store(false)
			}
			loadedVersion = version
			return &pair{r.LoadSigned(), r.LoadText()}, nil
		},
		Copy: func(k rm.KeyInfo, v *pair) (*pair, error) {
			if v.n == 42 {
				return nil, rm.Error("ERR this value is not to be copied")
			}
			return &pair{v.n, v.text + "/" + k.Name().String() + "/" + k.ToName().String()}, nil
		},
		MemUsage: func(_ rm.KeyInfo, v *pair, _ int) int { return 24 + len(v.text) },
	}
}

func load(ctx rm.Context, _ rm.Args) (err error) {
	pairType, err = rm.NewType(ctx, spec("test___dt"))
	return err
}

// late tries to make a type when that is not possible any more.
func late(ctx rm.Context, _ rm.Args) error {
	if _, err := rm.NewType(ctx, spec("test___dz")); err == nil {
		return rm.Error("ERR a type was made outside of OnLoad")
	}
	return ctx.ReplyWithOK()
}

// datatype.set KEY NUMBER TEXT
func set(ctx rm.Context, args rm.Args) error {
	n, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	if err := pairType.Set(key, &pair{n, args.At(3).Clone()}); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// value returns the value of a key, which must be there.
func value(key rm.ReadKey) (*pair, error) {
	v, ok, err := pairType.Get(key)
	if err == nil && !ok {
		err = rm.ErrNoKey
	}
	return v, err
}

// datatype.get KEY
func get(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenReadKey(args.At(1))
	defer key.Close()
	v, err := value(key)
	if err != nil {
		return err
	}
	if err := ctx.ReplyWithArray(2); err != nil {
		return err
	}
	if err := ctx.ReplyWithLongLong(v.n); err != nil {
		return err
	}
	return ctx.ReplyWithText(v.text)
}

// datatype.dump KEY
func dump(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenReadKey(args.At(1))
	defer key.Close()
	v, err := value(key)
	if err != nil {
		return err
	}
	s, err := pairType.Dump(ctx, v)
	if err != nil {
		return err
	}
	defer s.Free()
	return ctx.ReplyWithString(s.Str())
}

// restore is datatype.restore KEY DUMP VERSION; it replies with the version that was loaded.
func restore(ctx rm.Context, args rm.Args) error {
	version, err := args.At(3).Int64()
	if err != nil {
		return err
	}
	v, err := pairType.Restore(ctx, args.At(2), int(version))
	if err != nil {
		return rm.Error("ERR Invalid data")
	}
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	if err := pairType.Set(key, v); err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(int64(loadedVersion))
}

// datatype.swap KEY KEY
func swap(ctx rm.Context, args rm.Args) error {
	a := ctx.OpenWriteKey(args.At(1))
	defer a.Close()
	b := ctx.OpenWriteKey(args.At(2))
	defer b.Close()
	for _, key := range []rm.WriteKey{a, b} {
		if _, err := value(key.ReadKey()); err != nil {
			return rm.Error("ERR both keys must have values of the type")
		}
	}
	// No value may be under two keys, so there is one in between.
	v, err := pairType.Replace(a, new(pair))
	if err != nil {
		return err
	}
	if v, err = pairType.Replace(b, v); err != nil {
		return err
	}
	if _, err = pairType.Replace(a, v); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// datatype.slow_loading 0|1
func setSlow(ctx rm.Context, args rm.Args) error {
	slowLoading.Store(args.At(1).String() != "0")
	return ctx.ReplyWithOK()
}

func isSlow(ctx rm.Context, _ rm.Args) error {
	if inSlowLoading.Load() {
		return ctx.ReplyWithLongLong(1)
	}
	return ctx.ReplyWithLongLong(0)
}

func main() {}
