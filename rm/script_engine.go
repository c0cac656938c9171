// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"strings"
	"time"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/edge"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// ScriptingEngine is a language for scripts: those of EVAL whose first line is "#!name", and libraries of FUNCTION LOAD.
// [Context.RegisterScriptingEngine] registers it. Its functions run on the server's thread, one at a time.
type ScriptingEngine struct {
	// Name is what scripts name in their first line.
	Name string
	// Compile makes functions of a script: exactly one, without a name, of one of EVAL, and any number of a library. There must be a
	// Compile. The error is what the client gets; an error, a panic and runtime.Goexit leave no function behind.
	Compile func(code ScriptCode) ([]EngineFunction, error)
	// Reset is told that all scripts, or all libraries, are deleted (SCRIPT FLUSH, FUNCTION FLUSH): what scripts share begins anew.
	// Their functions are freed before or after that. For libraries not before Valkey 8.1.5 and 9.0.
	Reset func(kind ScriptKind)
	// Memory returns how many bytes the engine uses for scripts of a kind, and how many it uses besides. The server asks ten
	// times a second.
	Memory func(kind ScriptKind) (used, overhead int)
	// Debugger is for the command SCRIPT DEBUG; nil is none. Since Valkey 9.1; older servers do without.
	Debugger *ScriptDebugger
	// ABI is a version of what the server and engines have agreed on, to have an older one than the newest that both know; 0 is that.
	ABI int
}

// ScriptKind is a kind of scripts.
type ScriptKind int32

// The kinds.
const (
	ScriptKindEval     ScriptKind = redismodule.VMSE_EVAL     // of EVAL and SCRIPT LOAD
	ScriptKindFunction ScriptKind = redismodule.VMSE_FUNCTION // of FUNCTION LOAD
	ScriptKindAll      ScriptKind = redismodule.VMSE_ALL      // both, in Memory
)

// ScriptFlags say what a function of a library needs, or does not do. For scripts of EVAL the first line says so.
type ScriptFlags uint64

// The flags.
const (
	ScriptNoWrites       ScriptFlags = redismodule.VMSE_SCRIPT_FLAG_NO_WRITES        // it does not write: FCALL_RO may call it
	ScriptAllowOOM       ScriptFlags = redismodule.VMSE_SCRIPT_FLAG_ALLOW_OOM        // it may run when memory is short
	ScriptAllowStale     ScriptFlags = redismodule.VMSE_SCRIPT_FLAG_ALLOW_STALE      // it may run on a replica without a link
	ScriptNoCluster      ScriptFlags = redismodule.VMSE_SCRIPT_FLAG_NO_CLUSTER       // it must not run in a cluster
	ScriptAllowCrossSlot ScriptFlags = redismodule.VMSE_SCRIPT_FLAG_ALLOW_CROSS_SLOT // its keys may be in several slots
)

// scriptFlagsAll are those that the server takes.
const scriptFlagsAll = ScriptNoWrites | ScriptAllowOOM | ScriptAllowStale | ScriptNoCluster | ScriptAllowCrossSlot

// ScriptCode is a script to be compiled.
type ScriptCode struct {
	Kind ScriptKind
	// Code is the script without its first line. It is the server's, valid until Compile returns. For Valkey 8.1.0 it ends at
	// the first NUL byte.
	Code []byte
	// Timeout is how long it should take at most; 0 is no limit.
	Timeout time.Duration
}

// EngineFunction is a function that an engine has made of a script.
type EngineFunction struct {
	// Name of a function of a library; "" for a script of EVAL.
	Name string
	// Description is for FUNCTION LIST.
	Description string
	Flags       ScriptFlags
	// Run runs it for EVAL, FCALL and the like. Like the handler of a command it sends one reply, or returns an error; a panic and
	// runtime.Goexit are error replies. What it calls ([Context.Call]) is checked like the calls of a script with
	// [CallScriptMode] alone, which belongs into an engine for scripts that are not trusted.
	Run func(ctx Context, call *ScriptCall) error
	// Overhead is how many bytes the function takes, for the server's figures.
	Overhead int
	// Free, which may be nil, is told that the server has freed the function. It comes a little later, on the server's thread.
	Free func()
}

// ScriptCall is a call of a function. It is valid until Run returns.
type ScriptCall struct {
	Kind ScriptKind
	Keys Args // the keys that the client has named
	Args Args // its other arguments

	o      origin
	server uintptr
	engine *engine
}

// Killed tells whether the script was killed by SCRIPT KILL or FUNCTION KILL. What takes long must ask now and then: it is
// also what serves other clients, which hear that the server is busy, and callbacks of the module may run in it. The
// function then ends; that it was killed is its error.
//
// C: ValkeyModule_GetFunctionExecutionState, since Valkey 8.1.
func (c *ScriptCall) Killed() bool {
	if debugging {
		c.o.check("the call of a script")
	}
	return c.server == 0 || redismodule.GetFunctionExecutionState(redismodule.ScriptingEngineServerRuntimeCtx(c.server)) == redismodule.VMSE_STATE_KILLED
}

// Engine is a scripting engine that is registered. The zero Engine is none.
type Engine struct{ h handle[engine] }

type engine struct {
	cell cell[engine]
	spec ScriptingEngine
	abi  int
	name unsafeconv.ZStr
	// evals tells that it has compiled scripts of EVAL.
	evals    bool
	commands uintptr // of the debugger, in memory of the server's
}

