// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"math/bits"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/edge"
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
	CallRespectOOM                        // 'M': refuse what CmdDenyOOM commands refuse; Redis 7.0
	CallErrorsReply                       // 'E': refusals come as error replies with their text; Redis 7.0
	CallDryRun                            // 'D': check only; Redis 7.2
	CallAllowBlock                        // 'K': blocking commands may block; Redis 7.2
	CallExact                             // 'X': tell statuses and null arrays apart; Valkey 9.1

	callFlagsEnd
)

const callFlagLetters = "!AR30CSWMEDKX"

// since70 are the flags that servers before 7.0 do not know.
const (
	since70       = CallRESP3 | CallRESPAuto | CallAsUser | CallScriptMode | CallNoWrites | CallRespectOOM | CallErrorsReply
	since72       = CallDryRun | CallAllowBlock
	sinceValkey91 = CallExact
)

// letters appends the flags' letters, or fails for what the server lacks.
func (f CallFlags) letters(to []byte) ([]byte, error) {
	switch {
	case f >= callFlagsEnd:
		return to, ErrRange
	case f&since70 != 0 && !has(featureCallFlags70):
		return to, lacks(featureCallFlags70)
	case f&since72 != 0 && !has(featureCallFlags72):
		return to, lacks(featureCallFlags72)
	case f&sinceValkey91 != 0 && !has(featureCallExact):
		return to, lacks(featureCallExact)
	}
	return f.put(to), nil
}

func (f CallFlags) put(to []byte) []byte {
	for ; f != 0; f &= f - 1 {
		to = append(to, callFlagLetters[bits.TrailingZeros(uint(f))])
	}
	return to
}

// withText adds the flag that gives refusals a text, where the server knows it.
func withText(flags CallFlags) CallFlags {
	if has(featureCallFlags70) {
		flags |= CallErrorsReply
	}
	return flags
}

// Call runs a command and returns its reply, which must be freed before the
// callback that has ctx returns. When the command answers with an error, err is that
// error, a [ReplyErr], and there is no reply: it is zero. So it is, without an error,
// when CallDryRun finds nothing wrong.
//
// Servers before Redis 7.0 do not say why they refuse a call (an unknown command,
// a wrong number of arguments, a key of another cluster node): the error is
// ErrNoReply. The C function leaves the reason in errno, which Go code does not
// see. Later servers give the reason as an error reply.
//
// Some calls would end the server where they are made, and are refused; each error says where the call may be made instead. Commands
// are known by their names: not by those that rename-command or another module's filter gives them.
//
//   - [ErrKeyOpen]: a call that may change a key which is open, and scripts and functions of libraries (EVAL, FCALL and the like) while
//     any key is: in the middle of a long one the server may take over the data of its master, or move the values of open keys.
//     A key that the command uses without naming it among its keys must not be open either, and is not seen.
//   - [ErrScriptRuns]: EVAL, FCALL and the like, SCRIPT, FUNCTION and DEBUG in a command that a script has called. Under another name
//     they must not be called there, unless with CallScriptMode.
//   - [ErrDisconnectsHere]: what ends clients or changes the server's role (CLIENT KILL and UNBLOCK, REPLICAOF, FAILOVER, some of
//     CLUSTER) wherever the server may be in the middle of something with them, and DEBUG RELOAD and LOADAOF.
//   - [ErrPausesHere]: CLIENT PAUSE and FAILOVER where something may be left to replicate.
//   - [ErrMidway]: everything, by the context of a handler inside of a function of a data type, and of Module.Info.
//   - [ErrUnloadHere]: MODULE UNLOAD in callbacks that are not a command's: the server may be going through a list of what modules
//     have registered.
//   - [ErrCallDepth]: calls inside of calls, from 1,000 on, and where three quarters of the stack are used.
//   - [ErrStillLoading]: DEBUG RELOAD in OnLoad. [ErrStarting]: in OnLoad at the start of the server, commands that write, scripts,
//     saves and what needs the server's threads.
//   - [ErrSyncCalled], [ErrScriptDebugCalled]: SYNC, PSYNC and SCRIPT DEBUG. [ErrWaitCalled]: WAIT, before Redis 7.2.
//
// One way to end the server is left, with a module in C too: a script or a function of a library that runs for longer than the server's
// busy-reply-threshold (5 seconds without it) lets the server do other things, and end clients that have closed their connection, the one
// whose command has made the call too; the server crashes when the command returns. Run what may take so long by [Job.Do] in a function
// of rm.Go, or by EventLoopAddOneShot.
//
// Where one command does the work of a loop over many elements, call it: ZCOUNT was
// measured at 1.3 µs where a loop over the 10,000 elements took 1,150 µs.
//
// A command that is called often is better prepared with [NewCall].
//
// C: RedisModule_Call, since Redis 4.0.
func (ctx Context) Call(command string, flags CallFlags, args ...Arg) (CallReply, error) {
	if err := commandNameFits(command); err != nil {
		return CallReply{}, err
	}
	f := newCallFrame()
	f.name = append(append(f.name, command...), 0)
	var reply CallReply
	var err error
	if f.format, err = withText(flags).letters(f.format); err == nil {
		reply, err = f.call(ctx, &f.name[0], flags, args)
	}
	f.release()
	return reply, err
}

