// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build !linux

package rm

import (
	"os"
	"runtime/debug"
)

// takeStderr sends the traces of fatal errors to the log file as well.
func takeStderr(log *os.File) error { return debug.SetCrashOutput(log, debug.CrashOptions{}) }
