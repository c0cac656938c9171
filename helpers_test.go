// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule_test

import (
	"os"
	"runtime/debug"
	"strconv"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	rm "github.com/iredismodule/redismodule"
	_ "github.com/iredismodule/redismodule/internal/cgate"
	"github.com/iredismodule/redismodule/internal/core"
	"github.com/iredismodule/redismodule/internal/ctest"
	"github.com/iredismodule/redismodule/internal/edge"
)

// slow divides the work of long tests: under the race detector, and where the
// caller says so (an emulator).
func slow() int {
	if n, err := strconv.Atoi(os.Getenv("RM_TEST_SLOW")); err == nil && n > 0 {
		return n
	}
	if raceEnabled {
		return 10
	}
	return 1
}

// modes is the modes that this build can have.
func modes() []rm.Mode {
	if rm.ForcedPortable {
		return []rm.Mode{rm.ModePortable}
	}
	return []rm.Mode{rm.ModeResident, rm.ModeGates, rm.ModePortable}
}

// best is the mode that a server with every function gives this build.
func best() rm.Mode { return modes()[0] }

// api is the functions that a fake server has, by the name without prefix.
type api map[string]uintptr

// setAPI fills the table that the fake GetApi looks into.
func setAPI(mode rm.Mode, functions api) {
	ctest.ClearAPI()
	base := api{"SubscribeToServerEvent": ctest.AddrServerSubscribe(), "Call": ctest.AddrInvoke()}
	if mode != rm.ModeGates {
		base["IsSubEventSupported"] = ctest.AddrServerSupports()
	}
	for _, list := range []api{base, functions} {
		for name, fn := range list {
			ctest.SetAPI("RedisModule_"+name, fn)
		}
	}
}

// portableReason is what Begin is told.
func portableReason(mode rm.Mode) string {
	if mode == rm.ModePortable {
		return "the test asks for it"
	}
	return ""
}

// theServer is the fake server. Its thread lives as long as the process, so there
// is one; tests that use it do not run in parallel.
var theServer server

type server struct {
	mu     sync.Mutex
	runner rm.CFunc
	tasks  map[uintptr]*task
	lastID uintptr
	loaded bool
	// onLoad, when not nil, runs inside OnLoad, before Settle.
	onLoad func()
	load   func(ctx, getAPI uintptr) (int, bool)
}

// Set once: the race detector does not see what orders the loads.
func init() {
	edge.OnLoad = func(ctx, _ uintptr, _ int, getAPI uintptr) (int, bool) {
		theServer.mu.Lock()
		defer theServer.mu.Unlock()
		return theServer.load(ctx, getAPI)
	}
}

// task is Go code for the server's thread, and what came of it.
type task struct {
	run     func()
	failure *rm.Failure
}

// load loads the "module" into the fake server and unloads it when the test ends.
func load(t testing.TB, mode rm.Mode, functions api) *server {
	t.Helper()
	s := &theServer
	s.mu.Lock()
	require.False(t, s.loaded, "the server is in use")
	s.mu.Unlock()
	setAPI(mode, functions)
	s.reload(t, mode)
	t.Cleanup(func() { s.unload(t) })
	return s
}

// reload loads it once more, after unload.
func (s *server) reload(t testing.TB, mode rm.Mode) {
	t.Helper()
	why := ""
	s.tasks = map[uintptr]*task{}
	s.mu.Lock()
	s.load = func(ctx, getAPI uintptr) (int, bool) {
		core.Load(getAPI)
		if !core.Begin(portableReason(mode)) {
			return edge.LoadOrdinary, false
		}
		if s.onLoad != nil {
			s.onLoad()
		}
		var err error
		if s.runner, err = rm.NewCallback(s.runTask, s.taskFailed); err != nil {
			why = err.Error()
			return 1, false
		}
		onUnload, err := rm.NewCallback(func(ctx, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
			// The lock orders what this goroutine did before what others do
			// afterwards, which the race detector cannot know otherwise.
			s.mu.Lock()
			s.loaded = false
			s.mu.Unlock()
			return core.Unload(rm.Ctx(ctx))
		}, nil)
		if err != nil {
			why = err.Error()
			return 1, false
		}
		edge.SetUnload(uintptr(onUnload))
		if err := core.Settle(rm.Ctx(ctx)); err != nil {
			why = err.Error()
			return 1, false
		}
		s.loaded = true
		got, _ := rm.CurrentMode()
		return 0, got == rm.ModeResident
	}
	s.mu.Unlock()
	j := &ctest.Job{Fn: ctest.AddrServerOnLoad()}
	ctest.ServerRun(j)
	require.Zero(t, j.Result, "OnLoad: %s", why)
	requireIntact(t, j.Lost)
	s.do(t, func() {
		got, why := rm.CurrentMode()
		require.Equal(t, mode, got, why)
		require.Equal(t, mode == rm.ModeResident, core.Resident())
	})
}

// unload calls the server's side of MODULE UNLOAD, when something is loaded.
func (s *server) unload(t testing.TB) {
	t.Helper()
	s.mu.Lock()
	loaded := s.loaded
	s.mu.Unlock()
	if !loaded {
		return
	}
	j := &ctest.Job{Fn: ctest.AddrServerOnUnload()}
	ctest.ServerRun(j)
	require.Zero(t, j.Result)
	requireIntact(t, j.Lost)
	require.False(t, rm.HasResident())
	if raceEnabled {
		// Unload ended without a word to the race detector; an ordinary callback
		// on its thread says it.
		ctest.SetGoCallback(func([6]uint64) uint64 { return 0 })
		run(&ctest.Job{Fn: ctest.AddrGoCallback()})
	}
	_, lost := ctest.ServerCounts()
	requireIntact(t, lost)
}

