// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// doc is a value of the data type. Its encoding is JSON: with a map, slices and
// strings in it, saving one makes some dozens of allocations.
type doc struct {
	Name   string
	Number int64
	Tags   []string
	Fields map[string]string
	Points []float64
}

// The values of the raw layer's type, by the number that the server keeps in place of a pointer. A forked
// child reads the table while the goroutine that was changing it does not exist
// any more, and so must take no lock: sync.Map reads without one.
var (
	docs       sync.Map // uint64 -> *doc
	lastHandle atomic.Uint64
	aliveDocs  atomic.Int64
	modType    redismodule.ModuleType
)

func keep(d *doc) uintptr {
	h := lastHandle.Add(1)
	docs.Store(h, d)
	aliveDocs.Add(1)
	return uintptr(h)
}

func lookup(value uintptr) *doc {
	v, ok := docs.Load(uint64(value))
	if !ok {
		panic(fmt.Sprintf("no value has the handle %d", value))
	}
	return v.(*doc)
}

func encode(d *doc) []byte {
	b, err := json.Marshal(d)
	if err != nil {
		panic(err)
	}
	return b
}

func decode(b []byte) (*doc, error) {
	d := new(doc)
	return d, json.Unmarshal(b, d)
}

func randomDoc(r *rand.Rand, number int) *doc {
	d := &doc{Name: "document " + strconv.Itoa(number), Number: r.Int64(), Fields: map[string]string{}}
	for range 2 + r.IntN(4) {
		d.Tags = append(d.Tags, strconv.FormatUint(r.Uint64(), 36))
		d.Fields["field "+strconv.Itoa(r.IntN(1000))] = strings.Repeat("value ", 1+r.IntN(5))
		d.Points = append(d.Points, r.NormFloat64())
	}
	return d
}

// hang is what rdb_save and aof_rewrite do in a forked child before their work, for
// tests of what must not be done there.
var hang string

func hangs(kind string) error {
	switch kind {
	case "no":
	case "channel":
		<-make(chan int)
	case "sleep":
		time.Sleep(time.Hour)
	case "mutex":
		var mu sync.Mutex
		mu.Lock()
		mu.Lock()
	case "goroutine":
		done := make(chan int)
		go func() { close(done) }()
		<-done
	case "gosched":
		runtime.Gosched()
	case "gc":
		runtime.GC()
	case "futex":
		// A wait that the Go runtime does not know of, for ever.
		var word uint32
		syscall.RawSyscall6(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(&word)), 0 /* FUTEX_WAIT */, 0, 0, 0, 0)
	case "panic":
		panic("in the child")
	case "recover":
		// What fmt does with a nil Stringer is to recover; and so does this.
		var d *stringer
		if text := fmt.Sprint(d); text != "<nil>" {
			return errors.New(text)
		}
		for i := range 3 {
			if v := recovered(func() { panic(i) }); v != i {
				return fmt.Errorf("recovered %v", v)
			}
		}
		var p *doc
		if v, ok := recovered(func() { p.Number++ }).(runtime.Error); !ok {
			return fmt.Errorf("recovered %v", v)
		}
	case "goexit":
		runtime.Goexit()
	case "nil":
		var p *doc
		p.Number++
	default:
		return fmt.Errorf("unknown way to hang %q", kind)
	}
	return nil
}

func misbehave() {
	if hang != "" && redismodule.InChild() {
		if err := hangs(hang); err != nil {
			panic(err)
		}
	}
}

