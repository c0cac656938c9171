// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"runtime"
	"sync"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// CallFlags say how a command is called; each is a letter of RedisModule_Call's
// format.
type CallFlags uint16

// The call flags, with the letter and the first release of each.
const (
	CallReplicate   CallFlags = 1 << iota // '!': replicate to replicas and the AOF
	CallNoAOF                             // 'A': with CallReplicate, not to the AOF; Redis 5.0
	CallNoReplicas                        // 'R': with CallReplicate, not to replicas; Redis 5.0
	CallRESP3                             // '3': the reply is RESP3; Redis 7.0
	CallRESPAuto                          // '0': the reply is what the client speaks; Redis 7.0
	CallAsUser                            // 'C': with the context's user and ACL checks; Redis 7.0
	CallScriptMode                        // 'S': as from a script; Redis 7.0
	CallNoWrites                          // 'W': refuse commands that write; Redis 7.0
	CallRespectOOM                        // 'M': refuse what DenyOOM commands refuse; Redis 7.0
	CallErrorsReply                       // 'E': refusals come as error replies with their text; Redis 7.0
	CallDryRun                            // 'D': check only; Redis 7.2
	CallAllowBlock                        // 'K': blocking commands may block; Redis 7.2

	callFlagsEnd
)

const callFlagLetters = "!AR30CSWMEDK"

// since70 are the flags that servers before 7.0 do not know.
const since70 = CallRESP3 | CallRESPAuto | CallAsUser | CallScriptMode | CallNoWrites | CallRespectOOM | CallErrorsReply
const since72 = CallDryRun | CallAllowBlock

// letters appends the flags' letters, or fails for what the server lacks.
func (f CallFlags) letters(to []byte) ([]byte, error) {
	switch {
	case f >= callFlagsEnd,
		f&since70 != 0 && !redismodule.Has(redismodule.FnReplyWithBool),
		f&since72 != 0 && !redismodule.Has(redismodule.FnCallReplyPromiseAbort):
		return nil, ErrUnsupported
	}
	for i := range len(callFlagLetters) {
		if f&(1<<i) != 0 {
			to = append(to, callFlagLetters[i])
		}
	}
	return to, nil
}

// Arg is an argument of a call. It refers to what it was made from, which must
// stay unchanged until the call returns.
type Arg struct {
	p    unsafe.Pointer
	n    int64
	kind byte // letter of the format: s, b, l
}

// Str is a server string as an argument.
func Str(s RStr) Arg { return Arg{n: int64(s.s), kind: 's'} }

// Bytes is a byte slice as an argument; the server copies it.
func Bytes(b []byte) Arg {
	return Arg{p: unsafe.Pointer(unsafeconv.DataBytes(b)), n: int64(len(b)), kind: 'b'}
}

// Text is a Go string as an argument; the server copies it.
func Text(s string) Arg {
	return Arg{p: unsafe.Pointer(unsafeconv.Data(s)), n: int64(len(s)), kind: 'b'}
}

// Int is an integer as an argument.
func Int(n int64) Arg { return Arg{n: n, kind: 'l'} }

// callFrame holds what one call hands to C, in memory that does not move: the
// call can come back into Go, which may grow the goroutine's stack.
type callFrame struct {
	name   []byte
	format []byte
	owned  []redismodule.String // strings made for a long argument list
	vector []redismodule.String
	args   []Arg // keeps the arguments' memory reachable
}

var callFrames = sync.Pool{New: func() any { return new(callFrame) }}

func (f *callFrame) release() {
	for _, s := range f.owned {
		redismodule.FreeString(0, s)
	}
	clear(f.args)
	f.name, f.format, f.owned, f.vector, f.args = f.name[:0], f.format[:0], f.owned[:0], f.vector[:0], f.args[:0]
	callFrames.Put(f)
}

// maxWordArgs is how many argument words a call may have beside the context,
// the name and the format.
const maxWordArgs = redismodule.MaxWords - 3

// Call runs a command and returns its reply, which must be freed. When the
// command answers with an error, err is that error and the reply is valid (and
// must be freed) as well: the error's text is read from it. When the command
// could not be run at all, the reply is zero.
//
// A command that is called often is better prepared with [NewCall].
//
// C: RedisModule_Call, since Redis 4.0.
func (ctx Context) Call(command string, flags CallFlags, args ...Arg) (CallReply, error) {
	if command == "" || unsafeconv.HasNUL(command) {
		return CallReply{}, ErrNULByte
	}
	f := callFrames.Get().(*callFrame)
	f.name = append(append(f.name, command...), 0)
	reply, err := f.call(ctx, &f.name[0], flags, args)
	f.release()
	return reply, err
}

