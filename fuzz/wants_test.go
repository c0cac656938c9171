// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package fuzz

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// What a model says of a reply. nil is null, an int64 an integer, a string a bulk string, a float64 and a bool
// what they are, a []any an array. A func tells by itself what is wrong with the reply.
type (
	status   string            // one line
	failure  string            // an error; one that ends in * has any text behind that
	unsorted []any             // a set, in any order
	mapping  []any             // a map, keys and values in turn, in any order
	bag      struct{ mapping } // a map in which pairs may come again
	ordered  []any             // a map in this order
	setOf    []any             // a set in this order
	verbatim string
	bigInt   string
	judge    func(n node) error
)

// differs tells how a reply differs from what it should be.
func differs(n node, want any, protocol int) error {
	wrong := func() error { return fmt.Errorf("the reply is %s, and should be %#v", n.show(), want) }
	if n.noted {
		return wrong()
	}
	kind := func(resp2, resp3 byte) bool {
		return protocol == 2 && n.kind == resp2 || protocol == 3 && n.kind == resp3
	}
	is := func(ok bool) error {
		if !ok {
			return wrong()
		}
		return nil
	}
	list := func(want []any) error {
		if len(n.elems) != len(want) {
			return wrong()
		}
		for i, e := range n.elems {
			if err := differs(e, want[i], protocol); err != nil {
				return fmt.Errorf("element %d: %w\nof %s", i, err, n.show())
			}
		}
		return nil
	}
	switch w := want.(type) {
	case nil:
		return is(n.kind == '_')
	case int64:
		return is(n.kind == ':' && n.text == strconv.FormatInt(w, 10))
	case string:
		return is(n.kind == '$' && n.text == w)
	case status:
		return is(n.kind == '+' && n.text == string(w))
	case failure:
		if open, ok := strings.CutSuffix(string(w), "*"); ok {
			return is(n.kind == '-' && strings.HasPrefix(n.text, open))
		}
		return is(n.kind == '-' && n.text == string(w))
	case float64:
		f, err := float(n.text)
		return is(kind('$', ',') && err == nil && f == w)
	case bool:
		if protocol == 2 {
			return is(n.kind == ':' && n.text == map[bool]string{false: "0", true: "1"}[w])
		}
		return is(n.kind == '#' && n.text == map[bool]string{false: "f", true: "t"}[w])
	case verbatim:
		if protocol == 2 {
			return is(n.kind == '$' && n.text == string(w))
		}
		return is(n.kind == '=' && n.text == "txt:"+string(w))
	case bigInt:
		return is(kind('$', '(') && n.text == string(w))
	case []any:
		if n.kind != '*' {
			return wrong()
		}
		return list(w)
	case setOf:
		if !kind('*', '~') {
			return wrong()
		}
		return list(w)
	case ordered:
		if !kind('*', '%') {
			return wrong()
		}
		return list(w)
	case unsorted:
		if !kind('*', '~') {
			return wrong()
		}
		return is(sameTexts(texts(n.elems, 1), textsOf(w, 1)))
	case mapping:
		if !kind('*', '%') || len(n.elems)%2 != 0 {
			return wrong()
		}
		return is(sameTexts(texts(n.elems, 2), textsOf(w, 2)))
	case bag:
		if !kind('*', '%') || len(n.elems)%2 != 0 {
			return wrong()
		}
		return is(sameTexts(once(texts(n.elems, 2)), textsOf(w.mapping, 2)))
	case judge:
		return w(n)
	case as:
		return differs(n, w.want, w.protocol)
	}
	panic(fmt.Sprintf("%T", want))
}

// show writes a reply in words.
func (n node) show() string {
	if n.elems == nil {
		return strconv.Quote(string(n.kind) + n.text)
	}
	var list []string
	for _, e := range n.elems {
		list = append(list, e.show())
	}
	return string(n.kind) + "[" + strings.Join(list, " ") + "]"
}

// texts are the texts of elements, each of them n together.
func texts(elems []node, n int) (list []string) {
	for i := 0; i+n <= len(elems); i += n {
		text := ""
		for _, e := range elems[i : i+n] {
			if f, err := float(e.text); e.kind == '$' && err == nil && strings.ContainsAny(e.text, ".einf") {
				text += strconv.Quote(strconv.FormatFloat(f, 'g', -1, 64)) // however it is spelled
				continue
			}
			text += strconv.Quote(e.text)
		}
		list = append(list, text)
	}
	sort.Strings(list)
	return list
}

func textsOf(elems []any, n int) []string {
	var nodes []node
	for _, e := range elems {
		switch e := e.(type) {
		case nil:
			nodes = append(nodes, node{kind: '_'})
		case string:
			nodes = append(nodes, node{kind: '$', text: e})
		case float64:
			nodes = append(nodes, node{kind: '$', text: strconv.FormatFloat(e, 'g', -1, 64)})
		default:
			panic(fmt.Sprintf("%T", e))
		}
	}
	return texts(nodes, n)
}

func sameTexts(a, b []string) bool { return strings.Join(a, " ") == strings.Join(b, " ") }

// once leaves out what comes again in a sorted list.
func once(list []string) (short []string) {
	for i, s := range list {
		if i == 0 || s != list[i-1] {
			short = append(short, s)
		}
	}
	return short
}
