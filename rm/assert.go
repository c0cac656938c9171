// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"runtime"
	"strings"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// Assert ends the server when something does not hold without which it must not go on: its data would be damaged.
// The log has the text and the place of the call, and the server's crash report. text may end at a NUL byte. Where a
// panic is enough, which costs one command, panic. It may be called on any goroutine; on servers before Redis 6.0, and outside
// of a server, it panics.
//
// C: RedisModule__Assert, since Redis 6.0.
func Assert(holds bool, text string) {
	if holds {
		return
	}
	assertFailed(text)
}

//go:noinline
func assertFailed(text string) {
	if has(featureAssert) {
		_, file, line, _ := runtime.Caller(2)
		until := func(s string) unsafeconv.ZStr {
			s, _, _ = strings.Cut(s, "\x00")
			return unsafeconv.NewZ(s)
		}
		what, where := until(text), until(file)
		redismodule.Assert(what.Ptr(), where.Ptr(), int32(line))
	}
	panic("assertion failed: " + text)
}
