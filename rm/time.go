// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"time"

	"github.com/iredismodule/redismodule"
)

// The functions of this file can be used from any goroutine.

// Milliseconds returns the server's clock, in milliseconds since 1970.
//
// C: RedisModule_Milliseconds, since Redis 4.0.
func Milliseconds() int64 { return redismodule.Milliseconds() }

// Microseconds returns the server's clock, in microseconds since 1970, or
// ErrUnsupported.
//
// C: RedisModule_Microseconds, since Redis 7.2.
func Microseconds() (int64, error) {
	if !has(featureMicroseconds) {
		return 0, lacks(featureMicroseconds)
	}
	return redismodule.Microseconds(), nil
}

// CachedMicroseconds returns the time that the server has noted when it began with
// its present command or event, in microseconds since 1970, or ErrUnsupported. It
// costs no reading of a clock and stays the same through a command or script. It
// needs the server's lock to be exact.
//
// C: RedisModule_CachedMicroseconds, since Redis 7.2.
func CachedMicroseconds() (int64, error) {
	if !has(featureCachedMicroseconds) {
		return 0, lacks(featureCachedMicroseconds)
	}
	return redismodule.CachedMicroseconds(), nil
}

// MonotonicMicroseconds returns a clock that is never set back, in microseconds
// since some start that does not matter, or ErrUnsupported.
//
// C: RedisModule_MonotonicMicroseconds, since Redis 7.0.
func MonotonicMicroseconds() (uint64, error) {
	if !has(featureMonotonicMicroseconds) {
		return 0, lacks(featureMonotonicMicroseconds)
	}
	return redismodule.MonotonicMicroseconds(), nil
}

// Now returns the server's clock: in microseconds where the server has them, in
// milliseconds otherwise.
//
// C: RedisModule_Microseconds, since Redis 7.2; RedisModule_Milliseconds, since
// Redis 4.0.
func Now() time.Time {
	if has(featureMicroseconds) {
		return time.UnixMicro(redismodule.Microseconds())
	}
	return time.UnixMilli(redismodule.Milliseconds())
}

// CachedNow is [CachedMicroseconds] as a Time.
//
// C: RedisModule_CachedMicroseconds, since Redis 7.2.
func CachedNow() (time.Time, error) {
	us, err := CachedMicroseconds()
	if err != nil {
		return time.Time{}, err
	}
	return time.UnixMicro(us), nil
}

// Monotonic is [MonotonicMicroseconds] as a Duration: the difference of two is the
// time between them.
//
// C: RedisModule_MonotonicMicroseconds, since Redis 7.0.
func Monotonic() (time.Duration, error) {
	us, err := MonotonicMicroseconds()
	return time.Duration(us) * time.Microsecond, err
}
