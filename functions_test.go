// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	rm "github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
	"github.com/iredismodule/redismodule/internal/ctest"
)

// longDoubles is the functions that have their own test: the recorders do not see
// a long double.
var longDoubles = map[string]bool{
	"SaveLongDouble": true, "LoadLongDouble": true, "CreateStringFromLongDouble": true,
	"ReplyWithLongDouble": true, "StringToLongDouble": true,
}

func TestRawFunctionsListed(t *testing.T) {
	files, err := filepath.Glob("zapi_functions_*.go")
	require.NoError(t, err)
	found := map[string]bool{}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
				// A function that is not exported is one that has a wrapper by hand.
				name := strings.ToUpper(fn.Name.Name[:1]) + fn.Name.Name[1:]
				found[name] = true
				require.Contains(t, rawFunctions, name, "add it to rawFunctions")
			}
		}
	}
	for name := range rawFunctions {
		require.Contains(t, found, name, "no longer generated")
	}
	require.Len(t, rawFunctions, rm.Funcs())
}

// TestRawFunctionsPrototypes compares the Go types of every function with its C
// prototype, as the table of the API gives it.
func TestRawFunctionsPrototypes(t *testing.T) {
	text, err := os.ReadFile("api/functions.tsv")
	require.NoError(t, err)
	seen := 0
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
		col := strings.Split(line, "\t")
		_, name, ok := strings.Cut(col[0], "Module_")
		fn := rawFunctions[strings.TrimPrefix(name, "_")]
		if !ok || fn == nil || col[5] == "helper" {
			continue
		}
		seen++
		typ := reflect.TypeOf(fn)
		var want, got []string
		for _, p := range splitParams(col[2]) {
			want = append(want, cClass(p)...)
		}
		for i := range typ.NumIn() {
			got = append(got, goClass(typ.In(i))...)
		}
		if longDoubles[name] {
			for i, c := range want {
				want[i] = strings.Replace(c, "long double", "float64", 1)
			}
		}
		require.Equal(t, want, got, col[0])
		ret := []string{}
		if col[1] != "void" {
			ret = cClass(col[1])
		}
		if longDoubles[name] && len(ret) == 1 {
			ret[0] = strings.Replace(ret[0], "long double", "float64", 1)
		}
		got = []string{}
		for i := range typ.NumOut() {
			got = append(got, goClass(typ.Out(i))...)
		}
		require.Equal(t, ret, got, col[0])
	}
	require.Equal(t, len(rawFunctions), seen)
}

// splitParams splits a C parameter list at the commas outside of parentheses.
func splitParams(list string) (params []string) {
	depth, from := 0, 0
	list = strings.TrimSpace(list)
	if list == "" || list == "void" {
		return nil
	}
	for i, c := range list {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				params = append(params, strings.TrimSpace(list[from:i]))
				from = i + 1
			}
		}
	}
	return append(params, strings.TrimSpace(list[from:]))
}

// cClass says how a C parameter or result travels: what its word must hold.
func cClass(decl string) []string {
	decl = strings.ReplaceAll(decl, "const ", "")
	switch {
	case decl == "...":
		return []string{"..."}
	case strings.Contains(decl, "*") || strings.Contains(decl, "("):
		return []string{"64"}
	case strings.HasPrefix(decl, "RedisModuleEvent "):
		return []string{"64", "64"}
	case strings.HasPrefix(decl, "long double"):
		return []string{"long double"}
	case strings.HasPrefix(decl, "double"):
		return []string{"float64"}
	case strings.HasPrefix(decl, "float"):
		return []string{"float32"}
	case strings.HasPrefix(decl, "unsigned int"), strings.HasPrefix(decl, "uint32_t"):
		return []string{"u32"}
	case strings.HasPrefix(decl, "uint8_t"):
		return []string{"u8"}
	case strings.HasPrefix(decl, "int "), decl == "int", strings.Contains(decl, "KeyMetaClassId"),
		strings.Contains(decl, "ACLLogEntryReason"), strings.Contains(decl, "ScriptingEngineExecutionState"),
		strings.Contains(decl, "ModuleConfigType"):
		return []string{"i32"}
	}
	// long, long long, size_t, times, 64-bit integers, timer ids, typedefs of
	// function pointers.
	return []string{"64"}
}

