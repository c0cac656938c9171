// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module helloscripting is what the unit scriptingengine of the suite loads: a scripting engine for a language of seven
// instructions on a stack.
package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"github.com/iredismodule/redismodule/rm"
)

// instruction is one of a function, with its parameter.
type instruction struct {
	name, text string
	number     uint32
}

func (i instruction) String() string {
	if i.text == "" {
		return i.name
	}
	return i.name + " " + i.text
}

// value is a number or a text on the stack, or an error.
type value struct {
	text   string
	number uint32
	isText bool
	err    error
}

func (v value) String() string {
	if v.isText {
		return v.text
	}
	return strconv.FormatUint(uint64(v.number), 10)
}

// debugger is what its commands say and see.
var debugger struct {
	step, abort bool
	stack       []value
}

func main() {}

func init() {
	rm.Register(rm.Module{Name: "helloengine", Version: 1, OnLoad: func(ctx rm.Context, args rm.Args) error {
		engine := rm.ScriptingEngine{Name: "HELLO", Compile: compile, Debugger: &rm.ScriptDebugger{
			Commands: commands,
			Start:    func(rm.RStr) { debugger.step = true },
			End:      func() { debugger.step, debugger.abort, debugger.stack = false, false, nil },
		}, Memory: func(rm.ScriptKind) (used, overhead int) {
			return int(unsafe.Sizeof(debugger)), int(unsafe.Sizeof(debugger))
		}}
		if args.Len() > 0 {
			n, err := args.At(0).Int64()
			if err != nil {
				return err
			}
			engine.ABI = int(n)
		}
		_, err := ctx.RegisterScriptingEngine(engine)
		return err
	}})
}

func parse(s string) value {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return value{text: s, isText: true}
	}
	return value{number: uint32(n)}
}

func failedAt(word string) error { return rm.Error("ERR Failed to parse instruction: '" + word + "'") }

func compile(code rm.ScriptCode) (functions []rm.EngineFunction, err error) {
	words := strings.Fields(string(code.Code))
	next := func() (w string, err error) {
		if len(words) == 0 {
			return "", errors.New("the program ends too early")
		}
		w, words = words[0], words[1:]
		return w, nil
	}
	for len(words) > 0 {
		var f rm.EngineFunction
		word, _ := next()
		switch word {
		case "FUNCTION":
		case "RFUNCTION":
			f.Flags = rm.ScriptNoWrites
		default:
			return nil, failedAt(word)
		}
		if f.Name, err = next(); err != nil {
			return nil, err
		}
		var program []instruction
		for last := ""; last != "RETURN"; {
			if last, err = next(); err != nil {
				return nil, err
			}
			i := instruction{name: last}
			switch last {
			case "SLEEP", "RETURN":
			case "CONSTI", "ARGS", "CONSTS", "CALL":
				if i.text, err = next(); err != nil {
					return nil, err
				}
				v := parse(i.text)
				if v.isText && (last == "CONSTI" || last == "ARGS") {
					return nil, fmt.Errorf("'%s' is no number", i.text)
				}
				i.number = v.number
			default:
				return nil, failedAt(last)
			}
			program = append(program, i)
		}
		f.Overhead = len(f.Name) + 1
		f.Run = func(ctx rm.Context, call *rm.ScriptCall) error { return run(ctx, call, program) }
		functions = append(functions, f)
	}
	return functions, nil
}

const (
	errKilledScript   = rm.Error("ERR Script killed by user with SCRIPT KILL.")
	errKilledFunction = rm.Error("ERR Script killed by user with FUNCTION KILL")
	errAborted        = rm.Error("ERR execution aborted during debugging session")
	errProgram        = rm.Error("ERR the program is not right")
)

