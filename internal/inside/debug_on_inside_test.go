// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build rm_debug

package main

// debugBuild tells whether the module is built with the tag rm_debug.
const debugBuild = true
