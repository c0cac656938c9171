// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package fuzz

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"testing"

	"github.com/iredismodule/redismodule/internal/ctest"
	"github.com/iredismodule/redismodule/rm"
)

// infoMaker makes the documentation of a command of bytes.
type infoMaker struct{ choices }

// text is mostly a word, now and then nothing, and any bytes at times.
func (m *infoMaker) text() string {
	b := m.take()
	switch {
	case b < 32:
		return ""
	case b < 48:
		return m.bytes(int(b - 32))
	}
	return fmt.Sprintf("word%d", b)
}

func (m *infoMaker) number() int { return int(int8(m.take())) % 8 }

func (m *infoMaker) args(depth int) (list []rm.CommandArg) {
	for n := m.take() % 4; n > 0 && len(m.rest) > 0; n-- {
		a := rm.CommandArg{
			Name: m.text(), Type: rm.ArgType(m.take() % 10), Token: m.text(), Summary: m.text(), Since: m.text(),
			DeprecatedSince: m.text(), DisplayText: m.text(), Flags: rm.ArgFlags(m.take() % 9),
		}
		if a.Type == rm.ArgTypeKey {
			a.KeySpec = m.number()
		}
		if depth > 0 && a.Type >= rm.ArgTypeOneOf {
			a.Args = m.args(depth - 1)
		}
		list = append(list, a)
	}
	return list
}

func (m *infoMaker) info() (i rm.CommandInfo) {
	i = rm.CommandInfo{Summary: m.text(), Complexity: m.text(), Since: m.text()}
	for n := m.take() % 3; n > 0; n-- {
		i.History = append(i.History, rm.CommandHistory{Since: m.text(), Changes: m.text()})
	}
	for n := m.take() % 3; n > 0; n-- {
		i.Tips = append(i.Tips, m.text())
	}
	for n := m.take() % 3; n > 0; n-- {
		k := rm.KeySpec{Flags: []rm.KeyFlags{rm.KeyFlagRO, rm.KeyFlagRW, rm.KeyFlagOW, rm.KeyFlagRM, rm.KeyFlagRO | rm.KeyFlagRW, 0}[m.take()%6], Notes: m.text()}
		k.Begin = []rm.KeySpecBegin{rm.BeginIndex{Pos: m.number()}, rm.BeginKeyword{Keyword: m.text(), StartFrom: m.number()}, rm.BeginUnknown{}, nil}[m.take()%4]
		k.Find = []rm.KeySpecFind{rm.FindRange{LastKey: m.number(), Step: m.number(), Limit: m.number()}, rm.FindKeyNum{KeyNumIdx: m.number(), FirstKey: m.number(), Step: m.number()}, rm.FindUnknown{}, nil}[m.take()%4]
		i.KeySpecs = append(i.KeySpecs, k)
	}
	i.Args = m.args(3)
	return i
}

// docsOf is how the host writes arguments down.
func docsOf(list []rm.CommandArg) string {
	var b strings.Builder
	b.WriteString("[")
	for _, a := range list {
		spec := -1
		if a.Type == rm.ArgTypeKey {
			spec = a.KeySpec
		}
		fmt.Fprintf(&b, "<%s>%d %d %d<%s><%s><%s><%s><%s>%s", a.Name, a.Type, spec, a.Flags, a.Token, a.Summary, a.Since, a.DeprecatedSince, a.DisplayText, docsOf(a.Args))
	}
	return b.String() + "]"
}

// specsOf is how the host writes key specs down, by the documentation of rm.KeySpec.
func specsOf(list []rm.KeySpec) string {
	var b strings.Builder
	step := func(n int) int { return max(n, 1) } // 1 if left out
	for _, k := range list {
		switch begin := k.Begin.(type) {
		case rm.BeginIndex:
			fmt.Fprintf(&b, "{%#x 2 %d ", uint32(k.Flags), begin.Pos)
		case rm.BeginKeyword:
			fmt.Fprintf(&b, "{%#x 3 %d <%s>", uint32(k.Flags), begin.StartFrom, begin.Keyword)
		default:
			fmt.Fprintf(&b, "{%#x 1 0 ", uint32(k.Flags))
		}
		switch find := k.Find.(type) {
		case rm.FindRange:
			fmt.Fprintf(&b, "2 %d %d %d", find.LastKey, step(find.Step), find.Limit)
		case rm.FindKeyNum:
			if find.KeyNumIdx == 0 && find.FirstKey == 0 {
				find.FirstKey = 1
			}
			fmt.Fprintf(&b, "3 %d %d %d", find.KeyNumIdx, find.FirstKey, step(find.Step))
		case rm.FindUnknown:
			b.WriteString("1 0 0 0")
		default:
			b.WriteString("0 0 0 0")
		}
		fmt.Fprintf(&b, "<%s>}", k.Notes)
	}
	return b.String()
}