// callDepth is how many calls are under way, each inside of the one before. A call returns
// whatever becomes of what it calls, so it needs no defer; whoever calls has the server's lock.
var callDepth int

// maxCallDepth is about a tenth of what a stack of 8 MB has room for: where that ends, servers
// hang in the middle of an allocation.
const maxCallDepth = 1000

// tooDeep tells whether a call inside of calls, of this module or others, may come to the end of the
// stack. The server makes the contexts of commands on its own: their addresses say how much of it
// is left, however small it is, and whoever else calls commands in between.
func (ctx Context) tooDeep() bool {
	at, s := uintptr(ctx.c), &state.stack
	return callDepth >= maxCallDepth || at-s.lo < s.quarter
}

// serverStack is the C stack of the server's thread; all 0 where it is not known, or has no end.
type serverStack struct{ lo, quarter uintptr }

// knowStack notes it for a load.
func (l *loadState) knowStack() {
	if edge.ServerStack == nil {
		return
	}
	lo, hi := edge.ServerStack()
	size, ends := stackLimit()
	if !ends || hi == 0 {
		return
	}
	// Some C libraries know the part alone that is in use.
	size = max(size, hi-lo)
	l.stack = serverStack{hi - size, size / 4}
}

// commandNameFits says what is wrong with the name of a command to call.
func commandNameFits(name string) error {
	switch {
	case name == "":
		return ErrNoCommandName
	case unsafeconv.HasNUL(name):
		return ErrNULByte
	case makesReplica(name):
		return ErrSyncCalled
	}
	return nil
}

// makesReplica tells whether a command makes a replica of its client. The server has no
// connection for the client of a call, and ends.
func makesReplica(command string) bool {
	switch len(command) {
	case len("sync"):
		return command[3]|0x20 == 'c' && strings.EqualFold(command, "sync")
	case len("psync"):
		return command[4]|0x20 == 'c' && strings.EqualFold(command, "psync")
	}
	return false
}

// runsScript tells whether a command runs a script or a function of a library, or may
// drop those that there are.
func runsScript(command string) bool {
	if len(command) < len("eval") {
		return false
	}
	is := func(name string) bool { return len(command) == len(name) && strings.EqualFold(command, name) }
	switch command[0] | 0x20 {
	case 'd':
		return is("debug")
	case 'e':
		return is("eval") || is("evalsha") || is("eval_ro") || is("evalsha_ro")
	case 'f':
		return is("fcall") || is("fcall_ro") || is("function")
	case 's':
		return is("script")
	}
	return false
}

// debugsScripts tells whether a call begins the debugging of scripts. The server keeps the client of the call for another one,
// whose script it would debug over a connection that is not there (Valkey 9.1).
func debugsScripts(command string, args []Arg) bool {
	word, _ := argText(args, 1)
	return len(command) == len("script") && strings.EqualFold(command, "script") && strings.EqualFold(firstArgText(args), "debug") && !strings.EqualFold(word, "no")
}

// unloads tells whether a call unloads a module.
func unloads(command string, args []Arg) bool {
	return len(command) == len("module") && strings.EqualFold(command, "module") && strings.EqualFold(firstArgText(args), "unload")
}

// mayRunScript refuses inside of a script what would make the server end itself.
func (ctx Context) mayRunScript() error {
	if debugging {
		ctx.alive()
	}
	if redismodule.GetContextFlags(ctx.c)&redismodule.CTX_FLAGS_LUA != 0 {
		return ErrScriptRuns
	}
	return nil
}

// finishCall makes a reply of what the server returned, and an error of an error
// reply. It looks at the first byte of the protocol, since asking for the type
// would parse all of it.
func finishCall(ctx Context, r redismodule.CallReply, flags CallFlags) (CallReply, error) {
	if r == 0 {
		if flags&CallDryRun != 0 {
			return CallReply{}, nil
		}
		return CallReply{}, ErrNoReply
	}
	reply := CallReply{p: unsafeconv.Pointer(uintptr(r))}
	if debugging {
		reply.begin(ctx.o)
	}
	var n uintptr
	if flags&CallDryRun != 0 {
		// Valkey 9.1 has an empty reply where others have none.
		if redismodule.CallReplyProto(r, &n); n == 0 {
			reply.Free()
			return CallReply{}, nil
		}
	}
	if flags&(CallAllowBlock|CallRESP3|CallRESPAuto) != 0 {
		// A promise has nothing but its type. And the server knows a reply for RESP3
		// only when it is parsed, and else would pass it on to a client of RESP2.
		if reply.Type() == ReplyPromise {
			state.promised = true
			return reply, nil
		}
	}
	if p := redismodule.CallReplyProto(r, &n); p != nil && (*p == '-' || *p == '|') {
		if err := ctx.failed(reply); err != nil {
			return CallReply{}, err
		}
	}
	return reply, nil
}

