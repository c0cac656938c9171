// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build rm_debug

package rm

import (
	"bytes"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// origin is what a handle knows of where it comes from, in the debug build: it tells
// whether that is over. Every copy of a handle knows it, so that no account by address
// is kept, which would need a lock, and would be wrong when an address is used again.
// The zero origin knows nothing; handles that come from the raw layer have it.
type origin struct{ l *life }

// life is that of a callback, of an owned string, a reply, a block of memory: whatever
// handles and views must not outlive. It can be asked from any goroutine, and in a
// forked child: nothing waits.
type life struct {
	what   string // of which callback; "" for what is freed
	thread int    // that runs the callback
	within *life  // which it ends with, nil for none
	root   unsafe.Pointer
	ended  atomic.Pointer[place]
	views  atomic.Pointer[shown]

	readOnly, wrote, replicated bool // of a command; see replicate_debug.go
}

// named is what with its article.
func (l *life) named() string {
	if strings.HasPrefix(l.what, "a ") || strings.HasPrefix(l.what, "the ") {
		return l.what
	}
	return "the " + l.what
}

// place is a line of the module's code, as a stack: the line is looked for when it is
// told.
type place struct {
	how string // how the life ended there
	pcs []uintptr
}

func here(how string) *place {
	var pcs [32]uintptr
	return &place{how, slices.Clone(pcs[:runtime.Callers(2, pcs[:])])}
}

// line names it as outsideLine does.
func (p *place) line() string { return lineOf(p.pcs) }

// shown is a copy of what a view shows.
type shown struct {
	b     []byte
	older *shown
}

// newOrigin begins a life: what a callback, or the body of a loop, is given.
func newOrigin(what string) origin {
	return origin{&life{what: what, thread: runningThread()}}
}

// end ends it: those who still use what belongs to it are told, and views of it show
// garbage.
func (o origin) end() { o.endAs("") }

func (o origin) endAs(how string) {
	if o.l != nil {
		o.l.ended.CompareAndSwap(nil, here(how))
		o.spoil()
	}
}

// garbage is what views show when they are over.
const garbage = "<rm_debug: this view is over> "

// spoil writes over the views.
func (o origin) spoil() {
	if o.l == nil {
		return
	}
	for s := o.l.views.Swap(nil); s != nil; s = s.older {
		for n := 0; n < len(s.b); {
			n += copy(s.b[n:], garbage)
		}
	}
}

// show gives the module a copy in the place of a view of the server's memory.
func (o origin) show(b []byte) []byte {
	if o.l == nil || len(b) == 0 {
		return b
	}
	newest := o.l.views.Load()
	if newest != nil && bytes.Equal(newest.b, b) {
		return newest.b // a string that lives long is read again and again
	}
	s := &shown{slices.Clip(bytes.Clone(b)), newest}
	for !o.l.views.CompareAndSwap(s.older, s) {
		s.older = o.l.views.Load()
	}
	return s.b
}

// shows notes that the module is given b, a copy in the place of a view.
func (o origin) shows(b []byte) {
	if o.l == nil || len(b) == 0 {
		return
	}
	s := &shown{b, o.l.views.Load()}
	for !o.l.views.CompareAndSwap(s.older, s) {
		s.older = o.l.views.Load()
	}
}

// over returns the part of the chain that has ended, nil if all of it goes on.
func (l *life) over() *life {
	for ; l != nil; l = l.within {
		if l.ended.Load() != nil {
			return l
		}
	}
	return nil
}

// told panics for a misuse, with the line that did it.
func told(text string) { panic("rm_debug: ERR " + text + outsideLine()) }

// check panics if what the handle belongs to is over.
func (o origin) check(handle string) {
	if o.l == nil {
		return
	}
	if l := o.l.over(); l != nil {
		told(handle + " of " + l.named() + " is used after that is over")
	}
}

// runningThread identifies the running thread, in a forked child too.
func runningThread() int {
	if onProcessThread() {
		return 0
	}
	return threadID()
}

// callbacks are the callbacks under way with their contexts, the innermost last. Whoever
// runs a callback holds the server's lock, which guards them.
var callbacks []Context

// begun makes the context of a callback that begins. [over] ends it.
func begun(c redismodule.Ctx, what string) Context {
	ctx := Context{newOrigin(what), c}
	callbacks = append(callbacks, ctx)
	return ctx
}

// over ends the innermost callback that has the context, and those that it called.
func over(c redismodule.Ctx) {
	for i, ctx := range slices.Backward(callbacks) {
		if ctx.c == c {
			for _, inner := range callbacks[i:] {
				inner.tellOfReplication()
				inner.o.end()
			}
			clear(callbacks[i:])
			callbacks = callbacks[:i]
			return
		}
	}
}

// underWay makes a context of the innermost callback under way that has it.
func underWay(c redismodule.Ctx) Context {
	for _, ctx := range slices.Backward(callbacks) {
		if ctx.c == c {
			return ctx
		}
	}
	return Context{c: c}
}

// alive panics if the context is used after its callback, or on another goroutine than
// the one that runs it.
func (ctx Context) alive() { ctx.o.checkHere("the context") }

// checkHere is check of what belongs to a callback, and to the goroutine that runs it.
func (o origin) checkHere(handle string) {
	o.check(handle)
	if l := o.l; l != nil && l.thread != runningThread() {
		told(handle + " of " + l.named() + " is used on another goroutine than the one that runs it")
	}
}

// alive panics if the string is freed, or its callback is over.
func (s RStr) alive() { s.usable("used") }

// usable panics if the string must not be used, passed on or freed.
func (s RStr) usable(how string) {
	if s.o.l == nil {
		return
	}
	if l := s.o.l.over(); l != nil {
		if l.what != "" {
			told("a string of " + l.named() + " is " + how + " after that is over")
		}
		end := l.ended.Load()
		told("the string is " + end.how + end.line() + "; it is " + how)
	}
}

// rawStrings makes a vector of strings of the server, for C.
func rawStrings(list []RStr) []redismodule.String {
	raw := make([]redismodule.String, len(list))
	for i, s := range list {
		raw[i] = s.raw()
	}
	return raw
}

// rawResults makes what C puts strings into, in the place of a list.
func rawResults(list []RString) []redismodule.String {
	return make([]redismodule.String, len(list))
}

// args makes Args of a C argument vector: each argument knows its callback.
func args(o origin, argv uintptr, argc int) Args {
	v := make([]RStr, argc)
	// SAFETY(U12): the server's vector holds argc pointers until the callback returns.
	for i, s := range unsafeconv.SliceAt[redismodule.String](argv, argc) {
		v[i] = RStr{o, s}
	}
	return Args{v}
}

// owned makes an RString of a reference that the module has got.
func owned(s redismodule.String) RString {
	if s == 0 {
		return RString{}
	}
	return RString{RStr{newOwned(), s}}
}

// freed notes that the reference is freed.
func (s RStr) freed() {
	s.usable("freed again")
	s.o.endAs("freed")
}

// alone panics if the value of the key is to go or to be replaced while another handle of it is
// open: what the server keeps in that one is stale then, and its next use can end the server.
func (k WriteKey) alone() {
	if k.k == nil || k.k.seq != k.seq || k.k.raw == 0 || !has(featureGetDbIdFromModuleKey) {
		return
	}
	name, db := k.k.nameBytes(), redismodule.GetDbIdFromModuleKey(k.k.raw)
	for c := keys.last(); c != nil; c = keys.before(c) {
		o := c.of
		if o == k.k || o.raw == 0 || o.lent || redismodule.GetDbIdFromModuleKey(o.raw) != db || !bytes.Equal(o.nameBytes(), name) {
			continue
		}
		told("the value of a key is to go of which another handle is open: close that one first")
	}
}

// nameBytes is the key's name.
func (k *openKey) nameBytes() []byte {
	return RStr{s: redismodule.GetKeyNameFromModuleKey(k.raw)}.Bytes()
}

// passedOn notes that the reference goes to the server.
func (s RStr) passedOn() {
	s.usable("passed on")
	s.o.endAs("passed on")
}

// begin makes the reply one that ends when it is freed, or with a callback.
func (r *CallReply) begin(o origin) {
	r.o = origin{&life{within: o.l, root: r.p}}
}

// end notes that the reply is about to be freed.
func (r CallReply) end() {
	l := r.o.l
	if l == nil {
		return
	}
	if end := l.ended.Load(); end != nil {
		panic("rm_debug: a call reply is freed twice" + outsideLine() + ", first" + end.line())
	}
	if outer := l.within.over(); outer != nil {
		told("a reply of " + outer.named() + " is freed after that is over")
	}
	if r.p != l.root {
		panic("rm_debug: a part of a call reply is freed" + outsideLine())
	}
	r.o.endAs("freed")
}

// forget makes a freed reply zero. One that knows its end stays as it is, to tell of it.
func (r *CallReply) forget() {
	if r.o.l == nil {
		r.p = nil
	}
}

// check panics if the reply is freed, or its callback is over.
func (r CallReply) check() {
	if r.o.l == nil {
		return
	}
	switch l := r.o.l.over(); {
	case l == nil:
	case l.what != "":
		told("a reply of " + l.named() + " is used after that is over")
	default:
		panic("rm_debug: a call reply is used after it was freed" + outsideLine() + ", freed" + l.ended.Load().line())
	}
}

// newOwned is the origin of what the module owns until it frees it.
func newOwned() origin { return origin{&life{}} }

// used panics if what the module owned is freed.
func (o origin) used(handle string) { o.notFreed(handle, "used") }

func (o origin) notFreed(handle, how string) {
	if o.l != nil {
		if end := o.l.ended.Load(); end != nil {
			told(handle + " is " + end.how + end.line() + "; it is " + how)
		}
	}
}

// freed notes that it is freed, or has moved, and that its content is not to be read any
// more.
func (o origin) freed(handle, how string) {
	o.notFreed(handle, "freed again")
	o.endAs(how)
}
