// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"encoding/binary"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// limit is a rate limiter; bench/native/limit.h says what it does.
func limit(ctx rm.Context, args rm.Args) error {
	most, err := args.At(2).Int64()
	window, err2 := args.At(3).Int64()
	if err != nil || err2 != nil || most < 1 || window < 1 {
		return rm.Error("ERR a limit and milliseconds")
	}
	key := ctx.OpenWriteKey(args.At(1))
	allowed, err := count(key, uint64(most), time.Duration(window)*time.Millisecond)
	key.Close()
	switch {
	case err != nil:
		return err
	case !allowed:
		return ctx.ReplyWithLongLong(0)
	}
	if err := ctx.ReplicateVerbatim(); err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(1)
}

func count(key rm.WriteKey, most uint64, window time.Duration) (allowed bool, err error) {
	counter, ok, err := key.StringDMA()
	if err != nil {
		return false, err
	}
	if !ok { // the window begins
		if err := key.StringTruncate(8); err != nil {
			return false, err
		}
		if err := key.SetTTL(window); err != nil {
			return false, err
		}
		if counter, _, err = key.StringDMA(); err != nil {
			return false, err
		}
	}
	if len(counter) != 8 {
		return false, rm.Error("ERR the key is no counter")
	}
	n := binary.NativeEndian.Uint64(counter)
	if n >= most {
		return false, nil
	}
	binary.NativeEndian.PutUint64(counter, n+1)
	return true, nil
}
