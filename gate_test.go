// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule_test

import (
	"math"
	"runtime"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	rm "github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/ctest"
)

// everywhere runs a test of the gates on each goroutine and in each mode where
// the way to C differs.
func everywhere(t *testing.T, functions api, test func(t *testing.T)) {
	eachMode(t, functions, func(t *testing.T, s *server) {
		t.Run("server", func(t *testing.T) { s.do(t, func() { test(t) }) })
		t.Run("beside", test)
	})
}

// Arguments for the tests: different, and using all 64 bits.
const (
	a0 = 0x9e3779b97f4a7c15
	a1 = 0x3c6ef372fe94f82a
	a2 = 0xdaa66d2c7ddf743f
	a3 = 0x78dde6e5fd29f054
	a4 = 0x1715609f7c746c69
	a5 = 0xb54cda58fbbee87e
)

func TestGateWords(t *testing.T) {
	functions := api{
		"ScanCursorCreate": ctest.AddrSum(0), "GetOpenKeyModesAll": ctest.AddrSum(0), "ScriptingEngineDebuggerFlushLogs": ctest.AddrSum(0),
		"ValueLength": ctest.AddrSum(1), "Alloc": ctest.AddrSum(1), "LoadSigned": ctest.AddrSum(1),
		"Realloc": ctest.AddrSum(2), "CallReplyArrayElement": ctest.AddrSum(2), "OpenKey": ctest.AddrSum(3),
		"DictSetC": ctest.AddrSum(4), "CreateTimer": ctest.AddrSum(4), "CreateDataType": ctest.AddrSum(4),
		"BlockClient": ctest.AddrSum(5), "StreamAdd": ctest.AddrSum(5),
		"NotifyKeyspaceEventWithSubkeys": ctest.AddrSum(6), "GetClusterNodeInfo": ctest.AddrSum(6),
	}
	everywhere(t, functions, func(t *testing.T) {
		require.EqualValues(t, ctest.SumWant(), rm.ScanCursorCreate())
		require.EqualValues(t, ctest.SumWant(), rm.GetOpenKeyModesAll())
		rm.ScriptingEngineDebuggerFlushLogs()
		require.EqualValues(t, ctest.SumWant(a0), rm.ValueLength(a0))
		require.EqualValues(t, ctest.SumWant(a1), rm.Alloc(a1))
		require.Equal(t, int64(ctest.SumWant(a2)), rm.LoadSigned(a2))
		require.EqualValues(t, ctest.SumWant(a0, a1), rm.Realloc(a0, a1))
		require.EqualValues(t, ctest.SumWant(a2, a3), rm.CallReplyArrayElement(a2, a3))
		require.EqualValues(t, ctest.SumWant(a0, a1, 5), rm.OpenKey(a0, a1, 5))
		k := new(int)
		kw := uint64(uintptr(unsafe.Pointer(k)))
		rm.Sink = unsafe.Pointer(k)
		require.EqualValues(t, int32(ctest.SumWant(a0, kw, a2, a3)), rm.DictSetC(a0, unsafe.Pointer(k), a2, a3))
		minus7 := int64(-7)
		require.EqualValues(t, ctest.SumWant(a0, uint64(minus7), a2, a3), rm.CreateTimer(a0, -7, a2, a3))
		// An int argument is sign-extended; a NULL stays NULL.
		require.EqualValues(t, ctest.SumWant(a0, 0, uint64(minus7), 0), rm.CreateDataType(a0, nil, -7, nil))
		require.EqualValues(t, ctest.SumWant(a0, a1, a2, a3, a4), rm.BlockClient(a0, a1, a2, a3, a4))
		require.EqualValues(t, int32(ctest.SumWant(a0, 3, 0, 0, uint64(minus7))), rm.StreamAdd(a0, 3, nil, nil, -7))
		require.EqualValues(t, int32(ctest.SumWant(a0, uint64(minus7), 0, a3, 0, 9)),
			rm.NotifyKeyspaceEventWithSubkeys(a0, -7, nil, a3, nil, 9))
		require.EqualValues(t, int32(ctest.SumWant(a0, 0, 0, 0, 0, 0)), rm.GetClusterNodeInfo(a0, nil, nil, nil, nil, nil))
	})
}

