// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// reply is a reply of the server: the type byte of the protocol and what it holds.
type reply struct {
	kind  byte
	value string  // of a reply without elements
	null  bool    // RESP2's null bulk string or null array
	elems []reply // of an array, set or push; keys and values of a map
}

// maxElements bounds what a broken reply can make us allocate.
const maxElements = 1 << 20

// readReply reads one whole reply.
func readReply(r *bufio.Reader) (reply, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return reply{}, err
	}
	line = strings.TrimSuffix(line, "\r\n")
	if line == "" {
		return reply{}, fmt.Errorf("an empty line instead of a reply")
	}
	out := reply{kind: line[0], value: line[1:]}
	switch out.kind {
	case '+', '-', ':', ',', '#', '(', '_':
		return out, nil
	case '$', '=', '!', '*', '~', '>', '%', '|':
	default:
		return reply{}, fmt.Errorf("no reply begins with %q", line)
	}
	n, err := strconv.Atoi(out.value)
	if err != nil || n < -1 || n > maxElements {
		return reply{}, fmt.Errorf("no length in %q", line)
	}
	out.value = ""
	if n == -1 {
		out.null = true
		return out, nil
	}
	switch out.kind {
	case '$', '=', '!':
		b := make([]byte, n+2)
		if _, err := io.ReadFull(r, b); err != nil {
			return reply{}, err
		}
		out.value = string(b[:n])
		return out, nil
	case '%', '|':
		n *= 2
	}
	for range n {
		e, err := readReply(r)
		if err != nil {
			return reply{}, err
		}
		out.elems = append(out.elems, e)
	}
	if out.kind == '|' {
		// Attributes come in front of the reply that they belong to.
		return readReply(r)
	}
	return out, nil
}

// text prints a reply the way the servers' own command-line clients do. indent
// stands in front of every line but the first.
func (r reply) text(indent string) string {
	if r.null {
		return "(nil)"
	}
	switch r.kind {
	case '+':
		return r.value
	case '-', '!':
		return "(error) " + r.value
	case ':':
		return "(integer) " + r.value
	case ',':
		return "(double) " + r.value
	case '(':
		return "(big number) " + r.value
	case '_':
		return "(nil)"
	case '#':
		return map[string]string{"t": "(true)", "f": "(false)"}[r.value]
	case '$':
		return strconv.Quote(r.value)
	case '=':
		return r.value[min(4, len(r.value)):] // behind "txt:"
	case '%':
		return r.lines(indent, "#", 2)
	}
	return r.lines(indent, ")", 1)
}

// lines prints the elements, per of them to a line.
func (r reply) lines(indent, mark string, per int) string {
	if len(r.elems) == 0 {
		return "(empty)"
	}
	var b strings.Builder
	for i := 0; i < len(r.elems); i += per {
		if i > 0 {
			b.WriteString("\n" + indent)
		}
		number := fmt.Sprintf("%d%s ", i/per+1, mark)
		b.WriteString(number)
		inner := indent + strings.Repeat(" ", len(number))
		b.WriteString(r.elems[i].text(inner))
		if per == 2 && i+1 < len(r.elems) {
			b.WriteString(" => " + r.elems[i+1].text(inner))
		}
	}
	return b.String()
}
