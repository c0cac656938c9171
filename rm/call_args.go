// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"runtime"
	"strconv"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// Arg is an argument of a call, or several (Strs). It refers to what it was made
// from, which must stay unchanged until the call returns.
type Arg struct {
	p    unsafe.Pointer
	n    int64
	kind byte // letter of the format: s, b, c, l, v
}

// Str is a server string as an argument. The zero RStr is refused by the call
// with ErrNoString.
func Str(s RStr) Arg { return Arg{n: int64(s.raw()), kind: 's'} }

// Strs are several server strings as arguments, one after the other: the rest of a
// command's own arguments (args.From(2)), say. None of them may be the zero RStr.
func Strs(list Args) Arg {
	strings := rawStrings(list.v)
	return Arg{p: unsafe.Pointer(unsafe.SliceData(strings)), n: int64(len(strings)), kind: 'v'}
}

// Bytes is a byte slice as an argument; the server copies it.
func Bytes(b []byte) Arg {
	return Arg{p: unsafe.Pointer(unsafeconv.DataBytes(b)), n: int64(len(b)), kind: 'b'}
}

// Text is a Go string as an argument; the server copies it.
func Text(s string) Arg {
	return Arg{p: unsafe.Pointer(unsafeconv.Data(s)), n: int64(len(s)), kind: 'b'}
}

// ZText is a text that is stored with its NUL as an argument; the server copies
// it. It takes one of the words that a call can have, and [Text] takes two.
func ZText(z unsafeconv.ZStr) Arg {
	return Arg{p: unsafe.Pointer(z.Ptr()), n: int64(z.Len()), kind: 'c'}
}

// Int64 is an integer as an argument.
func Int64(n int64) Arg { return Arg{n: n, kind: 'l'} }

// maxWordArgs is how many argument words a call may have beside the context,
// the name and the format.
const maxWordArgs = redismodule.MaxWords - 3

// tooLong as the number of words says that the arguments do not fit.
const tooLong = -1

// putArgs appends the arguments' letters to a format and puts their words into w.
// It returns the number of words, or tooLong.
func putArgs(format []byte, w *[maxWordArgs]uintptr, args []Arg) ([]byte, int, error) {
	n := 0
	for i := range args {
		a := &args[i]
		switch a.kind {
		case 's', 'l':
			if a.n == 0 && a.kind == 's' {
				return format, 0, ErrNoString
			}
			if n >= maxWordArgs {
				return format, tooLong, nil
			}
			w[n] = uintptr(a.n)
			n++
		case 'c':
			if n >= maxWordArgs {
				return format, tooLong, nil
			}
			w[n] = uintptr(a.p)
			n++
		case 'b', 'v':
			if a.kind == 'v' {
				if a.n == 0 {
					continue
				}
				if !allStrings(a.strings()) {
					return format, 0, ErrNoString
				}
			}
			if n+1 >= maxWordArgs {
				return format, tooLong, nil
			}
			w[n], w[n+1] = uintptr(a.p), uintptr(a.n)
			n += 2
		default: // the zero Arg
			return format, 0, ErrNoString
		}
		format = append(format, a.kind)
	}
	return format, n, nil
}

// strings are the strings of a Strs.
func (a *Arg) strings() []redismodule.String {
	return unsafe.Slice((*redismodule.String)(a.p), int(a.n))
}

func allStrings(v []redismodule.String) bool {
	for _, s := range v {
		if s == 0 {
			return false
		}
	}
	return true
}

// callFrame holds what one call hands to C, in memory that does not move: the
// call can come back into Go, which may grow the goroutine's stack.
type callFrame struct {
	cell[callFrame]
	name   []byte
	format []byte
	owned  []redismodule.String // strings made for a long argument list
	vector []redismodule.String
	args   []Arg // keeps the arguments' memory reachable
	words  [maxWordArgs]uintptr
	found  foundKeys
}

// callFrames holds them.
var callFrames = table[callFrame]{cellOf: func(f *callFrame) *cell[callFrame] { return &f.cell }}

func newCallFrame() *callFrame { return callFrames.borrow() }

// keepArgs is how long the lists of a frame to reuse may be.
const keepArgs = 4096

func (f *callFrame) release() {
	for _, s := range f.owned {
		redismodule.FreeString(0, s)
	}
	if cap(f.args) > keepArgs || cap(f.vector) > keepArgs {
		f.args, f.vector, f.owned = nil, nil, nil
	}
	clear(f.args)
	f.name, f.format, f.owned, f.vector, f.args = f.name[:0], f.format[:0], f.owned[:0], f.vector[:0], f.args[:0]
	callFrames.giveBack(&f.cell)
}

