// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux

package ctest

// #include "fakeserver.h"
import "C"

// Job is a call that the fake server's thread makes. The callee-saved registers
// are checked around it.
type Job struct {
	Fn   uintptr
	Args [6]uint64
	// Result is what the function returned, Lost the registers that it did not
	// preserve (see [FillAndCall]).
	Result, Lost uint64
}

// ServerRun runs jobs on the fake server's thread, one after another and without
// sleep in between, waits for the last and fills in their results. The first call
// starts the thread, which has a stack of 8 MiB and lives as long as the process.
// When it has nothing to do, it fires the event-loop event for before-sleep,
// sleeps, and fires the one for after-sleep when it wakes up. Any goroutine may
// call it, except from inside a job.
func ServerRun(jobs ...*Job) { serverRun(0, jobs) }

// ServerRunAsleep is ServerRun for what happens while the server sleeps: between
// the two events.
func ServerRunAsleep(jobs ...*Job) { serverRun(1, jobs) }

func serverRun(asleep C.int, jobs []*Job) {
	if len(jobs) == 0 {
		return
	}
	all := make([]C.struct_ct_job, len(jobs))
	for i, j := range jobs {
		all[i] = *newJob(j.Fn, j.Args)
	}
	C.ct_server_run(&all[0], C.int(len(all)), asleep)
	for i, j := range jobs {
		j.Result, j.Lost = uint64(all[i].result), uint64(all[i].mask)
	}
}

// ServerCounts returns how many turns the fake server's event loop has made, and
// which registers any job or event callback has lost since the process began.
func ServerCounts() (turns, lost uint64) {
	var t, l C.word
	C.ct_server_counts(&t, &l)
	return uint64(t), uint64(l)
}

// ServerThreadID returns what the function at [AddrThreadID] gives on the fake
// server's thread, 0 before the first [ServerRun].
func ServerThreadID() uint64 { return uint64(C.ct_server_thread_id()) }

// ServerCallback returns the C callback that is subscribed to an event, or 0.
func ServerCallback(event uint64) uintptr { return uintptr(C.ct_server_callback(C.word(event))) }

// Storm starts or ends a thread that sends the fake server's thread the signal by
// which Go preempts, all the time.
func Storm(on bool) {
	n := C.int(0)
	if on {
		n = 1
	}
	C.ct_storm(n)
}

// StormSignals is how many it has sent.
func StormSignals() uint64 { return uint64(C.ct_storm_signals()) }

// AddrServerSubscribe is the server's SubscribeToServerEvent.
func AddrServerSubscribe() uintptr { return addr(C.ct_server_subscribe) }

// AddrServerOneShot is the server's EventLoopAddOneShot.
func AddrServerOneShot() uintptr { return addr(C.ct_server_one_shot) }

// AddrPaused is the server's AvoidReplicaTraffic, which answers what SetPaused has said.
func AddrPaused() uintptr { return addr(C.ct_paused) }

// SetPaused pauses the writes of the fake server's clients.
func SetPaused(yes bool) {
	n := C.int(0)
	if yes {
		n = 1
	}
	C.ct_set_paused(n)
}

// AddrServerSupports is the server's IsSubEventSupported, which knows the
// events of the loop and of loading only.
func AddrServerSupports() uintptr { return addr(C.ct_server_supports) }

// AddrServerFire is uint64_t fire(uint64_t event, uint64_t subevent), which calls
// the callback that is subscribed to the event.
func AddrServerFire() uintptr { return addr(C.ct_server_fire) }

// AddrServerOnLoad is uint64_t onload(void), which calls RedisModule_OnLoad with
// the context of [Context]. The program must contain internal/cgate.
func AddrServerOnLoad() uintptr { return addr(C.ct_server_onload) }

// AddrServerOnUnload is uint64_t onunload(void), which calls RedisModule_OnUnload.
func AddrServerOnUnload() uintptr { return addr(C.ct_server_onunload) }

// AddrCallOnHighStack is like [AddrCallOnSigstack], with a signal stack that lies
// at higher addresses than the stack of the fake server's thread, on which it must
// be called.
func AddrCallOnHighStack() uintptr { return addr(C.ct_call_on_high_stack) }
