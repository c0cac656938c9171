// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build !cgo

package main

// sleepInC is of modules, and there is none without cgo.
func sleepInC(int) {}
