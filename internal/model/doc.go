// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package model is a model of the call layer's states, small enough to be searched
// whole: the server's thread, a goroutine that uses the server, a thread of a C module,
// a garbage collection, the runtime's monitor, and what they take from each other: Ps,
// the server's lock, the scheduler. docs/STATES.md has the same in words.
//
// Its test goes through every state that can be reached, and shows that in none of
// them all wait for each other, and that Go code never runs where it must not. Each
// rule of the call layer can be switched off: then the test wants to see the fault
// against which it stands.
//
// A move is of one of three kinds. What must happen by itself sooner or later: Go code
// goes on, a signal arrives, the lock's owner gives it back. What C does in its own
// time: return, call back, go to sleep. And what may never come: a client's command,
// the next collection. Who waits for a P, for a stop of the world or for the scan of a
// stack must be served by moves of the first kind alone; who waits for the server's
// thread, by the first two.
package model
