// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm && !race

package redismodule_test

import (
	"runtime"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	rm "github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/ctest"
)

// TestGatesAllocateNothing counts the allocations of one call of each class.
func TestGatesAllocateNothing(t *testing.T) {
	r, f := ctest.AddrRecord(), ctest.AddrRecordF()
	functions := api{
		"ScanCursorCreate": r, "KeyType": r, "Realloc": r, "OpenKey": r, "DictGetC": r, "BlockClient": r, "GetClusterNodeInfo": r,
		"BlockClientOnKeys": r, "HashGet": r, "StreamAdd": r, "ZsetAdd": r, "CallReplyDouble": f, "ReplyWithDouble": r,
		"LoadLongDouble": ctest.AddrLDRet(), "Log": r, "ServerInfoGetFieldDouble": f, "SetModuleUserACL": r,
	}
	format := unsafe.StringData("format\x00")
	calls := map[string]func(){
		"0 words":             func() { rm.ScanCursorCreate() },
		"1 word":              func() { rm.KeyType(1) },
		"2 words":             func() { rm.Realloc(1, 2) },
		"2 words, slow lane":  func() { rm.SetModuleUserACL(1, format) },
		"3 words":             func() { rm.OpenKey(1, 2, 3) },
		"4 words":             func() { rm.DictGetC(1, nil, 2, nil) },
		"5 words":             func() { rm.BlockClient(1, 2, 3, 4, 5) },
		"5 words, slow lane":  func() { rm.StreamAdd(1, 2, nil, nil, 5) },
		"6 words":             func() { rm.GetClusterNodeInfo(1, nil, nil, nil, nil, nil) },
		"8 words":             func() { rm.BlockClientOnKeys(1, 2, 3, 4, 5, nil, 7, 8) },
		"variadic":            func() { rm.HashGet(1, 2, 3, 4, 5, 6, 7, 8, 9, 10) },
		"variadic, slow lane": func() { rm.Log(1, format, format, 3, 4) },
		"double":              func() { rm.ReplyWithDouble(1, 2.5) },
		"double, slow lane":   func() { rm.ZsetAdd(1, 2.5, 3, nil) },
		"long double":         func() { _ = rm.LoadLongDouble(1) },
		"double result":       func() { _ = rm.CallReplyDouble(1) },
		"Has":                 func() { _ = rm.Has(rm.FnKeyType) },
		"pointers into the stack": func() {
			var key [8]byte
			var no int32
			rm.DictGetC(1, unsafe.Pointer(&key), 8, &no)
			_ = rm.ServerInfoGetFieldDouble(1, &key[0], &no)
		},
	}
	everywhere(t, functions, func(t *testing.T) {
		for what, call := range calls {
			require.Zero(t, testing.AllocsPerRun(100, call), what)
		}
	})
}

// TestCallbacksAllocateNothing makes 100,000 calls on the server's thread.
func TestCallbacksAllocateNothing(t *testing.T) {
	eachMode(t, api{"KeyType": ctest.AddrSum(1)}, func(t *testing.T, s *server) {
		sum := uintptr(0)
		plain := s.callback(t, func(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
			sum += a0
			return a0
		}, nil)
		withGate := s.callback(t, func(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
			return uintptr(rm.KeyType(rm.Key(a0)))
		}, func(_, _ uintptr, _ rm.Failure) uintptr { return 0 })
		nested := s.callback(t, func(a0, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
			return uintptr(callC(a1, a0))
		}, nil)
		command := s.command(t, func(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
			sum += a0
			return a0
		}, func(_, _ uintptr, _ rm.Failure) uintptr { return 0 })
		for what, job := range map[string]*ctest.Job{
			"command": {Fn: ctest.AddrLoopCounting(), Args: [6]uint64{uint64(command), 100_000}},
			"plain":   {Fn: ctest.AddrLoopCounting(), Args: [6]uint64{uint64(plain), 100_000}},
			"gate":    {Fn: ctest.AddrLoopCounting(), Args: [6]uint64{uint64(withGate), 100_000}},
			"nested":  {Fn: ctest.AddrLoop(), Args: [6]uint64{uint64(nested), 100_000, 5, uint64(plain)}},
			"sleeps":  {Fn: ctest.AddrLoopMixed(), Args: [6]uint64{uint64(plain), 100_000}},
		} {
			run(job) // grows what has to grow
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			run(job)
			runtime.ReadMemStats(&after)
			// A few are the test's own: ServerRun's job.
			require.Less(t, after.Mallocs-before.Mallocs, uint64(100), what)
		}
	})
}
