// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule_test

import (
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	rm "github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
	"github.com/iredismodule/redismodule/internal/ctest"
)

// A program of entries is a tree: calls of a callback, and what each does inside. It is run, and
// predicted from the table of states (docs/STATES.md).

// entryWay is how C comes to call the callback.
type entryWay byte

const (
	byServer    entryWay = iota // the server's thread, nothing of ours below
	byGate                      // below a gate of a handler
	byForeign                   // below a foreign cgo call
	byCoroutine                 // below a call of a coroutine on the same thread
	byThread                    // another thread
	byGoroutine                 // a goroutine beside
	bySignal                    // on the signal stack
	byFork                      // a forked child
	entryWays
)

// entryStep is what a callback does beside calls.
type entryStep byte

const (
	stepGC entryStep = iota
	stepYield
	stepSleep
	stepPark
	stepGrow
	stepBeforeSleep
	stepAfterSleep
	stepLoading
	stepBusy
	stepRecover
	stepGate
	stepUnload
	stepReplace // a callback that is made and dropped
	stepSignals // from here on there is a storm of SIGURG
	entrySteps
)

// entryEnd is how it ends.
type entryEnd byte

const (
	endReturn entryEnd = iota
	endPanic
	endGoexit
	endNil // dereferenced
	entryEnds
)

type entry struct {
	id    int
	way   entryWay
	end   entryEnd
	late  bool // a deferred function makes an entry, and panics when it ends by Goexit
	steps []entryAct
}

// lateFrom is the byte from which on an end is a late one.
const lateFrom = 200

// entryAct is a step, or a call.
type entryAct struct {
	step entryStep
	call *entry
}

// entryProgram reads a program. Each byte string is one, of at most 40 calls.
type entryProgram struct {
	rest    []byte
	mode    rm.Mode
	entries []*entry
}

func (p *entryProgram) take() byte {
	if len(p.rest) == 0 {
		return 0
	}
	b := p.rest[0]
	p.rest = p.rest[1:]
	return b
}

// call reads a call. child: it runs in a forked child, where only what never waits may be done.
func (p *entryProgram) call(way entryWay, depth int, child, slow bool) *entry {
	b := p.take()
	e := &entry{id: len(p.entries), way: way, end: entryEnd(b) % entryEnds, late: b >= lateFrom}
	if child {
		e.end = endReturn // another end is the child's end
	}
	p.entries = append(p.entries, e)
	for n := p.take() % 6; n > 0 && len(p.rest) > 0; n-- {
		b := p.take()
		if b&1 == 0 || depth == 0 || len(p.entries) >= 40 {
			step := entryStep(b>>1) % entrySteps
			if child && step != stepGrow && step != stepRecover && step != stepGate {
				step = stepGrow
			}
			e.steps = append(e.steps, entryAct{step: step})
			continue
		}
		way := entryWay(b>>1) % entryWays
		switch {
		case way == byServer, child && way != byGate && way != byForeign:
			way = byGate
		case way == byFork && (slow || p.mode != rm.ModeResident), // only the server forks, and Go runs in no other child
			way == bySignal && (slow || p.mode == rm.ModePortable): // it is known of the server's thread, by the assembly
			way = byGate
		}
		below := slow || way == byForeign || way == byCoroutine || way == byThread || way == byGoroutine
		e.steps = append(e.steps, entryAct{call: p.call(way, depth-1, child || way == byFork, below)})
	}
	return e
}

// value and failedValue are what C gets from a callback.
func (e *entry) value() uint64       { return uint64(e.id)*3 + 5 }
func (e *entry) failedValue() uint64 { return uint64(e.id)*3 + 6 }

func (e *entry) want(mode rm.Mode) uint64 {
	v := e.value()
	if e.end != endReturn {
		v = e.failedValue()
	}
	switch e.way {
	case bySignal:
		return 0 // C answers; see oddstack.c
	case byFork:
		v &= 0x7f
	}
	return v
}

