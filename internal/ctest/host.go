// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux

package ctest

// #include <stdlib.h>
// #include "host.h"
import "C"

import (
	"encoding/binary"
	"slices"
	"unsafe"
)

// The in-process host is a server for a module that is part of the test: the API's functions
// in C, on top of the fake server's thread. It notes what a server would assert, see
// [HostFault]. It is not fast, not complete, and there is one.

// HostAPI gives the module the host's functions, but for those that are named.
func HostAPI(without ...string) {
	ClearAPI()
	for i := 0; ; i++ {
		var name *C.char
		fn := C.ct_host_fn(C.int(i), &name)
		if fn == 0 {
			return
		}
		if n := C.GoString(name); !slices.Contains(without, n) {
			SetAPI("RedisModule_"+n, uintptr(fn))
		}
	}
}

// HostReset forgets faults, keys and answers.
func HostReset() { ServerRun(&Job{Fn: addr(C.ct_host_reset)}) }

// HostFault is the first fault since HostReset, "" for none: an argument that is out of range,
// an object that is used after its end or ended twice, an aggregate that stays open, a
// command with no reply.
func HostFault() string { return C.GoString(C.ct_host_fault()) }

// HostLiving counts what lives: "2 string, 1 reply".
func HostLiving() string { return C.GoString(C.ct_host_living()) }

// HostLog is the last line of the log.
func HostLog() string { return C.GoString(C.ct_host_log()) }

// HostLoad loads the module with arguments, and tells whether it has.
func HostLoad(args ...string) bool {
	p := packed(args)
	defer C.free(p)
	j := &Job{Fn: addr(C.ct_host_onload), Args: [6]uint64{uint64(uintptr(p)), uint64(len(args))}}
	ServerRun(j)
	return j.Result == 0
}

// HostUnload unloads it.
func HostUnload() bool {
	j := &Job{Fn: addr(C.ct_host_onunload)}
	ServerRun(j)
	return j.Result == 0
}

// HostCommand runs a command for a client of a protocol and returns what the client gets. ok is
// false when there is no such command. The reply of one that blocks comes with HostEnd.
func HostCommand(resp int, args ...string) (reply []byte, blocked, ok bool) {
	r := (*C.struct_ct_host_run)(C.calloc(1, C.sizeof_struct_ct_host_run))
	defer C.free(unsafe.Pointer(r))
	p := packed(args)
	defer C.free(p)
	r.args, r.argc, r.resp = (*C.char)(p), C.int(len(args)), C.int(resp)
	ServerRun(&Job{Fn: addr(C.ct_host_run), Args: [6]uint64{uint64(uintptr(unsafe.Pointer(r)))}})
	return taken(&r.out), r.blocked != 0, r.status == 0
}

// HostReplies says how many replies a command may send, which is 1 without it.
func HostReplies(most int) { C.ct_host_replies(C.int(most)) }

// HostWrong is wrong caller number i: its name, and how the fault begins that the host must note; the name is "" behind the
// last. An empty fault is that of a caller which does nothing wrong.
func HostWrong(i int) (name, fault string) {
	var f *C.char
	n := C.ct_host_wrong(C.int(i), &f)
	return C.GoString(n), C.GoString(f)
}

// HostRunWrong runs it as a command.
func HostRunWrong(i int) {
	ServerRun(&Job{Fn: addr(C.ct_host_run_wrong), Args: [6]uint64{uint64(i)}})
}

// HostTime sets the clock by which keys expire, in milliseconds since 1970. It stands until then, as that of a server
// does during a command.
func HostTime(ms int64) {
	ServerRun(&Job{Fn: addr(C.ct_host_time), Args: [6]uint64{uint64(ms)}})
}

// The kinds of values that HostPut makes.
const (
	HostHash      = C.KEY_HASH
	HostSet       = C.KEY_SET
	HostSortedSet = C.KEY_ZSET
)

// HostPut makes the value of a key, with its elements: those of a set, fields and values of a hash, elements of a sorted set and
// their scores. It is not for a command that runs.
func HostPut(db, kind int, key string, elements ...string) {
	p := packed(append([]string{key}, elements...))
	defer C.free(p)
	ServerRun(&Job{Fn: addr(C.ct_host_put), Args: [6]uint64{uint64(db), uint64(kind), uint64(uintptr(p)), uint64(len(elements) + 1)}})
}

// HostTimeOut has the time of the client that was blocked last pass. It is false when nobody waits, or for ever.
func HostTimeOut() bool {
	j := &Job{Fn: addr(C.ct_host_time_out)}
	ServerRun(j)
	return j.Result == 0
}

// HostEnd waits until the client that a command has blocked is answered, for at most a minute, and
// returns its reply.
func HostEnd() (reply []byte, ok bool) {
	r := (*C.struct_ct_host_run)(C.calloc(1, C.sizeof_struct_ct_host_run))
	defer C.free(unsafe.Pointer(r))
	ok = C.ct_host_wait(r, 60_000) != 0
	return taken(&r.out), ok
}

