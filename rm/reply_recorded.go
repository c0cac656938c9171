// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"math"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/iredismodule/redismodule/internal/core"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// Reply is a reply that is recorded first and sent later: on any goroutine,
// without the server's lock and without a context. The methods have the names of
// the Context's methods without ReplyWith; a server string is Str, since String is Go's own
// word, and aggregates are begun with Begin. What is recorded is copied. ReplyTo sends it,
// as often as wanted; Free gives the memory back for other replies, and only Free
// does.
//
// A recording is one reply: a single value, or an aggregate with all its
// elements. BeginArray, BeginMap, BeginSet and BeginAttribute are told how many elements
// follow, and end by themselves, or with End if that is PostponedLen. A mistake (an aggregate
// that lacks elements, a map without the last value, a text that the protocol
// cannot carry) is kept, the first one, and returned by Err and by ReplyTo, which
// then sends nothing; what is recorded after it is ignored.
//
// A Reply is two words and can be copied; all copies are the same recording. One
// goroutine at a time may use it. After Free every method that returns an error
// returns ErrReplyFreed and the others do nothing.
type Reply struct {
	r   *recording
	seq uint64
}

// recording is what stands behind the copies of a Reply. It is reused for other
// replies, with another seq each time.
type recording struct {
	seq  atomic.Uint64
	ops  []replyOp
	text []byte // the operations' texts
	// quick are elements that have been recorded behind ops without a look at anything: it
	// has room for as many as the innermost aggregate can take before its last one. See count.
	quick []replyOp
	open  []openReply // the aggregates that are not complete, the outermost first
	err   error

	deepest   int  // most aggregates that were open at a time
	complete  bool // the one reply is there
	attribute bool // the last thing was an attribute: what it belongs to must follow

	opsFrom  borrowed[replyOp]
	textFrom borrowed[byte]
}

// A replyOp is one step of a reply, in the order of the protocol.
type (
	replyOp = core.ReplayOp
	opKind  = core.ReplayKind
)

const (
	opInteger    = core.ReplayInteger
	opBulk       = core.ReplayBulk
	opSimple     = core.ReplaySimple
	opError      = core.ReplayError
	opNull       = core.ReplayNull
	opNullArray  = core.ReplayNullArray
	opDouble     = core.ReplayDouble
	opLongDouble = core.ReplayLongDouble
	opBool       = core.ReplayBool
	opBigNumber  = core.ReplayBigNumber
	opVerbatim   = core.ReplayVerbatim
	opArray      = core.ReplayArray
	opMap        = core.ReplayMap
	opSet        = core.ReplaySet
	opAttribute  = core.ReplayAttribute
)

// openReply is an aggregate that is not complete.
type openReply struct {
	op   int // its operation
	want int // elements that complete it, keys and values counted; -1: End does
	got  int
}

// Limits of a recording. What is larger is refused.
const (
	maxReplyDepth = 128
	maxReplyOps   = math.MaxInt32
	maxReplyText  = math.MaxUint32
	maxElements   = math.MaxInt32 / 2
)

var recordings = sync.Pool{New: func() any { return new(recording) }}

// NewReply returns an empty recording. It is to be freed; one that is not is
// garbage like anything else in Go, and only the reuse of its memory is lost.
func NewReply() Reply {
	r := recordings.Get().(*recording)
	return Reply{r, r.seq.Load()}
}

// live returns the recording, nil after Free.
func (b Reply) live() *recording {
	if b.r == nil || b.r.seq.Load() != b.seq {
		_ = misuse(ErrReplyFreed)
		return nil
	}
	b.r.take()
	return b.r
}

// Free gives the memory of the recording back for other replies. Freeing it again does
// nothing; the debug build tells of it.
func (b Reply) Free() {
	if b.r == nil || !b.r.seq.CompareAndSwap(b.seq, b.seq+1) {
		_ = misuse(ErrReplyFreed)
		return
	}
	r := b.r
	r.reset()
	if cap(r.text) > ownText || cap(r.ops) > ownOps {
		r.keep()
	}
	recordings.Put(r)
}

// Reset empties the recording, for another reply in the same memory.
func (b Reply) Reset() error {
	r := b.live()
	if r == nil {
		return ErrReplyFreed
	}
	r.reset()
	return nil
}

func (r *recording) reset() {
	r.ops, r.text, r.open, r.quick = r.ops[:0], r.text[:0], r.open[:0], nil
	r.err, r.deepest, r.complete, r.attribute = nil, 0, false, false
}

// LongLong records an integer.
func (b Reply) LongLong(n int64) {
	if r := b.r; r != nil {
		if seq := r.seq.Load(); seq == b.seq {
			if i := len(r.quick); i < cap(r.quick) {
				r.quick = r.quick[:i+1]
				r.quick[i] = replyOp{N: uint64(n), Kind: opInteger}
				return
			}
		}
	}
	b.constant(opInteger, uint64(n))
}