// Call is a prepared call: the command's name and the formats are built once. It
// may be used from several goroutines, which hold the server's lock as for any
// call.
type Call struct {
	name  unsafeconv.ZStr
	flags CallFlags

	ready  atomic.Bool // false as well if err is set
	once   sync.Once
	err    error
	script bool // never ready: each call asks whether a script may run, a module be unloaded, or may block
	// format is as many 's' as a call can have arguments, the flags' letters, and a
	// NUL: the format for n strings begins n letters before the flags.
	format  []byte
	letters []byte // of the flags
}

// NewCall prepares calls of a command. It can be used in a package variable:
// nothing asks the server before the first call.
func NewCall(command string, flags CallFlags) *Call {
	c := &Call{flags: flags}
	if c.err = commandNameFits(command); c.err != nil {
		return c
	}
	c.name = unsafeconv.NewZ(command)
	c.script = runsScript(command) || disconnects(command) || flags&CallAllowBlock != 0 || strings.EqualFold(command, "module")
	return c
}

// prepare is the part of the first call.
func (c *Call) prepare() error {
	c.once.Do(func() {
		if c.err != nil {
			return
		}
		if c.letters, c.err = withText(c.flags).letters(nil); c.err != nil {
			return
		}
		for range maxWordArgs {
			c.format = append(c.format, 's')
		}
		c.format = append(append(c.format, c.letters...), 0)
		c.ready.Store(!c.script)
	})
	return c.err
}

// Do calls the command with server strings as arguments. The reply must be
// freed; see [Context.Call] for its life and the two kinds of errors. Up to 21
// arguments allocate nothing.
//
// C: RedisModule_Call, since Redis 4.0.
func (c *Call) Do(ctx Context, args ...RStr) (CallReply, error) {
	if !c.ready.Load() || len(args) > maxWordArgs {
		return c.doSlowly(ctx, args)
	}
	strings := rawStrings(args)
	if !allStrings(strings) {
		return CallReply{}, ErrNoString
	}
	if c.flags&CallReplicate != 0 || state.unheld() {
		if err := ctx.mayCall(c.name.String(), c.flags, func() string { return firstText(strings) }); err != nil {
			return CallReply{}, err
		}
	}
	if creating || inFork {
		if err := ctx.mayCallEarly(c.name.String(), strings, nil); err != nil {
			return CallReply{}, err
		}
	}
	if keys.any() {
		if err := ctx.sparesOpenKeys(c.name.String(), strings, nil); err != nil {
			return CallReply{}, err
		}
	}
	// SAFETY(U13): a string of the server is one word, so the arguments are the words of
	// the call.
	words := unsafe.Slice((*uintptr)(unsafe.Pointer(unsafe.SliceData(strings))), len(strings))
	if callDepth != 0 && ctx.tooDeep() {
		return CallReply{}, ErrCallDepth
	}
	callDepth++
	r := redismodule.Call(ctx.raw(), c.name.Ptr(), &c.format[maxWordArgs-len(args)], words...)
	callDepth--
	reply, err := finishCall(ctx, r, c.flags)
	if debugging {
		ctx.called(c.name.String(), c.flags, err)
	}
	return reply, err
}

// doSlowly is for a first call and for long argument lists.
func (c *Call) doSlowly(ctx Context, args []RStr) (CallReply, error) {
	if err := c.prepare(); err != nil {
		return CallReply{}, err
	}
	if len(args) <= maxWordArgs && !c.script {
		return c.Do(ctx, args...)
	}
	f := newCallFrame()
	f.format = append(f.format, c.letters...)
	for _, a := range args {
		f.args = append(f.args, Str(a))
	}
	reply, err := f.call(ctx, c.name.Ptr(), c.flags, nil)
	f.release()
	return reply, err
}

// DoArgs calls the command with arguments of any kind.
//
// C: RedisModule_Call, since Redis 4.0.
func (c *Call) DoArgs(ctx Context, args ...Arg) (CallReply, error) {
	if !c.ready.Load() {
		if err := c.prepare(); err != nil {
			return CallReply{}, err
		}
	}
	f := newCallFrame()
	f.format = append(f.format, c.letters...)
	reply, err := f.call(ctx, c.name.Ptr(), c.flags, args)
	f.release()
	return reply, err
}
