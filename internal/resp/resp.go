// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package resp writes commands and reads replies as the servers' protocol has them, in
// its versions 2 and 3: for tests, benchmarks and tools.
package resp

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// AppendCommand appends a command to dst as clients send it.
func AppendCommand(dst []byte, words ...string) []byte {
	dst = append(strconv.AppendInt(append(dst, '*'), int64(len(words)), 10), "\r\n"...)
	for _, w := range words {
		dst = append(strconv.AppendInt(append(dst, '$'), int64(len(w)), 10), "\r\n"...)
		dst = append(append(dst, w...), "\r\n"...)
	}
	return dst
}

// Reply is a reply, or a part of one.
type Reply struct {
	// Kind is the byte that begins it in the protocol.
	Kind byte
	// Text is what a reply without elements holds. In a verbatim string the format
	// and a colon stand in front.
	Text string
	// Null tells of the null bulk string and the null array of version 2; the null of
	// version 3 has the kind '_'.
	Null bool
	// Elems are the elements of an array, a set or a push; of a map its keys and values.
	Elems []Reply
}

// Read reads one whole reply. Its attributes are dropped.
func Read(r *bufio.Reader) (Reply, error) { return read(r, nil) }

// AppendRaw reads one whole reply and appends its bytes to dst, its attributes included.
func AppendRaw(dst []byte, r *bufio.Reader) ([]byte, error) {
	_, err := read(r, &dst)
	return dst, err
}

// read reads a reply. With raw it adds the reply's bytes to that, and returns no content.
func read(r *bufio.Reader, raw *[]byte) (Reply, error) {
	line, err := readLine(r, raw)
	if err != nil {
		return Reply{}, err
	}
	reply := Reply{Kind: line[0]}
	switch reply.Kind {
	case '+', '-', ':', ',', '#', '(', '_':
		if raw == nil {
			reply.Text = string(line[1:])
		}
		return reply, nil
	case '$', '=', '!', '*', '~', '>', '%', '|':
	default:
		return Reply{}, fmt.Errorf("resp: no reply begins with %q", line)
	}
	n, err := strconv.Atoi(string(line[1:]))
	if err != nil || n < -1 {
		return Reply{}, fmt.Errorf("resp: no length in %q", line)
	}
	if reply.Null = n == -1; reply.Null {
		return reply, nil
	}
	switch reply.Kind {
	case '$', '=', '!':
		reply.Text, err = readText(r, n, raw)
		return reply, err
	case '%', '|':
		n *= 2
	}
	for range n {
		e, err := read(r, raw)
		if err != nil {
			return Reply{}, notEOF(err)
		}
		if raw == nil {
			reply.Elems = append(reply.Elems, e)
		}
	}
	if reply.Kind == '|' { // in front of the reply that it belongs to
		reply, err = read(r, raw)
		return reply, notEOF(err)
	}
	return reply, nil
}

// readLine reads a line that is not empty, without its end. It is the reader's memory,
// and good until the next read.
func readLine(r *bufio.Reader, raw *[]byte) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		var rest []byte
		line = bytes.Clone(line)
		rest, err = r.ReadBytes('\n')
		line = append(line, rest...)
	}
	if err != nil {
		return nil, err
	}
	if raw != nil {
		*raw = append(*raw, line...)
	}
	line, ended := bytes.CutSuffix(line, []byte("\r\n"))
	if !ended || len(line) == 0 {
		return nil, fmt.Errorf("resp: no reply begins with %q", line)
	}
	return line, nil
}

// readText reads a text of n bytes and its end. Memory is taken as the bytes arrive.
func readText(r *bufio.Reader, n int, raw *[]byte) (string, error) {
	var own []byte
	to := raw
	if raw == nil {
		to = &own
	}
	for left := n + 2; left > 0; {
		*to = slices.Grow(*to, min(left, 1<<16))
		place := (*to)[len(*to):min(len(*to)+left, cap(*to))]
		m, err := io.ReadFull(r, place)
		*to = (*to)[:len(*to)+m]
		if err != nil {
			return "", notEOF(err)
		}
		left -= m
	}
	if !bytes.HasSuffix(*to, []byte("\r\n")) {
		return "", errors.New("resp: a text without its end")
	}
	return string(own[:max(0, len(own)-2)]), nil
}

// notEOF makes of an end in the middle of a reply an error of its own.
func notEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
