// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import "github.com/iredismodule/redismodule/rm"

// A data type whose values are in the server's memory: how often a page was visited,
// and from where. There is nothing else to write for persistence and replication.
func ExampleNewStructType() {
	var (
		visits = &rm.NumberField[int64]{Name: "visits"}
		hosts  = &rm.TextsField{Name: "hosts"}

		pages *rm.StructType
	)

	onLoad := func(ctx rm.Context, args rm.Args) (err error) {
		pages, err = rm.NewStructType(ctx, rm.StructSpec{Name: "web-pages", Version: 1, Fields: []rm.StructField{visits, hosts}})
		return err
	}

	visit := func(ctx rm.Context, args rm.Args) error {
		k := ctx.OpenWriteKey(args.At(1))
		defer k.Close()
		page, err := pages.GetOrNew(k)
		if err != nil {
			return err
		}
		n, err := visits.Add(page, 1)
		if err != nil {
			return err
		}
		if err := hosts.Append(page, args.At(2).Bytes()); err != nil {
			return err
		}
		return ctx.ReplyWithLongLong(n)
	}

	rm.Register(rm.Module{Name: "pages", Version: 1, OnLoad: onLoad, Commands: []rm.Command{
		{Name: "pages.visit", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 3, Replicate: rm.ReplicateVerbatim, Handler: visit},
	}})
}
