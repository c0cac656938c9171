// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

// Errors that say that something cannot be done where it is tried; elsewhere it can. Most of them stand for a way to end the server.
const (
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
	// ErrScriptRuns means that a command which a script has called is to call a script, or
	// one of the commands that manage scripts, or to load an RDB file.
	ErrScriptRuns = Error("ERR a script is running: no other one, and no SCRIPT, FUNCTION or DEBUG, can be called, and no RDB file loaded")
	// ErrCallDepth means that calls of commands have called commands 1,000 deep, or so deep that
	// three quarters of the stack of the server's thread are used: what calls itself without end would use it up.
	ErrCallDepth = Error("ERR commands call commands too deep")
	// ErrScriptDebugCalled means that SCRIPT DEBUG is to be called: there is no connection to debug over.
	ErrScriptDebugCalled = Error("ERR SCRIPT DEBUG needs a connection: it cannot be called")
	// ErrWaitCalled means that WAIT is to be called on a server before Redis 7.2, which would end.
	ErrWaitCalled = Error("ERR WAIT cannot be called before Redis 7.2")
	// ErrSyncCalled means that SYNC or PSYNC is to be called, by which the server would end.
	ErrSyncCalled = Error("ERR SYNC and PSYNC make a replica of a client: they cannot be called")
	// ErrKeysOpen means that an operation that replaces the data set was asked
	// for while keys are open.
	ErrKeysOpen = Error("ERR keys are open")
	// ErrKeyOpen means that a command was to be called which may change a key that is
	// open, or a script, in the middle of which the server may replace or move its value (see [Context.Call]): close it before the call,
	// and open it again afterwards. Servers before Redis 6.0.9 are not asked, and crash.
	ErrKeyOpen = Error("ERR the key is open: close it before a command that changes it is called")
	// ErrNoCommand means that an operation needs a command, its client or its
	// arguments, and that the context is not a command's: an event's, or one of a
	// function that [ThreadSafeContext.Do] runs.
	ErrNoCommand = Error("ERR there is no command in this context")
	// ErrWritesPaused means that the server has paused the writes of clients (CLIENT
	// PAUSE, FAILOVER): nothing must reach its replicas now, and nothing that is not a
	// command's must change its data.
	ErrWritesPaused = Error("ERR writes are paused")
)