func TestGateManyWords(t *testing.T) {
	functions := api{
		"CreateCommand": ctest.AddrWide(), "BlockClientOnKeys": ctest.AddrWide(),
		"RegisterEnumConfig": ctest.AddrSumWords(), "BlockClientOnKeysWithFlags": ctest.AddrWide(),
		"RegisterNumericConfig": ctest.AddrSum(11),
	}
	everywhere(t, functions, func(t *testing.T) {
		ctest.SetRecordResult(math.MaxUint64-1, 0)
		seen := func(want ...uint64) {
			t.Helper()
			got := ctest.WideRecorded()
			require.Equal(t, want, got[:len(want)])
		}
		minus := func(n int64) uint64 { return uint64(-n) }
		require.EqualValues(t, -2, rm.CreateCommand(a0, nil, a2, nil, -1, -2, -3))
		seen(a0, 0, a2, 0, minus(1), minus(2), minus(3))
		require.EqualValues(t, uint64(math.MaxUint64-1), rm.BlockClientOnKeys(a0, a1, a2, a3, -4, nil, -6, a5))
		seen(a0, a1, a2, a3, minus(4), 0, minus(6), a5)
		require.EqualValues(t, uint64(math.MaxUint64-1), rm.BlockClientOnKeysWithFlags(a0, a1, a2, a3, -4, nil, -6, a5, -8))
		seen(a0, a1, a2, a3, minus(4), 0, minus(6), a5, minus(8))
		// Eleven, of mixed widths where C reads them.
		require.EqualValues(t, int32(ctest.SumWordsWant([11]uint64{a0, 0, minus(3), 0x87654321, 0, 0, minus(6), a2, a3, a4, a5})),
			rm.RegisterEnumConfig(a0, nil, -3, 0x87654321, nil, nil, -6, a2, a3, a4, a5))
	})
}

func TestGateVariadic(t *testing.T) {
	format := func(s string) *byte { return unsafe.SliceData(append([]byte(s), 0)) }
	everywhere(t, api{"Call": ctest.AddrInvoke(), "CreateStringPrintf": ctest.AddrVSum()}, func(t *testing.T) {
		// printf(n, format, ...): C reads AL for the number of vector registers,
		// and the words behind the sixth from the stack.
		args := []uint64{a0, a1, a2, a3, a4, a5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22}
		letters := "llllllllllllllllllllll"
		for n := range rm.MaxWords - 1 {
			var w []uintptr
			for _, a := range args[:n] {
				w = append(w, uintptr(a))
			}
			got := rm.CreateStringPrintf(rm.Ctx(n), format(letters[:n]), w...)
			require.EqualValues(t, ctest.SumWant(args[:n]...), got, n)
		}
		// An int is read from the low half of its word.
		minus3 := int64(-3)
		require.EqualValues(t, ctest.SumWant(uint64(minus3), 7),
			rm.CreateStringPrintf(2, format("il"), 0xabcd_0000_0000|uintptr(uint32(minus3)), 7))
		// A string and an array, in C memory and in Go's.
		s := ctest.NewCString("five!")
		defer s.Free()
		array := []uint64{10, 20, 30}
		rm.Escape(unsafe.Pointer(&array[0]))
		got := rm.CreateStringPrintf(4, format("svsl"), s.Addr(), uintptr(unsafe.Pointer(&array[0])), 3, s.Addr(), 5)
		runtime.KeepAlive(array)
		require.EqualValues(t, ctest.SumWant(5, 60, 5, 5), got)
		require.EqualValues(t, uint64(math.MaxUint64), rm.CreateStringPrintf(1, format("?"), 1))
	})
}

