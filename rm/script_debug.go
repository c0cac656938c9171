// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// ScriptDebugger is what an engine has for SCRIPT DEBUG SYNC name. The server has commands of its own beside it: help and
// maxlen. A session of SCRIPT DEBUG YES, for which the server forks, ends as it begins.
type ScriptDebugger struct {
	Commands []DebugCommand
	// Start and End, which may be nil, are told when a session begins and ends. A session is one call of EVAL, whose
	// client waits, and with it the server.
	Start func(source RStr)
	End   func()
}

// DebugCommand is a command of a debugger.
type DebugCommand struct {
	Name string
	// Short is how many characters of the name are enough.
	Short       int
	Description string // for help
	Params      []DebugParam
	Flags       DebugFlags
	// Run runs it. args begin with the name, and are valid until it returns. When goOn is true the script goes on; else the next
	// command is read.
	Run func(d ScriptDebug, args Args) (goOn bool)
}

// DebugParam is a parameter of a command.
type DebugParam struct {
	Name  string
	Flags DebugFlags
}

// DebugFlags say how commands and parameters are.
type DebugFlags uint8

// The flags.
const (
	DebugOptional DebugFlags = 1 << iota // the parameter may be missing
	DebugVariadic                        // there may be any number of it
	DebugHidden                          // help does not show the command
)

// ScriptDebug is a session of a debugger. It is valid while the script runs; later its methods do nothing.
type ScriptDebug struct{ seq uint64 }

// debugSession is the session under way; the server has one at a time.
var debugSession struct {
	of  *engine // nil: none
	seq uint64
}

func (d ScriptDebug) open() bool { return debugSession.of != nil && d.seq == debugSession.seq }

// Debug returns the session in which the script runs; ok is false when there is none.
func (c *ScriptCall) Debug() (d ScriptDebug, ok bool) {
	if c.server == 0 || debugSession.of == nil || c.Kind != ScriptKindEval || c.engine != debugSession.of {
		return ScriptDebug{}, false
	}
	return ScriptDebug{debugSession.seq}, true
}

// Log adds a line to what the client is shown, whole, whatever its length.
//
// C: ValkeyModule_ScriptingEngineDebuggerLog, since Valkey 9.1.
func (d ScriptDebug) Log(text string) { d.log(text, 0) }

// LogShort is Log that cuts what is longer than the client wants (maxlen).
//
// C: ValkeyModule_ScriptingEngineDebuggerLog, since Valkey 9.1.
func (d ScriptDebug) LogShort(text string) { d.log(text, 1) }

func (d ScriptDebug) log(text string, cut int32) {
	if d.open() {
		s := NewRStringText(text)
		redismodule.ScriptingEngineDebuggerLog(s.s, cut) // it is the server's now
	}
}

// LogReply adds the reply to a call, in words, cut as by LogShort.
//
// C: ValkeyModule_ScriptingEngineDebuggerLogRespReply, since Valkey 9.1. ValkeyModule_ScriptingEngineDebuggerLogRespReplyStr
// takes a reply as text, and reads beyond its end if that is not whole: there is the raw function alone.
func (d ScriptDebug) LogReply(r CallReply) {
	if d.open() && !r.IsZero() {
		redismodule.ScriptingEngineDebuggerLogRespReply(r.Raw())
	}
}

// Flush sends what was logged to the client.
//
// C: ValkeyModule_ScriptingEngineDebuggerFlushLogs, since Valkey 9.1.
func (d ScriptDebug) Flush() {
	if d.open() {
		redismodule.ScriptingEngineDebuggerFlushLogs()
	}
}

// ErrDebugger means that the debugger's client is gone, or that there is no session.
const ErrDebugger = Error("ERR the client of the debugger is gone")

// Commands sends what was logged, reads commands of the client and runs them, until one has the script go on. The server does nothing
// else meanwhile. The error is ErrDebugger, or what the server has against the client's commands; then the script should end.
//
// C: ValkeyModule_ScriptingEngineDebuggerProcessCommands, since Valkey 9.1.
func (d ScriptDebug) Commands() error {
	if !d.open() {
		return ErrDebugger
	}
	redismodule.ScriptingEngineDebuggerFlushLogs()
	var gone int32
	var fault redismodule.String
	redismodule.ScriptingEngineDebuggerProcessCommands(&gone, &fault)
	if fault != 0 {
		s := owned(fault)
		defer s.Free()
		return Error("ERR " + s.Clone())
	}
	if gone != 0 {
		return ErrDebugger
	}
	return nil
}

