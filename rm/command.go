// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"
	"math"
	"strings"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
)

// Handler runs a command. It replies through ctx, with one whole reply, and returns
// nil, or returns an error, which becomes the reply. args.At(0) is the command's name;
// the number of arguments has been checked against Arity ([ErrWrongArity] is for what
// that cannot say, such as pairs). ctx and args are valid until it returns.
type Handler func(ctx Context, args Args) error

// Command is a command of a module.
type Command struct {
	// Name as clients write it; letter case does not matter. By custom
	// "module.verb".
	Name string
	// Flags tell the server what the command does. One that writes or replicates must
	// have CmdWrite or CmdMayReplicate: while clients' writes are paused (CLIENT PAUSE,
	// FAILOVER) the server holds back only those. What another one tries to replicate
	// then fails with [ErrWritesPaused]; a push to a list that a client waits for ends
	// Redis 7.0.
	Flags CommandFlags
	// Keys says which arguments are keys: NoKeys, OneKey, AllKeys, or a range. It must
	// not be left out, unless there is a GetKeys, or Info.KeySpecs, which take its place
	// where the server knows them: ACLs and clusters go by it, and a command whose keys
	// nobody knows of may touch any. To ACLs (%R~pattern, since Redis 7.0) these keys are read and written,
	// and with CmdReadOnly read; what else there is, Info.KeySpecs say.
	Keys KeyRange
	// GetKeys, which may be nil, tells the server which arguments are keys where no range
	// can: it reports them to the request. It must depend on the arguments alone. The
	// server may ask on any thread, at any time, without running the command afterwards:
	// there is no Context. Should it panic or call runtime.Goexit, all arguments count as
	// keys, so that an ACL rather refuses than permits. It sets the flag CmdGetKeysAPI.
	// Return at the first error: a count among the arguments is the client's, and may be
	// anything.
	GetKeys func(request KeysRequest, args Args)
	// GetChannels is the same for channels of publish/subscribe, which ACLs have
	// patterns for, too. It sets the flag CmdGetChannelsAPI, since Redis 7.0.
	GetChannels func(request ChannelsRequest, args Args)
	// Replicate says what goes to the replicas and the AOF when the handler has returned
	// nil. Left out, it is the handler that replicates ([Context.ReplicateVerbatim],
	// [Context.Replicate], calls with CallReplicate: a call without it changes data here
	// alone). A command that changes data and
	// replicates nothing makes the replicas and the AOF differ from the server, silently;
	// the debug build (tag rm_debug) writes a line to the log.
	Replicate Replication
	// Arity is the number of arguments, the name included: exactly n for n > 0,
	// at least -n for n < 0. It is checked before the handler runs.
	Arity int
	// Categories are the ACL categories that the command belongs to, besides those that
	// the server makes of Flags: the server's (ACL CAT) and the module's own ([Module].Categories).
	// A server without them, before Redis 7.2, refuses the command.
	//
	// C: RedisModule_SetCommandACLCategories, since Redis 7.2.
	Categories []string
	// Handler runs the command. Only a container has none.
	Handler Handler
	// Subcommands make the command a container: "NAME SUB ..." runs that Handler of
	// theirs, for which args.At(0) is the container's name and args.At(1) its own; Arity,
	// Keys and positions count both. A container has nothing else but a Name, Flags and Info:
	// servers take no handler for it, nor containers in it. In ACLs and in COMMAND INFO the
	// subcommand is "name|sub". What a server answers to an unknown subcommand names
	// "NAME HELP", which is there only if it is one of the Subcommands. Since Redis 7.0;
	// servers before it refuse the load.
	Subcommands []Command
	// Info is the documentation, and where the keys are if Keys cannot tell.
	Info CommandInfo

	writes uint64 // keyWrites when it began, with ReplicateVerbatim
	told   bool   // that it has failed after it had changed keys
}

// Replication is what a command replicates by itself.
type Replication uint8

// ReplicateVerbatim repeats the command as the client gave it, see [Context.ReplicateVerbatim]:
// for handlers that do the same from the same arguments on the same data. One that goes
// by the time or by chance, or that only sometimes changes something, replicates what
// it did instead. A handler that returns an error replicates nothing, so it must not have
// changed anything by then: it checks first and writes last. One that has changed a key by the
// key API and fails is a line in the log, once for each command.
const ReplicateVerbatim Replication = 1

