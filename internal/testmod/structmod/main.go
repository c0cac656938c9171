// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Structmod is a module with a data type in C memory, for tests that need several
// clients, servers or restarts.
package main

import (
	"encoding/hex"
	"fmt"
	"runtime"
	"strconv"
	"strings"

	"github.com/iredismodule/redismodule/internal/testmod/locks"
	"github.com/iredismodule/redismodule/rm"
)

// The fields of a value, of every kind.
var (
	small  = &rm.NumberField[int8]{Name: "small"}
	number = &rm.NumberField[int64]{Name: "number"}
	large  = &rm.NumberField[uint64]{Name: "large"}
	ratio  = &rm.NumberField[float64]{Name: "ratio"}
	short  = &rm.NumberField[float32]{Name: "short"}
	id     = &rm.FixedField{Name: "id", Len: 16}
	text   = &rm.BytesField{Name: "text"}
	times  = &rm.ArrayField[int64]{Name: "times"}
	bytes3 = &rm.ArrayField[uint16]{Name: "shorts"}
	scores = &rm.ArrayField[float64]{Name: "scores"}
	tags   = &rm.TextsField{Name: "tags"}
	// Of version 2:
	level = &rm.NumberField[int32]{Name: "level", Since: 2, Default: -7}
	rate  = &rm.NumberField[float32]{Name: "rate", Since: 2, Default: 0.5}
	half  = &rm.NumberField[float64]{Name: "half", Since: 2, Default: 0.25}
	names = &rm.TextsField{Name: "names", Since: 2}

	structs *rm.StructType
	version = 2

	forgotten = &rm.BytesField{Name: "forgotten"} // in no type
	unlisted  = &rm.NumberField[int64]{Name: "unlisted"}

	checks int             // calls of Check
	kept   rm.StructReader // that the last one got
)

// name is set by the linker for a module that is to live beside this one; it is the prefix of its commands then.
var name = "structmod"

func main() {}

func onLoad(ctx rm.Context, args rm.Args) (err error) {
	spec := rm.StructSpec{Name: "test-strs", Version: 2, Fields: []rm.StructField{
		small, number, large, ratio, short, id, text, times, bytes3, scores, tags, level, rate, half, names,
	}}
	plan := ""
	if args.Len() > 0 {
		plan = args.At(0).Clone()
	}
	switch plan {
	case "version1":
		version, spec.Version = 1, 1
		spec.Fields = spec.Fields[:11]
	case "async":
		if err := ctx.SetModuleOptions(rm.ModuleHandleReplAsyncLoad); err != nil {
			return err
		}
	case "check":
		spec.Check = check
	case "", "early":
	default:
		spec.Name = plan
	}
	structs, err = rm.NewStructType(ctx, spec)
	if err == nil && plan == "early" {
		return early(ctx, args.At(1))
	}
	return err
}

// early tries in each way to make a value while the module is loaded, dump being one as DUMP writes it, in hexadecimal; then it has the
// load fail.
func early(ctx rm.Context, dump rm.RStr) error {
	k := ctx.OpenWriteKey(ctx.Str("early"))
	_, set := structs.New(k)
	_, getOrNew := structs.GetOrNew(k)
	if _, err := structs.RestoreTo(k, ctx.Str("x"), version); err != set {
		return err
	}
	k.Close()
	payload, err := hex.DecodeString(dump.Clone())
	if err != nil {
		return err
	}
	reply, restore := ctx.Call("RESTORE", 0, rm.Text("early"), rm.Int64(0), rm.Bytes(payload))
	reply.Free()
	return fmt.Errorf("early: %v, %v, %v", set, getOrNew, restore)
}

// write gives all fields values that depend on n, and the texts of args.
func write(w rm.StructWriter, n int64, list []string) error {
	for _, err := range []error{
		small.Set(w, int8(n)), number.Set(w, -n*1e12), large.Set(w, uint64(n)<<56|1), ratio.Set(w, float64(n)/3), short.Set(w, float32(n)/7),
		id.Set(w, strconv.AppendInt(nil, n, 16)), times.SetLen(w, 0), times.Append(w, n, -n, n*n), bytes3.SetLen(w, int(n&31)),
		scores.SetLen(w, 0), scores.Append(w, float64(n)), text.Set(w, []byte(fmt.Sprint(list))),
	} {
		if err != nil {
			return err
		}
	}
	for i, t := range list {
		if err := tags.Append(w, []byte(t)); err != nil {
			return err
		}
		if err := times.Append(w, int64(i)); err != nil {
			return err
		}
	}
	if version > 1 {
		if _, err := level.Add(w, int32(n)); err != nil {
			return err
		}
		return names.Append(w, []byte("name"))
	}
	return nil
}

// check wants three times more than tags, which write makes.
func check(s rm.StructReader) error {
	checks++
	kept = s
	switch more := times.Len(s) - tags.Len(s); more {
	case 3:
		return nil
	case 5:
		panic("in Check")
	case 6:
		runtime.Goexit()
		fallthrough
	default:
		return fmt.Errorf("%d times, %d tags: %q", times.Len(s), tags.Len(s), text.Get(s))
	}
}

