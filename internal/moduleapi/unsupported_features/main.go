// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module unsupported_features is what the unit of the same name of the suite loads: it says of nothing
// that it can bear it.
package main

import "github.com/iredismodule/redismodule/rm"

func init() {
	rm.Register(rm.Module{Name: "unsupported_features", Version: 1, OnLoad: func(rm.Context, rm.Args) error { return nil }})
}

func main() {}