// specFits tells whether a key spec must be accepted: for every number of arguments that the command takes, a server that
// reads by it stays inside of them, and finds its keys, but for a spec alone, which may find none.
func specFits(k rm.KeySpec, arity int, alone bool) bool {
	if n := bits.OnesCount32(uint32(k.Flags & (rm.KeyFlagRO | rm.KeyFlagRW | rm.KeyFlagOW | rm.KeyFlagRM))); n != 1 || strings.Contains(k.Notes, "\x00") {
		return false
	}
	least := max(arity, -arity)
	pos, first := 0, true // of the first key; where first is false it may be anywhere
	keyword, isKeyword := k.Begin.(rm.BeginKeyword)
	switch begin := k.Begin.(type) {
	case nil:
		return false
	case rm.BeginIndex:
		if pos = begin.Pos; pos < 1 {
			return false
		}
	case rm.BeginKeyword:
		if first = false; begin.Keyword == "" || strings.Contains(begin.Keyword, "\x00") || begin.StartFrom == 0 || least+begin.StartFrom < 1 {
			return false
		}
	default:
		first = false
	}
	if k.Find == nil {
		k.Find = rm.FindRange{}
	}
	switch find := k.Find.(type) {
	case rm.FindRange:
		if find.Step < 0 || find.Limit < 0 || find.Limit != 0 && find.LastKey != -1 {
			return false
		}
		if !first {
			return true
		}
		last := pos + find.LastKey
		if find.LastKey < 0 {
			if last = least + find.LastKey; find.Limit > 1 {
				last = pos - 1 + (least-pos)/find.Limit
			}
		}
		return arity < 0 && alone && find.LastKey <= 0 || pos <= last && last < least
	case rm.FindKeyNum:
		if find.KeyNumIdx == 0 && find.FirstKey == 0 {
			find.FirstKey = 1
		}
		if find.KeyNumIdx < 0 || find.Step < 0 || find.FirstKey <= find.KeyNumIdx {
			return false
		}
		switch {
		case first:
			return pos+find.KeyNumIdx < least
		case isKeyword && keyword.StartFrom > 0:
			return find.KeyNumIdx == 0 // there may be one argument behind the keyword
		case isKeyword:
			return find.KeyNumIdx < -1-keyword.StartFrom
		}
	}
	return true
}

// argsFit tells whether the documentation of arguments must be accepted.
func argsFit(list []rm.CommandArg, specs int) bool {
	for _, a := range list {
		nested := a.Type == rm.ArgTypeOneOf || a.Type == rm.ArgTypeBlock
		token := a.Type == rm.ArgTypePureToken || a.Flags&rm.ArgFlagMultipleToken != 0
		texts := a.Name + a.Token + a.Summary + a.Since + a.DeprecatedSince + a.DisplayText
		if a.Name == "" || strings.Contains(texts, "\x00") || a.Type > rm.ArgTypeBlock || a.Flags > 7 || token && a.Token == "" ||
			a.KeySpec < 0 || a.KeySpec > max(specs-1, 0) || nested != (len(a.Args) > 0) || !argsFit(a.Args, specs) {
			return false
		}
	}
	return true
}

// infoFits tells whether a command must be accepted.
func infoFits(arity int, i *rm.CommandInfo) bool {
	if arity == 0 || arity > 1<<30 || arity < -1<<30 || strings.Contains(i.Summary+i.Complexity+i.Since, "\x00") {
		return false
	}
	for _, h := range i.History {
		if h.Since == "" || h.Changes == "" || strings.Contains(h.Since+h.Changes, "\x00") {
			return false
		}
	}
	for _, tip := range i.Tips {
		if tip == "" || strings.ContainsFunc(tip, func(r rune) bool { return r < 0x21 || r == 0x7f }) {
			return false
		}
	}
	for _, k := range i.KeySpecs {
		if !specFits(k, arity, len(i.KeySpecs) == 1) {
			return false
		}
	}
	return argsFit(i.Args, len(i.KeySpecs))
}

