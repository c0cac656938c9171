// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module scan is what the unit scan of the suite loads.
package main

import (
	"github.com/iredismodule/redismodule/rm"
)

func init() {
	rm.Register(rm.Module{Name: "scan", Version: 1, Commands: []rm.Command{
		{Name: "scan.scan_strings", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: scanStrings},
		{Name: "scan.scan_key", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 2, Handler: scanKey},
	}})
}

// scanStrings replies with names and values of all keys that are strings.
func scanStrings(ctx rm.Context, _ rm.Args) error {
	cursor, err := rm.NewScanCursor()
	if err != nil {
		return err
	}
	defer cursor.Free()
	if err := ctx.ReplyWithArray(rm.PostponedLen); err != nil {
		return err
	}
	n := 0
	show := func(name rm.RStr, key rm.ReadKey) {
		if key.Type() != rm.KeyTypeString {
			return
		}
		n++
		pair(ctx, name, ctx.StrBytes(must(key.StringBytes())))
	}
	for more := true; more; {
		if more, err = ctx.Scan(cursor, show); err != nil {
			return err
		}
	}
	return ctx.ReplySetArrayLength(n)
}

// must is the value of a key that is there and a string.
func must(b []byte, ok bool, err error) []byte {
	if !ok || err != nil {
		panic(err)
	}
	return b
}

// pair replies with a pair; there is null for the zero RStr.
func pair(ctx rm.Context, a, b rm.RStr) {
	if err := ctx.ReplyWithStrings(a, b); err != nil {
		panic(err)
	}
}

// scanKey replies with the elements of a key and their values.
func scanKey(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenReadKey(args.At(1))
	defer key.Close()
	cursor, err := rm.NewScanCursor()
	if err != nil {
		return err
	}
	defer cursor.Free()
	if err := ctx.ReplyWithArray(rm.PostponedLen); err != nil {
		return err
	}
	n := 0
	show := func(field, value rm.RStr) {
		n++
		pair(ctx, field, value)
	}
	for more := true; more; {
		if more, err = key.ScanKey(cursor, show); err != nil {
			return err
		}
	}
	return ctx.ReplySetArrayLength(n)
}

func main() {}
