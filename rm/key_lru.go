// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"time"

	"github.com/iredismodule/redismodule"
)

// MaxLRUIdle is the longest idle time that [ReadKey.SetLRU] takes, about 194 days.
// It is the range of the server's clock for it: a key that is not used for longer
// looks as if it had just been used.
const MaxLRUIdle = (1<<24 - 2) * time.Second

// MaxLFUFreq is the highest frequency that [ReadKey.SetLFU] takes.
const MaxLFUFreq = 255

// LRUIdle returns how long ago the key was last used, with the server's resolution
// of about a second. Opening the key is a use, except with the mode [OpenNoTouch].
// Valkey 9.1 has it modulo 49 days. ErrNoKey when the key is missing,
// ErrEvictionPolicy when the server keeps frequencies (maxmemory-policy with lfu),
// ErrUnsupported before Redis 6.0.
//
// C: RedisModule_GetLRU, since Redis 6.0.
func (k ReadKey) LRUIdle() (time.Duration, error) {
	raw, err := k.value()
	switch {
	case err != nil:
		return 0, err
	case !redismodule.Has(redismodule.FnGetLRU):
		return 0, ErrUnsupported
	}
	var ms int64
	switch rc := redismodule.GetLRU(raw, &ms); {
	case rc != redismodule.OK:
		return 0, refusedWrite(raw)
	case ms < 0:
		return 0, ErrEvictionPolicy
	}
	return time.Duration(ms) * time.Millisecond, nil
}

// SetLRU sets how long ago the key was last used, up to MaxLRUIdle, in whole
// seconds, rounded down. Beyond that, and below zero, it is ErrRange; the other
// errors are those of [ReadKey.LRUIdle]. A key open for reading is enough: the
// value does not change. Valkey 9.1 gets the unit wrong, a million times too long:
// on a server that does so, any time but 0 is ErrUnsupported.
//
// C: RedisModule_SetLRU, since Redis 6.0.
func (k ReadKey) SetLRU(idle time.Duration) error {
	raw, err := k.value()
	switch {
	case err != nil:
		return err
	case !redismodule.Has(redismodule.FnSetLRU):
		return ErrUnsupported
	case idle < 0 || idle > MaxLRUIdle:
		return ErrRange
	case idle >= time.Second && lruUnit == unitWrong:
		return ErrUnsupported
	}
	seconds := int64(idle / time.Second)
	switch {
	case redismodule.SetLRU(raw, seconds*1000) != redismodule.OK:
		return refusedPolicy(raw)
	case lruUnit == unitUnknown && seconds != 0:
		return checkUnit(raw, seconds*1000)
	}
	return nil
}

// lruUnit tells whether the server takes idle times in the unit in which it gives
// them; it is seen the first time that one is set.
var lruUnit uint8

const (
	unitUnknown = iota
	unitRight
	unitWrong
)

// checkUnit reads an idle time that was just set. A server that took it for
// another one is told that the key was used now.
func checkUnit(raw redismodule.Key, want int64) error {
	var got int64
	redismodule.GetLRU(raw, &got)
	if got < want-2000 || got > want+2000 {
		lruUnit = unitWrong
		redismodule.SetLRU(raw, 0)
		return ErrUnsupported
	}
	lruUnit = unitRight
	return nil
}

// LFUFreq returns how often the key is used, on the server's logarithmic scale from
// 0 to MaxLFUFreq. Opening the key is a use, except with the mode [OpenNoTouch].
// ErrNoKey when the key is missing, ErrEvictionPolicy unless the server keeps
// frequencies (maxmemory-policy with lfu), ErrUnsupported before Redis 6.0.
//
// C: RedisModule_GetLFU, since Redis 6.0.
func (k ReadKey) LFUFreq() (int, error) {
	raw, err := k.value()
	switch {
	case err != nil:
		return 0, err
	case !redismodule.Has(redismodule.FnGetLFU):
		return 0, ErrUnsupported
	}
	var freq int64
	switch rc := redismodule.GetLFU(raw, &freq); {
	case rc != redismodule.OK:
		return 0, refusedWrite(raw)
	case freq < 0:
		return 0, ErrEvictionPolicy
	}
	return int(freq), nil
}

// SetLFU sets how often the key is used, from 0 to MaxLFUFreq; otherwise it is
// ErrRange. The other errors are those of [ReadKey.LFUFreq]. A key open for reading
// is enough: the value does not change.
//
// C: RedisModule_SetLFU, since Redis 6.0.
func (k ReadKey) SetLFU(freq int) error {
	raw, err := k.value()
	switch {
	case err != nil:
		return err
	case !redismodule.Has(redismodule.FnSetLFU):
		return ErrUnsupported
	case freq < 0 || freq > MaxLFUFreq: // the server would end itself
		return ErrRange
	}
	if redismodule.SetLFU(raw, int64(freq)) != redismodule.OK {
		return refusedPolicy(raw)
	}
	return nil
}

func refusedPolicy(raw redismodule.Key) error {
	if err := missing(raw); err != nil {
		return err
	}
	return ErrEvictionPolicy
}
