// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import "github.com/iredismodule/redismodule/rm"

// A command that notes an event: events.note KEY FIELD VALUE.
func ExampleWriteKey_StreamAddAuto() {
	note := func(ctx rm.Context, args rm.Args) error {
		id, err := ctx.OpenWriteKey(args.At(1)).StreamAddAuto(args.At(2), args.At(3))
		if err != nil {
			return err
		}
		s := rm.NewRStringStreamID(id)
		defer s.Free()
		return ctx.ReplyWithString(s.Str())
	}
	rm.Register(rm.Module{Name: "events", Version: 1, Commands: []rm.Command{
		{Name: "events.note", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 4, Handler: note},
	}})
}

// A command that deletes the entries of a stream that have a field.
func ExampleReadKey_Stream() {
	forget := func(ctx rm.Context, args rm.Args) error {
		r, err := ctx.OpenWriteKey(args.At(1)).Stream(rm.MinStreamID, rm.MaxStreamID)
		if err != nil {
			return err
		}
		n := int64(0)
		for _, entry := range r.All {
			for field := range entry.Fields {
				if field.Compare(args.At(2)) != 0 {
					continue
				}
				if _, err := entry.Delete(); err != nil {
					return err
				}
				n++
				break
			}
		}
		return ctx.ReplyWithLongLong(n)
	}
	rm.Register(rm.Module{Name: "events", Version: 1, Commands: []rm.Command{
		{Name: "events.forget", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 3, Handler: forget},
	}})
}
