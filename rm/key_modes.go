// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"
	"strings"

	"github.com/iredismodule/redismodule"
)

// OpenMode changes what opening a key does besides; the modes can be combined.
type OpenMode int32

// The open modes, with the first release of each. [OpenModes] tells which ones the
// running server knows.
const (
	// NoTouch leaves the key's last use alone; Redis 6.0.
	NoTouch OpenMode = redismodule.OPEN_KEY_NOTOUCH
	// NoNotify sends no keyspace event when the key is missing; Redis 7.2.
	NoNotify OpenMode = redismodule.OPEN_KEY_NONOTIFY
	// NoStats counts neither a hit nor a miss; Redis 7.2.
	NoStats OpenMode = redismodule.OPEN_KEY_NOSTATS
	// NoExpire does not delete a key whose time is over; it is missing all the
	// same. For reading only; Redis 7.2.
	NoExpire OpenMode = redismodule.OPEN_KEY_NOEXPIRE
	// NoEffects is all of the above. For reading only; Redis 7.2.
	NoEffects OpenMode = redismodule.OPEN_KEY_NOEFFECTS
	// AccessExpired opens also a key whose time is over; Redis 8.0.
	AccessExpired OpenMode = redismodule.OPEN_KEY_ACCESS_EXPIRED
	// AccessTrimmed opens also a key of a slot that is being given away;
	// Redis 8.4.
	AccessTrimmed OpenMode = redismodule.OPEN_KEY_ACCESS_TRIMMED
)

var openModeNames = [...]struct {
	mode OpenMode
	name string
}{
	{NoTouch, "NoTouch"}, {NoNotify, "NoNotify"}, {NoStats, "NoStats"}, {NoExpire, "NoExpire"},
	{NoEffects, "NoEffects"}, {AccessExpired, "AccessExpired"}, {AccessTrimmed, "AccessTrimmed"},
}

// String returns the names of the modes: "NoTouch|NoStats"; "" for none.
func (m OpenMode) String() string {
	var names []string
	for _, known := range openModeNames {
		if m&known.mode != 0 {
			names = append(names, known.name)
			m &^= known.mode
		}
	}
	if m != 0 {
		names = append(names, fmt.Sprintf("OpenMode(%#x)", uint32(m)))
	}
	return strings.Join(names, "|")
}

// OpenModes returns the open modes that the running server knows.
//
// C: RedisModule_GetOpenKeyModesAll, since Redis 7.2.
func OpenModes() OpenMode {
	switch {
	case redismodule.Has(redismodule.FnGetOpenKeyModesAll):
		return OpenMode(redismodule.GetOpenKeyModesAll()) &^ (redismodule.READ | redismodule.WRITE)
	case redismodule.Has(redismodule.FnGetKeyNameFromModuleKey): // as old as the mode
		return NoTouch
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
		return ReadKey{}, ErrUnsupported
	}
	return newOpenKey(ctx.c, redismodule.OpenKey(ctx.raw(), name.raw(), redismodule.READ|int32(mode))), nil
}

// OpenWriteKeyMode opens a key for reading and writing like [Context.OpenWriteKey],
// but in the way that mode says. A mode that the server does not know gives
// ErrUnsupported, and so do NoExpire and NoEffects: a server that wrote to a key
// that it has left behind as expired would end itself.
//
// C: RedisModule_OpenKey, since Redis 4.0.
func (ctx Context) OpenWriteKeyMode(name RStr, mode OpenMode) (WriteKey, error) {
	switch {
	case name.s == 0:
		return WriteKey{}, misuse(ErrNoString)
	case mode&(NoExpire|NoEffects) != 0 || !mode.supported():
		return WriteKey{}, ErrUnsupported
	}
	return ctx.openWriteKey(name, mode), nil
}
