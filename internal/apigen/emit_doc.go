// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"strings"
)

// docComment writes a wrapper's documentation: what, ownership, lifetime of
// pointers, then the C prototype and where and when it may be called.
func (f *function) docComment() string {
	var b strings.Builder
	b.WriteString(comment("", f.wrapper()+" "+strings.ReplaceAll(f.what, "Errno", "[Errno]")+"."))
	var body []string
	if f.calls != "" {
		body = append(body, "It may call back: "+f.calls+".")
	}
	body = append(body, f.doc...)
	if names := f.cStrings(); names != "" {
		body = append(body, names)
	}
	if f.ret.kind == kindPointer {
		body = append(body, "The result is C memory.")
	}
	for _, t := range f.types() {
		if t.kind == kindLongDouble || t.kind == kindLongDoublePtr {
			body = append(body, "The value passes through C's long double; in Go it is rounded to a float64.")
			break
		}
	}
	if f.class() == classLongDouble && f.params[len(f.params)-1].typ.kind == kindLongDoublePtr {
		body = append(body, "It is stored only when the result is OK.")
	}
	switch {
	case !f.hasPointers():
	case f.stackPointers():
		body = append(body, "Pointers may name variables on the goroutine's stack.")
	default:
		body = append(body, "What pointers name must not be on the goroutine's stack: Go variables are moved to the heap.")
	}
	if f.variadic {
		// The pragma uintptrescapes would see to that, but it moves args itself to
		// the heap too, and so costs an allocation for each call.
		body = append(body, "An address in args must be of C memory, or of Go memory on the heap (not a local variable that stays on the stack) which the caller keeps alive with runtime.KeepAlive.")
	}
	if len(body) > 0 {
		b.WriteString("//\n" + comment("", strings.Join(body, " ")))
	}
	fmt.Fprintf(&b, "//\n// C: %s\n", f.prototype())
	l := f.lane
	text := capital(sinceText(f.sinceRedis, f.sinceValkey)) + ". "
	switch {
	case !l.listed:
		text += "Lane safe: what it may call or wait for is not known."
	case l.neverReenters():
		text += "Lane " + l.lane + ": never comes back into Go. " + l.where()
	case f.calls != "":
		text += "Lane " + l.lane + ": may come back into Go. " + l.where()
	default:
		text += "Lane " + l.lane + ". " + l.where()
	}
	b.WriteString(comment("", text))
	return b.String()
}

// where says on which thread a function may be called, and what it may wait for.
func (l lane) where() string {
	lock := strings.NewReplacer("main/GIL only", "with the server's lock only", "the GIL", "the server's lock")
	text := "Thread: " + lock.Replace(l.threadOf) + "."
	if l.blocks != "no" && l.blocks != "unknown" {
		text += " Waits: " + lock.Replace(l.blocks) + "."
	}
	return text
}

// prototype is the C declaration.
func (f *function) prototype() string {
	sep := " "
	if strings.HasSuffix(f.cRet, "*") {
		sep = ""
	}
	return f.cRet + sep + f.cName + "(" + f.cParams + ")"
}

// cStrings names the parameters that C reads up to a NUL byte: texts with no
// length behind them.
func (f *function) cStrings() string {
	var list []string
	for i, p := range f.params {
		if p.cType != "const char *" || p.typ.kind != kindPointer {
			continue
		}
		if i+1 < len(f.params) && strings.HasSuffix(strings.ToLower(f.params[i+1].cName), "len") {
			continue
		}
		list = append(list, p.goName)
	}
	if list == nil {
		return ""
	}
	return "NUL-terminated: " + strings.Join(list, ", ") + "."
}

// safety is the comment on the unsafe conversions of a wrapper.
func (f *function) safety() string {
	if !f.hasPointers() {
		return ""
	}
	if f.stackPointers() {
		return "\t// SAFETY: C finds what the pointers name, even on this stack; holds because the\n" +
			"\t// call cannot come back into Go, which could move it; until the gate returns.\n"
	}
	keep := "the conversions in the call keep it alive"
	if c := f.class(); c == classMany || c == classVariadic {
		keep = "KeepAlive keeps it alive"
	}
	return "\t// SAFETY: C finds what the pointers name; holds because escape puts it on the heap\n" +
		"\t// and " + keep + "; until the gate returns.\n"
}
