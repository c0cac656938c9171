// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule

import (
	"syscall"

	"github.com/iredismodule/redismodule/internal/edge"
)

// Errno returns the calling thread's errno, as the last raw function that failed has left
// it: ask at once, before any other call into the server. A function that succeeds leaves
// what was there before, so the number means something after a failure only. As an error
// it has the C library's text.
//
// These say by it why they failed: AddACLCategory, SetCommandACLCategories; Call without
// the letter E; the functions of lists (ListGet ...), HashSet, and all of streams
// (StreamAdd, StreamIteratorStart ...); ScanKey; RdbLoad, RdbSave;
// EventLoopAdd, EventLoopDel; ThreadSafeContextTryLock; the registration of settings
// (RegisterBoolConfig ...) and LoadConfigs; GetClientNameById, SetClientNameById,
// GetClientUserNameById; SetModuleUserACL, ACLCheckCommandPermissions,
// ACLCheckKeyPermissions; GetCommandKeys. Their documentation names Errno. Which numbers
// there are is the server's matter, and differs between releases.
//
// It works in every mode, on Linux. Errno belongs to a thread: the goroutine must be bound
// to its own between the two calls. In a callback of the server it is; elsewhere
// runtime.LockOSThread does it, which whoever takes the server's lock has called anyhow.
// On other systems the Go runtime itself calls the C library, and may change the number.
// Without cgo it is 0.
func Errno() syscall.Errno {
	if edge.Errno == 0 {
		return 0
	}
	return syscall.Errno(int32(callPtr(edge.Errno, 0, 0, 0, 0, 0, 0)))
}
