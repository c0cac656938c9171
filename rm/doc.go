// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package rm writes Redis and Valkey modules in Go.
//
// # Loading
//
// A module is a main package built with -buildmode=c-shared. It calls [Register]
// in an init function; the server calls back when it loads the library. The
// server wants the file to be executable, and go build does not make it so.
//
// # Handles and lifetimes
//
// [Context], [RStr], [CallReply] and most other handles are one word each, owned
// by the server, and valid as long as their documentation says: a Context and
// the [Args] of a command until the handler returns. Passing them allocates
// nothing. What is borrowed has another type than what is owned ([RStr] and
// [RString]).
//
// # Errors
//
// A handler returns nil when it has replied, or an error, which becomes the
// reply. [Error] is a constant string, so an error reply allocates nothing. A
// panic and a runtime.Goexit in a handler become error replies too, and the
// stack goes to the server's log. A function that the running server lacks
// answers [ErrUnsupported].
//
// A reply that was begun cannot be taken back. Of a handler that ends in the middle
// of one, by an error or otherwise, the client gets the error as the next element and
// nulls for those that are missing; lengths that were postponed are said. Who does not
// reply at all gets an error reply, and an error after a whole reply is not sent. The
// log tells of all this, with the command's name, and the debug build panics at the
// line that replies twice. A recorded [Reply] is sent whole or not at all.
//
// # Replication
//
// What a command writes goes to no replica and into no AOF by itself. One that does the
// same from the same arguments says Replicate: rm.ReplicateVerbatim in its [Command]; others
// replicate what they did: [Context.Replicate], calls with CallReplicate.
//
// # Keys and values
//
// [Context.OpenReadKey] and [Context.OpenWriteKey] open a key; the methods of
// [ReadKey] and [WriteKey] do what the types of the server can. A key that a
// callback leaves open is closed when it returns, and a handle that has ended is
// recognised. Ranges, streams, lists, dictionaries and scans are looped over with
// the range statement, without allocation. A call that would change a key that is
// open is refused ([ErrKeyOpen]); two handles of one key at a time are as dangerous as in C.
// What is changed through an open key sends no keyspace events; commands that are
// called do.
//
// # Data types
//
// [NewType] registers a data type of the module, whose values are of a Go type; the
// functions of its [TypeSpec] save, load, copy and free them. [NewStructType] registers one
// whose values are structs in the server's memory. docs/DATATYPES.md has what
// such a value costs, and what to mind.
//
// # Misuse
//
// With the build tag rm_debug misuse panics with the line that did it:
//
//   - a Context, an argument or another RStr, a call's reply, a key that is used after the
//     callback, or the step of a loop, that it was given to;
//   - a Context, or an open key, on another goroutine than the one that runs the callback;
//   - a string, a reply or [Memory] that is used after it was freed or passed on, or freed
//     again, through any copy of it;
//   - a second reply, a length that is not what was sent, an element too many, and calls for
//     open keys;
//   - a key that is deleted or set to another string while another handle of it is open, since Redis 7.0.
//
// A command that has written to keys and replicated nothing, or though its flags say
// CmdReadOnly, that has not replied, or not completely, is a line in the log. So is a
// client that was blocked and that nobody can answer any more.
//
// What Bytes, String and the like show is a copy there, which is written over when its
// time is over, so that a view that was kept shows garbage at once. Handles of the raw
// layer (RawContext, RawRStr, MemoryAt) are not watched. On a goroutine of the module's
// the panic ends the server, as any does.
//
// Without the tag keys, recorded replies, cursors and dictionaries answer with an
// error, and what is kept of contexts, strings and replies is memory that may be used for
// something else: the server may end by SIGSEGV at any later time. When its own thread does
// that, the log says before the server's crash report that a build with the tag tells more.
//
// # Threads
//
// A Context may be used only inside the callback that it was given to, and only
// on the goroutine that runs it. Goroutines that a handler starts may compute,
// but must not touch the Context; a [ThreadSafeContext] lets them use the server.
// Nothing keeps them from writing on a replica that is read-only for its clients: ask
// first, or call with CallNoWrites.
// An iter.Pull that was begun in a callback can be resumed in later callbacks, and on no other
// goroutine: Go ends the program there. Of goroutines that compute for long, no more should run at
// a time than there are CPUs: the server's thread takes its turn among them.
// [Log] may be called from any goroutine. A panic that nobody recovers on such a
// goroutine ends the server, as it ends any Go program; its trace goes to standard
// error and to the server's log file.
//
// # Blocked clients
//
// A handler need not reply at once. [Go] runs a function on a goroutine, and its result is the
// client's reply; [Context.BlockClient] gives a [BlockedClient] that any goroutine answers, and
// [Context.BlockClientOnKeys] waits for keys. Each client gets one reply, whoever answers first
// and whatever panics; one that leaves, or has waited long enough, is an end that the others
// are told of.
//
// # Timers and events
//
// [Context.CreateTimer] runs a function once, [Context.Every] again and again,
// [Context.EventLoopAddOneShot] as soon as the server comes to it, [Context.EventLoopAdd]
// when a file descriptor is ready. [Context.SubscribeToKeyspaceEvents] listens to what
// happens to keys, and [Context.OnFlushDB], [Context.OnPersistence] and the others named On
// to what happens to the server. All of them run on the server's thread, as callbacks of
// their own, with a Context that has no client: calls, keys and replication work, replies
// do not. While clients' writes are paused what writes fails with [ErrWritesPaused]. A
// failure ends one function alone. There may be several listeners to one event, and each is
// ended by its Stop; all end when the module is unloaded. A listener of the raw layer
// (SubscribeToServerEvent) takes the place of those of this package for its event, since a
// server keeps one for each module.
//
// # Forked children
//
// The server saves in a forked child. Go code runs there only in callbacks that
// were made for it, and after [Context.Fork]; see [InChild] for what it may do.
//
// # Zero copy
//
// [RStr.Bytes] and [RStr.String] are views of server memory. They are valid as
// long as the string is; keep a copy ([RStr.Clone]) of what must live longer.
package rm

import (
	_ "github.com/iredismodule/redismodule/internal/cgate" // the symbols the server looks up
)