// KeyRange says which arguments of a command are keys: from First to Last in
// steps of Step. Last may count from the end: -1 is the last argument. The zero
// KeyRange says nothing, and is refused, as is one that finds no key, whatever the arguments.
type KeyRange struct{ First, Last, Step int }

// The common key ranges.
var (
	// NoKeys is for commands without keys.
	NoKeys = KeyRange{-1, -1, -1}
	// OneKey says that the first argument is a key.
	OneKey = KeyRange{1, 1, 1}
	// AllKeys says that all arguments are keys.
	AllKeys = KeyRange{1, -1, 1}
)

// CommandFlags tell the server what a command does, and by that when it may run.
type CommandFlags uint32

// The command flags, with the first release that knows them; an older server
// refuses a command with a flag that it does not know.
const (
	CmdWrite                CommandFlags = 1 << iota // may change data
	CmdReadOnly                                      // reads keys, never writes
	CmdAdmin                                         // administrative
	CmdDenyOOM                                       // refused when memory is out
	CmdDenyScript                                    // not from scripts
	CmdAllowLoading                                  // runs while the server loads data
	CmdPubSub                                        // publishes
	CmdRandom                                        // not deterministic; ignored since Redis 7.0
	CmdAllowStale                                    // runs on a stale replica
	CmdNoMonitor                                     // hidden from MONITOR
	CmdNoSlowlog                                     // hidden from the slow log; Redis 6.0
	CmdFast                                          // O(log n) at most
	CmdGetKeysAPI                                    // reports its keys itself, by GetKeys
	CmdNoCluster                                     // not in cluster mode
	CmdNoAuth                                        // runs without authentication; Redis 6.0
	CmdMayReplicate                                  // may produce replication traffic; Redis 6.2
	CmdNoMandatoryKeys                               // all keys are optional; Redis 7.0
	CmdBlocking                                      // tells that it may block the client, and nothing more; Redis 7.0
	CmdAllowBusy                                     // runs while the server is busy; Redis 7.0
	CmdGetChannelsAPI                                // reports its channels itself, by GetChannels; Redis 7.0
	CmdInternal                                      // only for internal connections; Redis 8.0
	CmdTouchesArbitraryKeys                          // may change keys that are not arguments; Redis 8.4
	CmdNoCommandLog                                  // hidden from the command log; Valkey 8.1
	CmdAllDBs                                        // accesses all databases; Valkey 9.1

	commandFlagsEnd
)

var commandFlagWords = [...]string{
	"write", "readonly", "admin", "deny-oom", "deny-script", "allow-loading", "pubsub", "random",
	"allow-stale", "no-monitor", "no-slowlog", "fast", "getkeys-api", "no-cluster", "no-auth",
	"may-replicate", "no-mandatory-keys", "blocking", "allow-busy", "getchannels-api", "internal",
	"touches-arbitrary-keys", "no-commandlog", "all-dbs",
}

// words returns the flags as the server writes them: "readonly fast".
func (f CommandFlags) words() string {
	var words []string
	for i, w := range commandFlagWords {
		if f&(1<<i) != 0 {
			words = append(words, w)
		}
	}
	if rest := f &^ (commandFlagsEnd - 1); rest != 0 {
		words = append(words, fmt.Sprintf("CommandFlags(%#x)", uint32(rest)))
	}
	return strings.Join(words, " ")
}

// fieldError is what is wrong with a field of a Module or Command.
type fieldError struct{ where, field, reason string }

func (e *fieldError) Error() string { return e.where + ": " + e.field + ": " + e.reason }

// check finds what is wrong with a command before the server sees it.
func (c *Command) check() error { return c.checkIn("") }

