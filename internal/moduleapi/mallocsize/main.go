// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module mallocsize is what the unit mallocsize of the suite loads: a data type that says what its
// values take in the server's allocator.
package main

import (
	"encoding/binary"

	"github.com/iredismodule/redismodule/rm"
)

// value is memory of the server's, in one of three ways.
type value struct {
	raw  rm.Memory
	text rm.RString
	dict *rm.Dict
}

var valueType *rm.Type[value]

func init() {
	write := func(name string, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: name, Flags: rm.CmdWrite | rm.CmdDenyOOM, Keys: rm.OneKey, Arity: arity, Replicate: rm.ReplicateVerbatim, Handler: h}
	}
	rm.Register(rm.Module{Name: "mallocsize", Version: 1, OnLoad: load, Commands: []rm.Command{
		write("mallocsize.setraw", 3, setRaw),
		write("mallocsize.setstr", 3, setText),
		write("mallocsize.setdict", -4, setDict),
	}})
}

func load(ctx rm.Context, _ rm.Args) (err error) {
	valueType, err = rm.NewType(ctx, rm.TypeSpec[value]{
		Name: "allocsize", Version: 0,
		Save:     save,
		Load:     restore,
		Free:     (*value).free,
		MemUsage: func(_ rm.KeyInfo, v *value, _ int) int { return v.size() },
	})
	return err
}

// save writes a number for what there is, and the content.
func save(w *rm.Saver, v *value) error {
	switch {
	case v.dict != nil:
		w.SaveUnsigned(2)
		w.SaveUnsigned(uint64(v.dict.Len()))
		for field, addr := range must(v.dict.RangeBytes(rm.DictFirst, nil)).All {
			w.SaveStringBuffer(field)
			w.SaveStringBuffer(held(addr).Bytes())
		}
	case !v.text.IsZero():
		w.SaveUnsigned(1)
		w.SaveString(v.text.Str())
	default:
		w.SaveUnsigned(0)
		w.SaveStringBuffer(v.raw.Bytes())
	}
	return nil
}

func restore(r *rm.Loader, _ int) (*value, error) {
	switch r.LoadUnsigned() {
	case 2:
		v := &value{dict: rm.NewDict()}
		for range r.LoadLength(1 << 20) {
			if err := v.add(r.LoadBytes(), r.LoadBytes()); err != nil {
				return v, err
			}
		}
		return v, nil
	case 1:
		return &value{text: r.LoadString()}, nil
	}
	return &value{raw: r.LoadStringBuffer()}, nil
}

// add adds a field to the dictionary: a block of the text with its length in front.
func (v *value) add(field, text []byte) error {
	block := rm.Alloc(header + len(text))
	binary.NativeEndian.PutUint64(block.Bytes(), uint64(len(text)))
	copy(block.Bytes()[header:], text)
	added, err := v.dict.AddBytes(field, block.Addr())
	if err != nil || !added {
		block.Free()
	}
	return err
}

// header is the length in front of a text.
const header = 8

// held is the text in a block.
func held(addr uintptr) rm.Memory {
	n := binary.NativeEndian.Uint64(rm.MemoryAt(addr, header).Bytes())
	return rm.MemoryAt(addr+header, int(n))
}

func (v *value) free() {
	v.raw.Free()
	if v.dict != nil {
		for _, addr := range must(v.dict.RangeBytes(rm.DictFirst, nil)).All {
			block := rm.MemoryAt(addr, header)
			block.Free()
		}
		v.dict.Free()
	}
	v.text.Free()
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// size is what the value takes.
func (v *value) size() int {
	n := v.raw.MallocSize() + must(rm.MallocSizeString(v.text.Str()))
	if v.dict != nil {
		n += must(rm.MallocSizeDict(v.dict))
		for _, addr := range must(v.dict.RangeBytes(rm.DictFirst, nil)).All {
			n += rm.MemoryAt(addr, header).MallocSize()
		}
	}
	return n
}

// set makes v the value of the key of the first argument.
func set(ctx rm.Context, args rm.Args, v *value) error {
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	if err := valueType.Set(key, v); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// mallocsize.setraw KEY BYTES
func setRaw(ctx rm.Context, args rm.Args) error {
	n, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	raw, err := rm.TryAlloc(int(n))
	if err != nil {
		return err
	}
	return set(ctx, args, &value{raw: raw})
}

// mallocsize.setstr KEY TEXT
func setText(ctx rm.Context, args rm.Args) error {
	return set(ctx, args, &value{text: args.At(2).Copy()})
}

// mallocsize.setdict KEY FIELD TEXT ...
func setDict(ctx rm.Context, args rm.Args) error {
	pairs := args.From(2)
	if pairs.Len()%2 != 0 {
		return rm.ErrWrongArity
	}
	v := &value{dict: rm.NewDict()}
	for i := 0; i < pairs.Len(); i += 2 {
		if err := v.add(pairs.At(i).Bytes(), pairs.At(i+1).Bytes()); err != nil {
			v.free()
			return err
		}
	}
	return set(ctx, args, v)
}

func main() {}