func TestGateFloats(t *testing.T) {
	functions := api{
		"ZsetAdd": ctest.AddrRecord(), "ZsetFirstInScoreRange": ctest.AddrFInt(), "CallReplyDouble": ctest.AddrRecordF(),
		"CreateStringFromDouble": ctest.AddrRecord(), "SendChildHeartbeat": ctest.AddrRecord(), "LoadDouble": ctest.AddrFMix(),
		"SaveFloat": ctest.AddrRecord(), "LoadFloat": ctest.AddrFSingle(), "GetUsedMemoryRatio": ctest.AddrRecordF(),
		"ServerInfoGetFieldDouble": ctest.AddrStoreFloat(), "ReplyWithDouble": ctest.AddrRecord(),
	}
	everywhere(t, functions, func(t *testing.T) {
		for _, f := range []float64{0, math.Copysign(0, -1), 1.5, -2.75e300, math.Pi, math.Inf(-1), math.SmallestNonzeroFloat64, math.NaN()} {
			bits := math.Float64bits(f)
			ctest.SetRecordResult(0xffff_ffff_0000_0007, f)
			require.EqualValues(t, 7, rm.ZsetAdd(a0, f, a1, nil))
			ints, floats, _ := ctest.Recorded()
			require.Equal(t, []uint64{a0, a1, 0}, ints[:3])
			require.Equal(t, bits, math.Float64bits(floats[0]))
			require.EqualValues(t, uint64(0xffff_ffff_0000_0007), rm.CreateStringFromDouble(a2, f))
			rm.SendChildHeartbeat(-f)
			_, floats, _ = ctest.Recorded()
			require.Equal(t, math.Float64bits(-f), math.Float64bits(floats[0]))
			require.Equal(t, bits, math.Float64bits(rm.CallReplyDouble(a3)))
			require.EqualValues(t, 7, rm.ReplyWithDouble(a4, f))
		}
		// Two doubles beside integers: each kind in its own registers.
		require.EqualValues(t, int32(ctest.SumWant(a0, 2, 3, 0)+2500-3_000_000), rm.ZsetFirstInScoreRange(a0, 2.5, -3, 2, 3))
		// A float result comes back with its value; float arguments are floats.
		require.Equal(t, float64(ctest.SumWant(77, 0, 0, 0)), rm.LoadDouble(77))
		require.Equal(t, float32(77), rm.LoadFloat(77))
		ctest.SetRecordResult(0, 0)
		rm.SaveFloat(a0, -1.25)
		_, floats, _ := ctest.Recorded()
		require.Equal(t, math.Float32bits(-1.25), uint32(math.Float64bits(floats[0])))
		ctest.SetRecordResult(0, math.Float64frombits(0xdeadbeef_00000000|uint64(math.Float32bits(0.625))))
		require.Equal(t, float32(0.625), rm.GetUsedMemoryRatio())
	})
}

func TestGateStructByValue(t *testing.T) {
	for _, mode := range modes() {
		if mode == rm.ModeGates {
			continue
		}
		t.Run("mode="+mode.String(), func(t *testing.T) {
			ctest.SetRecordResult(1, 0) // the event-loop event is supported
			begin(t, mode, api{"SubscribeToServerEvent": ctest.AddrServerSubscribe(), "IsSubEventSupported": ctest.AddrRecord()})
			// The C function takes the struct as such.
			require.EqualValues(t, 0, rm.SubscribeToServerEvent(a0, rm.Event{ID: 20, DataVer: 1}, a3))
			require.EqualValues(t, uint64(a3), ctest.ServerCallback(20))
			require.EqualValues(t, 1, rm.SubscribeToServerEvent(a0, rm.Event{ID: 20, DataVer: 2}, a4))
			require.EqualValues(t, uint64(a3), ctest.ServerCallback(20))
			e := rm.Event{ID: a1, DataVer: a2}
			require.EqualValues(t, 1, rm.IsSubEventSupported(e, a3))
			ints, _, _ := ctest.Recorded()
			require.Equal(t, []uint64{a1, a2, a3}, ints[:3])
		})
	}
}

