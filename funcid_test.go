// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule_test

import (
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	rm "github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
	"github.com/iredismodule/redismodule/internal/ctest"
)

// loadNames fills the table from a server that knows full names.
func loadNames(names map[string]uintptr) int {
	ctest.ClearAPI()
	for name, fn := range names {
		ctest.SetAPI(name, fn)
	}
	return core.Load(ctest.AddrGetAPI())
}

func TestLoadNames(t *testing.T) {
	n := loadNames(map[string]uintptr{
		// Both: the first name wins.
		"RedisModule_KeyType": ctest.AddrSum(1), "ValkeyModule_KeyType": ctest.AddrNoop(),
		// One of them.
		"RedisModule_ValueLength": ctest.AddrSum(1),
		"ValkeyModule_CloseKey":   ctest.AddrSum(1),
		// Names that no function has.
		"KeyExists": ctest.AddrNoop(), "RedisModule_keyexists": ctest.AddrNoop(), "RedisModule_KeyExists2": ctest.AddrNoop(),
	})
	core.Begin("")
	require.Equal(t, 3, n)
	require.True(t, rm.Has(rm.FnKeyType))
	require.True(t, rm.Has(rm.FnValueLength))
	require.True(t, rm.Has(rm.FnCloseKey))
	require.False(t, rm.Has(rm.FnKeyExists))
	require.False(t, rm.Has(rm.FuncID(rm.Funcs())))
	require.False(t, rm.Has(^rm.FuncID(0)))
	require.EqualValues(t, int32(ctest.SumWant(5)), rm.KeyType(5))
	require.EqualValues(t, ctest.SumWant(6), rm.ValueLength(6))
	found, missed := ctest.Lookups()
	require.Equal(t, n, found)
	// Two names for each function that is not there, one for each with the second
	// name, and the question whether this is Valkey.
	require.Equal(t, 2*(rm.Funcs()-n)+1+1, missed)

	// A load starts from nothing.
	require.Equal(t, 1, loadNames(map[string]uintptr{"RedisModule_KeyExists": ctest.AddrSum(2)}))
	require.False(t, rm.Has(rm.FnKeyType))
	require.True(t, rm.Has(rm.FnKeyExists))
	require.Equal(t, 0, loadNames(nil))
}

// TestLoadKeepsFunctions: a goroutine that calls functions while they are looked up
// again, as one that outlived an unload, misses none for a moment.
func TestLoadKeepsFunctions(t *testing.T) {
	names := map[string]uintptr{}
	for id := range rm.FuncID(rm.Funcs()) {
		names["RedisModule_"+id.Name()] = ctest.AddrSum(1)
	}
	require.Equal(t, rm.Funcs(), loadNames(names))
	core.Begin("")
	var missed, looked atomic.Int64
	var stop atomic.Bool
	var group sync.WaitGroup
	group.Go(func() {
		for !stop.Load() {
			for id := range rm.FuncID(rm.Funcs()) {
				if !rm.Has(id) {
					missed.Add(1)
				}
			}
			looked.Add(1)
			runtime.Gosched() // with gccheckmark the runtime cannot stop a loop that calls nothing
		}
	})
	for loads := 0; loads < 50 || looked.Load() < 1000; loads++ {
		require.Equal(t, rm.Funcs(), core.Load(ctest.AddrGetAPI()))
	}
	stop.Store(true)
	group.Wait()
	require.Zero(t, missed.Load())
	require.Zero(t, loadNames(nil))
}

func TestIsValkey(t *testing.T) {
	alloc := ctest.AddrSum(1)
	loadNames(map[string]uintptr{"RedisModule_Alloc": alloc})
	require.False(t, rm.IsValkey())
	loadNames(map[string]uintptr{"RedisModule_Alloc": alloc, "ValkeyModule_Alloc": alloc})
	require.True(t, rm.IsValkey())
	loadNames(nil)
	require.False(t, rm.IsValkey())
}

func TestFuncID(t *testing.T) {
	require.Equal(t, "KeyType", rm.FnKeyType.Name())
	require.Equal(t, "KeyType", rm.FnKeyType.String())
	redis, valkey := rm.FnKeyType.Since()
	require.Equal(t, []string{"4.0", "7.2"}, []string{redis, valkey})
	none := rm.FuncID(rm.Funcs())
	require.Equal(t, "FuncID(418)", none.Name())
	redis, valkey = none.Since()
	require.Equal(t, []string{"-", "-"}, []string{redis, valkey})

	seen := map[string]bool{}
	for id := range rm.FuncID(rm.Funcs()) {
		require.NotEmpty(t, id.Name())
		require.False(t, seen[id.Name()], id.Name())
		seen[id.Name()] = true
	}
	for name := range rawFunctions {
		require.True(t, seen[cName(name)], name)
	}
}