// goClass says the same of a Go type.
func goClass(typ reflect.Type) []string {
	if typ == reflect.TypeFor[rm.Event]() {
		return []string{"64", "64"}
	}
	switch typ.Kind() {
	case reflect.Slice:
		return []string{"..."}
	case reflect.Float64:
		return []string{"float64"}
	case reflect.Float32:
		return []string{"float32"}
	case reflect.Int32:
		return []string{"i32"}
	case reflect.Uint32:
		return []string{"u32"}
	case reflect.Uint8:
		return []string{"u8"}
	case reflect.Int64, reflect.Uint64, reflect.Uintptr, reflect.Pointer, reflect.UnsafePointer:
		return []string{"64"}
	}
	return []string{typ.String()}
}

// probe is one call of a raw function with arguments that fill all their bits.
type probe struct {
	name   string
	fn     reflect.Value
	in     []reflect.Value
	words  []expected // what the integer registers and the stack must hold
	floats []expected
}

type expected struct{ value, mask uint64 }

const low32 = 1<<32 - 1

// newProbe makes arguments; extra is the number of variadic ones.
func newProbe(name string, extra int) *probe {
	p := &probe{name: name, fn: reflect.ValueOf(rawFunctions[name])}
	typ := p.fn.Type()
	seed := uint64(0)
	next := func() uint64 { seed++; return seed*0x9e3779b97f4a7c15 | 1<<63 | 1<<31 }
	for i := range typ.NumIn() {
		in := typ.In(i)
		if in == reflect.TypeFor[[]uintptr]() {
			for range extra {
				w := next()
				p.add(reflect.ValueOf(uintptr(w)), w, math.MaxUint64)
			}
			continue
		}
		v := reflect.New(in).Elem()
		w := next()
		switch in.Kind() {
		case reflect.Int32, reflect.Int64:
			v.SetInt(int64(w))
			if in.Kind() == reflect.Int32 {
				v.SetInt(int64(int32(w)))
				p.add(v, w, low32)
				continue
			}
		case reflect.Uint8:
			v.SetUint(w & 0xff)
			p.add(v, w, 0xff)
			continue
		case reflect.Uint32:
			v.SetUint(w & low32)
			p.add(v, w, low32)
			continue
		case reflect.Uint64, reflect.Uintptr:
			v.SetUint(w)
		case reflect.Pointer:
			v.Set(reflect.New(in.Elem()))
			w = uint64(v.Pointer())
		case reflect.UnsafePointer:
			v.SetPointer(unsafe.Pointer(new(uint64)))
			w = uint64(v.Pointer())
		case reflect.Struct: // Event: two words
			v.Set(reflect.ValueOf(rm.Event{ID: w, DataVer: w + 1}))
			p.words = append(p.words, expected{w, math.MaxUint64})
			w++
		case reflect.Float64:
			f := float64(w) * 1.5
			v.SetFloat(f)
			p.in = append(p.in, v)
			p.floats = append(p.floats, expected{math.Float64bits(f), math.MaxUint64})
			continue
		case reflect.Float32:
			f := float32(w) * 1.5
			v.SetFloat(float64(f))
			p.in = append(p.in, v)
			p.floats = append(p.floats, expected{uint64(math.Float32bits(f)), low32})
			continue
		default:
			panic(name + ": a parameter of type " + in.String())
		}
		p.add(v, w, math.MaxUint64)
	}
	return p
}

func (p *probe) add(v reflect.Value, word, mask uint64) {
	p.in = append(p.in, v)
	p.words = append(p.words, expected{word & mask, mask})
}

func (p *probe) returnsFloat() bool {
	typ := p.fn.Type()
	return typ.NumOut() == 1 && (typ.Out(0).Kind() == reflect.Float64 || typ.Out(0).Kind() == reflect.Float32)
}

