// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// RandomBytes fills dst with random bytes from the server's generator: a hash of
// a counter and a seed from the system. They serve for ids and tokens; keys for
// encryption come from crypto/rand. It is used where the server's lock is held.
//
// C: RedisModule_GetRandomBytes, since Redis 5.0.
func RandomBytes(dst []byte) {
	if len(dst) > 0 {
		redismodule.GetRandomBytes(unsafeconv.DataBytes(dst), uintptr(len(dst)))
	}
}

// RandomHex fills dst with random hexadecimal digits, 0 to 9 and a to f; see
// [RandomBytes]. The server names its runs and nodes by forty of them.
//
// C: RedisModule_GetRandomHexChars, since Redis 5.0.
func RandomHex(dst []byte) {
	if len(dst) > 0 {
		redismodule.GetRandomHexChars(unsafeconv.DataBytes(dst), uintptr(len(dst)))
	}
}
