// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build !(cgo && linux && (amd64 || arm64) && !rm_noasm)

package core

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
)

// leaveStack makes what p points to live on the heap: here the goroutine's stack can
// move on the way to C.
func leaveStack(p unsafe.Pointer) { redismodule.Escape(p) }
