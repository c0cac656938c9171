// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"github.com/iredismodule/redismodule"
)

// OpenMode changes what opening a key does besides; the modes can be combined.
type OpenMode int32

// The open modes, with the first release of each. [OpenModes] tells which ones the
// running server knows.
const (
	// OpenNoTouch leaves the key's last use alone; Redis 6.0.
	OpenNoTouch OpenMode = redismodule.OPEN_KEY_NOTOUCH
	// OpenNoNotify sends no keyspace event when the key is missing; Redis 7.2.
	OpenNoNotify OpenMode = redismodule.OPEN_KEY_NONOTIFY
	// OpenNoStats counts neither a hit nor a miss; Redis 7.2.
	OpenNoStats OpenMode = redismodule.OPEN_KEY_NOSTATS
	// OpenNoExpire does not delete a key that has expired; it is missing all the
	// same. For reading only; Redis 7.2.
	OpenNoExpire OpenMode = redismodule.OPEN_KEY_NOEXPIRE
	// OpenNoEffects is all of the above. For reading only; Redis 7.2.
	OpenNoEffects OpenMode = redismodule.OPEN_KEY_NOEFFECTS
	// OpenAccessExpired opens also a key that has expired; Redis 8.0.
	OpenAccessExpired OpenMode = redismodule.OPEN_KEY_ACCESS_EXPIRED
	// OpenAccessTrimmed opens also a key of a slot that is being given away;
	// Redis 8.4.
	OpenAccessTrimmed OpenMode = redismodule.OPEN_KEY_ACCESS_TRIMMED
)

// OpenModes returns the open modes that the running server knows.
//
// C: RedisModule_GetOpenKeyModesAll, since Redis 7.2.
func OpenModes() OpenMode {
	switch {
	case has(featureGetOpenKeyModesAll):
		return OpenMode(redismodule.GetOpenKeyModesAll()) &^ (redismodule.READ | redismodule.WRITE)
	case has(featureOpenNoTouch):
		return OpenNoTouch
	}
	return 0
}

// knownModes are those that the server is known to know.
var knownModes OpenMode

// supported tells whether the server knows all modes of m.
func (m OpenMode) supported() bool {
	if m&^knownModes != 0 {
		knownModes = OpenModes()
	}
	return m&^knownModes == 0
}

// OpenReadKeyMode opens a key for reading like [Context.OpenReadKey], but in the
// way that mode says. A mode that the server does not know gives ErrUnsupported.
//
// C: RedisModule_OpenKey, since Redis 4.0.
func (ctx Context) OpenReadKeyMode(name RStr, mode OpenMode) (ReadKey, error) {
	switch {
	case name.s == 0:
		return ReadKey{}, misuse(ErrNoString)
	case !mode.supported():
		return ReadKey{}, lacks(featureOpenModes)
	}
	return ctx.openKey(name, redismodule.READ|int32(mode)), nil
}

// OpenWriteKeyMode opens a key for reading and writing like [Context.OpenWriteKey],
// but in the way that mode says. A mode that the server does not know gives
// ErrUnsupported; OpenNoExpire and OpenNoEffects give ErrOpenMode: a server that wrote to a key
// that it has left behind as expired would end itself.
//
// C: RedisModule_OpenKey, since Redis 4.0.
func (ctx Context) OpenWriteKeyMode(name RStr, mode OpenMode) (WriteKey, error) {
	switch {
	case name.s == 0:
		return WriteKey{}, misuse(ErrNoString)
	case mode&(OpenNoExpire|OpenNoEffects) != 0:
		return WriteKey{}, ErrOpenMode
	case !mode.supported():
		return WriteKey{}, lacks(featureOpenModes)
	}
	return WriteKey{ctx.openKey(name, redismodule.READ|redismodule.WRITE|int32(mode))}, nil
}
