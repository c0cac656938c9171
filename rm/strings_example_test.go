// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import "github.com/iredismodule/redismodule/rm"

// A string that is kept over the callback is retained, and freed when something
// else takes its place.
func ExampleRString() {
	var last rm.RString
	handler := func(ctx rm.Context, args rm.Args) error {
		before := last
		last = args.At(1).Retain()
		defer before.Free()
		return ctx.ReplyWithString(before.Str()) // null the first time
	}
	_ = rm.Command{Name: "example.last", Keys: rm.NoKeys, Arity: 2, Handler: handler}
}

func ExampleRStr_Uint64() {
	handler := func(ctx rm.Context, args rm.Args) error {
		n, err := args.At(1).Uint64()
		if err != nil {
			return err // the client gets the text
		}
		double := rm.NewRStringUint64(2 * n)
		defer double.Free()
		return ctx.ReplyWithString(double.Str())
	}
	_ = rm.Command{Name: "example.double", Keys: rm.NoKeys, Arity: 2, Handler: handler}
}
