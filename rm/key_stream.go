// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"math"

	"github.com/iredismodule/redismodule"
)

// streamWords is the buffer for the words of a call of StreamAdd. It is guarded by
// the server's lock and nil while it is in use, since the call can come back.
var streamWords []redismodule.String

// StreamAdd adds an entry with the given ID, which is returned, and fields: a name,
// its value, the next name and so on. The server copies them. A missing key becomes
// a stream. Clients that wait for entries are served when the key is closed.
// Errors: ErrStreamIDOrder when the ID is not greater than all that the stream has
// had, or the smallest ID; ErrNoFields for no fields or an odd number; ErrRange when
// they are too large; ErrWrongType, ErrNoString for a zero RStr; ErrRefused or
// ErrNoKey for a key that is open for reading only; ErrUnsupported before Redis 6.2.
//
// C: RedisModule_StreamAdd, since Redis 6.2.
func (k WriteKey) StreamAdd(id StreamID, fields ...RStr) (StreamID, error) {
	if id.IsZero() {
		return StreamID{}, k.orElse(ErrStreamIDOrder)
	}
	return k.streamAdd(0, id, fields)
}

// StreamAddAuto is StreamAdd with an ID that the server chooses: the time, or the
// ID after the last one if that is greater. It is returned.
//
// C: RedisModule_StreamAdd, since Redis 6.2.
func (k WriteKey) StreamAddAuto(fields ...RStr) (StreamID, error) {
	return k.streamAdd(redismodule.STREAM_ADD_AUTOID, StreamID{}, fields)
}

// orElse is what stands in the way of writing a stream, otherwise err.
func (k WriteKey) orElse(err error) error {
	if _, other := k.streamWritable(featureStreamAdd); other != nil {
		return other
	}
	if t := k.Type(); t != KeyTypeEmpty && t != KeyTypeStream {
		return ErrWrongType
	}
	return err
}

// streamWritable returns the handle for writing, 0 when there is none.
func (k WriteKey) streamWritable(f feature) (redismodule.Key, error) {
	raw, err := k.writeHandle()
	if err == nil && !has(f) {
		err = lacks(f)
	}
	return raw, err
}

func (k WriteKey) streamAdd(flags int32, id StreamID, fields []RStr) (StreamID, error) {
	raw, err := k.streamWritable(featureStreamAdd)
	switch {
	case err != nil:
		return StreamID{}, err
	case raw == 0:
		return StreamID{}, ErrNoKey
	case len(fields) == 0 || len(fields)%2 != 0:
		return StreamID{}, ErrNoFields
	}
	words := streamWords[:0]
	streamWords = nil
	for _, f := range fields {
		if f.s == 0 {
			streamWords = words
			return StreamID{}, ErrNoString
		}
		words = append(words, f.raw())
	}
	missing := redismodule.KeyType(raw) == redismodule.KEYTYPE_EMPTY
	out := &k.k.out
	out.id = id.raw()
	rc := redismodule.StreamAdd(raw, flags, &out.id, &words[0], int64(len(fields)/2))
	if cap(words) <= 4096 {
		streamWords = words
	}
	if rc != redismodule.OK {
		return StreamID{}, k.streamAddRefusal(raw, missing, fields)
	}
	k.wrote()
	return streamID(out.id), nil
}

// maxEntryBytes is how many bytes the fields of an entry can have.
const maxEntryBytes = 1 << 30

// streamAddRefusal says why an entry was refused. Some servers leave a stream
// without entries behind.
func (k WriteKey) streamAddRefusal(raw redismodule.Key, missing bool, fields []RStr) error {
	if err := k.refusal(KeyTypeStream); err != ErrRefused && err != ErrNoKey {
		return err
	}
	if !k.streamWrites(raw) {
		return ErrRefused
	}
	if missing && redismodule.KeyType(raw) == redismodule.KEYTYPE_STREAM {
		redismodule.DeleteKey(raw)
	}
	bytes := 0
	for _, f := range fields {
		if bytes += f.Len(); bytes > maxEntryBytes {
			return ErrRange
		}
	}
	return ErrStreamIDOrder
}

// streamWrites tells whether a key is open for writing, by something that does
// nothing then.
func (k WriteKey) streamWrites(raw redismodule.Key) bool {
	return redismodule.KeyType(raw) != redismodule.KEYTYPE_STREAM ||
		redismodule.StreamTrimByLength(raw, 0, math.MaxInt64) >= 0
}

