// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module datatype2 is what the unit datatype2 of the suite loads: a data type whose values are blocks
// of text.
package main

import (
	"github.com/iredismodule/redismodule/rm"
)

// blocks is a value. A block that was never written is empty.
type blocks struct{ texts []string }

var blocksType *rm.Type[blocks]

func init() {
	write := func(name string, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: name, Flags: rm.CmdWrite | rm.CmdDenyOOM, Keys: rm.OneKey, Arity: arity, Replicate: rm.ReplicateVerbatim, Handler: h}
	}
	rm.Register(rm.Module{Name: "datatype2", Version: 1, OnLoad: load, Commands: []rm.Command{
		write("mem.alloc", 3, alloc),
		write("mem.free", 2, free),
		write("mem.write", 4, writeBlock),
		{Name: "mem.read", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 3, Handler: readBlock},
		{Name: "mem.usage", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: usage},
	}})
}

// maxBlocks is how many blocks a value may have.
const maxBlocks = 1 << 20

func load(ctx rm.Context, _ rm.Args) (err error) {
	blocksType, err = rm.NewType(ctx, rm.TypeSpec[blocks]{
		Name: "mem-block", Version: 1,
		Save: func(w *rm.Saver, v *blocks) error {
			w.SaveUnsigned(uint64(len(v.texts)))
			for _, text := range v.texts {
				w.SaveText(text)
			}
			return nil
		},
		Load: func(r *rm.Loader, _ int) (*blocks, error) {
			v := new(blocks)
			for range r.LoadLength(maxBlocks) {
				v.texts = append(v.texts, r.LoadText())
			}
			return v, nil
		},
		Rewrite: func(a *rm.AOF, key rm.RStr, v *blocks) error {
			if err := a.EmitAOF("mem.alloc", rm.Str(key), rm.Int64(int64(len(v.texts)))); err != nil {
				return err
			}
			for i, text := range v.texts {
				if text == "" {
					continue
				}
				if err := a.EmitAOF("mem.write", rm.Str(key), rm.Int64(int64(i)), rm.Text(text)); err != nil {
					return err
				}
			}
			return nil
		},
		Copy: func(_ rm.KeyInfo, v *blocks) (*blocks, error) {
			return &blocks{append([]string(nil), v.texts...)}, nil
		},
		MemUsage: func(_ rm.KeyInfo, v *blocks, _ int) int {
			n := 0
			for _, text := range v.texts {
				n += 16 + len(text)
			}
			return n
		},
		FreeEffort: func(_ rm.KeyInfo, v *blocks) int { return len(v.texts) },
		Digest: func(d *rm.Digest, v *blocks) {
			for _, text := range v.texts {
				d.AddText(text)
			}
			d.EndSequence()
		},
	})
	return err
}

// mem.alloc KEY N
func alloc(ctx rm.Context, args rm.Args) error {
	n, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	if n <= 0 || n > maxBlocks {
		return rm.ErrRange
	}
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	if err := blocksType.Set(key, &blocks{make([]string, n)}); err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(n)
}

// mem.free KEY
func free(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	_, ok, err := blocksType.Get(key.ReadKey())
	if err != nil {
		return err
	}
	if !ok {
		return ctx.ReplyWithLongLong(0)
	}
	if err := key.Delete(); err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(1)
}

// block finds a block of an open key.
func block(key rm.ReadKey, index rm.RStr) (*string, error) {
	i, err := index.Int64()
	if err != nil {
		return nil, err
	}
	v, ok, err := blocksType.Get(key)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, rm.ErrNoKey
	}
	if i < 0 || i >= int64(len(v.texts)) {
		return nil, rm.ErrRange
	}
	return &v.texts[i], nil
}

// mem.write KEY INDEX TEXT
func writeBlock(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	b, err := block(key.ReadKey(), args.At(2))
	if err != nil {
		return err
	}
	*b = args.At(3).Clone()
	return ctx.ReplyWithLongLong(int64(len(*b)))
}

// mem.read KEY INDEX
func readBlock(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenReadKey(args.At(1))
	defer key.Close()
	b, err := block(key, args.At(2))
	if err != nil {
		return err
	}
	return ctx.ReplyWithText(*b)
}

// usage is mem.usage DB: how many blocks there are, and how many were written.
func usage(ctx rm.Context, args rm.Args) error {
	db, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	before := ctx.SelectedDB()
	if err := ctx.SelectDB(int(db)); err != nil {
		return err
	}
	total, used, err := count(ctx)
	if e := ctx.SelectDB(before); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	if err := ctx.ReplyWithArray(4); err != nil {
		return err
	}
	for _, pair := range []struct {
		name string
		n    int64
	}{{"total", total}, {"used", used}} {
		if err := ctx.ReplyWithText(pair.name); err != nil {
			return err
		}
		if err := ctx.ReplyWithLongLong(pair.n); err != nil {
			return err
		}
	}
	return nil
}

// count counts the blocks of the selected database.
func count(ctx rm.Context) (total, used int64, err error) {
	keys, err := ctx.Keys(nil)
	if err != nil {
		return 0, 0, err
	}
	for name := range keys.All {
		key := ctx.OpenReadKey(name)
		if v, ok, err := blocksType.Get(key); ok && err == nil {
			for _, text := range v.texts {
				total++
				if text != "" {
					used++
				}
			}
		}
		key.Close()
	}
	return total, used, nil
}

func main() {}
