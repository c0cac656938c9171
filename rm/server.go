// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "github.com/iredismodule/redismodule"

// ServerVersion returns the release of the running server: 8, 0 and 2 of Redis 8.0.2, and of Valkey its own.
// Whether the server has something is better asked by trying, since what it lacks gives an
// [UnsupportedError]. ErrUnsupported on servers before Redis 6.0.9. It may be called on any
// goroutine.
//
// C: RedisModule_GetServerVersion, since Redis 6.0.9.
func ServerVersion() (major, minor, patch int, err error) {
	if !has(featureGetServerVersion) {
		return 0, 0, 0, lacks(featureGetServerVersion)
	}
	v := int(redismodule.GetServerVersion())
	return v >> 16 & 0xff, v >> 8 & 0xff, v & 0xff, nil
}

// IsValkey tells whether the running server is Valkey, and not Redis: the numbers of releases do not say so. It may be
// called on any goroutine.
func IsValkey() bool { return redismodule.IsValkey() }
