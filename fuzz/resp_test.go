// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package fuzz

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// node is a reply as a tree. It is read by a decoder of its own, which is strict: what a client
// could not read, or could read in two ways, is no reply.
type node struct {
	kind  byte   // of the protocol; the null of both is '_'
	text  string // of a verbatim string with its format
	elems []node // keys and values in turn
	attr  []node
	noted bool // it has an attribute, maybe an empty one

	// Of what is planned: the text is a number, which RESP2 may write in another way; it is a long double.
	number, long bool
}

// decode reads exactly one reply.
func decode(b []byte, protocol int) (node, error) {
	d := decoder{rest: b, protocol: protocol}
	n, err := d.reply(0)
	if err == nil && len(d.rest) > 0 {
		err = fmt.Errorf("%q stands behind the reply", cut(d.rest))
	}
	return n, err
}

// decodeLoosely reads one reply, in which there may be RESP2's nulls also in RESP3: what a call has got in RESP2 is
// sent on as it is, and clients read it.
func decodeLoosely(b []byte, protocol int) (node, error) {
	d := decoder{rest: b, protocol: protocol, nulls: true}
	n, err := d.reply(0)
	if err == nil && len(d.rest) > 0 {
		err = fmt.Errorf("%q stands behind the reply", cut(d.rest))
	}
	return n, err
}

// decodeAll reads replies, one or more. A careless handler may send an attribute of an attribute:
// clients read on, and the last one counts.
func decodeAll(b []byte, protocol int) (list []node, err error) {
	for d := (decoder{rest: b, protocol: protocol, twice: true}); len(list) == 0 || len(d.rest) > 0; {
		n, err := d.reply(0)
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, nil
}

type decoder struct {
	rest     []byte
	protocol int
	twice    bool // a reply may have two attributes
	nulls    bool // RESP2's nulls may be there
}

func cut(b []byte) []byte { return b[:min(len(b), 40)] }

func (d *decoder) reply(depth int) (n node, err error) {
	line, rest, ok := bytes.Cut(d.rest, []byte("\r\n"))
	if !ok || len(line) == 0 {
		return n, fmt.Errorf("no line: %q", cut(d.rest))
	}
	if bytes.ContainsAny(line, "\r\n\x00") {
		return n, fmt.Errorf("a line with a break or a NUL: %q", cut(line))
	}
	d.rest = rest
	n.kind, n.text = line[0], string(line[1:])
	if d.protocol == 2 && strings.IndexByte("+-:$*", n.kind) < 0 {
		return n, fmt.Errorf("%q is not in RESP2", cut(line))
	}
	switch n.kind {
	case '+', '-':
		return n, nil
	case ':':
		if _, err := strconv.ParseInt(n.text, 10, 64); err != nil {
			return n, err
		}
		return n, nil
	case ',':
		if _, err := float(n.text); err != nil {
			return n, err
		}
		return n, nil
	case '(':
		if _, ok := new(big.Int).SetString(n.text, 10); !ok {
			return n, fmt.Errorf("%q is no number", n.text)
		}
		return n, nil
	case '#':
		if n.text != "t" && n.text != "f" {
			return n, fmt.Errorf("%q is no boolean", n.text)
		}
		return n, nil
	case '_':
		if n.text != "" {
			return n, fmt.Errorf("a null with %q", n.text)
		}
		return n, nil
	}
	size, err := strconv.Atoi(n.text)
	if err != nil || strconv.Itoa(size) != n.text {
		return n, fmt.Errorf("no length: %q", cut(line))
	}
	if size == -1 && (d.protocol == 2 || d.nulls) && (n.kind == '$' || n.kind == '*') {
		return node{kind: '_'}, nil
	}
	if size < 0 {
		return n, fmt.Errorf("the length %d", size)
	}
	n.text = ""
	switch n.kind {
	case '$', '=':
		if size > len(d.rest)-2 || string(d.rest[size:size+2]) != "\r\n" {
			return n, fmt.Errorf("a text of %d bytes, and there is %q", size, cut(d.rest))
		}
		n.text = string(d.rest[:size])
		d.rest = d.rest[size+2:]
		if n.kind == '=' && (size < 4 || n.text[3] != ':') {
			return n, fmt.Errorf("no verbatim string: %q", n.text)
		}
		return n, nil
	case '*', '~', '%', '|':
		if size > len(d.rest) {
			return n, fmt.Errorf("%d elements, and there is %q", size, cut(d.rest))
		}
		if n.kind == '%' || n.kind == '|' {
			size *= 2
		}
		for range size {
			e, err := d.reply(depth + 1)
			if err != nil {
				return n, err
			}
			n.elems = append(n.elems, e)
		}
		if n.kind != '|' {
			return n, nil
		}
		attr := n.elems
		if n, err = d.reply(depth); err == nil && n.noted && !d.twice {
			return n, fmt.Errorf("two attributes")
		}
		n.attr, n.noted = attr, true
		return n, err
	}
	return n, fmt.Errorf("no reply: %q", cut(line))
}

// float reads a number as RESP3 has it.
func float(s string) (float64, error) {
	switch s {
	case "inf":
		return math.Inf(1), nil
	case "-inf":
		return math.Inf(-1), nil
	case "nan":
		return math.NaN(), nil
	}
	if strings.Trim(s, "0123456789+-.e") != "" {
		return 0, fmt.Errorf("%q is no number", s)
	}
	return strconv.ParseFloat(s, 64)
}