// FuzzCommandInfo declares documentation of commands. What is accepted reaches the server as it was
// meant, and the server takes it; what is refused says why, and nothing else is.
func FuzzCommandInfo(f *testing.F) {
	hosted(f)
	backAgain(f)
	for n := range byte(60) {
		f.Add(int(n%5)-3, []byte{50, 51, 52, 1, 60 + n, 61, 1, 70, n, n, n, n + 1, n / 6, n / 7, n, 3, 80, n, 81, 82, n, 83, 84, n, 2, 90, n + 3, 91, 92, 93, 94, 95, 1})
	}
	// Each way to begin with each way to find, by good numbers and by ones that are just outside: the position, the word and where
	// it is looked for, then the three of a range and of a number of keys.
	for way := range byte(16) {
		for n, numbers := range [][8]byte{{1, 2, 0, 1, 0, 0, 1, 1}, {2, 0xfd, 0xff, 2, 2, 1, 3, 1}, {1, 0xff, 0xfd, 0, 0, 0, 0, 0}, {0, 0, 0xfe, 1, 1, 0, 1, 2}, {3, 1, 4, 3, 0, 2, 2, 1}, {7, 6, 1, 0xff, 0, 0xff, 1, 1}, {2, 1, 1, 2, 0, 2, 4, 1}} {
			spec := []byte{byte(n) % 4, 60, numbers[0], 61, numbers[1], way & 3, numbers[2], numbers[3], numbers[4], numbers[5], numbers[6], numbers[7], way >> 2}
			docs := []byte{1, 70, 3, 71, 72, 73, 74, 75, 0, 0}
			f.Add(-8, slices.Concat([]byte{50, 51, 52, 1, 53, 54, 1, 55, 1}, spec, docs))
			f.Add(8, slices.Concat([]byte{50, 51, 52, 0, 0, 1}, spec, docs))
			f.Add(-5, slices.Concat([]byte{50, 51, 52, 0, 0, 2, 0, 60, 1, 61, 1, 0, 0, 0, 0, 0, 0, 0, 0}, spec, docs))
		}
	}
	// What is just not a word, a key spec behind the last one, and flags of arguments that have some in them.
	for _, tip := range []string{"a\x7f", "\x7f", "a b", "\xff", "a\x1f", "", "a\x00"} {
		f.Add(-8, append(append([]byte{50, 51, 52, 0, 1, 32 + byte(len(tip))}, tip...), 0, 0))
	}
	for spec := range byte(3) {
		f.Add(-8, []byte{50, 51, 52, 0, 0, 1, 0, 60, 1, 61, 2, 0, 0, 1, 0, 0, 1, 1, 0, 1, 70, 3, 71, 72, 73, 74, 75, 0, spec})
	}
	for flags := range byte(9) {
		two := []byte{2, 76, 0, 71, 0, 0, 0, 0, flags, 77, 1, 0, 0, 0, 0, 0, 0}
		f.Add(-8, append([]byte{50, 51, 52, 0, 0, 0, 1, 70, 7, 71, 72, 73, 74, 75, flags}, two...))
		f.Add(-8, append([]byte{50, 51, 52, 0, 0, 0, 1, 70, 8, 71, 72, 73, 74, 75, 0, 1, 70, 7, 71, 72, 73, 74, 75, flags}, two...))
	}
	f.Fuzz(func(t *testing.T, arity int, b []byte) {
		m := &infoMaker{choices{b}}
		c := rm.Command{
			Name: "f.docs", Arity: arity, Keys: rm.NoKeys, Info: m.info(),
			Handler: func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithOK() },
		}
		if len(c.Info.KeySpecs) > 0 {
			c.Keys = rm.KeyRange{}
		}
		declared, declaredErr = &c, nil
		if !reload(t) {
			t.Fatalf("it does not load: %s", ctest.HostLog())
		}
		settled(t, ofModule)
		i := c.Info
		if declaredErr != nil {
			steps := slices.ContainsFunc(i.KeySpecs, func(k rm.KeySpec) bool { find, ok := k.Find.(rm.FindKeyNum); return ok && find.Step > 1 })
			text := declaredErr.Error()
			if !strings.HasPrefix(text, `command "f.docs": `) || strings.Contains(text, "the server refuses") || errors.Is(declaredErr, rm.ErrUnsupported) && !steps {
				t.Fatalf("%+v: %v", c.Info, declaredErr)
			}
			if infoFits(arity, &i) && !errors.Is(declaredErr, rm.ErrUnsupported) {
				t.Fatalf("arity %d, %+v is refused: %v", arity, i, declaredErr)
			}
			return
		}
		if !infoFits(arity, &i) {
			t.Fatalf("arity %d, %+v is accepted", arity, i)
		}
		want := fmt.Sprintf("<%s><%s><%s><%s>", i.Summary, i.Complexity, i.Since, strings.Join(i.Tips, " "))
		for _, h := range i.History {
			want += fmt.Sprintf("<%s><%s>", h.Since, h.Changes)
		}
		want += specsOf(i.KeySpecs) + docsOf(i.Args)
		if docs := ctest.HostCommandDocs("f.docs"); docs != want {
			t.Fatalf("%q, want %q", docs, want)
		}
		if _, _, told, _ := ctest.HostCommandInfo("f.docs"); told != arity {
			t.Fatalf("the arity %d, want %d", told, arity)
		}
	})
}
