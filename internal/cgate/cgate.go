// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package cgate

/*
#cgo CFLAGS: -O2 -fvisibility=hidden
#cgo linux LDFLAGS: -lpthread

#include <stdlib.h>
#include "cgate.h"
#include "structs.h"
*/
import "C"

import (
	"slices"
	"unsafe"

	"github.com/iredismodule/redismodule/internal/core"
	"github.com/iredismodule/redismodule/internal/edge"
)

func init() {
	edge.CallWords = uintptr(C.rm_call_words)
	edge.CallFloat = uintptr(C.rm_call_float)
	edge.CallLongDouble = uintptr(C.rm_call_long_double)
	edge.StackPointer = uintptr(C.rm_stack_pointer)
	edge.Errno = uintptr(C.rm_errno)
	edge.LongJump = uintptr(C.rm_long_jump())
	edge.JumpBuffer = uintptr(C.rm_jump_buffer())
	// The table is constant C memory of that length.
	edge.Trampolines = unsafe.Slice((*uintptr)(unsafe.Pointer(C.rm_trampolines())), C.RM_TRAMPOLINES)
	edge.CallOut = func(thunk uintptr, call unsafe.Pointer) {
		// The frame is passed as a number: it holds pointers, and it is heap
		// memory that the caller keeps alive.
		C.rm_call_out(C.uintptr_t(thunk), C.uintptr_t(uintptr(call)))
	}
	edge.StackBounds = func() (lo, hi uintptr) {
		var l, h C.uintptr_t
		if C.rm_stack_bounds(&l, &h) != 0 {
			return 0, ^uintptr(0)
		}
		return uintptr(l), uintptr(h)
	}
	edge.ServerStack = func() (lo, hi uintptr) { return uintptr(C.rm_main_lo), uintptr(C.rm_main_hi) }
	edge.OnMainThread = func() bool { return C.rm_on_main_thread() != 0 }
	edge.ForkHooks = func(before, inParent, inChild, refuse, log uintptr) {
		C.rm_fork_hooks(C.uintptr_t(before), C.uintptr_t(inParent), C.uintptr_t(inChild), C.uintptr_t(refuse), C.uintptr_t(log))
	}
	edge.ForkWanted = func(yes bool) {
		var n C.int
		if yes {
			n = 1
		}
		C.rm_fork_wanted(n)
	}
	edge.ServerFork = func(f uintptr) uintptr { return uintptr(C.rm_server_fork(C.uintptr_t(f))) }
	edge.ServerInfo = func(f uintptr) uintptr { return uintptr(C.rm_server_info(C.uintptr_t(f))) }
	edge.ServerSubscribe = func(f uintptr) uintptr { return uintptr(C.rm_server_subscribe(C.uintptr_t(f))) }
	edge.EndChild = uintptr(C.rm_end_child)
	edge.CallbackName = func(i int, name string) {
		text := C.CString(name)
		defer C.free(unsafe.Pointer(text))
		C.rm_callback_name(C.uintptr_t(i), text)
	}
	edge.ForgetCallbackNames = func() { C.rm_callback_name(0, nil) }
	edge.ChildTimeout = func(seconds int) { C.rm_child_timeout(C.int(seconds)) }
	edge.NameThreads = func(module string) {
		name := C.CString(module)
		defer C.free(unsafe.Pointer(name))
		C.rm_threads_name(name)
	}
	edge.CountThreads = func() int { return int(C.rm_count_threads()) }
	edge.LowerPriority = func(nice int) { C.rm_lower_priority(C.int(nice)) }
	edge.InstallSignals = func(lo, hi uintptr) { C.rm_signals_install(C.uintptr_t(lo), C.uintptr_t(hi)) }
	edge.ReleaseOnSignal = func(releaseNow uintptr) { C.rm_signals_release(C.uintptr_t(releaseNow)) }
	for hub := range C.int(C.RM_HUBS) {
		edge.Hubs = append(edge.Hubs, uintptr(C.rm_hub(hub)))
	}
	edge.HubSet = func(hub int, fn uintptr) { C.rm_hub_set(C.int(hub), C.uintptr_t(fn)) }
	edge.HubSettle = func(window, hurried, pending, woken unsafe.Pointer, release, drain uintptr) {
		// They are variables of the Go program, which do not move and hold no pointers.
		C.rm_hub_settle(window, hurried, pending, woken, C.uintptr_t(release), C.uintptr_t(drain))
	}
	edge.Releases = func() uint64 { return uint64(C.rm_releases) }
	edge.LoopWoken = uintptr(C.rm_loop_woken)
	edge.OddStack = uintptr(C.rm_odd_stack)
	edge.OddStackSettle = func(log, reply uintptr, commands unsafe.Pointer) {
		C.rm_odd_stack_settle(C.uintptr_t(log), C.uintptr_t(reply), commands)
	}
	edge.SetIdle = func(fn uintptr) { C.rm_set_idle(C.uintptr_t(fn)) }
	edge.ForgetMainThread = func() { C.rm_forget_main_thread() }
	edge.WrongLane = uintptr(C.rm_wrong_lane)
	edge.GuardNames = guardNames
	edge.Replay = uintptr(C.rm_replay)
	edge.ReplySlice = uintptr(C.rm_reply_slice)
	edge.HashGet = uintptr(C.rm_hash_get)
	edge.HashSet = uintptr(C.rm_hash_set)
	edge.HashDelete = uintptr(C.rm_hash_delete)
	edge.ReplyHandles = uintptr(C.rm_reply_handles)
	edge.ReplyViews = uintptr(C.rm_reply_views)
	edge.ZSetInPlace = uintptr(C.rm_zset_in_place)
	edge.ZSetFree = uintptr(C.rm_zset_free)
	edge.ReadZset = uintptr(C.rm_read_zset)
	edge.ReadStream = uintptr(C.rm_read_stream)
	edge.ReadKeys = uintptr(C.rm_read_keys)
	edge.FreeStrings = uintptr(C.rm_free_strings)
	edge.EngineFree = uintptr(C.rm_engine_free)
	edge.EngineMemory = uintptr(C.rm_engine_memory())
	edge.EngineFreed = (*uintptr)(C.rm_engine_freed())
	edge.EngineAsk = func(fn uintptr) { C.rm_engine_ask(C.uintptr_t(fn)) }
	edge.BatchAPI = func(functions []uintptr) {
		C.rm_batch_api((*C.uintptr_t)(unsafe.Pointer(&functions[0])))
	}
	edge.StructAPI = func(functions []uintptr) {
		C.rm_struct_functions((*C.uintptr_t)(unsafe.Pointer(&functions[0])))
	}
	edge.StructNew = func(name string, version int, size uintptr, fields unsafe.Pointer, n int) []uintptr {
		text := C.CString(name)
		defer C.free(unsafe.Pointer(text))
		list := C.rm_struct_new(text, C.int(version), C.uint64_t(size), C.uint64_t(n), (*C.struct_rm_struct_field)(fields))
		if list == nil {
			return nil
		}
		// C's own memory, which stays as it is until the next call.
		return slices.Clone(unsafe.Slice((*uintptr)(unsafe.Pointer(list)), 1+C.RM_STRUCT_CALLBACKS))
	}
	edge.ResidentParked = func(state [4]uintptr, none [3]uintptr, load, release uintptr) {
		C.rm_resident_parked((*C.uintptr_t)(unsafe.Pointer(&state[0])), (*C.uintptr_t)(unsafe.Pointer(&none[0])), C.uintptr_t(load), C.uintptr_t(release))
	}
	edge.BuildID = func() string { return C.GoString(C.rm_build_id()) }
	edge.SetUnload = func(callback uintptr) { C.rm_set_unload(C.uintptr_t(callback)) }
}

