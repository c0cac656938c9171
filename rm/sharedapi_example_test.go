// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import "github.com/iredismodule/redismodule/rm"

// A module exports a function. In C it is: int64_t add(int64_t, int64_t). It calls another
// module's function itself, whose prototype is int scale(int); that module may be loaded
// later, so it is looked for at the first use.
func ExampleContext_ExportSharedAPI() {
	onLoad := func(ctx rm.Context, _ rm.Args) error {
		return ctx.ExportSharedAPI("sums.add", rm.Shared2(func(a, b int64) int64 { return a + b }))
	}
	handler := func(ctx rm.Context, args rm.Args) error {
		n, err := args.At(1).Int64()
		if err != nil {
			return err
		}
		api, ok, err := ctx.SharedAPI("scales.scale")
		if err != nil {
			return err
		}
		if !ok {
			return rm.Error("ERR the module scales is not loaded")
		}
		scaled, err := rm.Imported1[int32, int32](api)(int32(n))
		if err != nil {
			return err
		}
		return ctx.ReplyWithLongLong(int64(scaled))
	}
	rm.Register(rm.Module{Name: "sums", Version: 1, OnLoad: onLoad, Commands: []rm.Command{
		{Name: "sums.scaled", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: handler},
	}})
}

// The other module, which calls the function of the first one. A module in C does it by
//
//	int64_t (*add)(int64_t, int64_t) = RedisModule_GetSharedAPI(ctx, "sums.add");
func ExampleContext_SharedAPI() {
	onLoad := func(ctx rm.Context, _ rm.Args) error {
		return ctx.ExportSharedAPI("scales.scale", rm.Shared1(func(n int32) int32 { return 10 * n }))
	}
	handler := func(ctx rm.Context, _ rm.Args) error {
		api, ok, err := ctx.SharedAPI("sums.add")
		if err != nil {
			return err
		}
		if !ok {
			return rm.Error("ERR the module sums is not loaded")
		}
		sum, err := rm.Imported2[int64, int64, int64](api)(40, 2)
		if err != nil {
			return err
		}
		return ctx.ReplyWithLongLong(sum)
	}
	rm.Register(rm.Module{Name: "scales", Version: 1, OnLoad: onLoad, Commands: []rm.Command{
		{Name: "scales.sum", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: handler},
	}})
}