// checkIn is check for a subcommand of the container, "" for a command.
func (c *Command) checkIn(container string) error {
	bad := func(field, format string, a ...any) error {
		return &fieldError{fmt.Sprintf("command %q", fullName(container, c.Name)), field, fmt.Sprintf(format, a...)}
	}
	k, isContainer, words := c.Keys, len(c.Subcommands) > 0, 1 // the name, as arguments
	if container != "" {
		words = 2
	}
	switch {
	case c.Name == "":
		return bad("Name", "is empty")
	case strings.ContainsFunc(c.Name, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return bad("Name", "contains a space or a control character")
	case strings.ContainsAny(c.Name, "|@"):
		return bad("Name", "contains a '|', which is between a command and its subcommand, or a '@'")
	case isContainer && container != "":
		return bad("Subcommands", "a subcommand has none of its own")
	case isContainer:
		return c.checkContainer(bad)
	case c.Handler == nil:
		return bad("Handler", "is nil; it is the function that runs the command")
	case c.Flags >= commandFlagsEnd:
		return bad("Flags", "unknown flag in %v", c.Flags)
	case c.Flags&CmdWrite != 0 && c.Flags&CmdReadOnly != 0:
		return bad("Flags", "CmdWrite and CmdReadOnly exclude each other")
	case c.Replicate > ReplicateVerbatim:
		return bad("Replicate", "%d is not known", c.Replicate)
	case c.Replicate == ReplicateVerbatim && c.Flags&(CmdWrite|CmdMayReplicate) == 0:
		return bad("Replicate", "the command has neither the flag CmdWrite nor CmdMayReplicate")
	case c.Arity == 0:
		return bad("Arity", "is 0; the name counts, and -%d takes any number of arguments", words)
	case c.Arity > 1<<30 || c.Arity < -(1<<30):
		return bad("Arity", "%d is out of range", c.Arity)
	case max(c.Arity, -c.Arity) < words:
		return bad("Arity", "%d: the names of the container and of the subcommand count, and -2 takes any number of arguments", c.Arity)
	case c.Flags&CmdGetKeysAPI != 0 && c.GetKeys == nil:
		return bad("GetKeys", "is nil, and CmdGetKeysAPI says that the command reports its keys itself")
	case c.Flags&CmdGetChannelsAPI != 0 && c.GetChannels == nil:
		return bad("GetChannels", "is nil, and CmdGetChannelsAPI says that the command reports its channels itself")
	case k == KeyRange{} && c.GetKeys == nil && len(c.Info.KeySpecs) == 0:
		return bad("Keys", "is left out; it is rm.OneKey, rm.AllKeys or the range of the arguments that are keys, rm.NoKeys for a command without keys")
	case k == NoKeys && c.GetKeys != nil:
		return bad("Keys", "NoKeys and GetKeys exclude each other")
	case k == NoKeys && c.Info.hasKeys():
		return bad("Keys", "NoKeys and Info.KeySpecs exclude each other")
	case k == NoKeys:
	case k != KeyRange{int(int32(k.First)), int(int32(k.Last)), int(int32(k.Step))}:
		return bad("Keys", "%+v is out of range", k)
	case k.First < 0 || k.Step < 0 || (k.First == 0) != (k.Step == 0) || (k.First == 0 && k.Last != 0):
		return bad("Keys", "%+v is not a key range", k)
	case k.First != 0 && k.First < words:
		return bad("Keys", "%+v: argument 1 is the name of the subcommand; its first argument is 2", k)
	case k.First != 0 && k.Last >= 0 && k.Last < k.First: // servers keep the difference, which would count from the end
		return bad("Keys", "the last key (%d) is before the first (%d)", k.Last, k.First)
	case c.Arity > 0 && (k.First >= c.Arity || k.Last >= c.Arity || k.Last < 0 && c.Arity+k.Last < k.First):
		return bad("Arity", "%d, the name included, leaves no room for the keys %+v", c.Arity, k)
	}
	if f := c.Info.check(c.Arity, words); f != nil {
		return bad(f.field, "%s", f.reason)
	}
	return nil
}

// creating tells whether commands may be created.
var creating bool

// ErrNotLoading refuses a command that comes too late.
const ErrNotLoading = Error("ERR commands can be created while the module loads only: in Module.Commands or OnLoad")

// CreateCommand registers a command, with its subcommands. It is allowed while the
// module loads (Module.OnLoad), elsewhere it is an error. The error says which field the server
// or this package refuses, and why. When the server has taken a part of a command already, the
// load fails, whatever OnLoad makes of the error.
//
// C: RedisModule_CreateCommand, since Redis 4.0; the arity and Info by
// RedisModule_GetCommand and RedisModule_SetCommandInfo, subcommands by RedisModule_CreateSubcommand, since Redis 7.0.
func (ctx Context) CreateCommand(c Command) error {
	if !creating {
		return ErrNotLoading
	}
	if err := c.check(); err != nil {
		return err
	}
	if len(c.Categories) > 0 && !has(featureSetCommandACLCategories) {
		return fmt.Errorf("command %q: Categories: %w", c.Name, lacks(featureSetCommandACLCategories))
	}
	if len(c.Subcommands) > 0 {
		return ctx.createContainer(&c)
	}
	if err := ctx.register(&c, c.Name, func(name *byte, fn redismodule.CFunc, flags *byte, k KeyRange) int32 {
		return redismodule.CreateCommand(ctx.raw(), name, fn, flags, int32(k.First), int32(k.Last), int32(k.Step))
	}); err != nil {
		return err
	}
	return ctx.setInfo(&c, c.Name)
}

func (ctx Context) commandExists(name string) bool {
	reply, err := ctx.Call("COMMAND", 0, Text("INFO"), Text(name))
	if err != nil {
		return false
	}
	defer reply.Free()
	return reply.Len() > 0 && reply.Element(0).Type() == ReplyArray
}

// callback is the server's way into a command: (ctx, argv, argc). The compiler inlines
// nothing into a closure that it finds in an inlined function.
//
//go:noinline
func (c *Command) callback() core.Command {
	// Copies: what the closure reads directly is one step less on every command.
	handler, least, most := c.Handler, c.Arity, c.Arity
	if c.Arity < 0 {
		least, most = -c.Arity, math.MaxInt32
	}
	if c.Replicate == ReplicateVerbatim {
		handler = c.verbatim
	}
	return func(raw redismodule.Ctx, argv uintptr, n int32, f unsafe.Pointer) {
		defer func() {
			if core.UnderWay(f) {
				core.Fail(f, recover())
			}
		}()
		ctx, argc := Context{c: raw}, int(n)
		if strays { // one comparison as long as it is false: with && it would be more
			if c.isStray(raw, argv, argc) {
				core.Returned(f)
				return
			}
		}
		if argc < least || argc > most {
			redismodule.WrongArity(ctx.c)
			core.Returned(f)
			return
		}
		if debugging {
			ctx = begun(ctx.c, "command "+c.Name)
			ctx.declares(c.Flags)
		}
		if replyContext.c != noReplies {
			openReplies()
		}
		replyContext, replySent, replyFirst = ctx, 0, 0
		replyArgv, replyArgc = argv, argc
		if err := handler(ctx, args(ctx.o, argv, argc)); err != nil || replySent != 1 {
			finishReplies(ctx, c.Name, err)
		}
		if replyContext.c = noReplies; len(replies.outer) != 0 {
			closeReplies()
		}
		if somethingLeft() {
			endCallback(ctx.c)
		}
		if debugging {
			over(ctx.c)
		}
		core.Returned(f)
	}
}

// failed answers for a handler that panicked or called runtime.Goexit.
func (c *Command) failed(a0, _ uintptr, f redismodule.Failure) uintptr {
	ctx := Context{c: redismodule.Ctx(a0)}
	positions := c.isPositions(ctx)
	if !positions {
		ctx = underWay(ctx.c)
	}
	what := describe(f)
	if positions { // there is nobody to reply to
		if f.Goexit {
			what = "it called runtime.Goexit"
		}
		ctx.Log(LevelWarning, c.whatRuns(ctx)+": "+what)
		logLines(ctx, f.Stack)
		return redismodule.OK
	}
	logFailure(ctx, c.whatRuns(ctx), f)
	if c.Replicate == ReplicateVerbatim && keyWrites != c.writes {
		c.tellOfFailure(ctx)
	}
	finishReplies(ctx, c.Name, Error("ERR "+c.Name+": "+firstLine(what)))
	closeReplies()
	endCallback(ctx.c)
	over(ctx.c)
	return redismodule.OK
}

// describe says in words how a callback failed.
func describe(f redismodule.Failure) string {
	if f.Goexit {
		return "the handler called runtime.Goexit"
	}
	return "panic: " + panicText(f.Value)
}

// panicText formats a panic's value; a value whose own method panics or calls
// runtime.Goexit must not take the server down.
func panicText(v any) (s string) {
	if redismodule.Protect(func() { s = fmt.Sprint(v) }) != nil {
		return fmt.Sprintf("a %T that cannot be printed", v)
	}
	return s
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}