// predict lists what is to be seen, in order: which callbacks begin, where, and how they end.
// Below a fork nothing is seen, it is another process.
func (e *entry) predict(trace *[]string, mode rm.Mode, resident, main bool) {
	switch e.way {
	case bySignal, byFork:
		return
	case byServer:
		resident, main = mode == rm.ModeResident, true
	case byCoroutine:
		resident = false
	case byThread, byGoroutine:
		resident, main = false, false
	}
	*trace = append(*trace, fmt.Sprintf("%d begins resident=%t main=%t", e.id, resident, main))
	for _, a := range e.steps {
		if a.call != nil {
			a.call.predict(trace, mode, resident, main)
		}
	}
	*trace = append(*trace, fmt.Sprintf("%d ends %d", e.id, e.end))
	if e.end != endReturn {
		*trace = append(*trace, fmt.Sprintf("%d failed Goexit=%t", e.id, e.end == endGoexit && !e.late))
	}
}

// entryRunner runs programs.
type entryRunner struct {
	t       testing.TB
	mode    rm.Mode
	fn      rm.CFunc
	entries []*entry
	ping    chan int
	asleep  bool // the job runs between the two events

	mu    sync.Mutex
	trace []string
	wrong []string
}

func (r *entryRunner) note(list *[]string, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*list = append(*list, fmt.Sprintf(format, args...))
}

// inForkedChild: what is noted there is lost, and locks may be held for ever.
const inForkedChild = 1

// handle is the callback: the number of an entry, and whether this is a child.
func (r *entryRunner) handle(id, child, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	e := r.entries[id]
	resident := core.Resident()
	if child != inForkedChild {
		r.note(&r.trace, "%d begins resident=%t main=%t", id, resident, core.OnServerThread())
	}
	if rm.InSyscall() || resident && rm.Released() {
		r.note(&r.wrong, "%d runs without a P", id)
	}
	var local [32]uintptr // moves with the stack
	for i := range local {
		local[i] = id + uintptr(i)
	}
	for _, a := range e.steps {
		if a.call != nil {
			r.call(a.call, child)
		} else {
			r.step(a.step, resident)
		}
		if core.Resident() != resident || rm.InSyscall() {
			r.note(&r.wrong, "%d: another goroutine behind %+v", id, a)
		}
	}
	for i := range local {
		if local[i] != id+uintptr(i) {
			r.note(&r.wrong, "%d: its stack has changed", id)
		}
	}
	if child == inForkedChild {
		return uintptr(e.value())
	}
	r.note(&r.trace, "%d ends %d", id, e.end)
	if e.late {
		defer func() {
			r.step(stepReplace, resident)
			if e.end == endGoexit {
				panic(id)
			}
		}()
	}
	switch e.end {
	case endPanic:
		panic(id)
	case endGoexit:
		runtime.Goexit()
	case endNil:
		var p *int
		*p = 1
	}
	return uintptr(e.value())
}

func (r *entryRunner) failed(id, _ uintptr, f rm.Failure) uintptr {
	r.note(&r.trace, "%d failed Goexit=%t", id, f.Goexit)
	return uintptr(r.entries[id].failedValue())
}

// call makes the call of an entry inside of a callback.
func (r *entryRunner) call(e *entry, child uintptr) {
	args := [6]uint64{uint64(e.id), uint64(child)}
	var got, lost uint64
	gate := func() {
		b := ctest.NewBlock(uintptr(r.fn), args)
		defer b.Free()
		callC(ctest.AddrBlockChecked(), b.Addr())
		got, lost = b.Result(), b.Lost()
	}
	switch e.way {
	case byGate:
		gate()
	case byForeign:
		got, lost = ctest.FillAndCall(uintptr(r.fn), args)
	case byCoroutine:
		next, stop := iter.Pull(func(yield func(int) bool) {
			gate()
			yield(1)
		})
		next()
		stop()
	case byThread:
		got = ctest.CallOnThread(uintptr(r.fn), args)
	case byGoroutine:
		done := make(chan bool)
		go func() { gate(); close(done) }()
		<-done
	case bySignal:
		got = callC(ctest.AddrCallOnSigstack(), uintptr(r.fn), uintptr(args[0]), uintptr(args[1]))
	case byFork:
		got = callC(ctest.AddrForkAndCall(), uintptr(r.fn), uintptr(e.id), inForkedChild)
	}
	r.check(e, got, lost, child)
}

