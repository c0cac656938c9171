// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build !rm_debug

package rm

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
)

// origin is nothing without the tag rm_debug, and what handles do with it compiles to
// nothing; origin_debug.go has it for the debug build. It stands first in the structs of
// handles: as their last field it would take a word.
type origin struct{}

func newOrigin(string) origin                   { return origin{} }
func (origin) end()                             {}
func (origin) checkHere(string)                 {}
func (origin) spoil()                           {}
func (origin) check(string)                     {}
func (origin) show(b []byte) []byte             { return b }
func (origin) shows([]byte)                     {}
func begun(c redismodule.Ctx, _ string) Context { return Context{c: c} }
func runningThread() int                        { return 0 }
func over(redismodule.Ctx)                      {}
func underWay(c redismodule.Ctx) Context        { return Context{c: c} }
func (ctx Context) alive()                      {}
func (ctx Context) replicated()                 {}
func (s RStr) alive()                           {}
func (s RStr) freed()                           {}
func (k WriteKey) alone()                       {}
func (s RStr) passedOn()                        {}
func (r CallReply) begin(origin)                {}
func (r CallReply) end()                        {}
func (r *CallReply) forget()                    { r.p = nil }
func (r CallReply) check()                      {}
func newOwned() origin                          { return origin{} }
func (origin) used(string)                      {}
func (origin) freed(_, _ string)                {}

// owned makes an RString of a reference that the module has got.
func owned(s redismodule.String) RString { return RString{RStr{s: s}} }

// args sees a C argument vector as Args.
func args(_ origin, argv uintptr, argc int) Args {
	h := struct {
		data     uintptr
		len, cap int
	}{argv, argc, argc}
	// SAFETY(U12): the server's vector holds argc pointers, which are more than 0, until
	// the callback returns; an RStr is such a pointer and nothing else. The three words are
	// those of a slice; holds because their size is checked at compile time. unsafe.Slice
	// would check the length, in every command.
	return Args{*(*[]RStr)(unsafe.Pointer(&h))}
}

var (
	_ [unsafe.Sizeof([]RStr{})]byte       = [3 * unsafe.Sizeof(uintptr(0))]byte{}
	_ [unsafe.Sizeof(uintptr(0))]byte     = [unsafe.Sizeof(RStr{})]byte{}
	_ [unsafe.Sizeof(uintptr(0))]byte     = [unsafe.Sizeof(Context{})]byte{}
	_ [unsafe.Sizeof(uintptr(0))]byte     = [unsafe.Sizeof(CallReply{})]byte{}
	_ [2 * unsafe.Sizeof(uintptr(0))]byte = [unsafe.Sizeof(Memory{})]byte{}
)

// rawResults sees a list as what C puts strings into.
func rawResults(list []RString) []redismodule.String {
	// SAFETY(U13): as with rawStrings.
	return *(*[]redismodule.String)(unsafe.Pointer(&list))
}

// rawStrings sees strings as a vector of strings of the server, for C.
func rawStrings(list []RStr) []redismodule.String {
	// SAFETY(U13): an RStr is one word, the server's pointer; holds because its size is
	// checked at compile time; until the list ends.
	return *(*[]redismodule.String)(unsafe.Pointer(&list))
}
