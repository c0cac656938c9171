// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command everymod is a module whose commands use the typed API between them, one for each area, so
// that a model can say what each of them must reply and leave.
package main

import (
	"math"

	"github.com/iredismodule/redismodule/rm"
)

// operation is what a command does by the word behind its key. args is the number of the words behind that, at
// least -args when it is negative.
type operation struct {
	args int
	run  func(ctx rm.Context, key rm.RStr, args rm.Args) error
}

const errOperation = rm.Error("ERR no such operation")

// area is the command e.NAME KEY OPERATION ...
func area(name string, operations map[string]operation) rm.Command {
	return rm.Command{Name: "e." + name, Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: -3, Handler: func(ctx rm.Context, args rm.Args) error {
		return operate(ctx, operations, args.At(1), args.From(2))
	}}
}

// keyless is the command e.NAME OPERATION ...
func keyless(name string, operations map[string]operation) rm.Command {
	return rm.Command{Name: "e." + name, Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -2, Handler: func(ctx rm.Context, args rm.Args) error {
		return operate(ctx, operations, rm.RStr{}, args.From(1))
	}}
}

func operate(ctx rm.Context, operations map[string]operation, key rm.RStr, args rm.Args) error {
	o, ok := operations[args.At(0).String()]
	switch n := args.Len() - 1; {
	case !ok:
		return errOperation
	case o.args >= 0 && n != o.args, o.args < 0 && n < -o.args:
		return rm.ErrWrongArity
	}
	return o.run(ctx, key, args.From(1))
}

func init() {
	rm.Register(rm.Module{
		Name: "every", Version: 1, Configs: configs, Info: info,
		OnLoad: func(ctx rm.Context, _ rm.Args) error {
			if err := makeTypes(ctx); err != nil {
				return err
			}
			if _, err := ctx.RegisterCommandFilter(0, via); err != nil {
				return err
			}
			return listen(ctx)
		},
		Commands: []rm.Command{
			area("str", stringOperations), area("list", listOperations), area("hash", hashOperations), area("zset", zsetOperations),
			area("stream", streamOperations), area("set", setOperations), area("key", keyOperations),
			area("type", typeOperations), area("struct", structOperations),
			keyless("dict", dictOperations), keyless("call", callOperations), keyless("reply", replyOperations),
			keyless("db", databaseOperations), keyless("block", blockOperations), keyless("acl", aclOperations),
			keyless("rest", restOperations), area("pop", popOperations), area("event", eventOperations), keyless("many", manyOperations),
			{Name: "e.via", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -2, Handler: func(ctx rm.Context, args rm.Args) error {
				return ctx.ReplyWithLongLong(int64(args.Len()))
			}},
		},
	})
}

func main() {}

// verbatim replicates the command and replies with a number.
func verbatim(ctx rm.Context, n int64) error {
	if err := ctx.ReplicateVerbatim(); err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(n)
}

// told replicates the command if it has changed something, and says whether it has.
func told(ctx rm.Context, changed bool) error {
	if changed {
		return verbatim(ctx, 1)
	}
	return ctx.ReplyWithLongLong(0)
}

// float reads a number; "NaN" is the one that no command takes.
func float(s rm.RStr) (float64, error) {
	if s.String() == "NaN" {
		return math.NaN(), nil
	}
	return s.Float64()
}

// has tells whether a letter is among those of a mode.
func has(mode rm.RStr, letter byte) bool {
	for _, c := range mode.Bytes() {
		if c == letter {
			return true
		}
	}
	return false
}

// flags puts together those whose letters are in a mode. "?" is one that does not exist.
func flags[F ~int32](mode rm.RStr, letters string, values ...F) (all F) {
	for i, v := range values {
		if has(mode, letters[i]) {
			all |= v
		}
	}
	if has(mode, '?') {
		all |= 1 << 20
	}
	return all
}
