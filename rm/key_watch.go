// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"math"
	"time"

	"github.com/iredismodule/redismodule"
)

// What is watched of keys that are open in contexts that are not commands'.
const (
	// keyMortal: the key has a time to live, and the server may free the value under
	// the open key. It does so at any look-up of the name when it has expired; its
	// clock stands still in commands, and since Redis 7.2 in every callback.
	keyMortal uint8 = 1 << iota
	// keyExpired: the key has expired. The server's handle is not used any more, not even
	// to close it, since the server would look at the value: its memory, some hundred
	// bytes, is lost.
	keyExpired
	// keyPaused: writes are paused, so the key is open for reading only.
	keyPaused
	// keyGlance: the server is at work on the value, which must stay as it is stored.
	keyGlance
)

// glancing makes a key one of which nothing is stored anew.
func glancing(k ReadKey) ReadKey {
	if k.k != nil {
		k.k.setWatch(k.k.watch | keyGlance)
	}
	return k
}

// glance returns a copy of a string, which lives until the callback ends.
func (k ReadKey) glance() ([]byte, bool, error) {
	if ok, err := k.isString(); !ok || err != nil {
		return nil, ok, err
	}
	ctx := underWay(k.k.ctx)
	reply, err := ctx.Call("GET", 0, Str(RStr{s: redismodule.GetKeyNameFromModuleKey(k.k.raw)}))
	if err != nil {
		return nil, false, err
	}
	defer reply.Free()
	return ctx.StrBytes(reply.Bytes()).Bytes(), true, nil
}

// timeGoesOn tells whether the server's clock goes on in callbacks that are not
// commands'.
func timeGoesOn() bool { return !has(featureClockStands) }

// longestTTL is the longest time to live that is watched, a hundred years.
const longestTTL = math.MaxInt64 / int64(time.Millisecond) / 3

// noteExpire remembers when the key expires. It looks at the clock first: so
// the moment is not later than the server's. GetExpire does not look at the value.
func (k *openKey) noteExpire() {
	if k.raw == 0 || !timeGoesOn() || !isOutside(k.ctx) {
		return
	}
	watch, now := k.watch&^keyMortal, time.Now()
	if ms := redismodule.GetExpire(k.raw); ms != redismodule.NO_EXPIRE && ms < longestTTL {
		watch |= keyMortal
		k.dies = now.Add(time.Duration(ms) * time.Millisecond)
	}
	k.setWatch(watch)
}

// setWatch says what is watched of a key. The usual key costs nothing: one comparison
// finds what is closed, what is missing and what is watched.
func (k *openKey) setWatch(watch uint8) {
	if k.watch, k.quick = watch, k.seq; watch != 0 || k.raw == 0 || debugging {
		k.quick = 0
	}
}

// noteChange is called after what may have changed the key's time to live.
func (k *openKey) noteChange() {
	if state.unheld() {
		k.noteExpire()
	}
}

// look sees whether a key has expired. The server deletes when its clock has
// passed that moment; then ours, read later, has too. It is read in two ways, in case
// that somebody sets the clock back in between.
func (k *openKey) look() {
	if k.watch&keyMortal == 0 {
		return
	}
	if now := time.Now(); now.Before(k.dies) && now.UnixMilli() <= k.dies.UnixMilli() {
		k.noteExpire() // there may be another time now, or none
		return
	}
	k.raw, k.list = 0, listPlace{}
	k.setWatch(k.watch&^keyMortal | keyExpired)
}

// unusual is handle for keys that are not quick: those that are missing or closed, and
// those of which something is watched.
func (k ReadKey) unusual() (redismodule.Key, error) {
	o := k.k
	if o == nil || o.seq != k.seq {
		return 0, misuse(ErrKeyClosed)
	}
	if debugging {
		o.checkThread()
	}
	if o.watch != 0 {
		if o.look(); o.watch&keyExpired != 0 {
			return 0, ErrKeyExpired
		}
	}
	return o.raw, nil
}

// unusualValue is value for them.
func (k ReadKey) unusualValue() (redismodule.Key, error) {
	raw, err := k.unusual()
	if err == nil && raw == 0 {
		err = ErrNoKey
	}
	return raw, err
}

// unusualWrite is unusual for what writes.
func (k ReadKey) unusualWrite() (redismodule.Key, error) {
	raw, err := k.unusual()
	if err == nil && k.k.watch&keyPaused != 0 {
		switch {
		case state.midway != 0:
			return 0, ErrMidway
		case starting():
			return 0, ErrStarting
		}
		return 0, ErrWritesPaused
	}
	return raw, err
}

func (k ReadKey) unusualWriteValue() (redismodule.Key, error) { return k.unusualWriteOr(ErrNoKey) }
func (k ReadKey) unusualWritable() (redismodule.Key, error)   { return k.unusualWriteOr(ErrRefused) }

// unusualWriteOr is unusualWrite with an error for a key that is missing.
func (k ReadKey) unusualWriteOr(missing error) (redismodule.Key, error) {
	raw, err := k.unusualWrite()
	if err == nil && raw == 0 {
		err = missing
	}
	return raw, err
}

// here returns the server's handle for those who go on with an open key: 0 if it is
// missing, closed, or expired.
func (k ReadKey) here() redismodule.Key {
	if k.k == nil || k.k.seq != k.seq {
		return 0
	}
	if k.k.watch != 0 {
		k.k.look()
	}
	return k.k.raw
}
