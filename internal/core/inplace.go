// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package core

import "unsafe"

// leaveStack makes what p points to live on the heap where callInPlace needs it: not
// here.
func leaveStack(unsafe.Pointer) {}