// HostCommandInfo is what the server was told of a command: its flags, first and last key and the
// step, and its arity.
func HostCommandInfo(name string) (flags string, keys [3]int, arity int, ok bool) {
	p := C.CString(name)
	defer C.free(unsafe.Pointer(p))
	var k [4]C.int
	f := C.ct_host_command(p, &k[0])
	if f == nil {
		return "", keys, 0, false
	}
	return C.GoString(f), [3]int{int(k[0]), int(k[1]), int(k[2])}, int(k[3]), true
}

// HostCommandCategories are the ACL categories that the server was told of a command.
func HostCommandCategories(name string) string {
	p := C.CString(name)
	defer C.free(unsafe.Pointer(p))
	return C.GoString(C.ct_host_categories(p))
}

// HostUnknownFlags says which words among the flags of commands the server does not know, as older ones do not: it knows all others
// that there are. It refuses a command with one of them.
func HostUnknownFlags(words string) {
	p := C.CString(words)
	defer C.free(unsafe.Pointer(p))
	C.ct_host_unknown_flags(p)
}

// HostAnswer puts down what calls are answered with from now on: a reply of the protocol, or an
// errno. Calls of the module's own commands run these.
func HostAnswer(reply []byte, errno int) {
	p := C.CBytes(reply)
	defer C.free(p)
	C.ct_host_answer((*C.char)(p), C.size_t(len(reply)), C.int(errno))
}

// HostCall is a call that the module has made.
type HostCall struct {
	Args  []string
	Flags string
}

// HostCalls are the calls since HostAnswer.
func HostCalls() (calls []HostCall) {
	var b C.struct_ct_buf
	C.ct_host_calls(&b)
	for raw := taken(&b); len(raw) > 0; {
		var c HostCall
		for binary.NativeEndian.Uint32(raw) != 1<<32-1 {
			c.Args = append(c.Args, item(&raw))
		}
		raw = raw[4:]
		c.Flags = item(&raw)
		calls = append(calls, c)
	}
	return calls
}

// HostCommandDocs is the documentation that the server was given of a command, as a text: all of its
// strings in angle brackets, numbers between them.
func HostCommandDocs(name string) string {
	p := C.CString(name)
	defer C.free(unsafe.Pointer(p))
	return C.GoString(C.ct_host_info(p))
}

// HostValue is a value of a data type.
type HostValue uint64

// HostTypeLoad has a data type load a value, in an encoding. failed tells whether the file
// turned out to be damaged, or was read beyond its end.
func HostTypeLoad(name string, encver int, file []byte) (v HostValue, failed bool) {
	io := typeIO(name)
	defer freeTypeIO(io)
	io.encver, io.bytes, io.n = C.int(encver), (*C.char)(C.CBytes(file)), C.size_t(len(file))
	ServerRun(&Job{Fn: addr(C.ct_host_type_load), Args: [6]uint64{uint64(uintptr(unsafe.Pointer(io)))}})
	return HostValue(io.value), io.failed != 0
}

// HostTypeSave has a data type save a value.
func HostTypeSave(name string, v HostValue) []byte {
	io := typeIO(name)
	defer freeTypeIO(io)
	io.value = C.word(v)
	ServerRun(&Job{Fn: addr(C.ct_host_type_save), Args: [6]uint64{uint64(uintptr(unsafe.Pointer(io)))}})
	return taken(&io.out)
}

// HostTypeFree has a data type free a value.
func HostTypeFree(name string, v HostValue) {
	io := typeIO(name)
	defer freeTypeIO(io)
	io.value = C.word(v)
	ServerRun(&Job{Fn: addr(C.ct_host_type_free), Args: [6]uint64{uint64(uintptr(unsafe.Pointer(io)))}})
}

func typeIO(name string) *C.struct_ct_host_io {
	io := (*C.struct_ct_host_io)(C.calloc(1, C.sizeof_struct_ct_host_io))
	io._type = C.CString(name)
	return io
}

func freeTypeIO(io *C.struct_ct_host_io) {
	C.free(unsafe.Pointer(io._type))
	C.free(unsafe.Pointer(io.bytes))
	C.free(unsafe.Pointer(io))
}

// packed is arguments in C memory, each behind its length.
func packed(args []string) unsafe.Pointer {
	var b []byte
	for _, a := range args {
		b = append(binary.NativeEndian.AppendUint32(b, uint32(len(a))), a...)
	}
	return C.CBytes(b)
}

func item(raw *[]byte) string {
	n := binary.NativeEndian.Uint32(*raw)
	s := string((*raw)[4 : 4+n])
	*raw = (*raw)[4+n:]
	return s
}

func taken(b *C.struct_ct_buf) []byte {
	defer C.ct_buf_free(b)
	return C.GoBytes(unsafe.Pointer(b.p), C.int(b.len))
}
