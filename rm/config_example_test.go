// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/iredismodule/redismodule/rm"
)

// Options of a cache: CONFIG SET cache.size 64mb, or in the configuration file, below the
// line that loads the module. Goroutines read the variables at any time.
func ExampleConfig() {
	type policy uint8
	const (
		oldest policy = iota
		rarest
	)
	var (
		size      atomic.Int64
		compress  atomic.Bool
		directory rm.AtomicText
		evict     rm.AtomicEnum[policy]
	)
	rm.Register(rm.Module{
		Name: "cache", Version: 1,
		Configs: []rm.Config{
			rm.Int64Config{Name: "size", Default: 16 << 20, Flags: rm.ConfigMemory, Value: &size},
			rm.BoolConfig{Name: "compress", Value: &compress},
			rm.TextConfig{Name: "directory", Default: "/var/lib/cache", Flags: rm.ConfigImmutable, Value: &directory,
				Check: func(path string) error {
					if path == "" {
						return errors.New("a cache needs a directory")
					}
					return nil
				}},
			rm.EnumConfig[policy]{Name: "evict", Value: &evict, Words: []rm.ConfigWord[policy]{{Word: "oldest", Value: oldest}, {Word: "rarest", Value: rarest}}},
		},
		OnLoad: func(ctx rm.Context, _ rm.Args) error {
			ctx.Notice(fmt.Sprintf("a cache of %d bytes in %s", size.Load(), directory.Load()))
			return nil
		},
	})
}

// Two bounds that are changed together: CONFIG SET pool.least 4 pool.most 8 applies both at
// once, and is refused as a whole when they do not fit.
func ExampleConfigGroup() {
	var least, most atomic.Int64
	resize := func(least, most int64) { /* ... */ }
	rm.Register(rm.Module{Name: "pool", Version: 1, Configs: []rm.Config{
		rm.ConfigGroup{
			Configs: []rm.Config{
				rm.Int64Config{Name: "least", Default: 1, Min: 0, Max: 1000, Value: &least},
				rm.Int64Config{Name: "most", Default: 4, Min: 1, Max: 1000, Value: &most},
			},
			Apply: func(rm.Context) error {
				if least.Load() > most.Load() {
					return errors.New("least is more than most")
				}
				resize(least.Load(), most.Load())
				return nil
			},
		},
	}})
}

// An option of the server's: by the functions of Redis 8.2, elsewhere by CONFIG GET.
func ExampleContext_ConfigGetNumeric() {
	maxMemory := func(ctx rm.Context) (int64, error) {
		n, _, err := ctx.ConfigGetNumeric("maxmemory")
		if !errors.Is(err, rm.ErrUnsupported) {
			return n, err
		}
		reply, err := ctx.Call("CONFIG", 0, rm.Text("GET"), rm.Text("maxmemory"))
		if err != nil {
			return 0, err
		}
		defer reply.Free()
		return reply.Element(1).Int64()
	}
	_ = maxMemory
}
