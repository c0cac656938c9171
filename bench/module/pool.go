// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "github.com/iredismodule/redismodule/rm"

// pool has a goroutine compute and answer; bench/native/pool.h has a pool of threads.
func pool(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil || n < 0 {
		return rm.Error("ERR a number of rounds")
	}
	return rm.Go(ctx, func(rm.Job) (rm.Reply, error) {
		var sum int64
		for i := range n {
			sum += i ^ (sum << 1)
		}
		r := rm.NewReply()
		r.LongLong(sum & 1023)
		return r, nil
	})
}
