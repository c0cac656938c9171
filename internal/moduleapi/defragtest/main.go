// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module defragtest is what the unit defrag of the suite loads: a data type whose values are many blocks of memory, and
// strings that belong to no key. It counts what the server's defragmentation does with them.
package main

import (
	"strconv"

	"github.com/iredismodule/redismodule/rm"
)

// fragments is a value. Of its blocks no more than step are looked at in one go, if step is not 0.
type fragments struct {
	head   rm.Memory
	blocks []rm.Memory
	step   int
}

var (
	fragType *rm.Type[fragments]
	globals  []rm.RString

	cursor uint64 // what was set last, 0 after a value's end
	stats  counters
)

type counters struct{ attempts, defragged, resumes, wrongCursor, globalAttempts, globalDefragged int64 }

func init() {
	rm.Register(rm.Module{Name: "defragtest", Version: 1, NoGoInfo: true, Info: info, OnLoad: load, Commands: []rm.Command{
		{Name: "frag.create", Flags: rm.CmdWrite | rm.CmdDenyOOM, Keys: rm.OneKey, Arity: 5, Replicate: rm.ReplicateVerbatim, Handler: create},
		{Name: "frag.resetstats", Keys: rm.NoKeys, Arity: 1, Handler: reset},
	}})
}

// load makes as many strings that belong to no key as the argument says.
func load(ctx rm.Context, args rm.Args) (err error) {
	if args.Len() != 1 {
		return rm.Error("ERR the number of strings is missing")
	}
	n, err := args.At(0).Int64()
	if err != nil {
		return err
	}
	for i := range n {
		globals = append(globals, rm.NewRStringText(strconv.FormatInt(i, 10)))
	}
	fragType, err = rm.NewType(ctx, rm.TypeSpec[fragments]{
		Name: "frag_type",
		// The unit saves nothing.
		Save: func(*rm.Saver, *fragments) error { return rm.ErrRefused },
		Load: func(*rm.Loader, int) (*fragments, error) { return nil, rm.ErrRefused },
		Free: func(v *fragments) {
			for i := range v.blocks {
				v.blocks[i].Free()
			}
			v.head.Free()
		},
		FreeEffort: func(_ rm.KeyInfo, v *fragments) int { return len(v.blocks) },
		Defrag:     defrag,
	})
	if err != nil {
		return err
	}
	return ctx.RegisterDefrag(rm.DefragSpec{Globals: defragGlobals})
}

// frag.create KEY BLOCKS SIZE STEP
func create(ctx rm.Context, args rm.Args) error {
	var numbers [3]int64
	for i := range numbers {
		n, err := args.At(2 + i).Int64()
		if err != nil {
			return err
		}
		numbers[i] = n
	}
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	if key.Type() != rm.KeyTypeEmpty {
		return rm.Error("ERR the key is there already")
	}
	v := &fragments{head: rm.Alloc(24), step: int(numbers[2])}
	for range numbers[0] {
		v.blocks = append(v.blocks, rm.Calloc(1, int(numbers[1])))
	}
	if err := fragType.Set(key, v); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

func reset(ctx rm.Context, _ rm.Args) error {
	stats = counters{}
	return ctx.ReplyWithOK()
}

func defrag(d *rm.Defrag, v *fragments) {
	from := d.Cursor()
	if from > 0 {
		stats.resumes++
	}
	if from != cursor {
		stats.wrongCursor++
	}
	move := func(m *rm.Memory) {
		stats.attempts++
		if d.Move(m) {
			stats.defragged++
		}
	}
	move(&v.head)
	for i, done := from, 0; i < uint64(len(v.blocks)); i++ {
		move(&v.blocks[i])
		done++
		if (v.step > 0 && done > v.step || i%64 == 0 && d.ShouldStop()) && d.Stop(i) {
			cursor = i
			return
		}
	}
	cursor = 0
}

func defragGlobals(d *rm.Defrag) {
	for i := range globals {
		stats.globalAttempts++
		if d.MoveString(&globals[i]) {
			stats.globalDefragged++
		}
	}
}

// info adds what the tests look for. Errors cannot come: the names are good.
func info(i rm.Info) {
	_, _ = i.AddSection("stats")
	_ = i.AddFieldLongLong("datatype_attempts", stats.attempts)
	_ = i.AddFieldLongLong("datatype_defragged", stats.defragged)
	_ = i.AddFieldLongLong("datatype_resumes", stats.resumes)
	_ = i.AddFieldLongLong("datatype_wrong_cursor", stats.wrongCursor)
	_ = i.AddFieldLongLong("global_attempts", stats.globalAttempts)
	_ = i.AddFieldLongLong("global_defragged", stats.globalDefragged)
}

func main() {}
