// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/iredismodule/redismodule/internal/resp"
)

// errShort says that the reply is not complete yet.
var errShort = errors.New("incomplete reply")

// replyLen returns the length of the first whole reply in b, or errShort.
func replyLen(b []byte) (int, error) {
	raw, err := resp.AppendRaw(nil, bufio.NewReader(bytes.NewReader(b)))
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = errShort
	}
	return len(raw), err
}

// replyInts reads a whole reply that is an array of integers.
func replyInts(b []byte) (ints []int64, err error) {
	r, err := resp.Read(bufio.NewReader(bytes.NewReader(b)))
	if err != nil {
		return nil, err
	}
	if r.Kind != '*' || r.Null {
		return nil, fmt.Errorf("%.60q is not an array of integers", b)
	}
	for _, e := range r.Elems {
		v, err := strconv.ParseInt(e.Text, 10, 64)
		if e.Kind != ':' || err != nil {
			return nil, fmt.Errorf("%.60q is not an array of integers", b)
		}
		ints = append(ints, v)
	}
	return ints, nil
}

// counter counts replies that are all the same bytes. Nothing is parsed: the
// stream is compared with a repetition of the one known reply, which costs no
// more than reading it and lets no wrong reply through.
type counter struct {
	reply   []byte
	pattern []byte // reply repeated, at least as long as reply plus the largest chunk
	chunk   int
	bytes   int64
	loose   bool // replies are only counted, by their length
}

func newCounter(reply []byte, chunk int, loose bool) *counter {
	return &counter{
		loose:   loose,
		reply:   reply,
		pattern: bytes.Repeat(reply, chunk/len(reply)+2),
		chunk:   chunk,
	}
}

// add takes the next bytes of the stream, at most a chunk of them.
func (c *counter) add(b []byte) error {
	at := int(c.bytes % int64(len(c.reply)))
	if want := c.pattern[at : at+len(b)]; !c.loose && !bytes.Equal(b, want) {
		i := 0
		for b[i] == want[i] {
			i++
		}
		return fmt.Errorf("reply %d differs from the first one, at %.60q; the first was %.60q",
			(c.bytes+int64(i))/int64(len(c.reply))+1, b[max(0, i-(at+i)%len(c.reply)):], c.reply)
	}
	c.bytes += int64(len(b))
	return nil
}

// replies returns how many whole replies have been seen.
func (c *counter) replies() int { return int(c.bytes / int64(len(c.reply))) }
