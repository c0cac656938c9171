// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"math"

	"github.com/iredismodule/redismodule"
)

// ZAddFlags change what ZSetAdd and ZSetIncrBy do.
type ZAddFlags int32

// The flags, with the first release of those that are not as old as all.
const (
	ZAddXX ZAddFlags = redismodule.ZADD_XX // only if the element is there
	ZAddNX ZAddFlags = redismodule.ZADD_NX // only if the element is not there
	ZAddGT ZAddFlags = redismodule.ZADD_GT // an element that is there only gets a greater score; Redis 6.2
	ZAddLT ZAddFlags = redismodule.ZADD_LT // an element that is there only gets a smaller score; Redis 6.2
)

// ZAddResult tells what ZSetAdd and ZSetIncrBy have done.
type ZAddResult int32

// The results.
const (
	ZAddSame    ZAddResult = 0                        // the element was there with the same score
	ZAddAdded   ZAddResult = redismodule.ZADD_ADDED   // the element is new
	ZAddUpdated ZAddResult = redismodule.ZADD_UPDATED // the element has another score
	ZAddNop     ZAddResult = redismodule.ZADD_NOP     // nothing was done because of the flags
)

// addable checks what adds to a sorted set and returns the handle, 0 when there is
// nothing to do.
func (k WriteKey) addable(score float64, element RStr, flags ZAddFlags) (redismodule.Key, error) {
	raw, err := k.writeValue()
	switch {
	case err != nil:
		return 0, err
	case element.s == 0:
		return 0, ErrNoString
	case math.IsNaN(score):
		return 0, ErrNaN
	case flags != 0:
		return k.flaggable(raw, flags)
	}
	return raw, nil
}

func (k WriteKey) flaggable(raw redismodule.Key, flags ZAddFlags) (redismodule.Key, error) {
	switch {
	case flags&^(ZAddXX|ZAddNX|ZAddGT|ZAddLT) != 0,
		flags&ZAddNX != 0 && flags != ZAddNX,
		flags&(ZAddGT|ZAddLT) == ZAddGT|ZAddLT:
		return 0, ErrFlags
	case flags&(ZAddGT|ZAddLT) != 0 && !has(featureZAddGTLT):
		return 0, lacks(featureZAddGTLT)
	case flags&ZAddXX != 0 && KeyType(redismodule.KeyType(raw)) == KeyTypeEmpty:
		// The server would make a sorted set without elements, and some releases
		// leave it there.
		return 0, nil
	}
	return raw, nil
}

// placeholder is the empty string, made once under the server's lock.
var placeholder RStr

// holdZSet makes a sorted set of a missing key on servers before 7.0. Some of them
// (6.0.16, 6.2.6) abort when the first element of a sorted set does not fit into
// the compact encoding, unless another element is there already.
func holdZSet(raw redismodule.Key, element RStr) bool {
	if has(featureReplyWithBool) { // as old as Redis 7.0
		return false
	}
	if redismodule.KeyType(raw) != redismodule.KEYTYPE_EMPTY || element.Len() == 0 {
		return false
	}
	if placeholder.s == 0 {
		placeholder = NewRStringText("").rstr
	}
	return redismodule.ZsetAdd(raw, 0, placeholder.s, nil) == redismodule.OK
}

// releaseZSet takes the other element away.
func releaseZSet(raw redismodule.Key) { redismodule.ZsetRem(raw, placeholder.s, nil) }

