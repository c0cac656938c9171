// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

// #include <unistd.h>
import "C"

// sleepInC sleeps in C, where the goroutine keeps its thread.
func sleepInC(us int) { C.usleep(C.useconds_t(us)) }
