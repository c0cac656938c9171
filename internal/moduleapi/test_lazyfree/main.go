// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module test_lazyfree is what the unit test_lazyfree of the suite loads: a data type with large values.
package main

import (
	"github.com/iredismodule/redismodule/rm"
)

// chain is a value: numbers, each in a block of memory of its own.
type chain struct{ links []rm.Memory }

var chainType *rm.Type[chain]

func init() {
	rm.Register(rm.Module{Name: "lazyfreetest", Version: 1, OnLoad: load, Commands: []rm.Command{
		{Name: "lazyfreelink.insert", Flags: rm.CmdWrite | rm.CmdDenyOOM, Keys: rm.OneKey, Arity: 3, Replicate: rm.ReplicateVerbatim, Handler: insert},
		{Name: "lazyfreelink.len", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 2, Handler: length},
	}})
}

func load(ctx rm.Context, _ rm.Args) (err error) {
	chainType, err = rm.NewType(ctx, rm.TypeSpec[chain]{
		Name: "lazychain", Version: 0,
		Save: func(w *rm.Saver, v *chain) error {
			w.SaveUnsigned(uint64(len(v.links)))
			for _, link := range v.links {
				w.SaveStringBuffer(link.Bytes())
			}
			return nil
		},
		Load: func(r *rm.Loader, _ int) (*chain, error) {
			v := new(chain)
			for range r.LoadLength(1 << 30) {
				if v.links = append(v.links, r.LoadStringBuffer()); r.Err() != nil {
					break
				}
			}
			return v, r.Err()
		},
		Free: func(v *chain) {
			for i := range v.links {
				v.links[i].Free()
			}
		},
		FreeEffort: func(_ rm.KeyInfo, v *chain) int { return len(v.links) },
	})
	return err
}

// lazyfreelink.insert KEY NUMBER
func insert(ctx rm.Context, args rm.Args) error {
	n, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	v, ok, err := chainType.Get(key.ReadKey())
	if err != nil {
		return err
	}
	if !ok {
		v = new(chain)
		if err := chainType.Set(key, v); err != nil {
			return err
		}
	}
	link := rm.Alloc(8)
	for i := range link.Bytes() {
		link.Bytes()[i] = byte(n >> (8 * i))
	}
	v.links = append(v.links, link)
	return ctx.ReplyWithLongLong(int64(len(v.links)))
}

// lazyfreelink.len KEY
func length(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenReadKey(args.At(1))
	defer key.Close()
	v, ok, err := chainType.Get(key)
	if err != nil {
		return err
	}
	if !ok {
		return ctx.ReplyWithLongLong(0)
	}
	return ctx.ReplyWithLongLong(int64(len(v.links)))
}

func main() {}
