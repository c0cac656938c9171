// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/iredismodule/redismodule/rm"
)

// mangled is one command with its arguments, after everything was done to a slice of
// them that usually writes into the array below.
func mangled(ctx rm.Context, args rm.Args) error {
	list := args.AppendTo(nil)
	slices.SortFunc(list, func(a, b rm.RStr) int { return cmp.Compare(b.String(), a.String()) })
	list = slices.Delete(list, 0, 2)
	_ = append(list[:0], args.At(0), args.At(0))
	clear(list[:cap(list)])
	rest := args.From(1)
	_ = append(rest.AppendTo(nil)[:0], rm.RStr{})
	if err := ctx.ReplicateVerbatim(); err != nil {
		return err
	}
	if _, err := rm.NewCall("SET", 0).Do(ctx, args.At(1), args.At(2)); err != nil {
		return err
	}
	var all []string
	for i, a := range args.All {
		if a != args.At(i) {
			return rm.Error("ERR All and At differ")
		}
		all = append(all, a.String())
	}
	return ctx.ReplyWithText(strings.Join(all, " "))
}
