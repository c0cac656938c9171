// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"cmp"
	"math"
	"strconv"
	"strings"

	"github.com/iredismodule/redismodule"
)

// StreamID is the number of an entry of a stream: the milliseconds of a clock, and
// a sequence number among the entries of one millisecond. The entries of a stream
// have growing IDs. The zero StreamID is that of no entry.
type StreamID struct {
	Ms  uint64 // milliseconds since 1970, if the server has chosen it
	Seq uint64
}

// The ends of all ranges. No entry has the smallest ID.
var (
	MinStreamID = StreamID{}
	MaxStreamID = StreamID{math.MaxUint64, math.MaxUint64}
)

// raw is the ID for the raw layer.
func (id StreamID) raw() redismodule.StreamID { return redismodule.StreamID{MS: id.Ms, Seq: id.Seq} }

func streamID(id redismodule.StreamID) StreamID { return StreamID{id.MS, id.Seq} }

// IsZero tells whether the ID is that of no entry.
func (id StreamID) IsZero() bool { return id == StreamID{} }

// Compare returns -1, 0 or 1.
func (id StreamID) Compare(other StreamID) int {
	if c := cmp.Compare(id.Ms, other.Ms); c != 0 {
		return c
	}
	return cmp.Compare(id.Seq, other.Seq)
}

// next is the ID after id; ok is false for the last one.
func (id StreamID) next() (_ StreamID, ok bool) {
	if id.Seq++; id.Seq == 0 {
		id.Ms++
		return id, id.Ms != 0
	}
	return id, true
}

// prev is the ID in front of id; ok is false for the first one.
func (id StreamID) prev() (_ StreamID, ok bool) {
	if id.Seq--; id.Seq == math.MaxUint64 {
		id.Ms--
		return id, id.Ms != math.MaxUint64
	}
	return id, true
}

// AppendTo appends the ID's text to dst.
func (id StreamID) AppendTo(dst []byte) []byte {
	dst = append(strconv.AppendUint(dst, id.Ms, 10), '-')
	return strconv.AppendUint(dst, id.Seq, 10)
}

// maxStreamIDLen is the length of the longest text of a StreamID.
const maxStreamIDLen = 20 + 1 + 20

// String returns the ID as the server writes it: "1526919030474-55".
func (id StreamID) String() string {
	var buf [maxStreamIDLen]byte
	return string(id.AppendTo(buf[:0]))
}

// ParseStreamID reads an ID as commands take it: two decimal numbers with a hyphen
// between them, or one, with 0 as the sequence number; "-" and "+" are the smallest
// and the greatest ID. ErrNotStreamID for anything else.
func ParseStreamID(s string) (StreamID, error) {
	switch s {
	case "-":
		return MinStreamID, nil
	case "+":
		return MaxStreamID, nil
	}
	ms, seq, both := strings.Cut(s, "-")
	var id StreamID
	var ok bool
	if id.Ms, ok = parseUint(ms); !ok {
		return StreamID{}, ErrNotStreamID
	}
	if both {
		if id.Seq, ok = parseUint(seq); !ok {
			return StreamID{}, ErrNotStreamID
		}
	}
	return id, nil
}

// parseUint is strconv.ParseUint without an allocated error.
func parseUint(s string) (n uint64, ok bool) {
	for i := 0; i < len(s); i++ {
		digit := uint64(s[i] - '0')
		if digit > 9 || n > math.MaxUint64/10 || n*10 > math.MaxUint64-digit {
			return 0, false
		}
		n = n*10 + digit
	}
	return n, len(s) > 0
}

// StreamID returns the string as the ID of a stream entry, or ErrNotStreamID. What
// is taken for one is up to the server; see [ParseStreamID], which does the work on
// servers before 6.2.
//
// C: RedisModule_StringToStreamID, since Redis 6.2.
func (s RStr) StreamID() (StreamID, error) {
	if s.s == 0 {
		return StreamID{}, ErrNotStreamID
	}
	if !has(featureStringToStreamID) {
		return ParseStreamID(s.String())
	}
	var id redismodule.StreamID
	if redismodule.StringToStreamID(s.raw(), &id) != redismodule.OK {
		return StreamID{}, ErrNotStreamID
	}
	return streamID(id), nil
}

// NewRStringStreamID makes a server string with the text of an ID.
//
// C: RedisModule_CreateStringFromStreamID, since Redis 6.2; before that
// RedisModule_CreateString.
func NewRStringStreamID(id StreamID) RString {
	if !has(featureCreateStringFromStreamID) {
		var buf [maxStreamIDLen]byte
		return NewRString(id.AppendTo(buf[:0]))
	}
	raw := id.raw()
	return owned(redismodule.CreateStringFromStreamID(0, &raw))
}