// TestMissing calls every function of a server that has hardly one. Each must
// panic with its own name, before anything else happens; without a server they say so.
func TestMissing(t *testing.T) {
	ids := map[string]rm.FuncID{}
	for id := range rm.FuncID(rm.Funcs()) {
		ids[id.Name()] = id
	}
	callAll := func(t *testing.T, except ...string) {
		for name := range rawFunctions {
			if len(except) > 0 && (name == except[0] || name == except[1] || name == except[2]) {
				continue
			}
			p := newProbe(name, 0)
			v := recovered(func() { p.fn.Call(p.in) })
			require.Equal(t, &rm.UnsupportedError{Func: ids[cName(name)]}, v, name)
			require.ErrorContains(t, v.(error), "RedisModule_"+cName(name)+" ")
		}
	}
	for _, mode := range modes() {
		t.Run("mode="+mode.String(), func(t *testing.T) {
			require.Equal(t, 1, loadNames(map[string]uintptr{"RedisModule_Alloc": ctest.AddrNoop()}))
			core.Begin(portableReason(mode))
			callAll(t, "Alloc", "", "")
			require.Zero(t, loadNames(nil))
			require.Equal(t, &rm.OutsideError{Func: rm.FnAlloc}, recovered(func() { rm.Alloc(1) }))
		})
	}
	t.Run("server", func(t *testing.T) {
		s := load(t, best(), nil)
		s.do(t, func() { callAll(t, "SubscribeToServerEvent", "IsSubEventSupported", "Call") })
		// Nobody recovers: the callback fails, the server goes on.
		f := s.try(t, func() { rm.ReplyWithNull(1) })[0]
		require.NotNil(t, f)
		require.Equal(t, &rm.UnsupportedError{Func: rm.FnReplyWithNull}, f.Value)
		require.Contains(t, string(f.Stack), "redismodule.ReplyWithNull")
		s.do(t, func() {})
	})
}

func recovered(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

func TestUnsupportedError(t *testing.T) {
	err := &rm.UnsupportedError{Func: rm.FnReplyRaw}
	require.Equal(t, "redismodule: this server has no RedisModule_ReplyRaw (since Redis -, Valkey -)", err.Error())
	err = &rm.UnsupportedError{Func: rm.FnKeyType}
	require.Equal(t, "redismodule: this server has no RedisModule_KeyType (since Redis 4.0, Valkey 7.2)", err.Error())
}

func TestKnownRuntime(t *testing.T) {
	for version, want := range map[string]bool{
		"go1.26": true, "go1.26.8": true, "go1.26rc1": true, "go1.27": true, "go1.27.3": true, "go1.26.8 X:nodwarf5": true,
		"go1.26-custom": true, "go1.27 X:synctest": true,
		"go1.25.3": false, "go1.28": false, "go1.260": false, "go1.2": false, "go1.29.1": false, "devel go1.27-abcdef": false, "": false,
	} {
		require.Equal(t, want, rm.KnownRuntime(version), version)
	}
}

func TestCheckRuntime(t *testing.T) {
	// On a goroutine's small stack, on a grown one, and on many goroutines.
	done := make(chan string)
	for range 50 {
		go func() {
			grow(200_000)
			runtime.LockOSThread() // as Begin's caller is
			defer runtime.UnlockOSThread()
			done <- rm.CheckRuntime()
		}()
	}
	for range 50 {
		require.Empty(t, <-done)
	}
}

func TestModeNames(t *testing.T) {
	require.Equal(t, "portable", rm.ModePortable.String())
	require.Equal(t, "gates", rm.ModeGates.String())
	require.Equal(t, "resident", rm.ModeResident.String())
	require.Equal(t, "unknown", rm.Mode(7).String())
}

func TestTooManyWords(t *testing.T) {
	begin(t, best(), nil)
	args := make([]uintptr, rm.MaxWords-2)
	v := recovered(func() { rm.Call(1, nil, nil, args...) })
	require.Equal(t, "redismodule: Call: 22 variable arguments, at most 21", v)
	for name, fn := range rawFunctions {
		typ := reflect.TypeOf(fn)
		if !typ.IsVariadic() {
			continue
		}
		p := newProbe(name, rm.MaxWords+1-newProbeWords(name))
		require.Contains(t, recovered(func() { p.fn.Call(p.in) }), "variable arguments", name)
	}
}