func (r *entryRunner) check(e *entry, got, lost uint64, child uintptr) {
	if got == e.want(r.mode) && lost == 0 {
		return
	}
	if child == inForkedChild {
		panic("wrong") // which ends the child, with another status
	}
	r.note(&r.wrong, "%d (way %d) returned %#x, want %#x; lost %v", e.id, e.way, got, e.want(r.mode), ctest.LostNames(lost))
}

func (r *entryRunner) step(step entryStep, resident bool) {
	switch step {
	case stepGC:
		runtime.GC()
	case stepYield:
		runtime.Gosched()
	case stepSleep:
		time.Sleep(10 * time.Microsecond)
	case stepPark:
		r.ping <- 1
	case stepGrow:
		if grow(100_000) != growWant(100_000) {
			r.note(&r.wrong, "grow")
		}
	case stepBeforeSleep, stepAfterSleep:
		// The server may announce it at any time, on its thread; but not that it has woken when it
		// sleeps on.
		if resident && !(r.asleep && step == stepAfterSleep) {
			callC(ctest.AddrServerFire(), eventLoop, uintptr(step-stepBeforeSleep))
		}
	case stepLoading:
		if resident {
			callC(ctest.AddrServerFire(), loadingProgress, 0)
		}
	case stepBusy:
		callC(ctest.AddrBusy(), 30)
	case stepRecover:
		func() {
			defer func() { _ = recover() }()
			defer grow(5000)
			panic("recovered")
		}()
	case stepGate:
		if n := uintptr(0x1234567); uintptr(rm.ValueLength(rm.Key(n))) != n+1 {
			r.note(&r.wrong, "a gate's result")
		}
	case stepUnload:
		// Refused below a callback, and everywhere but on the server's thread.
		if r.mode != rm.ModePortable && callC(ctest.AddrServerOnUnload()) == 0 {
			r.note(&r.wrong, "unloaded below a callback")
		}
	case stepReplace:
		fn, err := rm.NewCallback(func(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr { return a0 + 1 }, nil)
		if err != nil || callC(uintptr(fn), 41) != 42 {
			r.note(&r.wrong, "a callback made on the way: %v", err)
		}
		rm.FreeCallback(fn)
	case stepSignals:
		ctest.Storm(true)
	}
}

// What the harness does between jobs.
const (
	topJob = iota
	topAsleep
	topIdle
	topThread
	topGoroutine
	topGC
	topReload
	topFork
	tops
)

// FuzzEntries runs programs of entries in every mode: enter, nested calls, parking, panics, Goexit,
// collections, sleeps, releases, SIGURG, foreign cgo, coroutines, other threads, the signal stack,
// forks, unloading. What each callback sees, what C gets from it and what becomes of the P is what
// the table of states says.
func FuzzEntries(f *testing.F) {
	if raceEnabled {
		f.Skip("it is C that orders the entries on several threads, which the detector does not see")
	}
	for way := range byte(entryWays) {
		for end := range byte(entryEnds) {
			f.Add([]byte{0, topJob, end, 2, way<<1 | 1, 0, 1, byte(stepGC) << 1, byte(stepGrow) << 1})
			f.Add([]byte{way % 3, topJob, lateFrom + end, 1, way<<1 | 1, lateFrom + end, 1, byte(stepGrow) << 1, topJob, 0, 1, byte(stepGC) << 1})
			f.Add([]byte{0, topJob, 0, 1, byte(byGate)<<1 | 1, end, 2, way<<1 | 1, end, 1, byte(stepPark) << 1, byte(stepBeforeSleep) << 1, topReload, topAsleep, end, 1, way<<1 | 1})
		}
	}
	for step := range byte(entrySteps) {
		f.Add([]byte{0, topJob, 0, 5, step << 1, byte(byGate)<<1 | 1, 1, 2, step << 1, byte(stepBusy) << 1, step << 1, byte(stepGC) << 1, topIdle, topGoroutine, 0, 1, step << 1, topThread, 1, 1, step << 1})
		f.Add([]byte{1, topAsleep, 0, 2, step << 1, step << 1, topFork, 0, 2, step << 1, 1, topFork, 0, 1, 1, topGC})
		f.Add([]byte{2, topAsleep, 0, 2, step << 1, step << 1, topReload, topJob, 2, 1, step << 1})
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 300 {
			t.Skip("long")
		}
		p := &entryProgram{rest: b}
		mode := modes()[int(p.take())%len(modes())]
		p.mode = mode
		s := load(t, mode, api{"ValueLength": ctest.AddrClobberAll()})
		r := &entryRunner{t: t, mode: mode, ping: make(chan int)}
		stop := make(chan bool)
		defer close(stop)
		defer ctest.Storm(false)
		go func() {
			for {
				select {
				case <-r.ping:
				case <-stop:
					return
				}
			}
		}()
		register := func() {
			s.do(t, func() {
				var err error
				if mode == rm.ModeResident {
					r.fn, err = rm.NewSaveCallback(r.handle, r.failed)
				} else {
					r.fn, err = rm.NewCallback(r.handle, r.failed)
				}
				require.NoError(t, err)
			})
		}
		register()
		var want []string
		for len(p.rest) > 0 && len(p.entries) < 40 {
			within(t, 100*time.Second, func() { r.top(p, s, &want, register) })
			s.requireReleased(t)
		}
		ctest.Storm(false)
		s.requireReleased(t)
		r.mu.Lock()
		defer r.mu.Unlock()
		require.Empty(t, r.wrong)
		require.Equal(t, strings.Join(want, "\n"), strings.Join(r.trace, "\n"))
	})
}