// call makes the call and compares what C saw and what Go got.
func (p *probe) call(t *testing.T, wide bool) {
	result := uint64(0x8000_0001_8765_4321) // an int of it is negative, and not all of it
	low := uint32(result & low32)
	floatResult := -12345.678e90
	if p.returnsFloat() && p.fn.Type().Out(0).Kind() == reflect.Float32 {
		// The low half of the register is a float of its own.
		floatResult = math.Float64frombits(0xdeadbeef_00000000 | uint64(math.Float32bits(2.75)))
	}
	ctest.SetRecordResult(result, floatResult)
	out := p.fn.Call(p.in)
	var got []uint64
	if wide {
		all := ctest.WideRecorded()
		got = all[:]
	} else {
		ints, floats, calls := ctest.Recorded()
		require.Equal(t, 1, calls, p.name)
		got = ints[:]
		for i, f := range p.floats {
			require.Equal(t, f.value, math.Float64bits(floats[i])&f.mask, "%s: floating-point argument %d", p.name, i)
		}
	}
	for i, w := range p.words {
		require.Equal(t, w.value, got[i]&w.mask, "%s: word %d", p.name, i)
	}
	if len(out) == 0 {
		return
	}
	switch v := out[0]; v.Kind() {
	case reflect.Int32:
		require.EqualValues(t, int32(low), v.Int(), p.name)
	case reflect.Int64:
		require.EqualValues(t, int64(result), v.Int(), p.name)
	case reflect.Uint32:
		require.EqualValues(t, low, v.Uint(), p.name)
	case reflect.Uint64, reflect.Uintptr:
		require.EqualValues(t, result, v.Uint(), p.name)
	case reflect.Pointer, reflect.UnsafePointer:
		require.EqualValues(t, result, v.Pointer(), p.name)
	case reflect.Float64:
		require.Equal(t, floatResult, v.Float(), p.name)
	case reflect.Float32:
		require.Equal(t, 2.75, v.Float(), p.name)
	default:
		t.Fatalf("%s: a result of type %s", p.name, v.Type())
	}
}

// TestEveryRawFunction calls every generated function but those with a long
// double, in every mode, and checks that each argument arrives in its place and
// that the result comes back with its type.
func TestEveryRawFunction(t *testing.T) {
	functions := api{}
	for name := range rawFunctions {
		p := newProbe(name, 0)
		switch {
		case name == "SubscribeToServerEvent", name == "IsSubEventSupported", name == "Call", longDoubles[name]:
			continue // below
		case name == "RegisterInfoFunc":
			continue // the server gets a function of internal/cgate/info.c in the place of the argument
		case p.fn.Type().IsVariadic():
			functions[name] = ctest.AddrWide()
		case p.returnsFloat():
			functions[name] = ctest.AddrRecordF()
		default:
			functions[cName(name)] = ctest.AddrRecord()
		}
	}
	all := func(t *testing.T) {
		for name := range rawFunctions {
			if functions[cName(name)] == 0 {
				continue
			}
			wide := newProbe(name, 0).fn.Type().IsVariadic()
			if !wide {
				newProbe(name, 0).call(t, false)
				continue
			}
			for extra := range rm.MaxWords + 1 - newProbeWords(name) {
				newProbe(name, extra).call(t, true)
			}
		}
	}
	eachMode(t, functions, func(t *testing.T, s *server) {
		// On the server's thread, and on another goroutine beside it.
		s.do(t, func() { all(t) })
		all(t)
	})
	// The rest: the functions that the fake server itself needs.
	for _, mode := range modes() {
		if mode == rm.ModeGates {
			continue // needs one of these functions to be missing
		}
		t.Run("rest/mode="+mode.String(), func(t *testing.T) {
			ctest.SetRecordResult(1, 0) // the event-loop event is supported
			begin(t, mode, api{
				"SubscribeToServerEvent": ctest.AddrRecord(), "IsSubEventSupported": ctest.AddrRecord(), "Call": ctest.AddrWide(),
			})
			newProbe("SubscribeToServerEvent", 0).call(t, false)
			newProbe("IsSubEventSupported", 0).call(t, false)
			for extra := range rm.MaxWords + 1 - 3 {
				newProbe("Call", extra).call(t, true)
			}
		})
	}
}

// newProbeWords is how many fixed words a variadic function has.
func newProbeWords(name string) int { return len(newProbe(name, 0).words) }

// cName is the name that the server knows a raw function by.
func cName(goName string) string {
	if goName == "Assert" {
		return "_Assert"
	}
	return goName
}

// begin starts the call layer without a server thread: on the test's goroutine.
func begin(t testing.TB, mode rm.Mode, functions api) {
	t.Helper()
	theServer.mu.Lock()
	require.False(t, theServer.loaded, "the server is in use")
	theServer.mu.Unlock()
	setAPI(mode, functions)
	core.Load(ctest.AddrGetAPI())
	core.Begin(portableReason(mode))
	got, why := rm.CurrentMode()
	require.Equal(t, mode, got, why)
}
