// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Enginemod is a module with a scripting engine: each line of a script is a function, of words. In a library the first word
// is its name.
package main

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

var (
	engine                rm.Engine
	compiled, freed       int
	resets                []string
	loadEngine, abi       = true, 0
	refusedName, emptyErr error
)

func spec() rm.ScriptingEngine {
	return rm.ScriptingEngine{
		Name: "words", ABI: abi, Compile: compile,
		Reset: func(kind rm.ScriptKind) {
			grow(1000) // the stack moves: what C has of it is stale then
			resets = append(resets, kind.String())
		},
		Memory: func(kind rm.ScriptKind) (used, overhead int) {
			return 1000 * (compiled - freed), 77
		},
		Debugger: &rm.ScriptDebugger{
			Start: func(source rm.RStr) { step, source1 = true, source.Clone() },
			End:   func() { step = false },
			Commands: []rm.DebugCommand{
				{Name: "next", Short: 1, Description: "Go on.", Run: func(rm.ScriptDebug, rm.Args) bool { return true }},
				{Name: "show", Short: 2, Params: []rm.DebugParam{{Name: "what", Flags: rm.DebugOptional | rm.DebugVariadic}}, Run: func(d rm.ScriptDebug, args rm.Args) bool {
					d.Log(fmt.Sprintf("%d arguments of %q", args.Len(), source1))
					d.LogShort(strings.Repeat("long ", 100))
					d.Flush()
					return false
				}},
				{Name: "panic", Flags: rm.DebugHidden, Run: func(rm.ScriptDebug, rm.Args) bool { panic("in a debugger") }},
			},
		},
	}
}

func main() {}

func init() {
	rm.Register(rm.Module{
		Name: "enginemod", Version: 1,
		Params: []rm.Param{rm.BoolParam("engine", &loadEngine)},
		OnLoad: func(ctx rm.Context, args rm.Args) (err error) {
			compiled, freed, resets = 0, 0, nil
			if !loadEngine {
				return nil
			}
			_, emptyErr = ctx.RegisterScriptingEngine(rm.ScriptingEngine{Name: "two words", Compile: compile})
			if engine, err = ctx.RegisterScriptingEngine(spec()); err != nil {
				return err
			}
			_, refusedName = ctx.RegisterScriptingEngine(spec())
			return nil
		},
		Commands: []rm.Command{
			command("state", func(ctx rm.Context, args rm.Args) error {
				return ctx.ReplyWithText(fmt.Sprintf("compiled=%d freed=%d resets=%q", compiled, freed, resets))
			}),
			command("refused", func(ctx rm.Context, args rm.Args) error {
				return ctx.ReplyWithText(fmt.Sprintf("%v; %v", emptyErr, refusedName))
			}),
			command("stop", func(ctx rm.Context, args rm.Args) error {
				return ctx.ReplyWithText(fmt.Sprint(engine.Stop(ctx), engine.Stop(ctx)))
			}),
			command("start", func(ctx rm.Context, args rm.Args) (err error) {
				n := int64(0)
				if args.Len() > 1 {
					if n, err = args.At(1).Int64(); err != nil {
						return err
					}
				}
				abi = int(n)
				if engine, err = ctx.RegisterScriptingEngine(spec()); err != nil {
					return err
				}
				return ctx.ReplyWithOK()
			}),
		},
	})
}

func command(name string, h rm.Handler) rm.Command {
	return rm.Command{Name: "en." + name, Keys: rm.NoKeys, Arity: -1, Handler: h}
}

func compile(code rm.ScriptCode) (list []rm.EngineFunction, err error) {
	for line := range strings.Lines(string(code.Code)) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		switch words[0] {
		case "compile.error":
			return list, fmt.Errorf("line %d: %w", len(list), errors.New("no such word"))
		case "compile.panic":
			panic("in Compile")
		case "compile.goexit":
			runtime.Goexit()
		case "compile.flags":
			return []rm.EngineFunction{{Name: "x", Flags: 1 << 40, Run: func(rm.Context, *rm.ScriptCall) error { return nil }}}, nil
		}
		f := rm.EngineFunction{Overhead: len(line), Free: func() {
			freed++
			if words[len(words)-1] == "free.panic" {
				panic("in Free")
			}
		}}
		if code.Kind == rm.ScriptKindFunction {
			f.Name, words = words[0], words[1:]
			f.Description = "a line: " + strings.Join(words, " ")
		}
		if len(words) > 0 && words[0] == "ro" {
			f.Flags, words = rm.ScriptNoWrites, words[1:]
		}
		f.Run = func(ctx rm.Context, call *rm.ScriptCall) error { return run(ctx, call, words) }
		list = append(list, f)
	}
	compiled += len(list)
	return list, nil
}

var (
	kept    *rm.ScriptCall
	session rm.ScriptDebug
	step    bool
	source1 string
)

func run(ctx rm.Context, call *rm.ScriptCall, words []string) error {
	if d, ok := call.Debug(); ok && step {
		session = d
		d.Log("at: " + strings.Join(words, " "))
		if err := d.Commands(); err != nil {
			return err
		}
		reply, err := ctx.Call("ECHO", 0, rm.Text("a reply"))
		if err != nil {
			return err
		}
		d.LogReply(reply)
		reply.Free()
	} else {
		session.Log("nobody sees it")
		session.Flush()
		if session.Commands() == nil {
			return errors.New("a session that is over")
		}
	}
	switch words[0] {
	case "echo":
		return ctx.ReplyWithString(call.Args.At(0))
	case "count":
		return ctx.ReplyWithText(fmt.Sprintf("%v keys=%d args=%d script=%t client=%t killed=%t late=%t", call.Kind, call.Keys.Len(), call.Args.Len(),
			ctx.InScript(), ctx.ClientID() > 0, call.Killed(), kept == nil || kept == call || kept.Killed()))
	case "keep":
		kept = call
		return ctx.ReplyWithOK()
	case "nothing":
		return nil
	case "twice":
		_ = ctx.ReplyWithOK()
		return ctx.ReplyWithOK()
	case "error":
		return rm.Error("WORDS " + strings.Join(words[1:], " "))
	case "panic":
		panic("in a script")
	case "goexit":
		runtime.Goexit()
	case "stop":
		return ctx.ReplyWithText(fmt.Sprint(engine.Stop(ctx)))
	case "block":
		_, err := ctx.BlockClient(rm.BlockOptions{})
		return err
	case "wait":
		for !call.Killed() {
			time.Sleep(time.Millisecond)
		}
		return rm.Error("ERR killed")
	case "call":
		args := []rm.Arg{}
		for i := range call.Keys.Len() {
			args = append(args, rm.Str(call.Keys.At(i)))
		}
		for i := range call.Args.Len() {
			args = append(args, rm.Str(call.Args.At(i)))
		}
		reply, err := ctx.Call(words[1], rm.CallScriptMode, args...)
		if err != nil {
			return err
		}
		defer reply.Free()
		return ctx.ReplyWithCallReply(reply)
	}
	return fmt.Errorf("the word %q", words[0])
}

// grow needs n kilobytes of stack.
//
//go:noinline
func grow(n int) byte {
	var room [1024]byte
	room[n%len(room)] = byte(n)
	if n > 0 {
		room[0] += grow(n - 1)
	}
	return room[0]
}