// guardNames copies the API functions' names to C, once.
func guardNames(names []string, log uintptr) {
	if namesTable == nil {
		table := (*[1 << 16]*C.char)(C.calloc(C.size_t(len(names)), C.size_t(unsafe.Sizeof((*C.char)(nil)))))
		for i, n := range names {
			table[i] = C.CString(n) // lives as long as the process
		}
		namesTable = unsafe.Pointer(table)
	}
	C.rm_guard_names((**C.char)(namesTable), C.uintptr_t(len(names)), C.uintptr_t(log))
}

var namesTable unsafe.Pointer

//export redismoduleOnLoad
func redismoduleOnLoad(ctx, argv unsafe.Pointer, argc C.int, getAPI C.uintptr_t) C.int {
	if edge.OnLoad == nil {
		return 1
	}
	status, park := edge.OnLoad(uintptr(ctx), uintptr(argv), int(argc), uintptr(getAPI))
	if park {
		core.Park()
	}
	return C.int(status)
}

//export redismoduleCallback
func redismoduleCallback(index, a0, a1, a2, a3, a4, a5 C.uintptr_t, more unsafe.Pointer) C.uintptr_t {
	return C.uintptr_t(core.Enter(uintptr(index), uintptr(a0), uintptr(a1), uintptr(a2), uintptr(a3), uintptr(a4), uintptr(a5), more))
}
