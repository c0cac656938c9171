// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"sync/atomic"

	"github.com/iredismodule/redismodule/rm"
)

// doc is a value of the Go type: a list of texts, and memory of the server's.
type doc struct {
	texts []string
	block rm.Memory
	gone  atomic.Bool
}

var (
	docs    *rm.Type[doc]
	structs *rm.StructType
	broken  atomic.Int64 // values that were freed twice, or changed

	number = &rm.NumberField[int64]{Name: "number"}
	ratio  = &rm.NumberField[float64]{Name: "ratio"}
	name   = &rm.BytesField{Name: "name"}
	times  = &rm.ArrayField[int64]{Name: "times"}
	tags   = &rm.TextsField{Name: "tags"}
	id     = &rm.FixedField{Name: "id", Len: 4}
)

const blockText = "memory of a value"

func newDoc(texts []string) *doc {
	v := &doc{texts: texts, block: rm.Alloc(len(blockText))}
	copy(v.block.Bytes(), blockText)
	return v
}

func freeDoc(v *doc) {
	if !v.gone.CompareAndSwap(false, true) || string(v.block.Bytes()) != blockText {
		broken.Add(1)
		return
	}
	v.block.Free()
}

func makeTypes(ctx rm.Context) (err error) {
	if docs, err = rm.NewType(ctx, rm.TypeSpec[doc]{
		Name: "every-doc", Version: 1, Free: freeDoc,
		Load: func(r *rm.Loader, _ int) (*doc, error) {
			v := newDoc(nil)
			for range r.LoadLength(1 << 20) {
				v.texts = append(v.texts, r.LoadText())
				if err := r.Err(); err != nil {
					return v, err
				}
			}
			if r.LoadSigned() != -int64(len(v.texts)) || r.LoadDouble() != 0.5 || r.LoadUnsigned() != 1<<63 {
				return v, errors.New("not what was saved")
			}
			return v, nil
		},
		Save: func(w *rm.Saver, v *doc) error {
			w.SaveUnsigned(uint64(len(v.texts)))
			for _, t := range v.texts {
				w.SaveText(t)
			}
			w.SaveSigned(-int64(len(v.texts)))
			w.SaveDouble(0.5)
			w.SaveUnsigned(1 << 63)
			return nil
		},
		Rewrite: func(a *rm.AOF, key rm.RStr, v *doc) error {
			args := []rm.Arg{rm.Str(key), rm.Text("set")}
			for _, t := range v.texts {
				args = append(args, rm.Text(t))
			}
			return a.EmitAOF("e.type", args...)
		},
		Copy: func(_ rm.KeyInfo, v *doc) (*doc, error) { return newDoc(append([]string(nil), v.texts...)), nil },
		Digest: func(d *rm.Digest, v *doc) {
			for _, t := range v.texts {
				d.AddText(t)
			}
		},
		MemUsage: func(_ rm.KeyInfo, v *doc, _ int) int { return len(blockText) + 16*len(v.texts) },
	}); err != nil {
		return err
	}
	structs, err = rm.NewStructType(ctx, rm.StructSpec{Name: "every-str", Version: 1, Fields: []rm.StructField{number, ratio, name, times, tags, id}})
	return err
}

var typeOperations = map[string]operation{
	"set": {-1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		var list []string
		for _, t := range args.All {
			list = append(list, t.Clone())
		}
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		v := newDoc(list)
		if err := docs.Set(k, v); err != nil {
			freeDoc(v)
			return err
		}
		return verbatim(ctx, int64(len(list)))
	}},
	"get": {0, func(ctx rm.Context, key rm.RStr, _ rm.Args) error {
		v, ok, err := docs.Get(ctx.OpenReadKey(key))
		switch {
		case err != nil:
			return err
		case !ok:
			return ctx.ReplyWithNull()
		}
		return ctx.ReplyWithTexts(v.texts)
	}},
	// replace TEXT gives the key another value, and replies with the old one.
	"replace": {1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		v := newDoc([]string{args.At(0).Clone()})
		old, err := docs.Replace(k, v)
		if err != nil {
			freeDoc(v)
			return err
		}
		if err := ctx.ReplicateVerbatim(); err != nil {
			return err
		}
		if old == nil {
			return ctx.ReplyWithNull()
		}
		defer freeDoc(old)
		return ctx.ReplyWithTexts(old.texts)
	}},
	// again dumps the value and restores it.
	"again": {0, func(ctx rm.Context, key rm.RStr, _ rm.Args) error {
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		v, ok, err := docs.Get(k.ReadKey())
		if err != nil || !ok {
			return orNull(ctx, err)
		}
		s, err := docs.Dump(ctx, v)
		if err != nil {
			return err
		}
		defer s.Free()
		if v, err = docs.Restore(ctx, s.Str(), 1); err != nil {
			return err
		}
		if err := docs.Set(k, v); err != nil {
			return err
		}
		return verbatim(ctx, int64(len(v.texts)))
	}},
	// spoil N restores what was dumped without its last N bytes.
	"spoil": {1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		n, err := args.At(0).Int64()
		if err != nil {
			return err
		}
		k := ctx.OpenReadKey(key)
		defer k.Close()
		v, ok, err := docs.Get(k)
		if err != nil || !ok {
			return orNull(ctx, err)
		}
		s, err := docs.Dump(ctx, v)
		if err != nil {
			return err
		}
		defer s.Free()
		b := s.Str().Bytes()
		part := ctx.StrBytes(b[:len(b)-1-int(uint64(n)%uint64(len(b)))])
		v, err = docs.Restore(ctx, part, 1)
		if err == nil {
			freeDoc(v)
			return errors.New("it has been restored")
		}
		return ctx.ReplyWithOK()
	}},
}

