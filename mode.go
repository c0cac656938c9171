// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule

import (
	"strings"

	"github.com/iredismodule/redismodule/internal/edge"
)

// Mode is how the two languages meet in this process.
type Mode int

// The modes, from the slowest to the fastest. Behaviour is the same in all.
const (
	// ModePortable calls and is called through cgo.
	ModePortable Mode = iota
	// ModeGates calls through the gates and is called through cgo: for servers
	// without the event-loop event (Redis before 7.0).
	ModeGates
	// ModeResident calls through the gates and is called on the resident
	// goroutine.
	ModeResident
)

// String returns "portable", "gates" or "resident".
func (m Mode) String() string {
	switch m {
	case ModePortable:
		return "portable"
	case ModeGates:
		return "gates"
	case ModeResident:
		return "resident"
	}
	return "unknown"
}

var (
	mode     Mode
	modeWhy  string
	canAbort bool
)

// CurrentMode returns the mode of the process and, when it is not the fastest
// one, why.
func CurrentMode() (Mode, string) { return mode, modeWhy }

// onServerThread tells whether the calling goroutine runs a callback on the
// server's main thread, in any mode. That thread has the server's lock already.
func onServerThread() bool {
	return isResident() || edge.OnMainThread != nil && edge.OnMainThread()
}

// knownRuntime tells whether the offsets were looked up for this Go release.
func knownRuntime(version string) bool {
	for _, v := range []string{"go1.26", "go1.27"} {
		if version == v || strings.HasPrefix(version, v+".") || strings.HasPrefix(version, v+"rc") || strings.HasPrefix(version, v+"-") || strings.HasPrefix(version, v+" ") {
			return true
		}
	}
	return false
}
