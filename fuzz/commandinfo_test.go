// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package fuzz

import (
	"fmt"
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

// FuzzCommandInfo declares documentation of commands. What is accepted reaches the server as it was
// meant, and the server takes it; what is refused says why.
func FuzzCommandInfo(f *testing.F) {
	hosted(f)
	backAgain(f)
	for n := range byte(60) {
		f.Add(int(n%5)-3, []byte{50, 51, 52, 1, 60 + n, 61, 1, 70, n, n, n, n + 1, n / 6, n / 7, n, 3, 80, n, 81, 82, n, 83, 84, n, 2, 90, n + 3, 91, 92, 93, 94, 95, 1})
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
		if declaredErr != nil {
			if text := declaredErr.Error(); !strings.HasPrefix(text, `command "f.docs": `) || strings.Contains(text, "the server refuses") {
				t.Fatalf("%+v: %v", c.Info, declaredErr)
			}
			return
		}
		i := c.Info
		before := fmt.Sprintf("<%s><%s><%s><%s>", i.Summary, i.Complexity, i.Since, strings.Join(i.Tips, " "))
		for _, h := range i.History {
			before += fmt.Sprintf("<%s><%s>", h.Since, h.Changes)
		}
		docs, after := ctest.HostCommandDocs("f.docs"), docsOf(i.Args)
		specs, ok := strings.CutPrefix(docs, before)
		specs, ok2 := strings.CutSuffix(specs, after)
		if !ok || !ok2 || strings.HasPrefix(specs, "{") != (len(i.KeySpecs) > 0) {
			t.Fatalf("%q, want %q and %q", docs, before, after)
		}
	})
}
