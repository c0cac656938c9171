// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build rm_debug

package fuzz

// underDebug tells of the debug build, in which misuse of a handle panics.
const underDebug = true