func (s *server) runTask(id, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	s.mu.Lock()
	k := s.tasks[id]
	s.mu.Unlock()
	k.run()
	s.mu.Lock()
	defer s.mu.Unlock()
	return 1000 + id
}

func (s *server) taskFailed(id, _ uintptr, f rm.Failure) uintptr {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tasks[id].failure = &f
	return 2000 + id
}

// try runs functions on the server's thread, in one turn of its event loop, each
// as a callback of its own, and returns how they failed.
func (s *server) try(t testing.TB, run ...func()) []*rm.Failure {
	t.Helper()
	jobs := make([]*ctest.Job, len(run))
	ids := make([]uintptr, len(run))
	s.mu.Lock()
	for i, f := range run {
		s.lastID++
		ids[i] = s.lastID
		s.tasks[s.lastID] = &task{run: f}
		jobs[i] = &ctest.Job{Fn: uintptr(s.runner), Args: [6]uint64{uint64(s.lastID)}}
	}
	s.mu.Unlock()
	ctest.ServerRun(jobs...)
	s.mu.Lock()
	defer s.mu.Unlock()
	failures := make([]*rm.Failure, len(run))
	for i, j := range jobs {
		failures[i] = s.tasks[ids[i]].failure
		delete(s.tasks, ids[i])
		requireIntact(t, j.Lost)
		want := 1000 + ids[i]
		if failures[i] != nil {
			want += 1000
		}
		require.EqualValues(t, want, j.Result)
	}
	return failures
}

// do is try for functions that must not fail. They may call t.FailNow.
func (s *server) do(t testing.TB, run ...func()) {
	t.Helper()
	for _, f := range s.try(t, run...) {
		switch {
		case f == nil:
		case f.Goexit && t.Failed():
			t.FailNow()
		default:
			t.Fatalf("failed: %v, Goexit %t\n%s", f.Value, f.Goexit, f.Stack)
		}
	}
}

// run makes calls on the server's thread, in one turn of its event loop.
func run(jobs ...*ctest.Job) {
	order()
	ctest.ServerRun(jobs...)
	order()
}

// order tells the race detector what the server's thread sees to: that a call
// comes after what its caller did before, and before what it does next. The fast
// way into Go does not say so, as the ordinary one does.
func order() {
	if raceEnabled {
		theServer.mu.Lock()
		defer theServer.mu.Unlock()
	}
}

// ordered is fn with that.
func ordered(fn rm.Callback, failed rm.Failed) (rm.Callback, rm.Failed) {
	if !raceEnabled {
		return fn, failed
	}
	if failed != nil {
		inner := failed
		failed = func(a0, a1 uintptr, f rm.Failure) uintptr {
			order()
			defer order()
			return inner(a0, a1, f)
		}
	}
	return func(a0, a1, a2, a3, a4, a5 uintptr, more unsafe.Pointer) uintptr {
		order()
		defer order()
		return fn(a0, a1, a2, a3, a4, a5, more)
	}, failed
}

// callback registers a callback on the server's thread.
func (s *server) callback(t testing.TB, fn rm.Callback, failed rm.Failed) (f rm.CFunc) {
	t.Helper()
	fn, failed = ordered(fn, failed)
	s.do(t, func() {
		var err error
		f, err = rm.NewCallback(fn, failed)
		require.NoError(t, err)
	})
	return f
}

// requireReleased waits until the idle server has let go of the resident
// goroutine. In the other modes there is none.
func (s *server) requireReleased(t testing.TB) {
	t.Helper()
	if !rm.HasResident() {
		return
	}
	// Jobs run between the two events find the server as it sleeps.
	ctest.ServerRunAsleep(&ctest.Job{Fn: ctest.AddrNoop()})
	require.True(t, rm.Released())
}

// callC calls a C function as a server function that may call back: through the
// gate on the resident goroutine, through cgo elsewhere.
func callC(fn uintptr, args ...uintptr) uint64 {
	return uint64(rm.Call(rm.Ctx(fn), nil, nil, args...))
}

// callChecked is callC with a look at the callee-saved registers around fn.
func callChecked(t testing.TB, fn uintptr, args ...uint64) uint64 {
	var a [6]uint64
	copy(a[:], args)
	b := ctest.NewBlock(fn, a)
	defer b.Free()
	callC(ctest.AddrBlockChecked(), b.Addr())
	requireIntact(t, b.Lost())
	return b.Result()
}

func requireIntact(t testing.TB, lost uint64) {
	t.Helper()
	require.Empty(t, ctest.LostNames(lost), "registers not preserved")
}

// eachMode runs a test in every mode that this build has.
func eachMode(t *testing.T, functions api, test func(t *testing.T, s *server)) {
	for _, mode := range modes() {
		t.Run("mode="+mode.String(), func(t *testing.T) {
			s := load(t, mode, functions)
			test(t, s)
			s.requireReleased(t)
		})
	}
}

// within ends the process with all stacks when f does not end in time: a server
// that hangs could not be unloaded either.
func within(t testing.TB, limit time.Duration, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(limit):
		debug.SetTraceback("all")
		panic(t.Name() + ": not done after " + limit.String())
	}
}

// grow uses about n bytes of the goroutine's stack and returns a sum that depends
// on all of it.
//
//go:noinline
func grow(n int) uint64 {
	var pad [1000]byte
	pad[n%len(pad)] = byte(n)
	if n <= len(pad) {
		return uint64(pad[n%len(pad)])
	}
	return grow(n-len(pad)) + uint64(pad[n%len(pad)])
}

// growWant is what grow gives.
func growWant(n int) (sum uint64) {
	for ; n > 1000; n -= 1000 {
		sum += uint64(byte(n))
	}
	return sum + uint64(byte(n))
}
