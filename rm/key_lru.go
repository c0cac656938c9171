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
// Valkey 9.1 has it modulo 49 days. ok is false when the key is missing; the error is
// ErrEvictionPolicy when the server keeps frequencies (maxmemory-policy with lfu),
// ErrUnsupported before Redis 6.0.
//
// C: RedisModule_GetLRU, since Redis 6.0.
func (k ReadKey) LRUIdle() (idle time.Duration, ok bool, err error) {
	raw, err := k.handle()
	switch {
	case err != nil:
		return 0, false, err
	case !has(featureGetLRU):
		return 0, false, lacks(featureGetLRU)
	case raw == 0:
		return 0, false, nil
	}
	var n int64
	switch rc := redismodule.GetLRU(raw, &n); {
	case rc != redismodule.OK && missing(raw) != nil:
		return 0, false, nil
	case rc != redismodule.OK:
		return 0, false, ErrRefused
	case n < 0:
		return 0, false, ErrEvictionPolicy
	}
	return time.Duration(n) * time.Millisecond, true, nil
}

// SetLRU sets how long ago the key was last used, up to MaxLRUIdle, in whole
// seconds, rounded down. Beyond that, and below zero, it is ErrRange, ErrNoKey when the
// key is missing; the other errors are those of [ReadKey.LRUIdle]. A key open for reading is enough: the
// value does not change. Valkey 9.1 gets the unit wrong, a million times too long:
// on a server that does so, any time but 0 is ErrLRUUnit.
//
// C: RedisModule_SetLRU, since Redis 6.0.
func (k ReadKey) SetLRU(idle time.Duration) error {
	raw, err := k.value()
	switch {
	case err != nil:
		return err
	case !has(featureSetLRU):
		return lacks(featureSetLRU)
	case idle < 0 || idle > MaxLRUIdle:
		return ErrRange
	case idle >= time.Second && lruUnit == unitWrong:
		return ErrLRUUnit
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
		return ErrLRUUnit
	}
	lruUnit = unitRight
	return nil
}

// LFUFreq returns how often the key is used, on the server's logarithmic scale from
// 0 to MaxLFUFreq. Opening the key is a use, except with the mode [OpenNoTouch].
// ok is false when the key is missing; the error is ErrEvictionPolicy unless the server
// keeps frequencies (maxmemory-policy with lfu), ErrUnsupported before Redis 6.0.
//
// C: RedisModule_GetLFU, since Redis 6.0.
func (k ReadKey) LFUFreq() (freq int, ok bool, err error) {
	raw, err := k.handle()
	switch {
	case err != nil:
		return 0, false, err
	case !has(featureGetLFU):
		return 0, false, lacks(featureGetLFU)
	case raw == 0:
		return 0, false, nil
	}
	var n int64
	switch rc := redismodule.GetLFU(raw, &n); {
	case rc != redismodule.OK && missing(raw) != nil:
		return 0, false, nil
	case rc != redismodule.OK:
		return 0, false, ErrRefused
	case n < 0:
		return 0, false, ErrEvictionPolicy
	}
	return int(n), true, nil
}

// SetLFU sets how often the key is used, from 0 to MaxLFUFreq; otherwise it is
// ErrRange, and ErrNoKey when the key is missing. The other errors are those of
// [ReadKey.LFUFreq]. A key open for reading
// is enough: the value does not change.
//
// C: RedisModule_SetLFU, since Redis 6.0.
func (k ReadKey) SetLFU(freq int) error {
	raw, err := k.value()
	switch {
	case err != nil:
		return err
	case !has(featureSetLFU):
		return lacks(featureSetLFU)
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
