// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command inside is the module of the tests of package rm that run inside the server:
// what a method answers is seen best by a function that calls it. What clients see is
// tested in package rm itself.
package main

import "github.com/iredismodule/redismodule/rm"

func init() {
	rm.Register(rm.Module{Name: "inside", Version: 1, OnLoad: func(rm.Context, rm.Args) error { return nil }})
}

func main() {}