// StreamDelete deletes an entry and tells whether it was there. A stream without
// entries stays. Errors: ErrWrongType, ErrRefused for a key that is open for
// reading only; ErrUnsupported before Redis 6.2.
//
// C: RedisModule_StreamDelete, since Redis 6.2.
func (k WriteKey) StreamDelete(id StreamID) (bool, error) {
	raw, err := k.streamWritable(featureStreamDelete)
	if err != nil || raw == 0 {
		return false, err
	}
	c := id.raw()
	if redismodule.StreamDelete(raw, &c) == redismodule.OK {
		k.wrote()
		return true, nil
	}
	if err := k.unless(KeyTypeStream); err != nil {
		return false, err
	}
	if !k.streamWrites(raw) {
		return false, ErrRefused
	}
	return false, nil
}

// StreamDeleteRange deletes the entries from one ID to another, both included, and
// returns how many they were. A stream without entries stays. Errors are those of
// StreamDelete; with ErrRefused nothing has been deleted.
//
// C: RedisModule_StreamIteratorStart, RedisModule_StreamIteratorNextID,
// RedisModule_StreamIteratorDelete, RedisModule_StreamIteratorStop, since Redis 6.2.
func (k WriteKey) StreamDeleteRange(from, to StreamID) (n int, err error) {
	raw, err := k.streamWritable(featureStreamIteratorDelete)
	if err != nil || raw == 0 || from.Compare(to) > 0 {
		return 0, err
	}
	first, last := from.raw(), to.raw()
	if redismodule.StreamIteratorStart(raw, 0, &first, &last) != redismodule.OK {
		return 0, k.unless(KeyTypeStream)
	}
	for redismodule.StreamIteratorNextID(raw, nil, nil) == redismodule.OK {
		if redismodule.StreamIteratorDelete(raw) != redismodule.OK {
			err = ErrRefused
			break
		}
		n++
	}
	redismodule.StreamIteratorStop(raw)
	if n > 0 {
		k.wrote()
	}
	return n, err
}

// StreamTrimFlags change what trimming a stream does.
type StreamTrimFlags int32

// StreamTrimApprox deletes only whole blocks of entries, which is faster, and not more
// than a hundred blocks.
const StreamTrimApprox StreamTrimFlags = redismodule.STREAM_TRIM_APPROX

// StreamTrimByLength deletes the oldest entries so that length of them stay, and
// returns how many it has deleted. Errors: ErrRange for a negative length, ErrFlags for flags
// that do not exist, ErrWrongType, ErrRefused for a key that is open for reading
// only; ErrUnsupported before Redis 6.2.
//
// C: RedisModule_StreamTrimByLength, since Redis 6.2.
func (k WriteKey) StreamTrimByLength(length int, flags StreamTrimFlags) (int, error) {
	raw, err := k.streamWritable(featureStreamTrimByLength)
	switch {
	case err != nil:
		return 0, err
	case length < 0:
		return 0, ErrRange
	case flags&^StreamTrimApprox != 0:
		return 0, ErrFlags
	case raw == 0:
		return 0, nil
	}
	return k.trimmed(redismodule.StreamTrimByLength(raw, int32(flags), int64(length)))
}

// StreamTrimByID deletes the entries with IDs smaller than min, and returns how many
// it has deleted. Flags and errors are those of StreamTrimByLength.
//
// C: RedisModule_StreamTrimByID, since Redis 6.2.
func (k WriteKey) StreamTrimByID(min StreamID, flags StreamTrimFlags) (int, error) {
	raw, err := k.streamWritable(featureStreamTrimByID)
	switch {
	case err != nil:
		return 0, err
	case flags&^StreamTrimApprox != 0:
		return 0, ErrFlags
	case raw == 0:
		return 0, nil
	}
	out := &k.k.out
	out.id = min.raw()
	return k.trimmed(redismodule.StreamTrimByID(raw, int32(flags), &out.id))
}

func (k WriteKey) trimmed(n int64) (int, error) {
	if n > 0 {
		k.wrote()
	}
	if n >= 0 {
		return int(n), nil
	}
	if err := k.refusal(KeyTypeStream); err != ErrNoKey {
		return 0, err
	}
	return 0, nil
}
