// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Defragmod is a module whose values lie scattered in the server's memory, for tests of active defragmentation: a data type of
// each kind, and blocks that belong to no key. It checks and counts what the server does with them.
package main

import (
	"bytes"
	"fmt"
	"runtime"
	"strconv"
	"strings"

	"github.com/iredismodule/redismodule/internal/testmod/locks"
	"github.com/iredismodule/redismodule/rm"
)

// The sizes of blocks. Those of each size lie among themselves.
const (
	pieceSize  = 120
	nameSize   = 40 // in one block with its header
	globalSize = 500
)

// scattered is a Go value: blocks of the server's memory, which hold text, and a string.
type scattered struct {
	seed   string
	pieces []rm.Memory
	name   rm.RString
	next   uint64 // where Defrag is to go on
	key    string // where it was set last, and in which database; "" if that is not known
	db     int
}

// The fields of a value in C memory.
var (
	seed  = &rm.BytesField{Name: "seed"}
	array = &rm.ArrayField[int64]{Name: "array"}
	texts = &rm.TextsField{Name: "texts"}
	after = &rm.TextsField{Name: "after"} // the list behind the long one

	values  *rm.Type[scattered]
	structs *rm.StructType

	stats struct{ calls, blocks, strings, stops, resumed, wrongCursor, others, named, wrongName, wrongDB, efforts, effortsNamed, globals, globalBlocks, faults int }
	step  int    // after how many blocks Defrag stops; 0: when the server says so
	fault string // what Defrag does at its end

	globals []rm.Memory
	where   = map[string][]string{} // addresses by key, as they were first
)

// piece is the text with a number of a value.
func piece(seed string, i, size int) []byte {
	text := []byte(seed + ":" + strconv.Itoa(i) + ":")
	return append(text, bytes.Repeat([]byte{'a' + byte(i&15)}, max(0, size-len(text)))...)[:size]
}

// What lies between the blocks and between the strings of values, until d.gaps frees it.
var (
	between     []rm.Memory
	betweenText []rm.RString
)

func gap(size int) {
	for range 4 {
		between = append(between, rm.Alloc(size))
	}
}

func freeGaps() {
	for i := range between {
		between[i].Free()
	}
	for i := range betweenText {
		betweenText[i].Free()
	}
	between, betweenText = nil, nil
}

func newScattered(seed string, n int) *scattered {
	for range 4 {
		betweenText = append(betweenText, rm.NewRStringText(string(piece("", 0, nameSize))))
	}
	v := &scattered{seed: seed, name: rm.NewRStringText(string(piece(seed, -1, nameSize)))}
	for i := range n {
		gap(pieceSize)
		m := rm.Alloc(pieceSize)
		copy(m.Bytes(), piece(seed, i, pieceSize))
		v.pieces = append(v.pieces, m)
	}
	return v
}

// check finds what is not as it was made.
func (v *scattered) check() error {
	for i, m := range v.pieces {
		if !bytes.Equal(m.Bytes(), piece(v.seed, i, pieceSize)) {
			return fmt.Errorf("block %d of %s is %q", i, v.seed, m.Bytes())
		}
	}
	if v.name.String() != string(piece(v.seed, -1, nameSize)) {
		return fmt.Errorf("the name of %s is %q", v.seed, v.name.String())
	}
	return nil
}

func free(v *scattered) {
	if err := v.check(); err != nil {
		rm.Log(rm.LevelWarning, "defragmod: freed: "+err.Error())
	}
	for i := range v.pieces {
		v.pieces[i].Free()
	}
	v.name.Free()
}

func defrag(d *rm.Defrag, v *scattered) {
	stats.calls++
	if name := d.Key(); !name.IsZero() {
		stats.named++
		if v.key != "" && name.String() != v.key {
			stats.wrongName++
		}
		kept := name.Retain()
		kept.Free()
	}
	if v.key != "" && d.DB() != v.db && d.DB() != -1 {
		stats.wrongDB++
	}
	from := d.Cursor()
	if from != 0 {
		stats.resumed++
		switch v.next {
		case from:
		case 0: // of the value that was there before
			stats.others++
		default:
			stats.wrongCursor++
		}
	}
	v.next = 0
	if from == 0 && d.MoveString(&v.name) {
		stats.strings++
	}
	for i := int(from); i < len(v.pieces); i++ {
		if d.Move(&v.pieces[i]) {
			stats.blocks++
		}
		if i+1 < len(v.pieces) && (step > 0 && i+1 >= int(from)+step || i%16 == 15 && d.ShouldStop()) && d.Stop(uint64(i+1)) {
			stats.stops++
			v.next = uint64(i + 1)
			break
		}
	}
	fail(strings.TrimPrefix(fault, "value "))
}

// fail ends a callback.
func fail(how string) {
	switch how {
	case "panic":
		stats.faults++
		panic("in a defragmentation")
	case "goexit":
		stats.faults++
		runtime.Goexit()
	case "nil":
		stats.faults++
		var v *scattered
		v.seed = "x"
	}
}

