// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"math"

	"github.com/iredismodule/redismodule"
)

// SelectDB selects another database for the context, and for the client behind it:
// a client stays in it when the command has ended. A command that is to leave the
// client where it is selects the old one ([Context.SelectedDB]) again. Keys that
// are open stay in the database in which they were opened. ErrNoDB when there is
// no such database.
//
// C: RedisModule_SelectDb, since Redis 4.0.
func (ctx Context) SelectDB(db int) error {
	if db < 0 || db > math.MaxInt32 || redismodule.SelectDb(ctx.raw(), int32(db)) != redismodule.OK {
		return ErrNoDB
	}
	return nil
}

// DBSize returns the number of keys in the selected database, those that have
// expired but are not deleted yet included; 0 before Redis 6.0.
//
// C: RedisModule_DbSize, since Redis 6.0.
func (ctx Context) DBSize() uint64 {
	if !has(featureDbSize) {
		return 0
	}
	return redismodule.DbSize(ctx.raw())
}

// RandomKey returns the name of a random key of the selected database, which must
// be freed; ok is false when there is none, and before Redis 6.0.
//
// C: RedisModule_RandomKey, since Redis 6.0.
func (ctx Context) RandomKey() (name RString, ok bool) {
	switch {
	case !has(featureRandomKey):
		return RString{}, false
	case state.autoMemory:
		// The server would put even a missing name among the strings to free, and
		// end itself there.
		return ctx.randomKeyCall()
	}
	state.fresh = false
	name = owned(redismodule.RandomKey(ctx.raw()))
	return name, name.s != 0
}

var randomKey = NewCall("RANDOMKEY", 0)

func (ctx Context) randomKeyCall() (name RString, ok bool) {
	reply, err := randomKey.Do(ctx)
	if ok = err == nil && reply.Type() == ReplyString; ok {
		name = NewRString(reply.Bytes())
	}
	reply.Free()
	return name, ok
}

// KeyExists tells whether there is a key of this name, without counting as a use of
// it. It counts as a hit or miss, and an expired key is deleted. Before
// Redis 7.0 it opens the key.
//
// C: RedisModule_KeyExists, since Redis 7.0.
func (ctx Context) KeyExists(name RStr) bool {
	switch {
	case name.s == 0:
		_ = misuse(ErrNoString)
		return false
	case has(featureKeyExists):
		state.fresh = false
		return redismodule.KeyExists(ctx.raw(), name.raw()) != 0
	}
	raw := redismodule.OpenKey(ctx.raw(), name.raw(), redismodule.READ|int32(OpenModes()&OpenNoTouch))
	redismodule.CloseKey(raw)
	return raw != 0
}

// SignalModifiedKey tells those who watch the key (WATCH, client-side caches) that
// it was changed. Closing an open key for writing does so by itself; this is for
// values that change in another way. ErrNoString for the zero RStr, ErrUnsupported
// before Redis 6.0.
//
// C: RedisModule_SignalModifiedKey, since Redis 6.0.
func (ctx Context) SignalModifiedKey(name RStr) error {
	switch {
	case name.s == 0:
		return misuse(ErrNoString)
	case !has(featureSignalModifiedKey):
		return lacks(featureSignalModifiedKey)
	case redismodule.SignalModifiedKey(ctx.raw(), name.raw()) != redismodule.OK:
		return ErrRefused
	}
	return nil
}

// ResetFlags change what [Context.ResetDataset] does.
type ResetFlags uint8

// The flags of ResetDataset.
const (
	// ResetRestartAOF begins a new AOF, if there is one; the command that asks for this
	// must not be replicated.
	ResetRestartAOF ResetFlags = 1 << iota
	// ResetAsync has the server free the data in the background.
	ResetAsync
)

// ResetDataset removes all keys of all databases, like FLUSHALL. ErrKeysOpen while keys
// are open, ErrStarting in OnLoad at the start of the server, ErrUnsupported before Redis 6.0.
//
// C: RedisModule_ResetDataset, since Redis 6.0.
func (ctx Context) ResetDataset(flags ResetFlags) error {
	switch {
	case !has(featureResetDataset):
		return lacks(featureResetDataset)
	case keys.any(): // their values would be gone under them
		return misuse(ErrKeysOpen)
	case state.midway != 0:
		return ErrMidway
	case starting():
		return ErrStarting
	case inFork:
		return ErrInChild
	}
	redismodule.ResetDataset(boolInt(flags&ResetRestartAOF != 0), boolInt(flags&ResetAsync != 0))
	return nil
}