// ZSetAdd puts an element with a score into the sorted set, or gives it that score.
// The server copies the element. A missing key becomes a sorted set, except with
// ZAddXX. Infinite scores are scores. Errors: ErrWrongType, ErrNaN, ErrNoString for
// the zero RStr, ErrFlags for flags that do not exist or exclude each other,
// ErrUnsupported for flags that the server lacks, ErrRefused or ErrNoKey for a key
// that is open for reading only.
//
// C: RedisModule_ZsetAdd, since Redis 4.0.
func (k WriteKey) ZSetAdd(score float64, element RStr, flags ZAddFlags) (ZAddResult, error) {
	raw, err := k.addable(score, element, flags)
	if err != nil {
		return 0, err
	}
	if raw == 0 {
		return ZAddNop, nil
	}
	held := holdZSet(raw, element)
	out := &k.k.out
	out.flags = int32(flags)
	rc := redismodule.ZsetAdd(raw, score, element.raw(), &out.flags)
	if held {
		releaseZSet(raw)
	}
	if rc != redismodule.OK {
		return 0, k.refusal(KeyTypeZSet)
	}
	if out.flags != redismodule.ZADD_NOP {
		k.wrote()
	}
	return ZAddResult(out.flags), nil
}

// ZSetIncrBy adds delta to the score of an element, and returns the new score. An
// element that is not there gets delta as its score. With the result ZAddNop the score
// is 0. Errors are those of ZSetAdd; ErrNaN also when the sum is that of different
// infinities.
//
// C: RedisModule_ZsetIncrby, since Redis 4.0.
func (k WriteKey) ZSetIncrBy(delta float64, element RStr, flags ZAddFlags) (score float64, _ ZAddResult, _ error) {
	raw, err := k.addable(delta, element, flags)
	if err != nil {
		return 0, 0, err
	}
	if raw == 0 {
		return 0, ZAddNop, nil
	}
	held := holdZSet(raw, element)
	out := &k.k.out
	out.flags, out.score = int32(flags), 0
	rc := redismodule.ZsetIncrby(raw, delta, element.raw(), &out.flags, &out.score)
	if held {
		releaseZSet(raw)
	}
	if rc != redismodule.OK {
		err := k.refusal(KeyTypeZSet)
		if err == ErrRefused && math.IsInf(delta, 0) {
			if old, ok, _ := k.ZSetScore(element); ok && math.IsNaN(old+delta) {
				err = ErrNaN
			}
		}
		return 0, 0, err
	}
	if ZAddResult(out.flags) == ZAddNop {
		return 0, ZAddNop, nil
	}
	k.wrote()
	return out.score, ZAddResult(out.flags), nil
}

// ZSetRem removes an element and tells whether it was there. The key goes with
// its last element. Errors: ErrWrongType, ErrNoString for the zero RStr, ErrRefused
// for a key that is open for reading only.
//
// C: RedisModule_ZsetRem, since Redis 4.0.
func (k WriteKey) ZSetRem(element RStr) (bool, error) {
	raw, err := k.handle()
	switch {
	case err != nil:
		return false, err
	case element.s == 0:
		return false, ErrNoString
	case raw == 0:
		return false, nil
	}
	out := &k.k.out
	out.flags = 0
	if redismodule.ZsetRem(raw, element.raw(), &out.flags) != redismodule.OK {
		return false, k.refusal(KeyTypeZSet)
	}
	if out.flags != 0 {
		k.wrote()
	}
	return out.flags != 0, nil
}

// ZSetScore returns the score of an element; ok is false when there is no such
// element, or no key. Errors: ErrWrongType, ErrNoString for the zero RStr.
//
// C: RedisModule_ZsetScore, since Redis 4.0.
func (k ReadKey) ZSetScore(element RStr) (score float64, ok bool, err error) {
	raw, err := k.handle()
	switch {
	case err != nil:
		return 0, false, err
	case element.s == 0:
		return 0, false, ErrNoString
	case raw == 0:
		return 0, false, nil
	}
	if redismodule.ZsetScore(raw, element.raw(), &score) != redismodule.OK {
		return 0, false, k.unless(KeyTypeZSet)
	}
	return score, true, nil
}

// unless is ErrWrongType if the key has a value of another type.
func (k ReadKey) unless(want KeyType) error {
	if t := k.Type(); t != want && t != KeyTypeEmpty {
		return ErrWrongType
	}
	return nil
}