// Bytes records a bulk string.
func (b Reply) Bytes(s []byte) {
	if r := b.r; r != nil {
		if seq := r.seq.Load(); seq == b.seq {
			i, at := len(r.quick), len(r.text)
			if end := at + len(s); i < cap(r.quick) && end <= cap(r.text) {
				r.quick = r.quick[:i+1]
				r.quick[i] = replyOp{N: uint64(len(s)), At: uint32(at), Kind: opBulk}
				r.text = r.text[:end]
				if len(s)-8 <= 8 && len(s) >= 8 {
					// By two words, which may overlap: a call of memmove takes longer than all else.
					// SAFETY(U68): from at and from s on there are len(s) bytes, 8 or more.
					to, from := unsafe.Add(unsafe.Pointer(unsafe.SliceData(r.text)), at), unsafe.Pointer(unsafe.SliceData(s))
					head, tail := *(*[8]byte)(from), *(*[8]byte)(unsafe.Add(from, len(s)-8))
					*(*[8]byte)(to), *(*[8]byte)(unsafe.Add(to, len(s)-8)) = head, tail
				} else {
					copy(r.text[at:], s)
				}
				return
			}
		}
	}
	b.bulk(s)
}

// bulk is Bytes for what is no quick element.
func (b Reply) bulk(s []byte) {
	if r := b.live(); r != nil && r.next() && r.room(len(s)) {
		at := len(r.text)
		r.text = append(r.text, s...)
		r.add(replyOp{N: uint64(len(s)), At: uint32(at), Kind: opBulk})
	}
}

// Text records a Go string as a bulk string.
func (b Reply) Text(s string) { b.Bytes(unsafeconv.Bytes(s)) }

// Str records a server string as a bulk string, the zero RStr as null. The content
// is copied, so s is not needed any more.
func (b Reply) Str(s RStr) {
	if s.s == 0 {
		b.Null()
		return
	}
	b.Bytes(s.Bytes())
}

// SimpleString records a status: one line of text without NUL bytes.
func (b Reply) SimpleString(s string) {
	r := b.live()
	switch {
	case r == nil || !r.next():
	case s != "" && !oneLine(s):
		r.fail("a simple string must be one line without NUL bytes")
	default:
		r.line(opSimple, s)
	}
}

// OK records the status OK.
func (b Reply) OK() {
	if r := b.live(); r != nil && r.next() {
		r.line(opSimple, "OK")
	}
}

// Error records an error reply, with the text that [Context.ReplyWithError] would
// send; that of ErrWrongArity does not name the command.
func (b Reply) Error(err error) {
	if err == nil {
		err = ErrNilError
	}
	b.errorText(replyText(err))
}

// errorText records an error with a text that replyText has made.
func (b Reply) errorText(text string) {
	if r := b.live(); r != nil && r.next() {
		r.line(opError, text)
	}
}

// line records a text that goes to C with a NUL after it.
func (r *recording) line(kind opKind, s string) {
	if r.room(len(s) + 1) {
		at := len(r.text)
		r.text = append(append(r.text, s...), 0)
		r.add(replyOp{N: uint64(len(s)), At: uint32(at), Kind: kind})
	}
}

// Null records null.
func (b Reply) Null() { b.constant(opNull, 0) }

// NullArray records RESP2's null array; in RESP3 it is null.
func (b Reply) NullArray() { b.constant(opNullArray, 0) }

// Bool records a boolean: 1 or 0 in RESP2.
func (b Reply) Bool(v bool) {
	var n uint64
	if v {
		n = 1
	}
	b.constant(opBool, n)
}

// constant records what has no text.
func (b Reply) constant(kind opKind, n uint64) {
	if r := b.r; r != nil {
		if seq := r.seq.Load(); seq == b.seq {
			if i := len(r.quick); i < cap(r.quick) {
				r.quick = r.quick[:i+1]
				r.quick[i] = replyOp{N: n, Kind: kind}
				return
			}
		}
	}
	if r := b.live(); r != nil && r.next() {
		r.add(replyOp{N: n, Kind: kind})
	}
}

// Double records a floating-point number: a bulk string in RESP2.
func (b Reply) Double(f float64) { b.float(opDouble, f) }

// LongDouble records a number as the server writes a long double, without an
// exponent and with up to 17 digits after the point: a bulk string in RESP2.
func (b Reply) LongDouble(f float64) { b.float(opLongDouble, f) }

func (b Reply) float(kind opKind, f float64) {
	if f != f {
		f = math.NaN() // some servers write the sign of a NaN
	}
	b.constant(kind, math.Float64bits(f))
}

// BigNumber records an integer of any size, given in decimal: a bulk string in
// RESP2.
func (b Reply) BigNumber(decimal string) {
	r := b.live()
	switch {
	case r == nil || !r.next():
	case !isDecimal(decimal):
		r.fail("a big number must be decimal digits")
	case r.room(len(decimal)):
		at := len(r.text)
		r.text = append(r.text, decimal...)
		r.add(replyOp{N: uint64(len(decimal)), At: uint32(at), Kind: opBigNumber})
	}
}

// VerbatimString records a text of a format ("txt", "mkd": exactly three bytes): a bulk
// string in RESP2.
func (b Reply) VerbatimString(text, format string) {
	r := b.live()
	switch {
	case r == nil || !r.next():
	case len(format) != 3 || !oneLine(format):
		r.fail("the format of a verbatim string is three bytes")
	case r.room(len(text) + 4):
		at := len(r.text)
		r.text = append(append(append(r.text, format...), 0), text...)
		r.add(replyOp{N: uint64(len(text)), At: uint32(at), Kind: opVerbatim})
	}
}