// recovered returns what f panicked with.
func recovered(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

// stringer is a Stringer that cannot be nil.
type stringer struct{ text string }

func (s *stringer) String() string { return s.text }

// setHang says what the child does from now on: "" for nothing.
func setHang(ctx rm.Context, args rm.Args) error {
	hang = args.At(1).Clone()
	return ctx.ReplyWithOK()
}

// typeName has nine characters, made from the module's name.
func typeName() string { return (name + "-safetype")[:9] }

// typed is the type of Go values (datatype=typed), with callbacks for all that is given.
var typed *rm.Type[doc]

func createTyped(ctx rm.Context) (err error) {
	typed, err = rm.NewType(ctx, rm.TypeSpec[doc]{
		Name: typeName(),
		Save: func(w *rm.Saver, d *doc) error {
			misbehave()
			w.SaveStringBuffer(encode(d))
			return nil
		},
		Load: func(r *rm.Loader, version int) (*doc, error) { return decode(r.LoadBytes()) },
		Rewrite: func(a *rm.AOF, key rm.RStr, d *doc) error {
			misbehave()
			return a.EmitAOF(name+".put", rm.Str(key), rm.Bytes(encode(d)))
		},
		Free:       func(d *doc) { d.Number = -1 },
		MemUsage:   func(k rm.KeyInfo, d *doc, samples int) int { return len(encode(d)) },
		FreeEffort: func(k rm.KeyInfo, d *doc) int { return 1000 },
	})
	return err
}

func createType(ctx rm.Context) error {
	switch params.dataType {
	case "typed":
		return createTyped(ctx)
	case "struct":
		return createStruct(ctx)
	case "raw", "plain":
		return createRaw(ctx)
	}
	return fmt.Errorf("datatype=%s: no such type", params.dataType)
}

func createRaw(ctx rm.Context) error {
	make := redismodule.NewChildCallback
	if params.dataType == "plain" {
		make = redismodule.NewCallback
	}
	save, err := make(rdbSave, failed)
	if err != nil {
		return err
	}
	child := params.dataType != "plain"
	plain := func(fn redismodule.Callback) redismodule.CFunc { return callback(fn, false) }
	methods := redismodule.TypeMethods{
		Version:    3,
		RdbLoad:    plain(rdbLoad),
		RdbSave:    save,
		AofRewrite: callback(aofRewrite, child),
		Free:       callback(free, child),
		MemUsage:   plain(func(v, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr { return uintptr(len(encode(lookup(v)))) }),
		// More than the server's threshold: it frees the value on a thread of its own.
		FreeEffort: plain(func(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr { return 1000 }),
	}
	z := unsafeconv.NewZ(typeName())
	modType = redismodule.CreateDataType(ctx.Raw(), z.Ptr(), 0, &methods)
	if modType == 0 {
		return rm.Error("ERR the server refused the data type")
	}
	return nil
}

// callback makes a C function of fn; when there is none left, the load fails with
// its panic.
func callback(fn redismodule.Callback, child bool) redismodule.CFunc {
	make := redismodule.NewCallback
	if child {
		make = redismodule.NewChildCallback
	}
	f, err := make(fn, failed)
	if err != nil {
		panic(err)
	}
	return f
}

// failed logs what a callback panicked with.
func failed(_, _ uintptr, f redismodule.Failure) uintptr {
	rm.Log(rm.LevelWarning, fmt.Sprintf("a callback failed: %v", f.Value))
	return 0
}

func rdbSave(io, value, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	misbehave()
	b := encode(lookup(value))
	redismodule.SaveStringBuffer(redismodule.IO(io), unsafeconv.DataBytes(b), uintptr(len(b)))
	return 0
}

func rdbLoad(io, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	var n uintptr
	p := redismodule.LoadStringBuffer(redismodule.IO(io), &n)
	if p == nil {
		return 0
	}
	d, err := decode(unsafeconv.BytesAt(p, n))
	redismodule.Free(uintptr(unsafe.Pointer(p)))
	if err != nil {
		return 0
	}
	return keep(d)
}

var (
	putName   = unsafeconv.NewZ(name + ".put")
	putFormat = unsafeconv.NewZ("sb")
)

func aofRewrite(io, key, value, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	misbehave()
	b := encode(lookup(value))
	redismodule.EmitAOF(redismodule.IO(io), putName.Ptr(), putFormat.Ptr(), key, uintptr(unsafe.Pointer(unsafeconv.DataBytes(b))), uintptr(len(b)))
	runtime.KeepAlive(b)
	return 0
}

func free(value, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	if _, ok := docs.LoadAndDelete(uint64(value)); !ok {
		panic(fmt.Sprintf("the value %d was freed before", value))
	}
	aliveDocs.Add(-1)
	return 0
}

// store puts a value under a key.
func store(ctx rm.Context, key redismodule.String, d *doc) error {
	if typed != nil || inC != nil {
		k := ctx.OpenWriteKey(rm.RawRStr(key))
		defer k.Close()
		if inC != nil {
			return storeStruct(k, d)
		}
		return typed.Set(k, d)
	}
	k := redismodule.OpenKey(ctx.Raw(), key, redismodule.READ|redismodule.WRITE)
	defer redismodule.CloseKey(k)
	if redismodule.ModuleTypeSetValue(k, modType, keep(d)) != redismodule.OK {
		return rm.ErrWrongType
	}
	return nil
}

func load(ctx rm.Context, key redismodule.String) (*doc, error) {
	if typed != nil || inC != nil {
		k := ctx.OpenReadKey(rm.RawRStr(key))
		defer k.Close()
		if inC != nil {
			return loadStruct(k)
		}
		d, _, err := typed.Get(k)
		return d, err
	}
	k := redismodule.OpenKey(ctx.Raw(), key, redismodule.READ)
	if k == 0 {
		return nil, nil
	}
	defer redismodule.CloseKey(k)
	if redismodule.ModuleTypeGetType(k) != modType {
		return nil, rm.ErrWrongType
	}
	return lookup(redismodule.ModuleTypeGetValue(k)), nil
}

// fill makes args.At(1) values from the seed args.At(2), under keys that begin with
// args.At(3).
func fill(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	seed, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(uint64(seed), 1))
	for i := range int(n) {
		key := rm.NewRStringText(args.At(3).String() + strconv.Itoa(i))
		err := store(ctx, key.Raw(), randomDoc(r, i))
		key.Free()
		if err != nil {
			return err
		}
	}
	return ctx.ReplyWithLongLong(n)
}

// put stores a value given as JSON.
func put(ctx rm.Context, args rm.Args) error {
	d, err := decode(args.At(2).Bytes())
	if err != nil {
		return err
	}
	if err := store(ctx, args.At(1).Raw(), d); err != nil {
		return err
	}
	redismodule.ReplicateVerbatim(ctx.Raw())
	return ctx.ReplyWithOK()
}

func get(ctx rm.Context, args rm.Args) error {
	d, err := load(ctx, args.At(1).Raw())
	switch {
	case err != nil:
		return err
	case d == nil:
		return ctx.ReplyWithNull()
	}
	return ctx.ReplyWithBytes(encode(d))
}

// digest replies with the number of values of all keys, and a hash of them.
func digest(ctx rm.Context, args rm.Args) error {
	reply, err := ctx.Call("KEYS", 0, rm.Text("*"))
	defer reply.Free()
	if err != nil {
		return err
	}
	var keys []string
	for i := range reply.Len() {
		keys = append(keys, strings.Clone(reply.Element(i).String()))
	}
	slices.Sort(keys)
	h, n := sha256.New(), 0
	for _, key := range keys {
		s := rm.NewRStringText(key)
		d, err := load(ctx, s.Raw())
		s.Free()
		if d == nil || err != nil {
			continue
		}
		n++
		fmt.Fprintf(h, "%d %s %d ", len(key), key, len(encode(d)))
		h.Write(encode(d))
	}
	return ctx.ReplyWithText(fmt.Sprintf("%d %s", n, hex.EncodeToString(h.Sum(nil))))
}

// alive replies with how many values exist, freed ones not counted.
func alive(ctx rm.Context, args rm.Args) error {
	switch {
	case typed != nil:
		return ctx.ReplyWithLongLong(int64(typed.Values()))
	case inC != nil:
		return ctx.ReplyWithLongLong(int64(inC.Values()))
	}
	return ctx.ReplyWithLongLong(aliveDocs.Load())
}

// eventCount counts persistence events in this process.
var (
	eventCount atomic.Int64
	eventText  atomic.Pointer[string] // keeps the event's garbage alive for a moment
)

// subscribe listens to persistence events, which the server fires in the child
// too.
func subscribe(ctx rm.Context, how string) error {
	if how == "no" {
		return nil
	}
	on := func(_, id, _, sub, _, _ uintptr, _ unsafe.Pointer) uintptr {
		eventCount.Add(1)
		text := ""
		for i := range 2000 {
			text = text[:len(text)/2] + fmt.Sprint(id, sub, i)
		}
		eventText.Store(&text)
		return 0
	}
	var f redismodule.CFunc
	mode, _ := redismodule.CurrentMode()
	f = callback(on, how == "child" && mode == redismodule.ModeResident)
	if redismodule.SubscribeToServerEvent(ctx.Raw(), redismodule.EventPersistence, f) != redismodule.OK {
		return rm.Error("ERR the server refused the event")
	}
	return nil
}
