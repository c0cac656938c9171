// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command misuse is the module of the tests that misuse package rm inside the server.
// They are built with the tag rm_debug always, and see what it tells.
package main

import "github.com/iredismodule/redismodule/rm"

func init() {
	rm.Register(rm.Module{Name: "misuse", Version: 1, OnLoad: func(rm.Context, rm.Args) error { return nil }})
}

func main() {}
