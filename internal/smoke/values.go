// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	r "github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// z is a C string that lives for ever, w the same as a number.
func z(text string) *byte {
	return &pinned(append([]byte(text), 0))[0]
}

func w(text string) uintptr { return uintptr(unsafe.Pointer(z(text))) }

func p(text string) unsafe.Pointer { return unsafe.Pointer(z(text)) }

// s is a string of the server, which is never freed.
func s(text string) r.String { return r.CreateString(0, z(text), uintptr(len(text))) }

func strs(texts ...string) []r.String {
	list := make([]r.String, len(texts))
	for i, text := range texts {
		list[i] = s(text)
	}
	v.kept = append(v.kept, list)
	return list
}

// pin is a variable on the heap that lives for ever, for the server to write to.
func pin[T any](x *T) unsafe.Pointer {
	v.kept = append(v.kept, x)
	return unsafe.Pointer(x)
}

func at[T any](addr uintptr, n int) []T { return unsafeconv.SliceAt[T](addr, n) }

// gs is the text of a string.
func gs(x r.String) string {
	if x == 0 {
		return "(null)"
	}
	var n uintptr
	q := r.StringPtrLen(x, &n)
	return strings.Clone(unsafe.String(q, n))
}

// take is the text of a string, which it frees.
func take(x r.String) string {
	text := gs(x)
	if x != 0 {
		r.FreeString(0, x)
	}
	return text
}

// gz is the text of a C string.
func gz(q *byte) string {
	if q == nil {
		return "(null)"
	}
	return strings.Clone(string(unsafeconv.CString(q)))
}

func gmem(addr, n uintptr) string { return string(at[byte](addr, int(n))) }

func fill(addr uintptr, n int) {
	for i := range at[byte](addr, n) {
		at[byte](addr, n)[i] = byte(i)
	}
}

func filled(addr uintptr, n int) {
	for i, c := range at[byte](addr, n) {
		eq(byte(i), c)
	}
}

func zeroed(addr uintptr, n int) { eq(strings.Repeat("\x00", n), gmem(addr, uintptr(n))) }

func nextC(di r.DictIter) string {
	var n uintptr
	q := r.DictNextC(di, &n, nil)
	return gmem(q, n)
}

func current(k r.Key) string { return take(r.ZsetRangeCurrentElement(k, nil)) }

func open(name string, f func(k r.Key)) {
	k := r.OpenKey(v.ctx, s(name), r.READ|r.WRITE)
	f(k)
	r.CloseKey(k)
}

// call calls a command in RESP3.
func call(f func(c r.CallReply), name string, args ...string) {
	list := strs(args...)
	list = pinned(append(list, 0))
	c := r.Call(v.ctx, z(name), z("3v"), uintptr(unsafe.Pointer(&list[0])), uintptr(len(args)))
	if c == 0 {
		fail(name + ": no reply")
		return
	}
	if r.CallReplyType(c) == r.REPLY_ERROR {
		fail(fmt.Sprint(name, args, ": ", protocol(c)))
	} else if f != nil {
		f(c)
	}
	r.FreeCallReply(c)
}

func do(name string, args ...string) { call(nil, name, args...) }

// resp has the server make a reply of a type.
func resp(typ string, f func(c r.CallReply)) { call(f, "DEBUG", "PROTOCOL", typ) }

// number is a reply of 64 bits.
func number(f func(c r.CallReply)) { call(f, "smoke.reply", "number") }

func protocol(c r.CallReply) string {
	var n uintptr
	q := r.CallReplyProto(c, &n)
	return strings.Clone(unsafe.String(q, n))
}

// item is what the next reply looks like.
func item(proto string) {
	v.items++
	v.want.WriteString(proto)
}

// replies makes the calls that reply, and compares what comes.
func replies(ctx r.Ctx) {
	call(func(c r.CallReply) { eq("*"+strconv.FormatInt(v.items, 10)+"\r\n"+v.want.String(), protocol(c)) }, "smoke.reply")
}

func enumNames() []*byte { return pinned([]*byte{z("one"), z("two")}) }

func pinned[T any](list []T) []T {
	v.kept = append(v.kept, list)
	return list
}

func init() { v.enums = [2]int32{1, 2} }

func commandInfo() *r.CommandInfo {
	v.infoVersion = r.NewCommandInfoVersion()
	v.summary = r.CommandInfo{Version: uintptr(unsafe.Pointer(&v.infoVersion)), Summary: w("Answers its arguments."), Arity: -1}
	return &v.summary
}

// channelFlags is nothing but readonly on a server that does not know the word.
func channelFlags() *byte {
	if r.Has(r.FnIsChannelsPositionRequest) {
		return z("readonly getchannels-api")
	}
	return z("readonly")
}

func pipe() int32 {
	var fds [2]int
	if err := syscall.Pipe2(fds[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
		panic(err)
	}
	return int32(fds[0])
}

// slot is the slot of a key, as the server's function computes it.
func slot(key string) uint32 { return r.ClusterKeySlot(s(key)) }