func run(ctx rm.Context, call *rm.ScriptCall, program []instruction) error {
	var stack []value
	pop := func() (v value) {
		v, stack = stack[len(stack)-1], stack[:len(stack)-1]
		return v
	}
	for pc, i := range program {
		if d, ok := call.Debug(); ok && debugger.step {
			debugger.stack = stack
			d.Log(fmt.Sprintf(">>> %3d: %s", pc, i))
			if err := d.Commands(); err != nil {
				d.Log(err.Error())
				return errAborted
			}
			if debugger.abort {
				return errAborted
			}
		}
		if len(stack) == 0 && (i.name == "SLEEP" || i.name == "CALL" || i.name == "RETURN") {
			return errProgram
		}
		switch i.name {
		case "CONSTI":
			stack = append(stack, value{number: i.number})
		case "CONSTS":
			stack = append(stack, value{text: i.text, isText: true})
		case "ARGS":
			if int(i.number) >= call.Args.Len() {
				return errProgram
			}
			stack = append(stack, parse(call.Args.At(int(i.number)).Clone()))
		case "SLEEP":
			for end := time.Now().Add(time.Duration(pop().number) * time.Second); ; time.Sleep(time.Millisecond) {
				if call.Killed() && call.Kind == rm.ScriptKindEval {
					return errKilledScript
				} else if call.Killed() {
					return errKilledFunction
				}
				if time.Now().After(end) {
					break
				}
			}
		case "CALL":
			n := int(pop().number)
			if n > len(stack) {
				return errProgram
			}
			args := make([]rm.Arg, n)
			for j, v := range stack[len(stack)-n:] {
				args[j] = rm.Text(v.String())
			}
			stack = append(stack[:len(stack)-n], execute(ctx, i.text, args))
		case "RETURN":
			switch v := pop(); {
			case v.err != nil:
				return ctx.ReplyWithCustomError(v.err) // the server has counted it
			case v.isText:
				return ctx.ReplyWithText(v.text)
			default:
				return ctx.ReplyWithLongLong(int64(v.number))
			}
		}
	}
	return errProgram
}

// execute calls a command of the server.
func execute(ctx rm.Context, command string, args []rm.Arg) value {
	reply, err := ctx.Call(command, rm.CallScriptMode|rm.CallAsUser|rm.CallExact, args...)
	if err != nil {
		return value{err: err}
	}
	defer reply.Free()
	switch reply.Type() {
	case rm.ReplyNullArray:
		return value{text: "(null array)", isText: true}
	case rm.ReplyNull:
		return value{text: "(null string)", isText: true}
	case rm.ReplyInteger:
		return value{number: uint32(reply.Integer())}
	case rm.ReplyString, rm.ReplySimpleString:
		return parse(string(reply.Bytes()))
	}
	return value{text: "OK", isText: true}
}

// commands are those of the debugger.
var commands = []rm.DebugCommand{
	{Name: "step", Short: 1, Description: "Execute current instruction.", Run: func(rm.ScriptDebug, rm.Args) bool { debugger.step = true; return true }},
	{Name: "continue", Short: 1, Description: "Continue normal execution.", Run: func(rm.ScriptDebug, rm.Args) bool { debugger.step = false; return true }},
	{Name: "abort", Short: 1, Description: "Abort execution.", Run: func(rm.ScriptDebug, rm.Args) bool { debugger.abort = true; return true }},
	{Name: "stack", Short: 2, Description: "Print the stack, or what has an index on it; the top is 0.",
		Params: []rm.DebugParam{{Name: "index", Flags: rm.DebugOptional}}, Run: showStack},
}

func showStack(d rm.ScriptDebug, args rm.Args) bool {
	show := func(index int) string {
		v := debugger.stack[len(debugger.stack)-1-index]
		if v.isText {
			return fmt.Sprintf("[%d] %q", index, v.text)
		}
		return fmt.Sprintf("[%d] %s", index, v)
	}
	if args.Len() > 1 {
		n, err := args.At(1).Int64()
		if err != nil || n < 0 || int(n) >= len(debugger.stack) {
			d.Log(fmt.Sprintf("Index out of range. Current stack size: %d", len(debugger.stack)))
		} else {
			d.Log(show(int(n)))
		}
		d.Flush()
		return false
	}
	d.Log("Stack contents:")
	for i := range debugger.stack {
		front := "       "
		if i == 0 {
			front = "top -> "
		}
		d.Log(front + show(i))
	}
	d.Flush()
	return false
}