// extra appends times to a value.
func extra(ctx rm.Context, args rm.Args) error {
	k := ctx.OpenWriteKey(args.At(1))
	defer k.Close()
	n, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	w, _, err := structs.Edit(k)
	if err != nil {
		return err
	}
	if err := times.Append(w, make([]int64, n)...); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// checked replies with how often Check has run, and what is to be read of the value that it had.
func checked(ctx rm.Context, args rm.Args) error {
	_, err := structs.Dump(ctx, kept)
	return ctx.ReplyWithText(fmt.Sprintf("%d: %q %v", checks, text.Get(kept), err))
}

// forgot reads and writes fields that no type has.
func forgot(ctx rm.Context, args rm.Args) error {
	k := ctx.OpenWriteKey(args.At(1))
	defer k.Close()
	w, err := structs.GetOrNew(k)
	if err != nil {
		return err
	}
	s := w.StructReader()
	for range 3 {
		if unlisted.Get(s) != 0 || forgotten.Len(s) != 0 || forgotten.Get(s) != nil {
			return rm.ErrRefused
		}
	}
	if err := forgotten.Set(w, []byte("x")); err == nil {
		return rm.ErrRefused
	}
	return unlisted.Set(w, 1)
}

func set(ctx rm.Context, args rm.Args) error {
	k := ctx.OpenWriteKey(args.At(1))
	defer k.Close()
	n, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	w, err := structs.New(k)
	if err != nil {
		return err
	}
	var list []string
	for _, a := range args.From(3).All {
		list = append(list, a.Clone())
	}
	if err := write(w, n, list); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// fill makes args.At(2) values of args.At(3) texts under keys that begin with args.At(1).
func fill(ctx rm.Context, args rm.Args) error {
	count, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	size, err := args.At(3).Int64()
	if err != nil {
		return err
	}
	for i := range count {
		k := ctx.OpenWriteKey(ctx.Str(args.At(1).Clone() + strconv.FormatInt(i, 10)))
		w, err := structs.New(k)
		if err == nil {
			list := make([]string, size)
			for j := range list {
				list[j] = "the text with the number " + strconv.Itoa(j)
			}
			err = write(w, i, list)
		}
		k.Close()
		if err != nil {
			return err
		}
	}
	return ctx.ReplyWithOK()
}

// get replies with all fields as one text.
func get(ctx rm.Context, args rm.Args) error {
	k := ctx.OpenReadKey(args.At(1))
	defer k.Close()
	s, ok, err := structs.Get(k)
	if err != nil {
		return err
	}
	if !ok {
		return ctx.ReplyWithNull()
	}
	out := fmt.Sprintf("%d %d %d %v %v %q %q %v %v %v", small.Get(s), number.Get(s), large.Get(s), ratio.Get(s), short.Get(s),
		id.Get(s), text.Get(s), times.Get(s), bytes3.Get(s), scores.Get(s))
	for i, t := range tags.All(s) {
		out += fmt.Sprintf(" %d:%q", i, t)
	}
	if version > 1 {
		out += fmt.Sprintf(" %d %v %v %d", level.Get(s), rate.Get(s), half.Get(s), names.Len(s))
	}
	return ctx.ReplyWithText(out)
}

// thin deletes nine of ten keys that fill has made.
func thin(ctx rm.Context, args rm.Args) error {
	count, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	for i := range count {
		if i%10 != 0 {
			k := ctx.OpenWriteKey(ctx.Str(args.At(1).Clone() + strconv.FormatInt(i, 10)))
			err := k.Delete()
			k.Close()
			if err != nil {
				return err
			}
		}
	}
	return ctx.ReplyWithOK()
}

// useValues reads a value that fill has made, if it is there, changes it, and makes one of its own.
func useValues(ctx rm.Context, i int) error {
	k := ctx.OpenWriteKey(ctx.Str("v" + strconv.Itoa(i)))
	w, ok, err := structs.Edit(k)
	if ok {
		if tags.Len(w.StructReader()) == 0 {
			err = fmt.Errorf("the value %d is empty", i)
		} else {
			err = text.Set(w, []byte("changed"))
		}
	}
	k.Close()
	if err != nil {
		return err
	}
	own := ctx.OpenWriteKey(ctx.Str("own" + strconv.Itoa(i)))
	defer own.Close()
	if w, err = structs.New(own); err != nil {
		return err
	}
	return write(w, int64(i), []string{"own"})
}

func count(ctx rm.Context, args rm.Args) error {
	return ctx.ReplyWithLongLong(int64(structs.Values()))
}

// busy runs args.At(1) goroutines that allocate, for ever.
func busy(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	for range n {
		go func() {
			for keep := map[int][]byte{}; ; {
				for i := range 1000 {
					keep[i] = make([]byte, 100+i)
				}
				runtime.Gosched()
			}
		}()
	}
	return ctx.ReplyWithOK()
}

func init() {
	commands := []rm.Command{
		{Name: "t.set", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: -3, Replicate: rm.ReplicateVerbatim, Handler: set},
		{Name: "t.fill", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 4, Replicate: rm.ReplicateVerbatim, Handler: fill},
		{Name: "t.thin", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 3, Replicate: rm.ReplicateVerbatim, Handler: thin},
		{Name: "t.get", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 2, Handler: get},
		{Name: "t.extra", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 3, Replicate: rm.ReplicateVerbatim, Handler: extra},
		{Name: "t.checked", Keys: rm.NoKeys, Arity: 1, Handler: checked},
		{Name: "t.forgot", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Replicate: rm.ReplicateVerbatim, Handler: forgot},
		{Name: "t.count", Keys: rm.NoKeys, Arity: 1, Handler: count},
		locks.Command(useValues),
		{Name: "t.busy", Keys: rm.NoKeys, Arity: 2, Handler: busy},
	}
	if name != "structmod" {
		for i, c := range commands {
			commands[i].Name = name + strings.TrimPrefix(c.Name, "t")
		}
	}
	rm.Register(rm.Module{Name: name, Version: 1, OnLoad: onLoad, Commands: commands})
}
