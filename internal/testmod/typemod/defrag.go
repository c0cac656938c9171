// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/iredismodule/redismodule/rm"
)

// What the server's defragmentation has done.
var (
	moves struct{ blocks, strings, stops, resumed, keys, globals, globalStops, words, starts, ends, raw, busy int }

	global     *rm.Dict // of blocks
	globalFrom rm.RString
)

func defrag(d *rm.Defrag, v *doc) {
	first := d.Cursor() == 0
	if !first {
		moves.resumed++
	}
	if d.Move(&v.block) {
		moves.blocks++
	}
	if d.MoveString(&v.name) {
		moves.strings++
	}
	if !d.Key().IsZero() && d.DB() == 0 {
		moves.keys++
	}
	if first && d.Stop(1) {
		moves.stops++
	}
}

const globalBlock = 64

func registerDefrag(ctx rm.Context) error {
	global = rm.NewDict()
	var between []rm.Memory // so that the blocks lie apart
	defer func() {
		for _, m := range between {
			m.Free()
		}
	}()
	for i := range 1000 {
		for range 20 {
			between = append(between, rm.Alloc(globalBlock))
		}
		m := rm.Alloc(globalBlock)
		copy(m.Bytes(), strconv.Itoa(i))
		if _, err := global.AddBytes([]byte(strconv.Itoa(i)), m.Addr()); err != nil {
			return err
		}
	}
	spec := rm.DefragSpec{
		Globals: func(d *rm.Defrag) {
			moves.globals++
			block := rm.Alloc(100)
			if raw := d.AllocRaw(100); !raw.IsZero() {
				d.FreeRaw(&block)
				block = raw
				moves.raw++
			}
			block.Free()
			if d.MoveDict(global, &globalFrom, moveWord) && d.Stop(1) {
				moves.globalStops++
			}
		},
		Start: func(d *rm.Defrag) { moves.starts++ },
		End:   func(d *rm.Defrag) { moves.ends++ },
	}
	err := ctx.RegisterDefrag(spec)
	if errors.Is(err, rm.ErrUnsupported) {
		spec.Start, spec.End = nil, nil
		err = ctx.RegisterDefrag(spec)
	}
	return err
}

func moveWord(d *rm.Defrag, key []byte, value uintptr) uintptr {
	useMoving(key)
	m := rm.MemoryAt(value, globalBlock)
	if d.Move(&m) {
		moves.words++
	}
	return m.Addr()
}

// useMoving tries to do with the dictionary what would change it while it is moved.
func useMoving(key []byte) {
	refused := func(use func() error) (refused bool) {
		defer func() { refused = refused || recover() != nil }() // what the debug build does
		return use() == rm.ErrDictBusy
	}
	empty := func(ok bool) error {
		if ok {
			return nil
		}
		return rm.ErrDictBusy
	}
	for _, use := range []func() error{
		func() error { _, err := global.AddBytes([]byte("new"), 1); return err },
		func() error { _, err := global.ReplaceBytes(key, 1); return err },
		func() error { _, err := global.IteratorBytes(rm.DictFirst, nil); return err },
		func() error { _, ok := global.DeleteBytes(key); return empty(ok) },
		func() error { _, ok := global.GetBytes(key); return empty(ok) },
		func() error { return empty(global.Len() != 0) },
		func() error { global.Free(); return rm.ErrDictBusy },
		func() error { globalFrom.Free(); return empty(!globalFrom.IsZero()) },
	} {
		if !refused(use) {
			return
		}
	}
	moves.busy++
}

// thin deletes nine of ten keys that fill has made.
func thin(ctx rm.Context, args rm.Args) error {
	count, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	for i := range int(count) {
		if i%10 != 0 {
			k := ctx.OpenWriteKey(ctx.Str(args.At(1).Clone() + strconv.Itoa(i)))
			err := k.Delete()
			k.Close()
			if err != nil {
				return err
			}
		}
	}
	return ctx.ReplyWithOK()
}

// defragged replies with what was done, when all blocks hold what they should.
func defragged(ctx rm.Context, args rm.Args) error {
	for i := range 1000 {
		key := strconv.Itoa(i)
		word, ok := global.GetBytes([]byte(key))
		if !ok {
			return fmt.Errorf("no block %s", key)
		}
		if m := rm.MemoryAt(word, globalBlock); string(m.Bytes()[:len(key)]) != key {
			return fmt.Errorf("the block %s has %q", key, m.Bytes())
		}
	}
	return ctx.ReplyWithText(fmt.Sprintf("%+v", moves))
}