func TestGateLongDoubles(t *testing.T) {
	functions := api{
		"ReplyWithLongDouble": ctest.AddrLDArg(), "CreateStringFromLongDouble": ctest.AddrLDArgInt(),
		"LoadLongDouble": ctest.AddrLDRet(), "StringToLongDouble": ctest.AddrLDOut(), "SaveLongDouble": ctest.AddrLDArg(),
	}
	everywhere(t, functions, func(t *testing.T) {
		require.EqualValues(t, 100+24, rm.ReplyWithLongDouble(100, 1.5))
		require.EqualValues(t, -100, rm.ReplyWithLongDouble(0, -6.25))
		require.EqualValues(t, 100-40+21, rm.CreateStringFromLongDouble(100, -2.5, 7))
		require.Equal(t, -0.3125, rm.LoadLongDouble(math.MaxUint64-4))
		d := 5.0
		require.EqualValues(t, 1, rm.StringToLongDouble(0, &d))
		require.Equal(t, 5.0, d, "untouched on failure")
		require.EqualValues(t, 0, rm.StringToLongDouble(9, &d))
		require.Equal(t, 1.125, d)
		rm.SaveLongDouble(1, 2)
	})
}

// TestGateIntResults looks at results whose upper half is garbage.
func TestGateIntResults(t *testing.T) {
	g := ctest.AddrHalfGarbage()
	functions := api{"KeyType": g, "GetSelectedDb": g, "SelectDb": g, "CloseKey": g, "GetExpire": ctest.AddrSum(1), "GetToDbIdFromOptCtx": g, "GetLFU": g}
	everywhere(t, functions, func(t *testing.T) {
		for _, want := range []int32{0, 1, -1, math.MaxInt32, math.MinInt32, 0x12345678, -2} {
			require.Equal(t, want, rm.KeyType(rm.Key(uint32(want))))
			require.Equal(t, want, rm.GetSelectedDb(rm.Ctx(uint32(want))))
			require.Equal(t, want, rm.SelectDb(rm.Ctx(uint32(want)), 0))
			require.Equal(t, want, rm.GetToDbIdFromOptCtx(rm.KeyOptCtx(uint32(want))))
		}
		rm.CloseKey(1)
	})
}

// TestGateStackPointers hands pointers into the goroutine's stack to C, which
// writes through them.
func TestGateStackPointers(t *testing.T) {
	functions := api{"ServerInfoGetFieldDouble": ctest.AddrStoreFloat(), "DictGetC": ctest.AddrStore()}
	everywhere(t, functions, func(t *testing.T) {
		// On a fresh goroutine the stack is small, and every call is near its end.
		for depth := range 200 {
			done := make(chan int)
			go func() { done <- storeAt(depth) }()
			require.Equal(t, 3, <-done)
		}
		require.Equal(t, 3, storeAt(7))
	})
}

// storeAt lets C write to variables on the stack, depth frames down. It returns
// how many of them were right.
//
//go:noinline
func storeAt(depth int) int {
	if depth > 0 {
		var pad [48]byte
		pad[depth%48] = 1
		return storeAt(depth-1) + int(pad[(depth+1)%48])
	}
	var v struct{ before, first, second, after uint64 }
	v.second = 1
	right := 0
	if rm.DictGetC(a1, unsafe.Pointer(&v.first), a5, nil) == a1 {
		right++
	}
	// The second word says where, the third, NULL, what.
	if rm.ServerInfoGetFieldDouble(40, (*byte)(unsafe.Pointer(&v.second)), nil) == 40 {
		right++
	}
	if v == struct{ before, first, second, after uint64 }{first: a5} {
		right++
	}
	return right
}

