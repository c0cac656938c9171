// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/iredismodule/redismodule/internal/resp"
)

// reply is a reply of the server, to be printed.
type reply resp.Reply

// text prints a reply the way the servers' own command-line clients do. indent
// stands in front of every line but the first.
func (r reply) text(indent string) string {
	if r.Null {
		return "(nil)"
	}
	switch r.Kind {
	case '+':
		return r.Text
	case '-', '!':
		return "(error) " + r.Text
	case ':':
		return "(integer) " + r.Text
	case ',':
		return "(double) " + r.Text
	case '(':
		return "(big number) " + r.Text
	case '_':
		return "(nil)"
	case '#':
		return map[string]string{"t": "(true)", "f": "(false)"}[r.Text]
	case '$':
		return strconv.Quote(r.Text)
	case '=':
		return r.Text[min(4, len(r.Text)):] // behind "txt:"
	case '%':
		return r.lines(indent, "#", 2)
	}
	return r.lines(indent, ")", 1)
}

// lines prints the elements, per of them to a line.
func (r reply) lines(indent, mark string, per int) string {
	if len(r.Elems) == 0 {
		return "(empty)"
	}
	var b strings.Builder
	for i := 0; i < len(r.Elems); i += per {
		if i > 0 {
			b.WriteString("\n" + indent)
		}
		number := fmt.Sprintf("%d%s ", i/per+1, mark)
		b.WriteString(number)
		inner := indent + strings.Repeat(" ", len(number))
		b.WriteString(reply(r.Elems[i]).text(inner))
		if per == 2 && i+1 < len(r.Elems) {
			b.WriteString(" => " + reply(r.Elems[i+1]).text(inner))
		}
	}
	return b.String()
}
