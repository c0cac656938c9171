// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build !(rm_trace && cgo && linux && (amd64 || arm64) && !rm_noasm)

package core

// tracing notes which functions C calls; see trace_on.go of the root package.
const tracing = false
