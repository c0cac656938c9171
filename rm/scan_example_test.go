// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import "github.com/iredismodule/redismodule/rm"

// Counts the keys of the selected database by type.
func ExampleContext_Scan() {
	handler := func(ctx rm.Context, _ rm.Args) error {
		cursor, err := rm.NewScanCursor()
		if err != nil {
			return err
		}
		defer cursor.Free()
		strings := 0
		count := func(_ rm.RStr, key rm.ReadKey) {
			if key.Type() == rm.KeyTypeString {
				strings++
			}
		}
		for more := true; more; {
			if more, err = ctx.Scan(cursor, count); err != nil {
				return err
			}
		}
		return ctx.ReplyWithLongLong(int64(strings))
	}
	_ = handler
}

// Deletes the keys with a prefix, a few in each call of the command.
func ExampleContext_Keys() {
	var cursor *rm.ScanCursor // kept from call to call
	onLoad := func(ctx rm.Context, _ rm.Args) (err error) {
		cursor, err = rm.NewScanCursor()
		return err
	}
	unlink := rm.NewCall("UNLINK", rm.CallReplicate)
	handler := func(ctx rm.Context, args rm.Args) error {
		keys, err := ctx.Keys(cursor)
		if err != nil {
			return err
		}
		prefix, n := args.At(1).String(), 0
		for name := range keys.All {
			if len(name.String()) >= len(prefix) && name.String()[:len(prefix)] == prefix {
				reply, err := unlink.Do(ctx, name)
				reply.Free()
				if err != nil {
					return err
				}
			}
			if n++; n == 1000 {
				break // the next call goes on here
			}
		}
		return ctx.ReplyWithLongLong(int64(n))
	}
	_, _ = onLoad, handler
}

// Adds the scores of a sorted set.
func ExampleReadKey_Elements() {
	handler := func(ctx rm.Context, args rm.Args) error {
		key := ctx.OpenReadKey(args.At(1))
		elements, err := key.Elements(nil)
		if err != nil {
			return err
		}
		sum := 0.0
		for _, score := range elements.All {
			f, err := score.Float64()
			if err != nil {
				return err
			}
			sum += f
		}
		return ctx.ReplyWithDouble(sum)
	}
	_ = handler
}
