// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"slices"

	"github.com/iredismodule/redismodule/rm"
)

// Goroutines record what belongs to them, without the server's lock; the handler
// puts it together and sends it.
func ExampleReply() {
	square := func(n int64) rm.Reply {
		b := rm.NewReply()
		b.BeginMap(2)
		b.Text("n")
		b.LongLong(n)
		b.Text("square")
		b.LongLong(n * n)
		return b
	}
	handler := func(ctx rm.Context, args rm.Args) error {
		results := make(chan rm.Reply)
		for n := range int64(4) {
			go func() { results <- square(n) }()
		}
		all := rm.NewReply()
		defer all.Free()
		all.BeginArray(4)
		for range 4 {
			one := <-results
			all.Reply(one)
			one.Free()
		}
		return all.ReplyTo(ctx)
	}
	_ = rm.Command{Name: "example.squares", Keys: rm.NoKeys, Arity: 1, Handler: handler}
}

// How many elements there are shows at the end.
func ExampleReply_BeginArray() {
	handler := func(ctx rm.Context, args rm.Args) error {
		b := rm.NewReply()
		defer b.Free()
		b.BeginArray(rm.PostponedLen)
		for _, a := range args.From(1).All {
			if n, err := a.Int64(); err == nil {
				b.LongLong(n)
			}
		}
		b.End()
		return b.ReplyTo(ctx)
	}
	_ = rm.Command{Name: "example.integers", Keys: rm.NoKeys, Arity: -1, Handler: handler}
}

func ExampleContext_Reply() {
	handler := func(ctx rm.Context, args rm.Args) error {
		return ctx.Reply(rm.MapValue(
			rm.TextValue("name"), rm.StrValue(args.At(0)),
			rm.TextValue("arguments"), rm.LongLongValue(int64(args.Len())),
		))
	}
	_ = rm.Command{Name: "example.describe", Keys: rm.NoKeys, Arity: -1, Handler: handler}
}

func ExampleValueOf() {
	handler := func(ctx rm.Context, args rm.Args) error {
		var texts []string
		for _, a := range args.From(1).All {
			texts = append(texts, a.Clone())
		}
		slices.Sort(texts)
		v, err := rm.ValueOf(map[string]any{"sorted": texts, "count": len(texts)})
		if err != nil {
			return err
		}
		return ctx.Reply(v)
	}
	_ = rm.Command{Name: "example.sort", Keys: rm.NoKeys, Arity: -1, Handler: handler}
}
