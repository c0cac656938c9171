// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module hash is what the unit hash of the suite loads.
package main

import (
	"github.com/iredismodule/redismodule/rm"
)

func init() {
	rm.Register(rm.Module{Name: "hash", Version: 1, Commands: []rm.Command{
		{Name: "hash.set", Flags: rm.CmdWrite | rm.CmdDenyOOM, Keys: rm.OneKey, Arity: -5, Replicate: rm.ReplicateVerbatim, Handler: set},
	}})
}

// set is hash.set KEY FLAGS FIELD VALUE ...: the flags are letters, n for NX, x for XX, a for
// counting all. The value :delete: deletes a field.
func set(ctx rm.Context, args rm.Args) error {
	var flags rm.HashFlags
	for _, letter := range args.At(2).Bytes() {
		switch letter {
		case 'n':
			flags |= rm.HashNX
		case 'x':
			flags |= rm.HashXX
		case 'a':
			flags |= rm.HashCountAll
		default:
			return rm.Error("ERR unknown flag")
		}
	}
	pairs := args.From(3)
	if pairs.Len()%2 != 0 {
		return rm.ErrWrongArity
	}
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	count := 0
	for i := 0; i < pairs.Len(); i += 2 {
		field, value := pairs.At(i), pairs.At(i+1)
		if value.String() == ":delete:" {
			was, err := key.HashDelete(field)
			if err != nil {
				return err
			}
			if was {
				count++
			}
			continue
		}
		n, err := key.HashSet(field, value, flags)
		if err != nil {
			return err
		}
		count += n
	}
	return ctx.ReplyWithLongLong(int64(count))
}

func main() {}
