// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module moduleconfigstwo is the second one that the unit moduleconfigs of the suite loads.
package main

import (
	"sync/atomic"

	"github.com/iredismodule/redismodule/rm"
)

func init() {
	rm.Register(rm.Module{Name: "configs", Version: 1, Configs: []rm.Config{
		rm.BoolConfig{Name: "test", Default: true, Value: new(atomic.Bool)},
	}})
}

func main() {}
