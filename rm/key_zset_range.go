// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"math"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
)

// ScoreRange is a range of scores. Both ends belong to it unless they are
// exclusive, and can be infinite.
type ScoreRange struct {
	Min, Max                   float64
	MinExclusive, MaxExclusive bool
}

// AllScores is the range of all scores.
var AllScores = ScoreRange{Min: math.Inf(-1), Max: math.Inf(1)}

// ZSetRange is a range of a sorted set, to be looped over:
//
//	for element, score := range r.All {
//
// The element is valid for the body of the loop. The body may do anything: it may
// change the sorted set, by this key or in any other way, close the key, loop over
// it again, break, return and panic. Elements come in the sorted set's order, each
// later one is greater than the one before by score and bytes. An element that is
// there all the time comes exactly once. What the body adds or gives another
// score, may come or not; what it removes may still come, since a loop is up to a
// thousand elements (or 64 KB) ahead, and more when very many have the same score.
//
// A loop ends when its key is closed, when there is no such key any more, and when it
// has another type. If something else than the key itself, a call for example, has
// deleted or replaced the value, then the key must only be closed.
//
// A ZSetRange can be copied, and looped over as often as its key is open.
type ZSetRange struct {
	k        ReadKey
	score    ScoreRange
	min, max redismodule.String // not 0: a range of elements
}

// ZSetByScore returns the elements with scores in a range; none when there is no
// key. Errors: ErrWrongType, ErrNaN.
//
// C: RedisModule_ZsetFirstInScoreRange, RedisModule_ZsetLastInScoreRange, since
// Redis 4.0.
func (k ReadKey) ZSetByScore(scores ScoreRange) (ZSetRange, error) {
	if err := k.rangeable(); err != nil {
		return ZSetRange{}, err
	}
	if math.IsNaN(scores.Min) || math.IsNaN(scores.Max) {
		return ZSetRange{}, ErrNaN
	}
	return ZSetRange{k: k, score: scores}, nil
}

// ZSetByLex returns the elements between two others, by bytes; none when there is
// no key. All elements must have the same score: a loop ends at the first that has
// another one. The ends are as commands take them: "[" and an element that belongs
// to the range, "(" and one that does not, "-" and "+" for the smallest and the
// greatest of all; the zero RStr is "-" as min and "+" as max. See
// [NewLexInclusive] and [NewLexExclusive]. They must be valid as long as the range is used. Errors:
// ErrWrongType, ErrLexBound.
//
// C: RedisModule_ZsetFirstInLexRange, RedisModule_ZsetLastInLexRange, since
// Redis 4.0.
func (k ReadKey) ZSetByLex(min, max RStr) (ZSetRange, error) {
	if err := k.rangeable(); err != nil {
		return ZSetRange{}, err
	}
	if min.s == 0 {
		min = lexEnd(&lexEnds.min, "-")
	}
	if max.s == 0 {
		max = lexEnd(&lexEnds.max, "+")
	}
	if !isLexBound(min.Bytes()) || !isLexBound(max.Bytes()) {
		return ZSetRange{}, ErrLexBound
	}
	return ZSetRange{k: k, min: min.raw(), max: max.raw()}, nil
}

func (k ReadKey) rangeable() error {
	if raw, err := k.handle(); err != nil || raw == 0 {
		return err
	}
	return k.unless(KeyTypeZSet)
}

func isLexBound(b []byte) bool {
	if len(b) == 0 {
		return false
	}
	switch b[0] {
	case '[', '(':
		return true
	case '-', '+':
		return len(b) == 1
	}
	return false
}

// lexEnds are the ends of all ranges of elements. They are made once, under the
// server's lock.
var lexEnds struct{ min, max RStr }

func lexEnd(s *RStr, text string) RStr {
	if s.s == 0 {
		*s = NewRStringText(text).rstr
	}
	return *s
}

// NewLexInclusive makes an end of a range for [ReadKey.ZSetByLex]: an element, which
// belongs to the range itself. The string must be freed.
//
// C: RedisModule_CreateString, RedisModule_StringAppendBuffer, since Redis 4.0.
func NewLexInclusive(element []byte) RString { return newLexBound("[", element) }

// NewLexExclusive makes an end of a range for [ReadKey.ZSetByLex]: an element, which
// does not belong to the range itself. The string must be freed.
//
// C: RedisModule_CreateString, RedisModule_StringAppendBuffer, since Redis 4.0.
func NewLexExclusive(element []byte) RString { return newLexBound("(", element) }

func newLexBound(mark string, element []byte) RString {
	s := NewRStringText(mark)
	if len(element) > 0 {
		_ = s.Append(element) // it has one owner
	}
	return s
}

// All is the loop over the range from its first element on.
//
// C: RedisModule_ZsetRangeCurrentElement, RedisModule_ZsetRangeNext,
// RedisModule_ZsetRangeEndReached, RedisModule_ZsetRangeStop, since Redis 4.0.
func (r ZSetRange) All(yield func(element RStr, score float64) bool) { r.walk(false, yield) }

// Backward is the loop over the range from its last element on.
//
// C: RedisModule_ZsetRangeCurrentElement, RedisModule_ZsetRangePrev,
// RedisModule_ZsetRangeEndReached, RedisModule_ZsetRangeStop, since Redis 4.0.
func (r ZSetRange) Backward(yield func(element RStr, score float64) bool) { r.walk(true, yield) }

func (r *ZSetRange) walk(back bool, yield func(element RStr, score float64) bool) {
	w := r.k.startWalk()
	if w == nil {
		return
	}
	defer w.end()
	for w.nextZSetBatch(r, back) {
		for i, score := range w.scores {
			w.lent = i + 1
			element := RStr{newOrigin("step of a loop over a sorted set"), w.strs[i]}
			if !yield(element, score) || w.key == nil {
				return
			}
			element.o.end()
		}
	}
}

