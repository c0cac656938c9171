// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Typemod is a module with data types, for tests that need several clients, servers or
// restarts.
package main

import (
	"encoding/hex"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/iredismodule/redismodule/internal/testmod/locks"
	"github.com/iredismodule/redismodule/rm"
)

// doc is a value: a list of texts, and a sum that every change keeps.
type doc struct {
	texts []string
	block rm.Memory  // of the server's, to be freed
	name  rm.RString // the same
	freed atomic.Bool
}

var (
	docs *rm.Type[doc]
	plan string // what is different

	freed, unlinked, copied atomic.Int64
	fault                   atomic.Pointer[string] // what Save does
	slow, slowed            atomic.Bool            // Load waits for the end of slow, and does so
	aux                     atomic.Pointer[string]
	misload                 atomic.Pointer[string] // what Load does wrong
)

func newDoc(texts ...string) *doc {
	v := &doc{texts: texts, block: rm.Alloc(100), name: rm.NewRStringText(docName)}
	copy(v.block.Bytes(), docName)
	return v
}

// docName is in the block and in the name of each value.
const docName = "the name of a document, which is long enough"

func free(v *doc) {
	if !v.freed.CompareAndSwap(false, true) {
		rm.Log(rm.LevelWarning, "typemod: freed twice")
		return
	}
	if v.name.String() != docName || !strings.HasPrefix(string(v.block.Bytes()), docName) {
		rm.Log(rm.LevelWarning, "typemod: the name has changed")
	}
	v.block.Free()
	v.name.Free()
	freed.Add(1)
}

func main() {}

func onLoad(ctx rm.Context, args rm.Args) (err error) {
	plan = "" // of a load that failed
	if args.Len() > 0 {
		plan = args.At(0).Clone()
	}
	spec := rm.TypeSpec[doc]{
		Name: "test-docs", Version: 2, Load: load, Save: save, Rewrite: rewrite, Free: free,
		Copy: func(k rm.KeyInfo, v *doc) (*doc, error) {
			if len(v.texts) > 0 && v.texts[0] == "no copy" {
				return newDoc("left behind"), rm.ErrRefused
			}
			copied.Add(1)
			return newDoc(append([]string(nil), v.texts...)...), nil
		},
		Unlink:     func(k rm.KeyInfo, v *doc) { unlinked.Add(1) },
		MemUsage:   func(k rm.KeyInfo, v *doc, samples int) int { return v.block.MallocSize() + 16*len(v.texts) },
		FreeEffort: func(k rm.KeyInfo, v *doc) int { return 1000 },
		Digest: func(d *rm.Digest, v *doc) {
			for _, t := range v.texts {
				d.AddText(t)
			}
			d.AddLongLong(int64(len(v.texts)))
			d.EndSequence()
		},
		Defrag: defrag,
		AuxSave: func(w *rm.Saver, when rm.AuxWhen) error {
			p := aux.Load()
			switch {
			case p == nil && plan == "notrace":
			case p == nil:
				w.SaveUnsigned(0)
			case *p == "fail":
				return rm.ErrRefused
			default:
				w.SaveUnsigned(1)
				w.SaveText(*p)
			}
			return nil
		},
		AuxLoad: func(r *rm.Loader, version int, when rm.AuxWhen) error {
			if r.LoadLength(1) == 1 {
				text := r.LoadText()
				aux.Store(&text)
			}
			return r.Err()
		},
		AuxWhen: rm.AuxBeforeRDB | rm.AuxAfterRDB,
	}
	switch plan {
	case "version1":
		spec.Version, spec.Save = 1, saveV1
	case "restore":
		spec.Rewrite = nil
	}
	if docs, err = rm.NewType(ctx, spec); err != nil {
		return err
	}
	if plan == "async" {
		if err := ctx.SetModuleOptions(rm.ModuleHandleReplAsyncLoad); err != nil {
			return err
		}
		if _, err := ctx.OnReplAsyncLoad(func(ctx rm.Context, e rm.ReplAsyncLoad) {
			k := ctx.OpenReadKey(ctx.Str("one"))
			_, ok, err := docs.Get(k)
			ctx.Notice(fmt.Sprintf("async load %v, %d values, one is there: %t, %v", e, docs.Values(), ok, err))
		}); err != nil {
			return err
		}
	}
	if plan == "early" {
		return early(ctx, args.At(1))
	}
	return registerDefrag(ctx)
}