// orNull is null for no error.
func orNull(ctx rm.Context, err error) error {
	if err != nil {
		return err
	}
	return ctx.ReplyWithNull()
}

var structOperations = map[string]operation{
	// set NUMBER [TAG ...]
	"set": {-1, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		n, err := args.At(0).Int64()
		if err != nil {
			return err
		}
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		w, err := structs.New(k)
		if err != nil {
			return err
		}
		for _, err := range []error{
			number.Set(w, n), ratio.Set(w, float64(n)/8), name.Set(w, args.At(0).Bytes()), times.Append(w, n, -n), id.Set(w, []byte("id")),
		} {
			if err != nil {
				return err
			}
		}
		for _, t := range args.From(1).All {
			if err := tags.Append(w, t.Bytes()); err != nil {
				return err
			}
		}
		return verbatim(ctx, int64(tags.Len(w.StructReader())))
	}},
	// add NUMBER TAG, also where there is no value.
	"add": {2, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		n, err := args.At(0).Int64()
		if err != nil {
			return err
		}
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		w, err := structs.GetOrNew(k)
		if err != nil {
			return err
		}
		if n, err = number.Add(w, n); err != nil {
			return err
		}
		if err := times.Append(w, n); err != nil {
			return err
		}
		if err := tags.Append(w, args.At(1).Bytes()); err != nil {
			return err
		}
		return verbatim(ctx, n)
	}},
	// tag INDEX TEXT sets a tag, or deletes it when the text is empty.
	"tag": {2, func(ctx rm.Context, key rm.RStr, args rm.Args) error {
		i, err := args.At(0).Int64()
		if err != nil {
			return err
		}
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		w, ok, err := structs.Edit(k)
		if err != nil || !ok {
			return orNull(ctx, err)
		}
		if args.At(1).Len() == 0 {
			err = tags.Delete(w, int(i))
		} else {
			err = tags.Set(w, int(i), args.At(1).Bytes())
		}
		if err != nil {
			return err
		}
		return verbatim(ctx, int64(tags.Len(w.StructReader())))
	}},
	"get": {0, func(ctx rm.Context, key rm.RStr, _ rm.Args) error {
		s, ok, err := structs.Get(ctx.OpenReadKey(key))
		if err != nil || !ok {
			return orNull(ctx, err)
		}
		_ = ctx.ReplyWithArray(6)
		_ = ctx.ReplyWithLongLong(number.Get(s))
		_ = ctx.ReplyWithDouble(ratio.Get(s))
		_ = ctx.ReplyWithBytes(name.Get(s))
		_ = ctx.ReplyWithLongLongs(times.Get(s))
		_ = ctx.ReplyWithArray(tags.Len(s))
		for _, t := range tags.All(s) {
			_ = ctx.ReplyWithBytes(t)
		}
		return ctx.ReplyWithBytes(id.Get(s))
	}},
	"again": {0, func(ctx rm.Context, key rm.RStr, _ rm.Args) error {
		k := ctx.OpenWriteKey(key)
		defer k.Close()
		s, ok, err := structs.Get(k.ReadKey())
		if err != nil || !ok {
			return orNull(ctx, err)
		}
		d, err := structs.Dump(ctx, s)
		if err != nil {
			return err
		}
		defer d.Free()
		w, err := structs.RestoreTo(k, d.Str(), 1)
		if err != nil {
			return err
		}
		return verbatim(ctx, int64(tags.Len(w.StructReader())))
	}},
}
