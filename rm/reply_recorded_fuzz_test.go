// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/internal/testmod/replyprog"
	"github.com/iredismodule/redismodule/rm"
)

// replyNode is a reply as a tree: what a program of calls on a recorded reply
// should come to.
type replyNode struct {
	replyprog.Instr
	elements  []replyNode
	attribute []replyNode // keys and values in turn
	marked    bool        // it has an attribute, maybe an empty one
}

// replyTree makes the tree of a program, by recursive descent. ok is false if the
// program is not exactly one reply.
func replyTree(program []replyprog.Instr) (n replyNode, ok bool) {
	p := treeParser{program}
	n, ok = p.reply(0)
	return n, ok && len(p.rest) == 0
}

type treeParser struct{ rest []replyprog.Instr }

func (p *treeParser) take() (i replyprog.Instr, ok bool) {
	if len(p.rest) == 0 {
		return i, false
	}
	i, p.rest = p.rest[0], p.rest[1:]
	return i, true
}

var bigInteger = regexp.MustCompile(`\A[+-]?[0-9]+\z`)

// reply parses one reply that has this many aggregates around it.
func (p *treeParser) reply(depth int) (n replyNode, ok bool) {
	i, ok := p.take()
	if !ok {
		return n, false
	}
	breaks := func(s string) bool { return strings.ContainsAny(s, "\r\n\x00") }
	n.Instr = i
	switch i.Op {
	case replyprog.End:
		return n, false
	case replyprog.Simple:
		return n, !breaks(i.Text)
	case replyprog.BigNumber:
		return n, bigInteger.MatchString(i.Text)
	case replyprog.Verbatim:
		return n, len(i.Format) == 3 && !breaks(i.Format)
	case replyprog.Attribute, replyprog.BeginAttribute:
		pairs, ok := p.elements(i, depth)
		if !ok || len(p.rest) == 0 || p.rest[0].Op == replyprog.Attribute || p.rest[0].Op == replyprog.BeginAttribute {
			return n, false
		}
		n, ok = p.reply(depth)
		n.attribute, n.marked = pairs, true
		return n, ok
	case replyprog.Array, replyprog.Map, replyprog.Set, replyprog.BeginArray, replyprog.BeginMap, replyprog.BeginSet:
		n.elements, ok = p.elements(i, depth)
		return n, ok
	case replyprog.LongLongs, replyprog.Doubles, replyprog.Texts, replyprog.ByteSlices, replyprog.TextMap, replyprog.BytesMap:
		return wholeTree(i, depth)
	}
	return n, true
}

// wholeTree is the tree of a call with a whole slice.
func wholeTree(i replyprog.Instr, depth int) (n replyNode, ok bool) {
	n.Op = replyprog.Array
	for _, v := range i.Whole.Numbers {
		n.elements = append(n.elements, replyNode{Instr: replyprog.Instr{Op: replyprog.Integer, N: v}})
	}
	for _, v := range i.Whole.Floats {
		n.elements = append(n.elements, replyNode{Instr: replyprog.Instr{Op: replyprog.Double, Float: v}})
	}
	for _, v := range i.Whole.Texts {
		n.elements = append(n.elements, replyNode{Instr: replyprog.Instr{Op: replyprog.Text, Text: v}})
	}
	if i.Op == replyprog.TextMap || i.Op == replyprog.BytesMap {
		n.Op = replyprog.Map
	}
	return n, depth < 128 && (n.Op == replyprog.Array || len(n.elements)%2 == 0)
}

