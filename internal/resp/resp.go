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
	"strconv"
	"strings"
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

// read reads a reply and adds its bytes to raw, if there is one.
func read(r *bufio.Reader, raw *[]byte) (Reply, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return Reply{}, err
	}
	if raw != nil {
		*raw = append(*raw, line...)
	}
	line, ended := strings.CutSuffix(line, "\r\n")
	if !ended || line == "" {
		return Reply{}, fmt.Errorf("resp: no reply begins with %q", line)
	}
	reply := Reply{Kind: line[0], Text: line[1:]}
	switch reply.Kind {
	case '+', '-', ':', ',', '#', '(', '_':
		return reply, nil
	case '$', '=', '!', '*', '~', '>', '%', '|':
	default:
		return Reply{}, fmt.Errorf("resp: no reply begins with %q", line)
	}
	n, err := strconv.Atoi(reply.Text)
	if err != nil || n < -1 {
		return Reply{}, fmt.Errorf("resp: no length in %q", line)
	}
	reply.Text, reply.Null = "", n == -1
	if reply.Null {
		return reply, nil
	}
	switch reply.Kind {
	case '$', '=', '!':
		reply.Text, err = readText(r, int64(n), raw)
		return reply, err
	case '%', '|':
		n *= 2
	}
	for range n {
		e, err := read(r, raw)
		if err != nil {
			return Reply{}, notEOF(err)
		}
		reply.Elems = append(reply.Elems, e)
	}
	if reply.Kind == '|' { // in front of the reply that it belongs to
		reply, err = read(r, raw)
		return reply, notEOF(err)
	}
	return reply, nil
}

// readText reads a text of n bytes and its end. Memory is taken as the bytes arrive.
func readText(r *bufio.Reader, n int64, raw *[]byte) (string, error) {
	var b bytes.Buffer
	if _, err := io.CopyN(&b, r, n+2); err != nil {
		return "", notEOF(err)
	}
	if raw != nil {
		*raw = append(*raw, b.Bytes()...)
	}
	text, ended := strings.CutSuffix(b.String(), "\r\n")
	if !ended {
		return "", errors.New("resp: a text without its end")
	}
	return text, nil
}

// notEOF makes of an end in the middle of a reply an error of its own.
func notEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
