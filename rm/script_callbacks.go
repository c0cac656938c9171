// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/edge"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// The callbacks of scripting engines. The server's second word is the engine.
var (
	engineCompile  = kind{name: "Compile of a scripting engine", run: compileScript, failed: compileFailed, end: compileEnds}
	engineCall     = kind{name: "a script", context: clientContext, run: runScript, failed: scriptFailed, end: engineEnds}
	engineOverhead = kind{name: "the size of a script", run: scriptOverhead}
	engineReset    = kind{name: "Reset of a scripting engine", run: resetScripts, end: engineEnds}
	engineMemory   = kind{name: "Memory of a scripting engine", run: scriptMemory, end: engineEnds}
	engineFreed    = kind{name: "Free of a function of a scripting engine"}
)

// compiledFunction is a function as the server knows it, in its memory, and behind that the link of those that are freed; see
// internal/cgate/engine.c.
type compiledFunction struct {
	redismodule.ScriptingEngineCompiledFunction
	next uintptr
}

// engineFunctions are the functions that servers know.
var engineFunctions typeValues[EngineFunction]

// engineBegins and engineEnds bound what keeps an engine from being ended.
func engineBegins() { state.engineRuns++ }

func engineEnds(_, _ uintptr) {
	if state.engineRuns > 0 { // else the module was loaded anew meanwhile
		state.engineRuns--
	}
}

// takeFreedFunctions lets go of the functions that the server has freed.
func takeFreedFunctions() {
	if atomic.LoadUintptr(edge.EngineFreed) == 0 {
		return
	}
	for at := atomic.SwapUintptr(edge.EngineFreed, 0); at != 0; {
		// SAFETY(U84): the list holds blocks that compiled has made, each once; holds because the server frees a
		// function once, and then does not use it; until Free.
		c := unsafeconv.Ptr[compiledFunction](at)
		f := engineFunctions.drop(c.Function)
		next := c.next
		freeCompiled(at)
		if f != nil && f.Free != nil {
			if failure := redismodule.Protect(f.Free); failure != nil {
				logFailure(Context{}, engineFreed.name, *failure)
			}
		}
		at = next
	}
}

// freeCompiled frees the memory of a function.
func freeCompiled(at uintptr) {
	c := unsafeconv.Ptr[compiledFunction](at)
	for _, s := range [...]redismodule.String{c.Name, c.Desc} {
		if s != 0 {
			redismodule.FreeString(0, s)
		}
	}
	redismodule.Free(at)
}

// compiling are the places for the errors of compilations under way, the innermost last.
var compiling []*redismodule.String

const errCompile = Error("ERR the script cannot be compiled")

// compileScript is the server's callback: (ctx, engine, kind, code, length, timeout, count, error); the length is missing in
// the first version.
func compileScript(_, a1, a2, a3, a4, a5 uintptr, more unsafe.Pointer) uintptr {
	engineBegins()
	// SAFETY(U86): behind the sixth word of the call are its others, and the words are what the
	// engine's version of the ABI says: code of that length, places for the count and the error;
	// until the callback returns.
	rest := (*[2]uintptr)(more)
	e := engines.at(a1)
	code := ScriptCode{Kind: ScriptKind(int32(a2)), Timeout: time.Duration(a5) * time.Millisecond}
	countAt, errAt := rest[0], rest[1]
	if e != nil && e.abi == 1 {
		code.Timeout, countAt, errAt = time.Duration(a4)*time.Millisecond, a5, rest[0]
		text := unsafeconv.CString(unsafeconv.Ptr[byte](a3))
		code.Code = unsafeconv.Bytes(text)
	} else {
		code.Code = unsafeconv.BytesAt(unsafeconv.Ptr[byte](a3), a4)
	}
	// The server wants an error where there are no functions, however Compile ends.
	fault := unsafeconv.Ptr[redismodule.String](errAt)
	compiling = append(compiling, fault)
	setFault(fault, string(errCompile))
	if e == nil {
		return 0
	}
	takeFreedFunctions()
	e.evals = e.evals || code.Kind == ScriptKindEval
	functions, err := e.spec.Compile(code)
	err = detached(err)
	if err == nil {
		err = checkFunctions(code.Kind, functions)
	}
	if err != nil {
		setFault(fault, replyText(err))
		return 0
	}
	list, err := compiled(functions)
	if err != nil {
		setFault(fault, replyText(err))
		return 0
	}
	redismodule.FreeString(0, *fault)
	*fault = 0
	*unsafeconv.Ptr[uintptr](countAt) = uintptr(len(functions))
	return list
}

// setFault stores a text as the error of a compilation. The server puts the code ERR in front.
func setFault(at *redismodule.String, text string) {
	if *at != 0 {
		redismodule.FreeString(0, *at)
	}
	if len(text) > 4 && text[:4] == "ERR " {
		text = text[4:]
	}
	s := NewRStringText(text)
	*at = s.s
}

func compileFailed(_, _ uintptr, f redismodule.Failure) uintptr {
	setFault(compiling[len(compiling)-1], firstLine(describe(f)))
	return 0
}