// build turns the arguments into words after the letters that the frame's format
// already has. It returns the words to pass.
func (f *callFrame) build(args []Arg) ([]uintptr, error) {
	f.args = append(f.args, args...)
	letters := len(f.format)
	format, n, err := putArgs(f.format, &f.words, f.args)
	if err != nil {
		return nil, err
	}
	if n != tooLong {
		f.format = append(format, 0)
		return f.words[:n], nil
	}
	// One vector of server strings has no limit.
	f.format = append(format[:letters], 'v', 0)
	for i := range f.args {
		if err := f.add(&f.args[i]); err != nil {
			return nil, err
		}
	}
	f.words[0], f.words[1] = uintptr(unsafe.Pointer(&f.vector[0])), uintptr(len(f.vector))
	return f.words[:2], nil
}

// argString makes a server string of an argument that is none. A variable, so that a
// test without a server can do it.
var argString = func(a *Arg) redismodule.String {
	if a.kind == 'l' {
		return redismodule.CreateStringFromLongLong(0, a.n)
	}
	return redismodule.CreateString(0, (*byte)(a.p), uintptr(a.n))
}

// add adds an argument to the vector as a server string.
func (f *callFrame) add(a *Arg) error {
	s := redismodule.String(a.n)
	switch a.kind {
	case 's':
		if s == 0 {
			return ErrNoString
		}
	case 'b', 'c', 'l':
		s = argString(a)
		f.owned = append(f.owned, s)
	case 'v':
		for _, s := range a.strings() {
			if s == 0 {
				return ErrNoString
			}
			f.vector = append(f.vector, s)
		}
		return nil
	default:
		return ErrNoString
	}
	f.vector = append(f.vector, s)
	return nil
}

// call builds the format and the argument words and calls.
func (f *callFrame) call(ctx Context, name *byte, flags CallFlags, args []Arg) (CallReply, error) {
	words, err := f.build(args)
	command := unsafeconv.CString(name)
	if err == nil && runsScript(command) {
		err = ctx.mayRunScript()
		if err == nil && debugsScripts(command, f.args) {
			err = ErrScriptDebugCalled
		}
	}
	if err == nil && len(state.outside)|len(state.auths) != 0 && unloads(command, f.args) {
		err = ErrUnloadHere
	}
	if err == nil && disconnects(command) {
		err = ctx.sparesClients(command, f.args)
	}
	if err == nil && (flags&CallReplicate != 0 || state.unheld()) {
		err = ctx.mayCall(command, flags, func() string { return firstArgText(f.args) })
	}
	if err == nil && (creating || inFork) {
		err = ctx.mayCallEarly(command, nil, f.args)
	}
	if err == nil && keys.any() {
		err = ctx.sparesOpenKeys(command, nil, f.args)
		if err == nil && waitsInside(command) {
			err = misuse(ErrKeyOpen)
		}
	}
	if err != nil {
		return CallReply{}, err
	}
	if callDepth != 0 && ctx.tooDeep() {
		return CallReply{}, ErrCallDepth
	}
	callDepth++
	r := redismodule.Call(ctx.raw(), name, &f.format[0], words...)
	callDepth--
	runtime.KeepAlive(f)
	reply, err := finishCall(ctx, r, flags)
	if debugging {
		ctx.called(command, flags, err)
	}
	if flags&CallAllowBlock != 0 && err == nil && reply.IsPromise() {
		ctx.notePromise(reply, command)
	}
	return reply, err
}

// firstText and firstArgText return the first argument of a call, which may be the
// name of a subcommand; "" if there is none, or it is no text.
func firstText(args []redismodule.String) string {
	if len(args) == 0 {
		return ""
	}
	return RStr{s: args[0]}.String()
}

func firstArgText(args []Arg) string {
	text, _ := argText(args, 0)
	return text
}

// argText returns argument n of a call, the strings of a vector counted one by one, and whether there
// are so many.
func argText(args []Arg, n int) (text string, ok bool) {
	for i := range args {
		a := &args[i]
		if a.kind == 'v' {
			list := a.strings()
			if n < len(list) {
				return firstText(list[n:]), true
			}
			n -= len(list)
			continue
		}
		if n > 0 {
			n--
			continue
		}
		switch a.kind {
		case 's':
			text = RStr{s: redismodule.String(a.n)}.String()
		case 'b', 'c':
			text = string(unsafeconv.BytesAt((*byte)(a.p), uintptr(a.n)))
		case 'l':
			text = strconv.FormatInt(a.n, 10)
		}
		return text, true
	}
	return "", false
}
