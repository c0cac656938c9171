// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command badmod is a module with a fault, which the environment variable
// BADMOD names: each must make the load fail and leave the server unharmed.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
)

func main() {}

func init() {
	if fault := os.Getenv("BADMOD"); fault != "" {
		register(fault)
	}
}

// register registers the module with the fault. Commands that precede the faulty
// one must not survive the load.
func register(fault string) {
	var number int64
	bad := rm.Command{Name: "bad.two", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: handler}
	m := rm.Module{Name: "badmod", Version: 1, Params: []rm.Param{rm.Int64Param("number", &number, 1, 9)}}
	switch fault {
	case "unregistered":
		return
	case "twice":
		rm.Register(rm.Module{Name: "other"})
	case "noname":
		m.Name = ""
	case "spacename":
		m.Name = "bad mod"
	case "version":
		m.Version = -1
	case "takenname":
		m.Name = "testmod"
	case "nothing":
		m.Params = nil
		rm.Register(m)
		return
	case "noparams":
		m.Params = nil
	case "paramname":
		m.Params[0].Name = "a=b"
	case "paramprefix":
		m.Params[0].Name = "RM-number"
	case "paramset":
		m.Params[0].Set = nil
	case "paramtwice":
		m.Params = append(m.Params, rm.Int64Param("NUMBER", &number, 1, 9))
	case "acts":
		m.OnLoad = acts
	case "onload":
		m.OnLoad = func(rm.Context, rm.Args) error { return errors.New("the licence\nhas 100% run out") }
	case "panic":
		m.OnLoad = func(rm.Context, rm.Args) error { panic("out of ideas") }
	case "nilpointer":
		m.OnLoad = func(rm.Context, rm.Args) error {
			var p *rm.Module
			p.Name = "nobody"
			return nil
		}
	case "goexit":
		m.OnLoad = func(rm.Context, rm.Args) error {
			runtime.Goexit()
			return nil
		}
	case "param":
		m.Params = append(m.Params, rm.Param{Name: "leave", Set: func(string) error { runtime.Goexit(); return nil }})
	case "unasked":
		m.OnLoad = func(rm.Context, rm.Args) error { return errors.New("it has been called") }
	case "self":
		m.Params = nil
		m.OnLoad = func(ctx rm.Context, args rm.Args) error {
			reply, err := ctx.Call("MODULE", 0, rm.Text("LOAD"), rm.Str(args.At(0)))
			reply.Free()
			if err == nil {
				return nil // the load inside of this one: the test sees that it succeeds
			}
			return errors.New("the load inside is refused")
		}
	case "leavingerror":
		m.OnLoad = func(rm.Context, rm.Args) error { return leaver{} }
	case "leaver":
		m.OnLoad = func(rm.Context, rm.Args) error { panic(leaver{}) }
	case "late":
		m.OnLoad = func(ctx rm.Context, _ rm.Args) error {
			return ctx.CreateCommand(rm.Command{Name: "bad.one", Keys: rm.NoKeys, Arity: 1, Handler: handler})
		}
	case "listens":
		m.OnUnload = func(ctx rm.Context) error {
			ctx.Notice("unload hook ran")
			return nil
		}
		m.OnLoad = func(ctx rm.Context, _ rm.Args) error {
			if number == 9 {
				return nil
			}
			fn, err := redismodule.NewCallback(func(_, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
				rm.Log(rm.LevelWarning, "a listener of a load that failed")
				return 0
			}, nil)
			ctx.DetachedThreadSafeContext() // never freed
			if err == nil {
				redismodule.SubscribeToKeyspaceEvents(ctx.Raw(), redismodule.NOTIFY_STRING, fn)
				err = errors.New("behind the subscription")
			}
			return err
		}
	case "atload":
		rm.AtLoad(func(rm.Context) error { return errors.New("no room for more") })
	case "atloadpanic":
		rm.AtLoad(func(rm.Context) error { panic("no room") })
	case "noname.command":
		bad.Name = ""
	case "spacename.command":
		bad.Name = "bad two"
	case "samename":
		bad.Name = "BAD.one"
	case "taken":
		bad.Name = "get"
	case "nohandler":
		bad.Handler = nil
	case "flag":
		bad.Flags = 1 << 31
	case "serverflag":
		bad.Flags = rm.CmdReadOnly | rm.CmdInternal | rm.CmdAllDBs
	case "exclusive":
		bad.Flags = rm.CmdWrite | rm.CmdReadOnly
	case "arity":
		bad.Arity = 0
	case "hugearity":
		bad.Arity = 1 << 31
	case "nokeys":
		bad.Keys = rm.KeyRange{}
	case "getkeys":
		bad.Flags |= rm.CmdGetKeysAPI
	case "keys":
		bad.Keys = rm.KeyRange{First: 1}
	case "keyorder":
		bad.Arity, bad.Keys = -3, rm.KeyRange{First: 2, Last: 1, Step: 1}
	case "keyroom":
		bad.Keys = rm.OneKey
	}
	m.Commands = []rm.Command{{Name: "bad.one", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: handler}, bad}
	rm.Register(m)
}

// acts does what the lines of the environment variable BADMOD_ACTS say, and logs what came of each: a call, or what begins with @.
func acts(ctx rm.Context, _ rm.Args) error {
	for line := range strings.Lines(os.Getenv("BADMOD_ACTS")) {
		words := strings.Fields(line)
		var err error
		switch words[0] {
		case "@load":
			err = ctx.LoadRDB(words[1])
		case "@save":
			err = ctx.SaveRDB(words[1])
		case "@reset":
			err = ctx.ResetDataset(rm.ResetAsync | rm.ResetRestartAOF)
		case "@fork":
			_, err = ctx.Fork(func() int { return 0 }, nil)
		case "@set", "@delete":
			k := ctx.OpenWriteKey(ctx.Str(words[1]))
			if words[0] == "@set" {
				err = k.StringSet(ctx.Str("v"))
			} else {
				err = k.Delete()
			}
			k.Close()
		default:
			var args []rm.Arg
			for _, w := range words[1:] {
				args = append(args, rm.Text(w))
			}
			var reply rm.CallReply
			if reply, err = ctx.Call(words[0], 0, args...); err == nil {
				reply.Free()
			}
		}
		ctx.Notice(fmt.Sprintf("badmod: %s: %v", strings.Join(words[:min(len(words), 4)], " "), err))
	}
	return nil
}

// leaver is an error that ends the goroutine that wants its text.
type leaver struct{}

func (leaver) Error() string {
	runtime.Goexit()
	return ""
}

func handler(ctx rm.Context, args rm.Args) error { return ctx.ReplyWithOK() }