// elements parses what is inside of an aggregate.
func (p *treeParser) elements(i replyprog.Instr, depth int) (list []replyNode, ok bool) {
	pairs := false
	switch i.Op {
	case replyprog.Map, replyprog.Attribute, replyprog.BeginMap, replyprog.BeginAttribute:
		pairs = true
	}
	if depth == 128 {
		return nil, false
	}
	if i.Op >= replyprog.BeginArray || i.N == -1 {
		for {
			switch {
			case len(p.rest) == 0:
				return nil, false
			case p.rest[0].Op == replyprog.End:
				p.rest = p.rest[1:]
				return list, !pairs || len(list)%2 == 0
			}
			e, ok := p.reply(depth + 1)
			if !ok {
				return nil, false
			}
			list = append(list, e)
		}
	}
	n := i.N
	if pairs {
		n *= 2
	}
	for range n {
		e, ok := p.reply(depth + 1)
		if !ok {
			return nil, false
		}
		list = append(list, e)
	}
	return list, n >= 0
}

// resp writes the tree in a protocol; 0 is what modules can send to any client of
// servers before 7.0, which is RESP2.
func (n replyNode) resp(b *strings.Builder, protocol int) {
	if n.marked && protocol == 3 {
		fmt.Fprintf(b, "|%d\r\n", len(n.attribute)/2)
		for _, e := range n.attribute {
			e.resp(b, protocol)
		}
	}
	three := protocol == 3
	switch n.Op {
	case replyprog.Integer:
		fmt.Fprintf(b, ":%d\r\n", n.N)
	case replyprog.Bytes, replyprog.Text:
		b.WriteString(bulk(n.Text))
	case replyprog.Simple:
		b.WriteString("+" + n.Text + "\r\n")
	case replyprog.Error:
		b.WriteString("-" + rm.ReplyText(errors.New(n.Text)) + "\r\n")
	case replyprog.Null, replyprog.NullArray:
		b.WriteString(map[bool]string{true: "_", false: map[bool]string{true: "$-1", false: "*-1"}[n.Op == replyprog.Null]}[three] + "\r\n")
	case replyprog.Double, replyprog.LongDouble, replyprog.BigNumber:
		text, mark := n.number(), ","
		if n.Op == replyprog.BigNumber {
			mark = "("
		}
		if three {
			b.WriteString(mark + text + "\r\n")
		} else {
			b.WriteString(bulk(text))
		}
	case replyprog.Bool:
		b.WriteString([][]string{{":0\r\n", ":1\r\n"}, {"#f\r\n", "#t\r\n"}}[b2i(three)][n.N&1])
	case replyprog.Verbatim:
		if three {
			fmt.Fprintf(b, "=%d\r\n%s:%s\r\n", len(n.Text)+4, n.Format, n.Text)
		} else {
			b.WriteString(bulk(n.Text))
		}
	default:
		kind, count := "*", len(n.elements)
		if three && (n.Op == replyprog.Set || n.Op == replyprog.BeginSet) {
			kind = "~"
		} else if three && (n.Op == replyprog.Map || n.Op == replyprog.BeginMap) {
			kind, count = "%", count/2
		}
		fmt.Fprintf(b, "%s%d\r\n", kind, count)
		for _, e := range n.elements {
			e.resp(b, protocol)
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// number is a number's text.
func (n replyNode) number() string {
	switch {
	case n.Op == replyprog.BigNumber:
		return n.Text
	case math.IsNaN(n.Float):
		return "nan"
	case math.IsInf(n.Float, 0):
		return strings.ToLower(strings.TrimPrefix(fmt.Sprint(n.Float), "+"))
	case n.Op == replyprog.Double:
		return strconv.FormatFloat(n.Float, 'g', -1, 64)
	}
	s := big.NewFloat(n.Float).Text('f', 17)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// checkProgram compares a recording with the tree.
func checkProgram(t *testing.T, program []replyprog.Instr) {
	tree, valid := replyTree(program)
	b := rm.NewReply()
	defer b.Free()
	replyprog.Run(program, b)
	outer := rm.NewReply()
	defer outer.Free()
	for _, protocol := range []int{2, 3} {
		got, err := b.AppendRESP([]byte("before"), protocol)
		if !valid {
			require.ErrorContains(t, err, "ERR invalid reply: ", "%+v", program)
			require.Equal(t, "before", string(got))
			require.True(t, rm.OneLine(err.Error()), "%q", err)
			continue
		}
		require.NoError(t, err, "%+v", program)
		want := new(strings.Builder)
		want.WriteString("before")
		tree.resp(want, protocol)
		require.Equal(t, want.String(), string(got), "%+v", program)

		// What is in another recording, and what comes back from the protocol.
		require.NoError(t, outer.Reset())
		outer.Reply(b)
		copied, err := outer.AppendRESP(nil, protocol)
		require.NoError(t, err)
		require.Equal(t, string(got[6:]), string(copied))
		require.NoError(t, outer.Reset())
		if slices.ContainsFunc(program, func(i replyprog.Instr) bool { return i.Op == replyprog.LongDouble }) {
			continue // the protocol does not tell it from a double
		}
		rm.RecordProto(outer, got[6:])
		again, err := outer.AppendRESP(nil, protocol)
		require.NoError(t, err, "%q", got)
		require.Equal(t, string(got[6:]), string(again))
	}
}

func FuzzReply(f *testing.F) {
	r := rand.New(rand.NewPCG(15, 3))
	for range 60 {
		f.Add(replyprog.Encode(replyprog.Random(r, 4)))
	}
	for _, op := range []replyprog.Op{replyprog.TextMap, replyprog.BytesMap} { // maps of several pairs, alone and in an array
		texts := replyprog.Instr{Op: op, Whole: replyprog.Slice{Texts: []string{"a", "1", "b", "2", "c", "3", "d", "4"}}}
		f.Add(replyprog.Encode([]replyprog.Instr{texts}))
		f.Add(replyprog.Encode([]replyprog.Instr{{Op: replyprog.Array, N: 2}, texts, {Op: replyprog.Map, N: 3}, texts, {Op: replyprog.Null}, texts, {Op: replyprog.Null}, texts, texts}))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		program := replyprog.Decode(b)
		require.Equal(t, fmt.Sprint(program), fmt.Sprint(replyprog.Decode(replyprog.Encode(program))))
		checkProgram(t, program)
	})
}

// TestReplyPrograms has random programs, and such with a call too many, too few or
// another one.
func TestReplyPrograms(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %#x", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	valid := 0
	for range 3000 {
		program := replyprog.Random(r, 5)
		checkProgram(t, program)
		_, ok := replyTree(program)
		require.True(t, ok)
		at, other := r.IntN(len(program)), replyprog.Random(r, 1)[0]
		switch r.IntN(3) {
		case 0:
			program = append(program[:at:at], program[at+1:]...)
		case 1:
			program = append(program[:at:at], append([]replyprog.Instr{other}, program[at:]...)...)
		case 2:
			program[at] = other
		}
		checkProgram(t, program)
		if _, ok := replyTree(program); ok {
			valid++
		}
	}
	require.Less(t, valid, 3000)
}

func FuzzReplyText(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string, constant bool) {
		err := errors.New(text)
		if constant {
			err = rm.Error(text)
		}
		got := rm.ReplyText(err)
		require.True(t, rm.OneLine(got), "%q", got)
		line := regexp.MustCompile("[\r\n\x00]").ReplaceAllString(text, " ")
		switch {
		case constant && line == text && text != "", regexp.MustCompile(`\A[A-Z]{2,} `).MatchString(line):
			require.Equal(t, line, got)
		default:
			require.Equal(t, "ERR "+line, got)
		}
	})
}

// FuzzReplyProto reads bytes as a reply of the protocol. What is taken for one must
// come out as something that is taken again, with the same result.
func FuzzReplyProto(f *testing.F) {
	f.Fuzz(func(t *testing.T, proto []byte) {
		b, again := rm.NewReply(), rm.NewReply()
		rm.RecordProto(b, proto)
		if b.Err() == nil {
			once, err := b.AppendRESP(nil, 3)
			require.NoError(t, err)
			rm.RecordProto(again, once)
			twice, err := again.AppendRESP(nil, 3)
			require.NoError(t, err)
			require.Equal(t, string(once), string(twice))
		}
		b.Free()
		again.Free()
	})
}