// early tries in each way to make a value while the module is loaded, dump being one as DUMP writes it, in hexadecimal; then it has the
// load fail.
func early(ctx rm.Context, dump rm.RStr) error {
	k := ctx.OpenWriteKey(ctx.Str("early"))
	set := docs.Set(k, newDoc())
	_, getOrNew := docs.GetOrNew(k)
	k.Close()
	payload, err := hex.DecodeString(dump.Clone())
	if err != nil {
		return err
	}
	reply, restore := ctx.Call("RESTORE", 0, rm.Text("early"), rm.Int64(0), rm.Bytes(payload))
	reply.Free()
	return fmt.Errorf("early: %v, %v, %v", set, getOrNew, restore)
}

func saveV1(w *rm.Saver, v *doc) error {
	w.SaveText(strings.Join(v.texts, "\n"))
	return nil
}

func save(w *rm.Saver, v *doc) error {
	w.SaveUnsigned(uint64(len(v.texts)))
	for _, t := range v.texts {
		w.SaveText(t)
	}
	if f := fault.Load(); f != nil && len(v.texts) > 0 && v.texts[0] == "faulty" {
		switch *f {
		case "error":
			return fmt.Errorf("cannot be saved: %w", rm.ErrRefused)
		case "panic":
			panic("in Save")
		case "goexit":
			runtime.Goexit()
		case "nil":
			v = nil
			w.SaveText(v.texts[0])
		case "nostring":
			w.SaveString(rm.RStr{})
		case "wait":
			<-make(chan int)
		}
	}
	w.SaveSigned(-int64(len(v.texts)))
	w.SaveDouble(1.5)
	w.SaveFloat(2.5)
	w.SaveLongDouble(0.1)
	w.SaveStringBuffer(nil)
	return nil
}

func load(r *rm.Loader, version int) (*doc, error) {
	if version == 1 {
		return newDoc(strings.Split(r.LoadText(), "\n")...), nil
	}
	for slow.Load() {
		slowed.Store(true)
		if err := r.Yield(); err != nil {
			return nil, err
		}
	}
	slowed.Store(false)
	v := newDoc()
	for range r.LoadLength(1 << 24) {
		v.texts = append(v.texts, r.LoadText())
		if err := r.Err(); err != nil {
			return v, err
		}
	}
	if n := r.LoadSigned(); n != -int64(len(v.texts)) {
		return v, fmt.Errorf("the sum is %d", n)
	}
	d, f, l := r.LoadDouble(), r.LoadFloat(), r.LoadLongDouble()
	if d != 1.5 || f != 2.5 || l != 0.1 {
		return v, fmt.Errorf("the numbers are %v, %v, %v", d, f, l)
	}
	switch p := misload.Load(); {
	case p == nil:
	case *p == "less":
		return v, nil
	case *p == "nil":
		free(v)
		v = nil
	case *p == "kind":
		r.LoadUnsigned()
		return v, nil
	case *p == "more":
		defer r.LoadText()
	}
	r.LoadBytes()
	return v, nil
}

func rewrite(a *rm.AOF, key rm.RStr, v *doc) error {
	if f := fault.Load(); f != nil && len(v.texts) > 0 && v.texts[0] == "faulty" {
		switch *f {
		case "error":
			return rm.ErrRefused
		case "panic":
			panic("in Rewrite")
		case "goexit":
			runtime.Goexit()
		case "wait-rewrite":
			<-make(chan int)
		case "unknown":
			return a.EmitAOF("no.such.command", rm.Str(key))
		}
	}
	list := []rm.Arg{rm.Str(key)}
	for _, t := range v.texts {
		list = append(list, rm.Text(t))
	}
	return a.EmitAOF("t.set", list...)
}

