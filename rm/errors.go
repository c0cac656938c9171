// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "strings"

// Error is an error reply as a constant: const ErrBusy = rm.Error("BUSY try
// again"). The first word is the error code in the protocol. Returning one from
// a handler allocates nothing.
type Error string

// Error returns the text that the client gets.
func (e Error) Error() string { return string(e) }

// Errors that a handler can return and that the methods of this package return.
const (
	// ErrWrongArity replies with the server's own text on a wrong number of
	// arguments, which names the command.
	ErrWrongArity = Error("ERR wrong number of arguments")
	// ErrWrongType is the server's text for an operation on a key of another
	// type.
	ErrWrongType = Error("WRONGTYPE Operation against a key holding the wrong kind of value")
	// ErrUnsupported means that the running server lacks the function. What is returned
	// is an [*UnsupportedError], which errors.Is tells to be this.
	ErrUnsupported = Error("ERR this server does not support the operation")
	// ErrNotInteger means that a value is not a 64-bit signed integer.
	ErrNotInteger = Error("ERR value is not an integer or out of range")
	// ErrNotFloat means that a value is not a floating-point number.
	ErrNotFloat = Error("ERR value is not a valid float")
	// ErrNoReply means that the server could not even start a call.
	ErrNoReply = Error("ERR the server refused the call")
	// ErrRange means that an index or a length is outside of what exists.
	ErrRange = Error("ERR index out of range")
	// ErrFlags means that flags do not exist, or exclude each other.
	ErrFlags = Error("ERR the flags do not exist or exclude each other")
	// ErrExpireTime means that a time to live is not positive, or a moment is before 1970.
	ErrExpireTime = Error("ERR invalid expire time")
	// ErrNoDB means that there is no database of the number.
	ErrNoDB = Error("ERR DB index is out of range")
	// ErrNoKey means that there is no such key.
	ErrNoKey = Error("ERR no such key")
	// ErrKeyClosed means that a key is used after it was closed, or after the
	// callback that opened it has returned.
	ErrKeyClosed = Error("ERR the key is closed")
	// ErrKeyExpired means that an open key has expired, and that the server may
	// have deleted it under the open key; see [ReadKey].
	ErrKeyExpired = Error("ERR the open key has expired")
	// ErrKeyLent means that a key belongs to the server, which closes it.
	ErrKeyLent = Error("ERR the key is lent by the server and is not to be closed")
	// ErrRefused means that the server refused an operation without a reason.
	ErrRefused = Error("ERR the server refused the operation")
	// ErrNULByte means that a text for the server has a NUL byte in it, where
	// the server would see its end.
	ErrNULByte = Error("ERR text contains a NUL byte")
	// ErrNoCommandName means that a command is to be called whose name is empty.
	ErrNoCommandName = Error("ERR the name of the command is empty")
	// ErrScriptRuns means that a command which a script has called is to call a script, or
	// one of the commands that manage scripts, or to load an RDB file.
	ErrScriptRuns = Error("ERR a script is running: no other one, and no SCRIPT, FUNCTION or DEBUG, can be called, and no RDB file loaded")
	// ErrCallDepth means that calls of commands have called commands 1,000 deep, or so deep that
	// three quarters of the stack of the server's thread are used: what calls itself without end would use it up.
	ErrCallDepth = Error("ERR commands call commands too deep")
	// ErrStillLoading means that in OnLoad a value of a data type of the module is to be made, or the data are to be replaced by those of
	// a file. Should the load fail, nobody would be there to save or free the values.
	ErrStillLoading = Error("ERR the module is still being loaded: no value of its data types can be made, and no data be loaded")
	// ErrStarting means that a module is loaded at the start of the server, before the server has its data and its threads, and that
	// OnLoad is to change data, or to do what needs the threads: the server would end.
	ErrStarting = Error("ERR the server is starting: its data are not loaded yet, and cannot be changed")
	// ErrMidway means that a function of a data type (Load, Save, Copy, Unlink and the like, but Free) or [Module].Info calls a command,
	// changes a key or replaces the data by the context of a handler that runs meanwhile: the server is in the middle of the value, or of
	// its modules, and would go on with what is gone. Do it later, by [Context.EventLoopAddOneShot] of that context or by
	// [ThreadSafeContext.Post].
	ErrMidway = Error("ERR the server is in the middle of something: nothing can be called or changed here")
	// ErrInChild means that a child made by Fork is to change files of the server's, or what else it has in common with its parent.
	ErrInChild = Error("ERR a forked child must not change what belongs to the server")
	// ErrUnloadHere means that a module is to be unloaded by a callback that is not a command's: an event
	// or a notification, for which the server would go on to what is gone.
	ErrUnloadHere = Error("ERR no module can be unloaded by a callback that is not a command's")
	// ErrDisconnectsHere means that a call would end clients or their waiting, or change the server's role, where the
	// server may be in the middle of something with them, by which it would end: of the client's own command, or of what an
	// event tells. The way out is [Context.EventLoopAddOneShot] (a timer before Redis 7.0), which may make such calls. They are
	// CLIENT KILL and UNBLOCK, REPLICAOF, SLAVEOF, FAILOVER, and CLUSTER RESET, FAILOVER and REPLICATE, known by their names (not
	// by those that rename-command or another module's filter gives them). They may be made
	//   - in timers, one-shots, and functions of [ThreadSafeContext.Do] and Post;
	//   - in a command that a client with a connection has sent itself, and that has not blocked it: not one that a script or a call
	//     runs, nor in what the command causes. There, and in the answer to a client that was blocked, but not on keys, CLIENT KILL
	//     is allowed as CLIENT KILL ID with the number of another client;
	//   - nowhere else: not in events of any kind, filters, post-notification jobs, OnLoad and OnUnload, callbacks of
	//     logins, configs and file descriptors, time-outs, ends of promises.
	//
	// ACL SETUSER, DELUSER and LOAD, and [Context.DeauthenticateAndCloseClient] of the client itself, give it behind
	// BlockClient alone. DEBUG RELOAD and LOADAOF give it in all commands, [Context.LoadRDB] in the answer to a client that was
	// blocked: the server serves others meanwhile, and ends the client when it has closed its connection.
	// FAILOVER pauses writes besides, see [ErrPausesHere]: a timer is the place for it.
	ErrDisconnectsHere = Error("ERR the call may end clients or change the server's role, which cannot be done here: use EventLoopAddOneShot")
	// ErrPausesHere means that a call would pause the writes of clients (CLIENT PAUSE, FAILOVER) where the server may have something to
	// replicate that was done before, by which it would end. Make it in a timer of its own,
	//
	//	ctx.CreateTimer(0, func(ctx rm.Context) { ctx.Call("CLIENT", 0, rm.Text("PAUSE"), rm.Text("1000")) })
	//
	// before that calls anything else or opens a key, for reading too; not by [Context.EventLoopAddOneShot] or [ThreadSafeContext.Do], of which the
	// server replicates several together. It may be made, too, in a command of a transaction that a client has sent, and where there is
	// neither an AOF nor a backlog for replicas. CLIENT PAUSE with WRITE counts as without; FAILOVER ABORT does not count.
	ErrPausesHere = Error("ERR the call pauses writes, which cannot be done here: make it the first thing that a timer does")
	// ErrScriptDebugCalled means that SCRIPT DEBUG is to be called: there is no connection to debug over.
	ErrScriptDebugCalled = Error("ERR SCRIPT DEBUG needs a connection: it cannot be called")
	// ErrWaitCalled means that WAIT is to be called on a server before Redis 7.2, which would end.
	ErrWaitCalled = Error("ERR WAIT cannot be called before Redis 7.2")
	// ErrSyncCalled means that SYNC or PSYNC is to be called, by which the server would end.
	ErrSyncCalled = Error("ERR SYNC and PSYNC make a replica of a client: they cannot be called")
	// ErrSharedString means that a string is to be changed that has more than one owner.
	ErrSharedString = Error("ERR the string has other owners")
	// ErrReplyFreed means that a recorded reply is used after Free, or that it
	// was not made by NewReply.
	ErrReplyFreed = Error("ERR the recorded reply is freed")
	// ErrNoString means that a string is needed and the zero RStr was given.
	ErrNoString = Error("ERR a string is missing")
	// ErrEvictionPolicy means that the server's eviction policy keeps no idle
	// times, or no frequencies, of keys.
	ErrEvictionPolicy = Error("ERR the eviction policy does not keep this of keys")
	// ErrKeysOpen means that an operation that replaces the data set was asked
	// for while keys are open.
	ErrKeysOpen = Error("ERR keys are open")
	// ErrKeyOpen means that a command was to be called which may change a key that is
	// open, or a script, in the middle of which the server may replace or move its value (see [Context.Call]): close it before the call,
	// and open it again afterwards. Servers before Redis 6.0.9 are not asked, and crash.
	ErrKeyOpen = Error("ERR the key is open: close it before a command that changes it is called")
	// ErrCursorFreed means that a scan cursor is used after it was freed.
	ErrCursorFreed = Error("ERR the scan cursor is freed")
	// ErrCursorBusy means that a scan cursor is used inside of its own scan, or
	// for keys and for elements without a restart between them.
	ErrCursorBusy = Error("ERR the scan cursor is in use by another scan")
	// ErrDictFreed means that a dictionary is used after it was freed.
	ErrDictFreed = Error("ERR the dictionary is freed")
	// ErrDictBusy means that a dictionary is used by the function that MoveDict calls while it moves it.
	ErrDictBusy = Error("ERR the dictionary is being moved")
	// ErrIteratorStopped means that an iterator of a dictionary is used after it
	// was stopped.
	ErrIteratorStopped = Error("ERR the iterator is stopped")
	// ErrNoMemory means that the server could not allocate.
	ErrNoMemory = Error("OOM the server cannot allocate that much memory")
	// ErrNaN means that a score is not a number, or would become so.
	ErrNaN = Error("ERR the score is not a number")
	// ErrLexBound means that an end of a range of elements is not "-", "+" or an
	// element with "[" or "(" in front.
	ErrLexBound = Error("ERR min or max is not a valid end of a range of elements")
	// ErrNotStreamID means that a value is not the ID of a stream entry.
	ErrNotStreamID = Error("ERR value is not a stream ID")
	// ErrStreamIDOrder means that the ID of a new stream entry is not greater than
	// all IDs that the stream has had.
	ErrStreamIDOrder = Error("ERR the stream ID is not greater than the last one of the stream")
	// ErrNoFields means that a stream entry is to have no field, or that the last
	// field has no value.
	ErrNoFields = Error("ERR a stream entry needs pairs of a field and a value, at least one")
	// ErrNoCommand means that an operation needs a command, its client or its
	// arguments, and that the context is not a command's: an event's, or one of a
	// function that [ThreadSafeContext.Do] runs.
	ErrNoCommand = Error("ERR there is no command in this context")
	// ErrWritesPaused means that the server has paused the writes of clients (CLIENT
	// PAUSE, FAILOVER): nothing must reach its replicas now, and nothing that is not a
	// command's must change its data.
	ErrWritesPaused = Error("ERR writes are paused")
	// ErrUnloaded means that the module is unloaded, or was meanwhile.
	ErrUnloaded = Error("ERR the module is unloaded")
	// ErrRESP2Client means that a reply in RESP3 is to be sent to a client that speaks
	// RESP2.
	ErrRESP2Client = Error("ERR the client speaks RESP2, and the reply is RESP3")
	// ErrPromise means that a reply is to be sent that is still to come.
	ErrPromise = Error("ERR the reply is still to come")
	// ErrNoFork means that Go cannot run in a forked child in the mode in which the
	// library runs.
	ErrNoFork = Error("ERR Go cannot run in a forked child here")
	// ErrOpenMode means that an open mode is for reading only.
	ErrOpenMode = Error("ERR the open mode is for reading only")
	// ErrLRUUnit means that the server takes idle times in another unit than it gives
	// them.
	ErrLRUUnit = Error("ERR this server gets the unit of idle times wrong")
	// ErrReplyType means that a call's reply is of a type that does not convert.
	ErrReplyType = Error("ERR the reply is of another type")
)

// replyText turns an error into the text of an error reply: one line, with an
// error code in front.
func replyText(err error) string {
	switch e := err.(type) {
	case Error:
		if oneLine(string(e)) {
			return string(e)
		}
	case ReplyErr: // without a copy
		if text := e.view(); oneLine(text) {
			return text
		}
	}
	s := err.Error()
	if !oneLine(s) {
		s = blank(s, lineEnds)
	}
	if !hasCode(s) {
		s = "ERR " + s
	}
	return s
}

// lineEnds are the characters that end a line, for the protocol or for C.
const lineEnds = "\r\n\x00"

// blank puts spaces in the place of some characters of ASCII. Texts need not be UTF-8: all other bytes stay.
func blank(s, which string) string {
	b := []byte(s)
	for i, c := range b {
		if strings.IndexByte(which, c) >= 0 {
			b[i] = ' '
		}
	}
	return string(b)
}

func oneLine(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] == '\r' || s[i] == '\n' || s[i] == 0 {
			return false
		}
	}
	return len(s) > 0
}

// hasCode tells whether a text begins with an error code: a word of upper-case
// letters.
func hasCode(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'A' && c <= 'Z':
		case c == ' ':
			return i > 1
		default:
			return false
		}
	}
	return false
}
