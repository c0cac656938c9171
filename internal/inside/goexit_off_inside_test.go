// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build rm_noasm

package main

// canGoexit tells whether a callback may call runtime.Goexit: without assembly nothing can
// answer for it.
func canGoexit() bool { return false }
