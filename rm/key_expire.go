// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"math"
	"time"

	"github.com/iredismodule/redismodule"
)

// TTL returns how long the key has yet to live, in whole milliseconds, 0 when it
// has expired; ok is false when it lives for ever, and when it is missing
// ([ReadKey.Exists] tells which). A time that does not fit in a Duration (292 years) is cut.
//
// C: RedisModule_GetExpire, since Redis 4.0.
func (k ReadKey) TTL() (ttl time.Duration, ok bool, err error) {
	raw, err := k.handle()
	if err != nil || raw == 0 {
		return 0, false, err
	}
	ms := redismodule.GetExpire(raw)
	switch {
	case ms == redismodule.NO_EXPIRE:
		return 0, false, nil
	case ms > math.MaxInt64/int64(time.Millisecond):
		return math.MaxInt64, true, nil
	}
	return time.Duration(ms) * time.Millisecond, true, nil
}

// ExpireAt returns when the key expires; ok is false when it lives for ever, and when it is
// missing. ErrUnsupported where only [ReadKey.TTL] can be asked: before Redis 6.2.8, and in
// 7.0 before 7.0.5.
//
// C: RedisModule_GetAbsExpire, since Redis 6.2.8.
func (k ReadKey) ExpireAt() (at time.Time, ok bool, err error) {
	raw, err := k.handle()
	switch {
	case err != nil:
		return time.Time{}, false, err
	case !has(featureGetAbsExpire):
		return time.Time{}, false, lacks(featureGetAbsExpire)
	case raw == 0:
		return time.Time{}, false, nil
	}
	ms := redismodule.GetAbsExpire(raw)
	if ms == redismodule.NO_EXPIRE {
		return time.Time{}, false, nil
	}
	return time.UnixMilli(ms), true, nil
}

// SetTTL gives the key this long to live, in whole milliseconds, rounded up. Zero
// and less is ErrExpireTime: to end a key's time now, delete it. ErrNoKey when the key
// is missing.
//
// C: RedisModule_SetExpire, since Redis 4.0.
func (k WriteKey) SetTTL(ttl time.Duration) error {
	raw, err := k.writable()
	switch {
	case err != nil:
		return err
	case ttl <= 0:
		return ErrExpireTime
	}
	ms := int64(ttl / time.Millisecond)
	if ttl%time.Millisecond != 0 {
		ms++
	}
	if redismodule.SetExpire(raw, ms) != redismodule.OK {
		return refusedWrite(raw)
	}
	k.wrote()
	k.k.noteChange()
	return nil
}

// SetExpireAt ends the key's time at a moment, in whole milliseconds, rounded down.
// A moment in the past is allowed: the key is there until it is opened or read
// again. One before 1970, the zero Time among them, is ErrExpireTime. ErrNoKey when the
// key is missing; ErrUnsupported as for [ReadKey.ExpireAt].
//
// C: RedisModule_SetAbsExpire, since Redis 6.2.8.
func (k WriteKey) SetExpireAt(at time.Time) error {
	raw, err := k.writable()
	switch {
	case err != nil:
		return err
	case !has(featureSetAbsExpire):
		return lacks(featureSetAbsExpire)
	case at.Unix() < 0 || at.Unix() >= math.MaxInt64/1000:
		return ErrExpireTime
	}
	if redismodule.SetAbsExpire(raw, at.UnixMilli()) != redismodule.OK {
		return refusedWrite(raw)
	}
	k.wrote()
	k.k.noteChange()
	return nil
}

// Persist lets the key live for ever; nothing changes if it does. ErrNoKey when the
// key is missing.
//
// C: RedisModule_SetExpire, since Redis 4.0.
func (k WriteKey) Persist() error {
	raw, err := k.writable()
	if err != nil {
		return err
	}
	if redismodule.SetExpire(raw, redismodule.NO_EXPIRE) != redismodule.OK {
		return refusedWrite(raw)
	}
	k.wrote()
	k.k.noteChange()
	return nil
}

// missing returns ErrNoKey for a handle that has no value.
func missing(raw redismodule.Key) error {
	if redismodule.KeyType(raw) == redismodule.KEYTYPE_EMPTY {
		return ErrNoKey
	}
	return nil
}

// refusedWrite says why the server refused to change what goes with any value.
func refusedWrite(raw redismodule.Key) error {
	if err := missing(raw); err != nil {
		return err
	}
	return ErrRefused
}