func set(ctx rm.Context, args rm.Args) error {
	k := ctx.OpenWriteKey(args.At(1))
	defer k.Close()
	v := newDoc()
	for i := range args.From(2).Len() {
		v.texts = append(v.texts, args.At(2+i).Clone())
	}
	if err := docs.Set(k, v); err != nil {
		free(v)
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
	for i := range int(count) {
		v := newDoc()
		for j := range int(size) {
			v.texts = append(v.texts, args.At(1).Clone()+strconv.Itoa(i*j))
		}
		k := ctx.OpenWriteKey(ctx.Str(args.At(1).Clone() + strconv.Itoa(i)))
		err := docs.Set(k, v)
		k.Close()
		if err != nil {
			return err
		}
	}
	return ctx.ReplyWithOK()
}

// useValues reads a value that fill has made, if it is there, and sets one of its own.
func useValues(ctx rm.Context, i int) error {
	k := ctx.OpenReadKey(ctx.Str("v" + strconv.Itoa(i)))
	v, ok, err := docs.Get(k)
	k.Close()
	if ok && len(v.texts) == 0 {
		return fmt.Errorf("the value %d is empty", i)
	}
	if err != nil {
		return err
	}
	own := ctx.OpenWriteKey(ctx.Str("own" + strconv.Itoa(i)))
	defer own.Close()
	return docs.Set(own, newDoc("own"))
}

func get(ctx rm.Context, args rm.Args) error {
	k := ctx.OpenReadKey(args.At(1))
	defer k.Close()
	v, ok, err := docs.Get(k)
	if err != nil {
		return err
	}
	if !ok {
		return ctx.ReplyWithNull()
	}
	return ctx.ReplyWithText(strings.Join(v.texts, " "))
}

func stats(ctx rm.Context, args rm.Args) error {
	return ctx.ReplyWithText(fmt.Sprintf("values=%d freed=%d copied=%d", docs.Values(), freed.Load(), copied.Load()))
}

// setSlow says whether Load waits; isSlow replies with whether it does.
func setSlow(ctx rm.Context, args rm.Args) error {
	slow.Store(args.At(1).String() == "yes")
	return ctx.ReplyWithOK()
}

func isSlow(ctx rm.Context, args rm.Args) error {
	if slowed.Load() {
		return ctx.ReplyWithText("yes")
	}
	return ctx.ReplyWithText("no")
}

func setText(p *atomic.Pointer[string]) rm.Handler {
	return func(ctx rm.Context, args rm.Args) error {
		if text := args.At(1).Clone(); text != "" {
			p.Store(&text)
		} else {
			p.Store(nil)
		}
		return ctx.ReplyWithOK()
	}
}

func getAux(ctx rm.Context, args rm.Args) error {
	if p := aux.Load(); p != nil {
		return ctx.ReplyWithText(*p)
	}
	return ctx.ReplyWithNull()
}

func saveRDB(ctx rm.Context, args rm.Args) error {
	if err := ctx.SaveRDB(args.At(1).Clone()); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

func loadRDB(ctx rm.Context, args rm.Args) error {
	if err := ctx.LoadRDB(args.At(1).Clone()); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// loadOpen is loadRDB with a key open.
func loadOpen(ctx rm.Context, args rm.Args) error {
	k := ctx.OpenReadKey(args.At(2))
	defer k.Close()
	return loadRDB(ctx, args)
}

func init() {
	rm.Register(rm.Module{Name: "typemod", Version: 1, OnLoad: onLoad, Commands: []rm.Command{
		{Name: "t.set", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: -2, Replicate: rm.ReplicateVerbatim, Handler: set},
		{Name: "t.fill", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 4, Replicate: rm.ReplicateVerbatim, Handler: fill},
		{Name: "t.get", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 2, Handler: get},
		{Name: "t.stats", Keys: rm.NoKeys, Arity: 1, Handler: stats},
		{Name: "t.unlinked", Keys: rm.NoKeys, Arity: 1, Handler: func(ctx rm.Context, args rm.Args) error {
			return ctx.ReplyWithLongLong(unlinked.Load())
		}},
		{Name: "t.thin", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 3, Replicate: rm.ReplicateVerbatim, Handler: thin},
		{Name: "t.defrag", Keys: rm.NoKeys, Arity: 1, Handler: defragged},
		{Name: "t.slow", Flags: rm.CmdAllowLoading, Keys: rm.NoKeys, Arity: 2, Handler: setSlow},
		{Name: "t.slowed", Flags: rm.CmdAllowLoading, Keys: rm.NoKeys, Arity: 1, Handler: isSlow},
		{Name: "t.fault", Keys: rm.NoKeys, Arity: 2, Handler: setText(&fault)},
		{Name: "t.misload", Keys: rm.NoKeys, Arity: 2, Handler: setText(&misload)},
		{Name: "t.aux", Keys: rm.NoKeys, Arity: 2, Handler: setText(&aux)},
		{Name: "t.getaux", Keys: rm.NoKeys, Arity: 1, Handler: getAux},
		{Name: "t.saverdb", Keys: rm.NoKeys, Arity: 2, Handler: saveRDB},
		{Name: "t.loadrdb", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 2, Handler: loadRDB},
		{Name: "t.loadopen", Flags: rm.CmdWrite, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 3, Handler: loadOpen},
		{Name: "t.count", Keys: rm.NoKeys, Arity: 1, Handler: func(ctx rm.Context, args rm.Args) error {
			return ctx.ReplyWithLongLong(int64(docs.Values()))
		}},
		locks.Command(useValues),
		{Name: "t.busy", Keys: rm.NoKeys, Arity: 2, Handler: busy},
	}})
}

// busy runs args.At(1) goroutines that allocate, for ever.
func busy(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	for range int(n) {
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