func moveGlobals(d *rm.Defrag) {
	stats.globals++
	for i := range globals {
		if d.Move(&globals[i]) {
			stats.globalBlocks++
		}
	}
	if d.DB() != -1 || !d.Key().IsZero() {
		stats.wrongDB++
	}
	if how, ok := strings.CutPrefix(fault, "globals "); ok {
		fail(how)
	}
}

func makeGlobals() {
	for i := range globals {
		globals[i].Free()
	}
	globals = nil
	for i := range 500 {
		gap(globalSize)
		m := rm.Alloc(globalSize)
		copy(m.Bytes(), piece("global", i, globalSize))
		globals = append(globals, m)
	}
}

func checkGlobals() error {
	for i, m := range globals {
		if !bytes.Equal(m.Bytes(), piece("global", i, globalSize)) {
			return fmt.Errorf("global block %d is %q", i, m.Bytes())
		}
	}
	return nil
}

func onLoad(ctx rm.Context, args rm.Args) (err error) {
	makeGlobals()
	if err := ctx.RegisterDefrag(rm.DefragSpec{Globals: moveGlobals}); err != nil {
		return err
	}
	if args.Len() > 0 { // a module without a type can be unloaded
		return nil
	}
	structs, err = rm.NewStructType(ctx, rm.StructSpec{Name: "scattereC", Fields: []rm.StructField{seed, array, texts, after}})
	if err != nil {
		return err
	}
	values, err = rm.NewType(ctx, rm.TypeSpec[scattered]{
		Name: "scattered", Free: free, Defrag: defrag,
		Save: func(w *rm.Saver, v *scattered) error {
			w.SaveText(v.seed)
			w.SaveUnsigned(uint64(len(v.pieces)))
			for _, m := range v.pieces {
				w.SaveStringBuffer(m.Bytes())
			}
			return nil
		},
		Load: func(r *rm.Loader, _ int) (*scattered, error) {
			v := newScattered(r.LoadText(), 0)
			for range r.LoadLength(1 << 24) {
				if v.pieces = append(v.pieces, r.LoadStringBuffer()); r.Err() != nil {
					return v, r.Err()
				}
				if len(v.pieces)%100 == 0 {
					if err := r.Yield(); err != nil {
						return v, err
					}
				}
			}
			return v, r.Err()
		},
		FreeEffort: func(k rm.KeyInfo, v *scattered) int {
			stats.efforts++
			if name := k.Name(); !name.IsZero() && len(name.Bytes()) > 0 {
				stats.effortsNamed++
			}
			if fault == "effort" {
				panic("in FreeEffort")
			}
			return len(v.pieces)
		},
		Digest: func(d *rm.Digest, v *scattered) {
			for _, m := range v.pieces {
				d.AddStringBuffer(m.Bytes())
			}
			d.AddStringBuffer(v.name.Bytes())
			d.EndSequence()
		},
	})
	return err
}

// fill is d.fill go|c KEY COUNT BLOCKS: it makes values under keys that begin with KEY.
func fill(ctx rm.Context, args rm.Args) error {
	count, err := args.At(3).Int64()
	if err != nil {
		return err
	}
	n, err := args.At(4).Int64()
	if err != nil {
		return err
	}
	for i := range int(count) {
		name := args.At(2).Clone() + strconv.Itoa(i)
		delete(where, name)
		k := ctx.OpenWriteKey(ctx.Str(name))
		if args.At(1).String() == "c" {
			err = fillStruct(k, name, int(n))
		} else {
			v := newScattered(name, int(n))
			v.key, v.db = name, ctx.SelectedDB()
			err = values.Set(k, v)
		}
		k.Close()
		if err != nil {
			return err
		}
	}
	return ctx.ReplyWithOK()
}

