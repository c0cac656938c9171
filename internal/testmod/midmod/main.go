// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command midmod is a module with a data type whose functions, and whose Info, misuse the context of the command that has led to them.
package main

import (
	"github.com/iredismodule/redismodule/rm"
)

type value struct{ n int64 }

var (
	values *rm.Type[value]
	outer  rm.Context // of m.do
	inside bool       // m.do runs
	what   string     // what the functions try
	got    []string   // what came of it
)

func init() {
	rm.Register(rm.Module{
		Name: "midmod", Version: 1,
		Commands: []rm.Command{
			{Name: "m.new", Arity: 2, Flags: rm.CmdWrite, Keys: rm.KeyRange{First: 1, Last: 1, Step: 1}, Handler: newValue},
			{Name: "m.do", Arity: -3, Flags: rm.CmdWrite, Keys: rm.NoKeys, Handler: do},
		},
		Info: func(rm.Info) { try("Info") },
		OnLoad: func(ctx rm.Context, _ rm.Args) (err error) {
			values, err = rm.NewType(ctx, rm.TypeSpec[value]{Name: "midmodval",
				Load: func(r *rm.Loader, _ int) (*value, error) {
					try("Load")
					return &value{r.LoadSigned()}, nil
				},
				Save:       func(w *rm.Saver, v *value) error { try("Save"); w.SaveSigned(v.n); return nil },
				Copy:       func(_ rm.KeyInfo, v *value) (*value, error) { try("Copy"); return &value{v.n}, nil },
				Unlink:     func(rm.KeyInfo, *value) { try("Unlink") },
				MemUsage:   func(rm.KeyInfo, *value, int) int { try("MemUsage"); return 8 },
				FreeEffort: func(rm.KeyInfo, *value) int { try("FreeEffort"); return 1 },
				Digest:     func(*rm.Digest, *value) { try("Digest") },
			})
			return err
		},
	})
}

func main() {}

func newValue(ctx rm.Context, args rm.Args) error {
	k := ctx.OpenWriteKey(args.At(1))
	defer k.Close()
	if err := values.Set(k, &value{7}); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// do is m.do WHAT COMMAND...: the call, in which the functions of the type try what.
func do(ctx rm.Context, args rm.Args) error {
	outer, inside, what, got = ctx, true, args.At(1).Clone(), nil
	defer func() { inside = false }()
	reply, err := ctx.Call(args.At(2).String(), 0, rm.Strs(args.From(3)))
	reply.Free()
	inside = false
	if err != nil {
		return err
	}
	return ctx.ReplyWithTexts(got)
}

// try is what each function of the type does.
func try(where string) {
	if !inside {
		return
	}
	inside = false // not again in what it causes
	err := misuse(outer)
	inside = true
	text := where + ": done"
	if err != nil {
		text = where + ": " + err.Error()
	}
	got = append(got, text)
}

var flushAll = rm.NewCall("FLUSHALL", 0)

func misuse(ctx rm.Context) error {
	var reply rm.CallReply
	var err error
	switch what {
	case "call":
		reply, err = ctx.Call("DEL", 0, rm.Text("v"))
	case "prepared":
		reply, err = flushAll.Do(ctx)
	case "key":
		k := ctx.OpenWriteKey(ctx.Str("v"))
		defer k.Close()
		return k.Delete()
	case "unlink":
		k := ctx.OpenWriteKey(ctx.Str("v"))
		defer k.Close()
		return k.Unlink()
	case "reset":
		return ctx.ResetDataset(0)
	case "exists":
		ctx.KeyExists(ctx.Str("v"))
		k := ctx.OpenReadKey(ctx.Str("v"))
		k.Close()
		name, _ := ctx.RandomKey()
		name.Free()
		return nil
	}
	reply.Free()
	return err
}
