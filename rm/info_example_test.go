// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"sync/atomic"

	"github.com/iredismodule/redismodule/rm"
)

// A section of INFO: INFO cache shows it, with the module's name in front of the section
// and of the fields.
func ExampleInfo() {
	var hits, misses atomic.Int64
	rm.Register(rm.Module{Name: "cache", Version: 1, Info: func(i rm.Info) {
		if wanted, err := i.AddSection("stats"); !wanted || err != nil {
			return
		}
		h, m := hits.Load(), misses.Load()
		_ = i.AddFieldLongLong("hits", h)
		_ = i.AddFieldLongLong("misses", m)
		_ = i.AddFieldDouble("hit_ratio", float64(h)/max(1, float64(h+m)))
	}})
}

// What INFO says of the server, read in a command.
func ExampleContext_ServerInfo() {
	fragmentation := func(ctx rm.Context, _ rm.Args) error {
		info, err := ctx.ServerInfo("memory")
		if err != nil {
			return err
		}
		defer info.Free()
		ratio, _, err := info.Float64("mem_fragmentation_ratio")
		if err != nil {
			return err
		}
		return ctx.ReplyWithDouble(ratio)
	}
	_ = fragmentation
}