// equals counts the elements in front of a place that have the same score, and
// their bytes. The server can go to a score, but not to an element with it, so that
// these are walked over again for each batch. The more there are, the larger is the
// batch: its part of them stays the same, and so the time for an element.
type equals struct {
	score float64
	n     int
	bytes int
}

const (
	zsetBatch   = 1024
	equalsParts = 4
)

// nextZSetBatch reads the elements after the last one of the batch.
func (w *walk) nextZSetBatch(r *ZSetRange, back bool) bool {
	begun := w.begun
	raw := w.open()
	if raw == 0 {
		return false
	}
	found := false
	switch {
	case !begun:
		found = r.seek(raw, back, r.score, r.min, r.max)
	case r.min != 0:
		found = w.resumeLex(raw, r, back)
	default:
		found = w.resumeScore(raw, r, back)
	}
	w.release(len(w.strs))
	w.clear()
	if found {
		w.readZSet(raw, back, r.min != 0)
	}
	redismodule.ZsetRangeStop(raw)
	w.close(raw)
	return len(w.scores) > 0
}

// seek goes to the first element of a range, or to its last one.
func (r *ZSetRange) seek(raw redismodule.Key, back bool, s ScoreRange, min, max redismodule.String) bool {
	var rc int32
	switch {
	case min != 0 && back:
		rc = redismodule.ZsetLastInLexRange(raw, min, max)
	case min != 0:
		rc = redismodule.ZsetFirstInLexRange(raw, min, max)
	case back:
		rc = redismodule.ZsetLastInScoreRange(raw, s.Min, s.Max, flag(s.MinExclusive), flag(s.MaxExclusive))
	default:
		rc = redismodule.ZsetFirstInScoreRange(raw, s.Min, s.Max, flag(s.MinExclusive), flag(s.MaxExclusive))
	}
	return rc == redismodule.OK && redismodule.ZsetRangeEndReached(raw) == 0
}

func flag(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

// step goes to the next element, if there is one.
func step(raw redismodule.Key, back bool) bool {
	if back {
		return redismodule.ZsetRangePrev(raw) != 0
	}
	return redismodule.ZsetRangeNext(raw) != 0
}

// readZSet reads a batch from where the iterator is.
func (w *walk) readZSet(raw redismodule.Key, back, lex bool) {
	q := &w.zset
	*q = core.ZsetRead{
		Ctx: w.ctx, Key: raw, Back: flag(back), Lex: flag(lex),
		Limit:      uint64(max(w.limit, w.equal.n/equalsParts)),
		LimitBytes: uint64(max(batchBytes, w.equal.bytes/equalsParts)),
		Equal:      uint64(w.equal.n), EqualBytes: uint64(w.equal.bytes), Score: w.equal.score,
	}
	w.limit = min(8*w.limit, zsetBatch)
	q.Read()
	w.strs, w.bytes = append(w.strs, q.Strings()...), q.Bytes()
	for _, bits := range q.Numbers() {
		w.scores = append(w.scores, math.Float64frombits(bits))
	}
	w.equal = equals{q.Score, int(q.Equal), int(q.EqualBytes)}
	w.done = w.done || q.Done != 0
}

// resumeScore goes to the element after the last one of the batch.
func (w *walk) resumeScore(raw redismodule.Key, r *ZSetRange, back bool) bool {
	from := r.score
	if back {
		from.Max, from.MaxExclusive = w.equal.score, false
	} else {
		from.Min, from.MinExclusive = w.equal.score, false
	}
	// Nothing has changed, most of the time: then the last element is where it was.
	if !r.seek(raw, back, from, 0, 0) {
		return false
	}
	same := true
	for i := 1; i < w.equal.n && same; i++ {
		same = step(raw, back)
	}
	if same && w.isBehind(raw, back) == 0 {
		return step(raw, back)
	}
	if !r.seek(raw, back, from, 0, 0) {
		return false
	}
	w.equal.n, w.equal.bytes = 0, 0
	for w.isBehind(raw, back) <= 0 {
		w.equal.n++
		if !step(raw, back) {
			return false
		}
	}
	return true
}

// isBehind compares the element where the iterator is with the last one of the
// batch: 0 for the same element, 1 if it is after that in the direction of the
// walk.
func (w *walk) isBehind(raw redismodule.Key, back bool) int {
	var score float64
	s := redismodule.ZsetRangeCurrentElement(raw, &score)
	if s == 0 {
		return 1
	}
	c := 0
	switch {
	case score < w.equal.score:
		c = -1
	case score > w.equal.score:
		c = 1
	default:
		c = int(redismodule.StringCompare(s, w.strs[len(w.strs)-1]))
	}
	redismodule.FreeString(w.ctx, s)
	if back {
		c = -c
	}
	return c
}

// resumeLex goes to the element after the last one of the batch.
func (w *walk) resumeLex(raw redismodule.Key, r *ZSetRange, back bool) bool {
	last := RStr{s: w.strs[len(w.strs)-1]}
	w.bound = append(append(w.bound[:0], '('), last.Bytes()...)
	bound := NewRString(w.bound)
	defer bound.Free()
	found := false
	if back {
		found = r.seek(raw, back, ScoreRange{}, r.min, bound.s)
	} else {
		found = r.seek(raw, back, ScoreRange{}, bound.s, r.max)
	}
	// If it is not after, the scores differ.
	return found && w.isBehind(raw, back) > 0
}
