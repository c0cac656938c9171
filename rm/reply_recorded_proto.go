// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"bytes"
	"math"
	"strconv"

	"github.com/iredismodule/redismodule/unsafeconv"
)

// CallReply records a copy of a call's reply, the zero CallReply as null; that of a
// call which has not been answered yet (ReplyPromise) is a mistake. Unlike
// [Context.ReplyWithCallReply] it has no trouble with a reply in RESP3 for a client
// that speaks RESP2.
func (b Reply) CallReply(reply CallReply) {
	r := b.live()
	switch {
	case r == nil || r.err != nil:
	case reply.IsZero():
		b.Null()
	case reply.Type() == ReplyPromise:
		r.fail("a call's reply is not there yet")
	default:
		if rest, ok := b.proto(reply.Proto()); !ok || len(rest) > 0 {
			r.fail("a call's reply cannot be read")
		}
	}
}

// proto records one reply of the protocol and returns what follows it.
func (b Reply) proto(p []byte) (rest []byte, ok bool) {
	end := bytes.Index(p, []byte("\r\n"))
	if end < 1 {
		return nil, false
	}
	kind, line, rest := p[0], p[1:end], p[end+2:]
	text := unsafeconv.String(line) // only for the calls below, which copy
	switch kind {
	case '+':
		b.SimpleString(text)
		return rest, true
	case '-':
		if !oneLine(text) {
			text = replyText(Error(text))
		}
		b.errorText(text)
		return rest, true
	case '_':
		b.Null()
		return rest, true
	case '#':
		b.Bool(text == "t")
		return rest, true
	case '(':
		b.BigNumber(text)
		return rest, true
	case ',':
		f, err := strconv.ParseFloat(text, 64)
		if text == "-nan" {
			f, err = math.NaN(), nil
		}
		b.Double(f)
		return rest, err == nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, false
	}
	times := int64(1)
	switch kind {
	case ':':
		b.LongLong(n)
		return rest, true
	case '$', '=':
		if n < 0 {
			b.Null()
			return rest, true
		}
		if n > int64(len(rest)-2) {
			return nil, false
		}
		text, rest := unsafeconv.String(rest[:n]), rest[n+2:]
		if kind == '$' {
			b.Text(text)
			return rest, true
		}
		if n < 4 {
			return nil, false
		}
		b.VerbatimString(text[4:], text[:3])
		return rest, true
	case '*':
		if n < 0 {
			b.NullArray()
			return rest, true
		}
	case '~', '%', '|':
		if n < 0 {
			return nil, false
		}
	default:
		return nil, false
	}
	if n > int64(len(rest)) { // an element is longer than a byte
		return nil, false
	}
	switch kind {
	case '*':
		b.BeginArray(int(n))
	case '~':
		b.BeginSet(int(n))
	case '%':
		b.BeginMap(int(n))
		times = 2
	case '|':
		// In the protocol the reply that follows belongs to the attribute.
		b.BeginAttribute(int(n))
		if rest, ok = b.protos(rest, 2*n); !ok {
			return nil, false
		}
		return b.proto(rest)
	}
	return b.protos(rest, times*n)
}

func (b Reply) protos(p []byte, n int64) (rest []byte, ok bool) {
	for ; n > 0 && b.r.err == nil; n-- {
		if p, ok = b.proto(p); !ok {
			return nil, false
		}
	}
	return p, true
}