// call builds the format and the argument words and calls.
func (f *callFrame) call(ctx Context, name *byte, flags CallFlags, args []Arg) (CallReply, error) {
	format, err := withText(flags).letters(f.format)
	if err != nil {
		return CallReply{}, err
	}
	words := 0
	for _, a := range args {
		words++
		if a.kind == 'b' {
			words++
		}
	}
	f.args = append(f.args, args...)
	if words > maxWordArgs {
		f.format = append(format, 'v', 0)
		return f.callVector(ctx, name)
	}
	var w [maxWordArgs]uintptr
	n := 0
	for i := range f.args {
		a := &f.args[i]
		format = append(format, a.kind)
		switch a.kind {
		case 'b':
			w[n], w[n+1] = uintptr(a.p), uintptr(a.n)
			n += 2
		default:
			w[n] = uintptr(a.n)
			n++
		}
	}
	f.format = append(format, 0)
	r := redismodule.Call(ctx.c, name, &f.format[0], w[:n]...)
	runtime.KeepAlive(f)
	return finishCall(r)
}

// callVector makes server strings of all arguments and passes them as one
// vector, which has no limit.
func (f *callFrame) callVector(ctx Context, name *byte) (CallReply, error) {
	for _, a := range f.args {
		s := redismodule.String(a.n)
		switch a.kind {
		case 'b':
			s = redismodule.CreateString(0, (*byte)(a.p), uintptr(a.n))
			f.owned = append(f.owned, s)
		case 'l':
			s = redismodule.CreateStringFromLongLong(0, a.n)
			f.owned = append(f.owned, s)
		}
		f.vector = append(f.vector, s)
	}
	r := redismodule.Call(ctx.c, name, &f.format[0], uintptr(unsafe.Pointer(&f.vector[0])), uintptr(len(f.vector)))
	runtime.KeepAlive(f)
	return finishCall(r)
}

// withText adds the flag that gives refusals a text, where the server knows it.
func withText(flags CallFlags) CallFlags {
	if redismodule.Has(redismodule.FnReplyWithBool) {
		flags |= CallErrorsReply
	}
	return flags
}

func finishCall(r redismodule.CallReply) (CallReply, error) {
	if r == 0 {
		return CallReply{}, ErrNoReply
	}
	reply := CallReply{unsafeconv.Pointer(uintptr(r))}
	return reply, reply.Err()
}

// Call is a prepared call: the command's name and the formats are built once. It
// may be used from several goroutines.
type Call struct {
	name  unsafeconv.ZStr
	flags CallFlags

	once    sync.Once
	err     error
	strings [maxWordArgs + 1]unsafeconv.ZStr // format of n server strings
}

// NewCall prepares calls of a command. It can be used in a package variable:
// nothing asks the server before the first call.
func NewCall(command string, flags CallFlags) *Call {
	c := &Call{flags: flags}
	if command == "" || unsafeconv.HasNUL(command) {
		c.err = ErrNULByte
		return c
	}
	c.name = unsafeconv.NewZ(command)
	return c
}

func (c *Call) prepare() {
	c.once.Do(func() {
		if c.err != nil {
			return
		}
		var letters []byte
		if letters, c.err = withText(c.flags).letters(nil); c.err != nil {
			return
		}
		for n := range c.strings {
			c.strings[n] = unsafeconv.NewZ(string(letters))
			letters = append(letters, 's')
		}
	})
}

// Do calls the command with server strings as arguments. The reply must be
// freed; see [Context.Call] for the two kinds of errors. Up to 21 arguments
// allocate nothing.
//
// C: RedisModule_Call, since Redis 4.0.
func (c *Call) Do(ctx Context, args ...RStr) (CallReply, error) {
	c.prepare()
	if c.err != nil {
		return CallReply{}, c.err
	}
	if len(args) > maxWordArgs {
		f := callFrames.Get().(*callFrame)
		for _, a := range args {
			f.args = append(f.args, Str(a))
		}
		var reply CallReply
		var err error
		if f.format, err = withText(c.flags).letters(f.format); err == nil {
			f.format = append(f.format, 'v', 0)
			reply, err = f.callVector(ctx, c.name.Ptr())
		}
		f.release()
		return reply, err
	}
	// SAFETY(U13): an RStr is one word, the server's pointer, so the arguments
	// are the words of the call.
	words := unsafe.Slice((*uintptr)(unsafe.Pointer(unsafe.SliceData(args))), len(args))
	return finishCall(redismodule.Call(ctx.c, c.name.Ptr(), c.strings[len(args)].Ptr(), words...))
}

// DoArgs calls the command with arguments of any kind.
//
// C: RedisModule_Call, since Redis 4.0.
func (c *Call) DoArgs(ctx Context, args ...Arg) (CallReply, error) {
	c.prepare()
	if c.err != nil {
		return CallReply{}, c.err
	}
	f := callFrames.Get().(*callFrame)
	reply, err := f.call(ctx, c.name.Ptr(), c.flags, args)
	f.release()
	return reply, err
}
