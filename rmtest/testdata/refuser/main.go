// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command refuser is a module that prints a line and refuses to load.
package main

import "C"

import (
	"fmt"
	"os"
)

// RedisModule_OnLoad is called by the server.
//
//export RedisModule_OnLoad
func RedisModule_OnLoad() C.int {
	fmt.Fprintln(os.Stderr, "refuser: not today")
	return 1
}

func main() {}
