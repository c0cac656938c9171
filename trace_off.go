// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build !(rm_trace && cgo && linux && (amd64 || arm64) && !rm_noasm)

package redismodule

// tracing notes which functions are called; see trace_on.go.
const tracing = false

func startTrace() {}

func trace(FuncID) {}
