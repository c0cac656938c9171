// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// appendCommand appends a command as the array of bulk strings that clients send.
func appendCommand(dst []byte, words ...string) []byte {
	dst = append(dst, '*')
	dst = strconv.AppendInt(dst, int64(len(words)), 10)
	dst = append(dst, '\r', '\n')
	for _, w := range words {
		dst = append(dst, '$')
		dst = strconv.AppendInt(dst, int64(len(w)), 10)
		dst = append(dst, '\r', '\n')
		dst = append(dst, w...)
		dst = append(dst, '\r', '\n')
	}
	return dst
}

// errShort says that the reply is not complete yet.
var errShort = errors.New("incomplete reply")

// replyLen returns the length of the first whole RESP2 reply in b, or errShort.
func replyLen(b []byte) (int, error) {
	i := bytes.Index(b, []byte("\r\n"))
	if i < 0 {
		return 0, errShort
	}
	line, end := b[:i], i+2
	if len(line) == 0 {
		return 0, errors.New("reply without a type")
	}
	switch line[0] {
	case '+', '-', ':':
		return end, nil
	case '$':
		n, err := strconv.Atoi(string(line[1:]))
		if err != nil || n < -1 {
			return 0, fmt.Errorf("bad bulk length %q", line)
		}
		if n == -1 {
			return end, nil
		}
		end += n + 2
		if len(b) < end {
			return 0, errShort
		}
		if !bytes.Equal(b[end-2:end], []byte("\r\n")) {
			return 0, errors.New("bulk string without its end")
		}
		return end, nil
	case '*':
		n, err := strconv.Atoi(string(line[1:]))
		if err != nil || n < -1 {
			return 0, fmt.Errorf("bad array length %q", line)
		}
		for range max(n, 0) {
			l, err := replyLen(b[end:])
			if err != nil {
				return 0, err
			}
			end += l
		}
		return end, nil
	}
	return 0, fmt.Errorf("unknown reply type %q", line[0])
}

// replyInts reads a whole reply that is an array of integers.
func replyInts(b []byte) ([]int64, error) {
	lines := strings.Split(strings.TrimSuffix(string(b), "\r\n"), "\r\n")
	if !strings.HasPrefix(lines[0], "*") || lines[0] != "*"+strconv.Itoa(len(lines)-1) {
		return nil, fmt.Errorf("%.60q is not an array of integers", b)
	}
	var ints []int64
	for _, l := range lines[1:] {
		digits, ok := strings.CutPrefix(l, ":")
		v, err := strconv.ParseInt(digits, 10, 64)
		if !ok || err != nil {
			return nil, fmt.Errorf("%q is not an integer reply", l)
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
}

func newCounter(reply []byte, chunk int) *counter {
	return &counter{
		reply:   reply,
		pattern: bytes.Repeat(reply, chunk/len(reply)+2),
		chunk:   chunk,
	}
}

// add takes the next bytes of the stream, at most a chunk of them.
func (c *counter) add(b []byte) error {
	at := int(c.bytes % int64(len(c.reply)))
	if want := c.pattern[at : at+len(b)]; !bytes.Equal(b, want) {
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
