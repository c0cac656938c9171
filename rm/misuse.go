// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"
	"runtime"
	"strings"
)

// misuse answers for a handle that is used against its rules: it returns err, or,
// with the tag rm_debug, panics with the line of the module's code that did it.
func misuse(err error) error {
	if debugging {
		panic("rm_debug: " + err.Error() + outsideLine())
	}
	return err
}

// errOtherThread is the misuse of a key on a goroutine that did not open it.
const errOtherThread = Error("ERR the key was opened on another goroutine")

// checkThread panics when the key is used on another thread than the one that
// opened it. While a callback runs, and in ThreadSafeContext.Do, a goroutine is
// bound to its thread, and no other one runs there.
func (k *openKey) checkThread() {
	if k.thread != runningThread() {
		_ = misuse(errOtherThread)
	}
}

// packagePrefix is how the names of this package's functions begin.
const packagePrefix = "github.com/iredismodule/redismodule/rm."

// outsideLine names the innermost line on the stack that is not this package's.
func outsideLine() string {
	var pcs [32]uintptr
	return lineOf(pcs[:runtime.Callers(2, pcs[:])])
}

// lineOf names it on a stack from before.
func lineOf(pcs []uintptr) string {
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, packagePrefix) {
			return fmt.Sprintf(" (%s:%d)", f.File, f.Line)
		}
		if !more {
			return ""
		}
	}
}