// The callbacks of debuggers: (ctx, engine, kind, ...), and (argv, argc, number) of commands.
var (
	debugEnable  = kind{name: "the debugger of a scripting engine", run: enableDebugger}
	debugDisable = kind{name: "the debugger of a scripting engine", run: func(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr { return 0 }}
	debugStart   = kind{name: "Start of a debugger", run: startDebugger, end: engineEnds}
	debugEnd     = kind{name: "End of a debugger", run: endDebugger, end: engineEnds}
	debugCommand = kind{name: "a command of a debugger", run: runDebugCommand, failed: debugCommandFailed}
)

// What a command's callback answers.
const (
	debugGoesOn    = 0
	debugReadsMore = 1
)

// enableDebugger is the server's callback: (ctx, engine, kind, commands, count).
func enableDebugger(_, a1, _, a3, a4, _ uintptr, _ unsafe.Pointer) uintptr {
	e := engines.at(a1)
	if e == nil || e.spec.Debugger == nil {
		return redismodule.VMSE_DEBUG_NOT_SUPPORTED
	}
	// SAFETY(U86): the server has places for the list and its length; until the callback returns.
	*unsafeconv.Ptr[uintptr](a3), *unsafeconv.Ptr[uintptr](a4) = e.commands, uintptr(len(e.spec.Debugger.Commands))
	return redismodule.VMSE_DEBUG_ENABLED
}

// startDebugger is the server's callback: (ctx, engine, kind, source).
func startDebugger(_, a1, _, a3, _, _ uintptr, _ unsafe.Pointer) uintptr {
	engineBegins()
	if InChild() {
		redismodule.ExitFromChild(1)
	}
	debugSession.seq++
	debugSession.of = engines.at(a1)
	if e := debugSession.of; e != nil && e.spec.Debugger.Start != nil {
		o := newOrigin("start of a debugger")
		defer o.end()
		e.spec.Debugger.Start(RStr{o, redismodule.String(a3)})
	}
	return 0
}

func endDebugger(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	engineBegins()
	e := debugSession.of
	debugSession.of = nil
	if e != nil && e.spec.Debugger.End != nil {
		e.spec.Debugger.End()
	}
	return 0
}

func runDebugCommand(a0, a1, a2, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	e := debugSession.of
	if e == nil || a2 == 0 || int(a2) > len(e.spec.Debugger.Commands) {
		return debugGoesOn
	}
	o := newOrigin("command of a debugger")
	defer o.end()
	if e.spec.Debugger.Commands[a2-1].Run(ScriptDebug{debugSession.seq}, args(o, a0, int(a1))) {
		return debugGoesOn
	}
	return debugReadsMore
}

// debugCommandFailed tells the client, and reads the next command.
func debugCommandFailed(_, _ uintptr, f redismodule.Failure) uintptr {
	d := ScriptDebug{debugSession.seq}
	d.Log("<error> " + firstLine(describe(f)))
	d.Flush()
	return debugReadsMore
}

// debugMemory makes the list of commands in the server's memory; freeDebugMemory frees it.
func (e *engine) debugMemory(m *redismodule.ScriptingEngineMethods) error {
	var command redismodule.CFunc
	for _, f := range []struct {
		to *redismodule.CFunc
		k  *kind
	}{{&m.DebuggerEnable, &debugEnable}, {&m.DebuggerDisable, &debugDisable}, {&m.DebuggerStart, &debugStart}, {&m.DebuggerEnd, &debugEnd}, {&command, &debugCommand}} {
		var err error
		if *f.to, err = f.k.fn(); err != nil {
			return err
		}
	}
	list := e.spec.Debugger.Commands
	e.commands = redismodule.Calloc(uintptr(len(list)+1), unsafe.Sizeof(redismodule.ScriptingEngineDebuggerCommand{}))
	place := unsafeconv.SliceAt[redismodule.ScriptingEngineDebuggerCommand](e.commands, len(list))
	for i, c := range list {
		p := &place[i]
		p.Version, p.Name, p.Desc = redismodule.SCRIPTING_ENGINE_ABI_DEBUGGER_COMMAND_VERSION, copyText(c.Name), copyText(c.Description)
		p.PrefixLen, p.Handler, p.Context = uintptr(max(c.Short, 1)), command, uintptr(i+1)
		if c.Flags&DebugHidden != 0 {
			p.Invisible = 1
		}
		if len(c.Params) == 0 {
			continue
		}
		p.ParamsLen = uintptr(len(c.Params))
		p.Params = redismodule.Calloc(p.ParamsLen, unsafe.Sizeof(redismodule.ScriptingEngineDebuggerCommandParam{}))
		for j, param := range c.Params {
			q := &unsafeconv.SliceAt[redismodule.ScriptingEngineDebuggerCommandParam](p.Params, len(c.Params))[j]
			q.Name = copyText(param.Name)
			q.Optional, q.Variadic = int32(param.Flags&DebugOptional), int32(param.Flags&DebugVariadic>>1)
		}
	}
	return nil
}

func (e *engine) freeDebugMemory() {
	if e.commands == 0 {
		return
	}
	list := e.spec.Debugger.Commands
	for i, p := range unsafeconv.SliceAt[redismodule.ScriptingEngineDebuggerCommand](e.commands, len(list)) {
		if p.Params != 0 {
			for _, q := range unsafeconv.SliceAt[redismodule.ScriptingEngineDebuggerCommandParam](p.Params, len(list[i].Params)) {
				redismodule.Free(q.Name)
			}
			redismodule.Free(p.Params)
		}
		redismodule.Free(p.Name)
		redismodule.Free(p.Desc)
	}
	redismodule.Free(e.commands)
	e.commands = 0
}

// copyText copies a text to memory of the server's.
func copyText(s string) uintptr {
	return uintptr(unsafe.Pointer(redismodule.Strdup(unsafeconv.NewZ(s).Ptr())))
}

// checkDebugger finds what the server would crash on.
func (d *ScriptDebugger) check() error {
	for _, c := range d.Commands {
		if c.Run == nil {
			return ErrNoFunction
		}
		texts := []string{c.Name, c.Description}
		for _, p := range c.Params {
			texts = append(texts, p.Name)
		}
		for _, t := range texts {
			if unsafeconv.HasNUL(t) {
				return ErrNULByte
			}
		}
		if c.Name == "" || c.Short > len(c.Name) {
			return ErrRange
		}
	}
	return nil
}