var engines = table[engine]{cellOf: func(e *engine) *cell[engine] { return &e.cell }, perLoad: true}

// ErrEngineName means that a scripting engine has no name, a bad one, or that of another one.
const ErrEngineName = Error("ERR the name of the scripting engine is taken, empty, or has other characters than letters, digits, - and _")

// RegisterScriptingEngine registers a language for scripts. It ends with Stop, or with the module. ErrUnsupported on
// Redis, and before Valkey 8.1; ErrRefused for an ABI that the server or this package does not know.
//
// In Valkey 8.1 a SCRIPT FLUSH ASYNC or FUNCTION FLUSH ASYNC that is still under way when the engine ends can crash the
// server, which is repaired in 9.1.
//
// C: ValkeyModule_RegisterScriptingEngine, since Valkey 8.1.
func (ctx Context) RegisterScriptingEngine(spec ScriptingEngine) (Engine, error) {
	ctx.alive()
	switch {
	case !has(featureRegisterScriptingEngine) || edge.EngineFree == 0:
		return Engine{}, lacks(featureRegisterScriptingEngine)
	case spec.Name == "" || strings.Trim(spec.Name, typeNameChars) != "":
		return Engine{}, ErrEngineName
	case spec.Compile == nil:
		return Engine{}, ErrNoFunction
	}
	if spec.Debugger != nil {
		if err := spec.Debugger.check(); err != nil {
			return Engine{}, err
		}
	}
	e := engines.take()
	e.spec, e.abi, e.name, e.evals = spec, spec.ABI, unsafeconv.NewZ(spec.Name), false
	if e.abi == 0 {
		e.abi = engineABI()
	}
	err := e.register(ctx)
	if err != nil {
		e.freeDebugMemory()
		e.spec = ScriptingEngine{}
		engines.drop(&e.cell)
		return Engine{}, err
	}
	return Engine{e.cell.handle()}, nil
}

// engineABI is the newest that the server and this package know.
func engineABI() int {
	major, minor, patch, _ := ServerVersion()
	switch v := major<<16 | minor<<8 | patch; {
	case v >= 0x090100:
		return 4
	case v >= 0x080105:
		return 3
	case v >= 0x080101:
		return 2
	}
	return 1
}

func (e *engine) register(ctx Context) (err error) {
	m := redismodule.ScriptingEngineMethods{Version: uint64(e.abi), FreeFunction: redismodule.CFunc(edge.EngineFree)}
	if e.abi < 1 || e.abi > engineABI() {
		return ErrRefused
	}
	method := func(to *redismodule.CFunc, k *kind) {
		if err == nil {
			*to, err = k.fn()
		}
	}
	var memory redismodule.CFunc
	method(&m.CompileCode, &engineCompile)
	method(&m.CallFunction, &engineCall)
	method(&m.GetFunctionMemoryOverhead, &engineOverhead)
	method(&m.ResetEnv, &engineReset)
	method(&memory, &engineMemory)
	if err == nil && e.abi >= 4 && e.spec.Debugger != nil {
		err = e.debugMemory(&m)
	}
	if err != nil {
		return err
	}
	edge.EngineAsk(uintptr(memory))
	m.GetMemoryInfo = redismodule.CFunc(edge.EngineMemory)
	if redismodule.RegisterScriptingEngine(ctx.raw(), e.name.Ptr(), redismodule.ScriptingEngineCtx(e.cell.word()), &m) != redismodule.OK {
		return ErrEngineName
	}
	return nil
}

// Stop ends the engine: its scripts and libraries are gone. (With Valkey 8.1, so are the scripts of EVAL of other engines:
// clients that get NOSCRIPT send them again.) It is false, and the engine goes on, while something of an
// engine runs; and it is false when it has ended already.
//
// C: ValkeyModule_UnregisterScriptingEngine, since Valkey 8.1.
func (e Engine) Stop(ctx Context) bool {
	ctx.alive()
	entry := e.h.live()
	if entry == nil || state.engineRuns > 0 {
		return false
	}
	entry.stop(ctx)
	return true
}

// The call of SCRIPT FLUSH SYNC.
var (
	scriptWord = unsafeconv.Z("SCRIPT\x00")
	flushWord  = unsafeconv.Z("FLUSH\x00")
	syncWord   = unsafeconv.Z("SYNC\x00")
	twoTexts   = unsafeconv.Z("cc\x00")
)

func (e *engine) stop(ctx Context) {
	if e.evals && engineABI() < 3 {
		// These servers keep the scripts of EVAL of an engine that has ended, and crash later.
		// SAFETY(U85): the words of the call may be read although the call comes back into Go; holds
		// because they are constants of the library, on no goroutine's stack; always.
		flush, sync := uintptr(unsafe.Pointer(flushWord.Ptr())), uintptr(unsafe.Pointer(syncWord.Ptr()))
		reply := redismodule.Call(ctx.raw(), scriptWord.Ptr(), twoTexts.Ptr(), flush, sync)
		if reply != 0 {
			redismodule.FreeCallReply(reply)
		}
	}
	redismodule.UnregisterScriptingEngine(ctx.raw(), e.name.Ptr())
	e.freeDebugMemory()
	e.spec = ScriptingEngine{}
	engines.drop(&e.cell)
	takeFreedFunctions()
}