func fillStruct(k rm.WriteKey, name string, n int) error {
	w, err := structs.New(k)
	if err != nil {
		return err
	}
	if err := seed.Set(w, []byte(name)); err != nil {
		return err
	}
	for i := range n {
		gap(pieceSize)
		if err := texts.Append(w, piece(name, i, pieceSize)); err != nil {
			return err
		}
		if err := array.Append(w, int64(i)); err != nil {
			return err
		}
		if i%10 == 0 {
			gap(pieceSize)
			if err := after.Append(w, piece(name, -i, pieceSize)); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkStruct(s rm.StructReader) error {
	name := string(seed.Get(s))
	if texts.Len(s) != array.Len(s) || after.Len(s) != (array.Len(s)+9)/10 {
		return fmt.Errorf("%s has %d texts, %d numbers and %d texts", name, texts.Len(s), array.Len(s), after.Len(s))
	}
	for i, t := range texts.All(s) {
		if !bytes.Equal(t, piece(name, i, pieceSize)) {
			return fmt.Errorf("text %d of %s is %q", i, name, t)
		}
	}
	for i, t := range after.All(s) {
		if !bytes.Equal(t, piece(name, -10*i, pieceSize)) {
			return fmt.Errorf("the other text %d of %s is %q", i, name, t)
		}
	}
	for i, n := range array.Get(s) {
		if n != int64(i) {
			return fmt.Errorf("number %d of %s is %d", i, name, n)
		}
	}
	return nil
}

// read calls one function with the value of a key, whichever it is.
func read(ctx rm.Context, name rm.RStr, golang func(v *scattered) error, c func(s rm.StructReader) error) error {
	k := ctx.OpenReadKey(name)
	defer k.Close()
	v, ok, err := values.Get(k)
	switch {
	case ok:
		return golang(v)
	case err == nil:
		return nil // there is none
	}
	s, _, err := structs.Get(k)
	if err != nil {
		return err
	}
	return c(s)
}

func check(ctx rm.Context, name rm.RStr) error {
	return read(ctx, name, (*scattered).check, checkStruct)
}

// checkAll is d.check KEY...
func checkAll(ctx rm.Context, args rm.Args) error {
	if err := checkGlobals(); err != nil {
		return err
	}
	for _, name := range args.From(1).All {
		if err := check(ctx, name); err != nil {
			return err
		}
	}
	return ctx.ReplyWithOK()
}

// moved is d.moved KEY: how many blocks are elsewhere than when it was asked the first time.
func moved(ctx rm.Context, args rm.Args) error {
	var now []string
	add := func(b []byte) { now = append(now, fmt.Sprintf("%p", b)) }
	err := read(ctx, args.At(1), func(v *scattered) error {
		for _, m := range v.pieces {
			add(m.Bytes())
		}
		return nil
	}, func(s rm.StructReader) error {
		for _, t := range texts.All(s) {
			add(t)
		}
		for _, t := range after.All(s) {
			add(t)
		}
		return nil
	})
	if err != nil {
		return err
	}
	name := args.At(1).Clone()
	before, n := where[name], 0
	for i := range min(len(before), len(now)) {
		if before[i] != now[i] {
			n++
		}
	}
	if before == nil {
		where[name] = now
	}
	return ctx.ReplyWithLongLong(int64(n))
}

// busy is d.busy KEY SCRIPT: it runs a script for long, with the key open and a view of the value at hand, and replies with how often
// the server has worked on a value meanwhile.
func busy(ctx rm.Context, args rm.Args) error {
	before := stats.calls
	again := func() (rm.CallReply, error) { return ctx.Call("EVAL", 0, rm.Str(args.At(2)), rm.Int64(0)) }
	return read(ctx, args.At(1), func(v *scattered) error {
		reply, err := again()
		if err != nil {
			return err
		}
		reply.Free()
		if err := v.check(); err != nil {
			return err
		}
		return ctx.ReplyWithLongLong(int64(stats.calls - before))
	}, func(s rm.StructReader) error {
		view := texts.Get(s, 0)
		reply, err := again()
		if err != nil {
			return err
		}
		reply.Free()
		if !bytes.Equal(view, piece(string(seed.Get(s)), 0, pieceSize)) {
			return rm.Error("ERR the view shows something else")
		}
		if err := checkStruct(s); err != nil {
			return err
		}
		return ctx.ReplyWithLongLong(int64(stats.calls - before))
	})
}

func main() {}

func init() {
	none := func(name string, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: name, Keys: rm.NoKeys, Arity: arity, Handler: h}
	}
	rm.Register(rm.Module{Name: "defragmod", Version: 1, OnLoad: onLoad, OnUnload: func(rm.Context) error {
		for i := range globals {
			globals[i].Free()
		}
		globals = nil
		freeGaps()
		return nil
	}, Commands: []rm.Command{
		{Name: "d.fill", Flags: rm.CmdWrite, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 5, Replicate: rm.ReplicateVerbatim, Handler: fill},
		{Name: "d.check", Flags: rm.CmdReadOnly, Keys: rm.KeyRange{First: 1, Last: -1, Step: 1}, Arity: -1, Handler: checkAll},
		{Name: "d.moved", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 2, Handler: moved},
		{Name: "d.busy", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 3, Handler: busy},
		{Name: "d.gaps", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 1, Replicate: rm.ReplicateVerbatim, Handler: func(ctx rm.Context, _ rm.Args) error {
			freeGaps()
			return ctx.ReplyWithOK()
		}},
		none("d.globals", 1, func(ctx rm.Context, _ rm.Args) error {
			makeGlobals()
			return ctx.ReplyWithOK()
		}),
		none("d.stats", 1, func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithText(fmt.Sprintf("%+v", stats)) }),
		none("d.count", 1, func(ctx rm.Context, _ rm.Args) error {
			return ctx.ReplyWithLongLong(int64(values.Values() + structs.Values()))
		}),
		none("d.fault", 2, func(ctx rm.Context, args rm.Args) error {
			fault = args.At(1).Clone()
			return ctx.ReplyWithOK()
		}),
		none("d.step", 2, func(ctx rm.Context, args rm.Args) error {
			n, err := args.At(1).Int64()
			if err != nil {
				return err
			}
			step = int(n)
			return ctx.ReplyWithOK()
		}),
		locks.Command(func(ctx rm.Context, i int) error { return check(ctx, ctx.Str("go"+strconv.Itoa(i))) }),
	}})
}