// top does one thing from outside.
func (r *entryRunner) top(p *entryProgram, s *server, want *[]string, register func()) {
	op := p.take() % tops
	begin := func(way entryWay, child bool) *entry {
		e := p.call(way, 4, child, way != byServer)
		r.entries = slices.Clone(p.entries)
		return e
	}
	switch op {
	case topJob, topAsleep, topFork:
		fork := op == topFork && r.mode == rm.ModeResident
		e := begin(byServer, fork)
		if !fork {
			e.predict(want, r.mode, false, true)
		}
		j := &ctest.Job{Fn: uintptr(r.fn), Args: [6]uint64{uint64(e.id)}}
		if fork {
			e.way = byFork
			j = &ctest.Job{Fn: ctest.AddrForkAndCall(), Args: [6]uint64{uint64(r.fn), uint64(e.id), inForkedChild}}
		}
		if op == topAsleep {
			r.asleep = true
			order()
			ctest.ServerRunAsleep(j)
			order()
			r.asleep = false
		} else {
			run(j)
		}
		r.check(e, j.Result, j.Lost, 0)
	case topIdle:
		run(&ctest.Job{Fn: ctest.AddrNoop()})
	case topThread:
		e := begin(byThread, false)
		e.predict(want, r.mode, false, false)
		r.call(e, 0)
	case topGoroutine:
		e := begin(byGoroutine, false)
		e.predict(want, r.mode, false, false)
		r.call(e, 0)
	case topGC:
		runtime.GC()
	case topReload:
		ctest.Storm(false)
		s.unload(r.t)
		s.reload(r.t, r.mode)
		register()
	}
}
