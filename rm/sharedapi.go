// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
	"github.com/iredismodule/redismodule/internal/queue"
	"github.com/iredismodule/redismodule/unsafeconv"
)

const (
	// ErrSharedName means that a shared function is to have a name that is taken.
	ErrSharedName = Error("ERR a shared function of this name is there already")
	// ErrSharedOwn means that a module is to import what it exports itself, which would keep
	// it from being unloaded for ever.
	ErrSharedOwn = Error("ERR the shared function is the module's own")
)

// SharedWords are the arguments of a shared function, as the machine words of its C
// prototype: integers and addresses, six at most. Words that the prototype does not have
// are garbage, and so are the upper halves of C ints; [Shared1] and its like see to that.
type SharedWords [6]uintptr

// SharedFunc is a shared function in Go. Its result is the C function's; one without a
// result may return anything.
type SharedFunc func(w SharedWords) uintptr

// exported is a shared function of this module. The server passes it nothing of ours, so
// each has a C function of its own.
type exported struct {
	cell[exported]
	kind kind
	name string
	f    SharedFunc
}

var exports = table[exported]{cellOf: func(e *exported) *cell[exported] { return &e.cell }, perLoad: true}

// sharedNames are the names that servers were given. A server keeps the pointer, and reads
// what it points to after the module is unloaded.
var sharedNames = map[string]*byte{}

// ExportSharedAPI offers a function to other modules by name, by custom "module.function":
//
//	err := ctx.ExportSharedAPI("sums.add", rm.Shared2(func(a, b int64) int64 { return a + b }))
//
// To modules in C it is an ordinary C function: int64_t (*)(int64_t, int64_t). They get it
// by RedisModule_GetSharedAPI, those in Go by [Context.SharedAPI].
//
// f runs in whatever callback the other module calls it from, on the thread that calls, and
// has no [Context]. The other module may pass the address of its own: [RawContext] makes one
// of it, and f ends with [Context.EndCallback] then. A panic and runtime.Goexit go to the
// log and no further, and 0 is answered.
//
// While a module is loaded that has asked for a function, the server refuses to unload the
// one that exports it; see [Context.SharedAPI]. With the module its functions go.
//
// The error is [ErrSharedName] when the name is taken, [ErrNULByte] for a name with a NUL byte,
// or that there are too many callbacks.
//
// C: RedisModule_ExportSharedAPI, since Redis 5.0.4.
func (ctx Context) ExportSharedAPI(name string, f SharedFunc) error {
	ctx.alive()
	switch {
	case !has(featureExportSharedAPI):
		return lacks(featureExportSharedAPI)
	case f == nil:
		return ErrNoFunction
	case unsafeconv.HasNUL(name):
		return ErrNULByte
	}
	z := sharedNames[name]
	if z == nil {
		z = &append([]byte(name), 0)[0]
		sharedNames[name] = z
	}
	e := exports.take()
	if e.kind.run == nil {
		e.kind = kind{name: "a shared function", run: e.run}
	}
	fn, err := e.kind.fn()
	if err != nil {
		exports.drop(&e.cell)
		return err
	}
	// SAFETY(U82): the server keeps the address of the name for as long as the process
	// lives; holds because Go's heap does not move, the map keeps it, and nobody writes to it.
	if redismodule.ExportSharedAPI(ctx.raw(), z, fn) != redismodule.OK {
		exports.drop(&e.cell)
		return ErrSharedName
	}
	e.name, e.f, e.kind.name = name, f, "the shared function "+name
	return nil
}

// run is what another module calls.
func (e *exported) run(a0, a1, a2, a3, a4, a5 uintptr, _ unsafe.Pointer) uintptr {
	return e.f(SharedWords{a0, a1, a2, a3, a4, a5})
}

// SharedAPI is a function of another module. It is a value, and ends with this module; the
// zero SharedAPI is none.
type SharedAPI struct {
	fn   uintptr
	load uint64
}

// SharedAPI returns a function that another module exports; ok is false when there is none
// of that name (yet: the other module may be loaded later). [Imported1] and its like make a
// Go function of it.
//
// From then on, until this module is unloaded, the server refuses to unload the other one,
// so that the function stays.
//
// The error is [ErrSharedOwn] for a function of this module, [ErrNULByte] for a name with
// a NUL byte.
//
// C: RedisModule_GetSharedAPI, since Redis 5.0.4.
func (ctx Context) SharedAPI(name string) (api SharedAPI, ok bool, err error) {
	ctx.alive()
	switch {
	case !has(featureExportSharedAPI):
		return SharedAPI{}, false, lacks(featureExportSharedAPI)
	case unsafeconv.HasNUL(name):
		return SharedAPI{}, false, ErrNULByte
	}
	for _, c := range exports.all {
		if c.seq != 0 && c.of.name == name {
			return SharedAPI{}, false, ErrSharedOwn
		}
	}
	z := unsafeconv.NewZ(name)
	fn := redismodule.GetSharedAPI(ctx.raw(), z.Ptr())
	keepAlive(&z)
	if fn == 0 {
		return SharedAPI{}, false, nil
	}
	return SharedAPI{fn, queue.LoadNumber()}, true, nil
}

// Raw returns the address of the C function, 0 for none.
func (api SharedAPI) Raw() uintptr { return api.fn }

// IsZero tells whether there is no function.
func (api SharedAPI) IsZero() bool { return api.fn == 0 }

// Call calls the function with up to six words, and returns its result as one: of C ints
// the lower half counts. What it may do there, and on which goroutine, is the other
// module's matter; it may come back into this one. An address among the words must be of C
// memory, or of Go memory that is on the heap and that the caller keeps alive.
//
// The error is [ErrNoFunction] when api is zero, [ErrUnloaded] when this module has been unloaded since,
// and [ErrRange] for more than six words.
func (api SharedAPI) Call(words ...uintptr) (uintptr, error) {
	var w SharedWords
	switch {
	case api.fn == 0:
		return 0, ErrNoFunction
	case api.load != queue.LoadNumber():
		return 0, ErrUnloaded
	case len(words) > len(w):
		return 0, ErrRange
	}
	copy(w[:], words)
	return api.call(w), nil
}

// call calls a function that is there.
func (api SharedAPI) call(w SharedWords) uintptr {
	// SAFETY(U83): what another module exports is a C function, and the words are its
	// arguments; holds because the server keeps that module loaded while this one is, and
	// the module's author has the prototype from it.
	return core.CallFunction(api.fn, w)
}