func compileEnds(a0, a1 uintptr) {
	compiling = compiling[:len(compiling)-1]
	engineEnds(a0, a1)
}

// checkFunctions finds what would end the server.
func checkFunctions(kind ScriptKind, functions []EngineFunction) error {
	if kind == ScriptKindEval && len(functions) != 1 {
		return Error("ERR a script must be one function")
	}
	for i := range functions {
		f := &functions[i]
		switch {
		case f.Run == nil:
			return Error("ERR a function of the script cannot be run")
		case kind == ScriptKindFunction && f.Name == "":
			return Error("ERR a function of the library has no name")
		case f.Flags&^scriptFlagsAll != 0:
			return Error("ERR a function of the script has flags that are not known")
		}
	}
	return nil
}

// compiled makes the server's list of functions.
func compiled(functions []EngineFunction) (uintptr, error) {
	list := redismodule.Alloc(uintptr(len(functions)+1) * unsafe.Sizeof(uintptr(0)))
	place := unsafeconv.SliceAt[uintptr](list, len(functions))
	for i := range functions {
		f := functions[i]
		word, err := engineFunctions.take(&f)
		if err != nil {
			for _, at := range place[:i] {
				engineFunctions.drop(unsafeconv.Ptr[compiledFunction](at).Function)
				freeCompiled(at)
			}
			redismodule.Free(list)
			return 0, err
		}
		at := redismodule.Alloc(unsafe.Sizeof(compiledFunction{}))
		c := unsafeconv.Ptr[compiledFunction](at)
		*c = compiledFunction{}
		c.Version, c.Function, c.FFlags = redismodule.SCRIPTING_ENGINE_ABI_COMPILED_FUNCTION_VERSION, word, uint64(f.Flags)
		if f.Name != "" {
			name := NewRStringText(f.Name)
			c.Name = name.s
		}
		if f.Description != "" {
			description := NewRStringText(f.Description)
			c.Desc = description.s
		}
		place[i] = at
	}
	return list, nil
}

var spareCalls spare[ScriptCall]

// runScript is the server's callback: (ctx, engine, server's context, function, kind, keys, count, arguments, count).
func runScript(_, a1, a2, a3, a4, a5 uintptr, more unsafe.Pointer) uintptr {
	engineBegins()
	ctx := replyContext
	// SAFETY(U86): the function is one that compiled has made, and has not been freed; the two
	// counts and the arguments are behind the sixth word; until the callback returns.
	rest := (*[3]uintptr)(more)
	f := engineFunctions.get(unsafeconv.Ptr[compiledFunction](a3).Function)
	if f == nil {
		finishReplies(ctx, "a script", Error("ERR the function of the script is not known"))
		return 0
	}
	call := spareCalls.take()
	call.o, call.server, call.engine, call.Kind = newOrigin("call of a script"), a2, engines.at(a1), ScriptKind(int32(a4))
	call.Keys, call.Args = args(call.o, a5, int(rest[0])), args(call.o, rest[1], int(rest[2]))
	defer call.end()
	err := detached(f.Run(ctx, call))
	if err != nil || replySent != 1 {
		finishReplies(ctx, "a script", err)
	}
	return 0
}

func (c *ScriptCall) end() {
	c.o.end()
	*c = ScriptCall{}
	spareCalls.giveBack(c)
}

func scriptFailed(_, _ uintptr, f redismodule.Failure) uintptr {
	finishReplies(replyContext, "a script", Error("ERR "+firstLine(describe(f))))
	return 0
}

// scriptOverhead is the server's callback: (ctx, function).
func scriptOverhead(_, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	n := unsafe.Sizeof(compiledFunction{})
	if f := engineFunctions.get(unsafeconv.Ptr[compiledFunction](a1).Function); f != nil {
		n += uintptr(max(f.Overhead, 0))
	}
	return n
}

// resetScripts is the server's callback: (ctx, engine, kind, async); the kind is missing before the third version, and is
// that of EVAL. There is nothing to be done later.
func resetScripts(_, a1, a2, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	engineBegins()
	takeFreedFunctions()
	if e := engines.at(a1); e != nil && e.spec.Reset != nil {
		kind := ScriptKindEval
		if e.abi >= 3 {
			kind = ScriptKind(int32(a2))
		}
		e.spec.Reset(kind)
	}
	return 0
}

// scriptMemory is called by internal/cgate/engine.c: (answer, engine, kind).
func scriptMemory(a0, a1, a2, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	engineBegins()
	takeFreedFunctions()
	if e := engines.at(a1); e != nil && e.spec.Memory != nil {
		used, overhead := e.spec.Memory(ScriptKind(int32(a2)))
		// SAFETY(U86): C has room for the answer in its frame; until the callback returns.
		m := unsafeconv.Ptr[redismodule.ScriptingEngineMemoryInfo](a0)
		m.UsedMemory, m.EngineMemoryOverhead = uintptr(max(used, 0)), uintptr(max(overhead, 0))
	}
	return 0
}