// TestGateClobbers lets C destroy every register that it may, through every class
// of gate; Go must not notice.
func TestGateClobbers(t *testing.T) {
	c := ctest.AddrClobberAll()
	functions := api{
		"GetSelectedDb": c, "ValueLength": c, "Realloc": c, "OpenKey": c, "DictSetC": c, "BlockClient": c, "GetClusterNodeInfo": c,
		"BlockClientOnKeys": c, "ReplyWithErrorFormat": c, "ReplyWithDouble": c, "ScanCursorCreate": c, "LoadLongDouble": ctest.AddrLDRet(),
	}
	everywhere(t, functions, func(t *testing.T) {
		x, sum := 1.25, 0.0
		text := "kept"
		var zero [4]uint64 // zeroed by a vector register that Go expects to be 0
		for i := range uintptr(2000 / slow()) {
			rm.ScanCursorCreate()
			require.EqualValues(t, i+1, rm.ValueLength(rm.Key(i)))
			require.EqualValues(t, i+2, rm.Realloc(i+1, a1))
			require.EqualValues(t, i+1, rm.OpenKey(rm.Ctx(i), 2, 3))
			require.EqualValues(t, i+1, rm.DictSetC(rm.Dict(i), nil, 3, 4))
			require.EqualValues(t, i+1, rm.BlockClient(rm.Ctx(i), 2, 3, 4, 5))
			require.EqualValues(t, i+1, rm.GetClusterNodeInfo(rm.Ctx(i), nil, nil, nil, nil, nil))
			require.EqualValues(t, i+1, rm.BlockClientOnKeys(rm.Ctx(i), 2, 3, 4, 5, nil, 6, 7))
			require.EqualValues(t, i+1, rm.ReplyWithErrorFormat(rm.Ctx(i), nil, 3, 4, 5, 6, 7, 8, 9))
			require.EqualValues(t, i+1, rm.ReplyWithDouble(rm.Ctx(i), x))
			sum += x
			fresh := make([]uint64, 4)
			if i%100 == 0 {
				runtime.Gosched()
			}
			require.Equal(t, zero[:], fresh)
			require.Equal(t, "kept", text)
		}
		require.Equal(t, x*float64(2000/slow()), sum)
		require.False(t, rm.InSyscall())
	})
}

// TestCallPtr calls functions that are not in the table.
func TestCallPtr(t *testing.T) {
	everywhere(t, nil, func(t *testing.T) {
		require.EqualValues(t, ctest.SumWant(a0, a1, a2, a3, a4, a5), rm.CallPtr(ctest.AddrSum(6), a0, a1, a2, a3, a4, a5))
		require.EqualValues(t, uint64(a0+1), rm.CallPtr(ctest.AddrClobberAll(), a0, 0, 0, 0, 0, 0))
	})
}

// TestGateStackAlignment looks at SP as C finds it, with every number of words on
// the stack.
func TestGateStackAlignment(t *testing.T) {
	if best() == rm.ModePortable {
		t.Skip("the C compiler makes the portable calls")
	}
	functions := api{"HashGet": ctest.AddrSPNow(), "KeyType": ctest.AddrSPNow(), "LoadDouble": ctest.AddrSPNow()}
	everywhere(t, functions, func(t *testing.T) {
		b := ctest.NewBlock(0, [6]uint64{})
		defer b.Free()
		at := rm.Key(b.ResultAddr())
		aligned := func(what any) {
			t.Helper()
			require.NotZero(t, b.Result())
			require.Zero(t, b.Result()%16, "%v", what)
		}
		rm.KeyType(at)
		aligned("one word")
		_ = rm.LoadDouble(rm.IO(at))
		aligned("float")
		for n := range rm.MaxWords - 1 {
			rm.HashGet(at, 0, make([]uintptr, n)...)
			aligned(n + 2)
		}
	})
}

// TestPortableMayComeBack has functions of the fast lane come back into Go: only
// gates may not, and in the portable mode none is taken.
func TestPortableMayComeBack(t *testing.T) {
	s := load(t, rm.ModePortable, api{"Realloc": ctest.AddrLoop(), "HashGet": ctest.AddrLoop()})
	fn := s.callback(t, func(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
		grow(1 << 18)
		return 7
	}, nil)
	require.True(t, rm.FastLane(rm.FnRealloc))
	test := func() {
		require.EqualValues(t, 2*7, rm.Realloc(uintptr(fn), 2))
		require.EqualValues(t, 3*7, rm.HashGet(rm.Key(fn), 3))
	}
	s.do(t, test)
	test()
}
