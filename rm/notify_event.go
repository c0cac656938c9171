// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// KeyspaceEvent is what has happened to a key. It and all that it shows is valid until the
// function that got it returns.
type KeyspaceEvent struct {
	o       origin
	typ     NotifyFlags
	count   int32 // of subkeys
	event   uintptr
	key     redismodule.String
	subkeys uintptr
}

// Type returns the event's type.
func (e KeyspaceEvent) Type() NotifyFlags { return e.typ }

// Event returns the event's name, without copying it: "set", "del", "expired". Keep a copy
// (strings.Clone) of what must live longer.
func (e KeyspaceEvent) Event() string {
	name := unsafeconv.CString(unsafeconv.Ptr[byte](e.event))
	if debugging {
		return unsafeconv.String(e.o.show(unsafeconv.Bytes(name)))
	}
	return name
}

// Key returns the key's name. To keep it, use [RStr.Retain], which copies it where the
// server must.
func (e KeyspaceEvent) Key() RStr { return RStr{e.o, e.key} }

// Subkeys returns the fields that are concerned, for a listener of
// [Context.SubscribeToKeyspaceEventsWithSubkeys]; none for others.
func (e KeyspaceEvent) Subkeys() Args { return args(e.o, e.subkeys, int(e.count)) }

// NotifyContext is the context of a function that listens to keyspace events. It runs in
// the middle of what the server does: of a command, of deleting a key that has expired, of
// a load. To change keys there is dangerous, so it has no methods for that. What is to be
// written goes into a job: [NotifyContext.AddPostNotificationJob]. See
// [Context.AllowNestedKeyspaceEvents] for those who know what they do.
type NotifyContext struct{ ctx Context }

// SelectedDB is [Context.SelectedDB]: the key's database.
//
// C: RedisModule_GetSelectedDb, since Redis 4.0.
func (c NotifyContext) SelectedDB() int { return c.ctx.SelectedDB() }

// Str is [Context.Str].
//
// C: RedisModule_CreateString, since Redis 4.0.
func (c NotifyContext) Str(text string) RStr { return c.ctx.Str(text) }

// StrBytes is [Context.StrBytes].
//
// C: RedisModule_CreateString, since Redis 4.0.
func (c NotifyContext) StrBytes(b []byte) RStr { return c.ctx.StrBytes(b) }

// Log is [Context.Log].
//
// C: RedisModule_Log, since Redis 4.0.
func (c NotifyContext) Log(level Level, text string) { c.ctx.Log(level, text) }

// KeyExists is [Context.KeyExists].
//
// C: RedisModule_KeyExists, since Redis 7.0.
func (c NotifyContext) KeyExists(name RStr) bool { return c.ctx.KeyExists(name) }

// OpenReadKey is [Context.OpenReadKey]. What [ReadKey.StringBytes] shows of a string is a
// copy here, valid until the function returns: to look at it in place would change how the
// server stores it, under the command that is at work on it.
//
// C: RedisModule_OpenKey, since Redis 4.0.
func (c NotifyContext) OpenReadKey(name RStr) ReadKey { return glancing(c.ctx.OpenReadKey(name)) }

// OpenReadKeyMode is [Context.OpenReadKeyMode], as OpenReadKey. With OpenNoEffects it does
// not delete a key that has expired, and sends no events itself.
//
// C: RedisModule_OpenKey, since Redis 4.0.
func (c NotifyContext) OpenReadKeyMode(name RStr, mode OpenMode) (ReadKey, error) {
	k, err := c.ctx.OpenReadKeyMode(name, mode)
	return glancing(k), err
}

// Call is [Context.Call] of commands that do not write: it adds CallNoWrites. (The server refuses by
// the flags of the command: scripts that write, and DEBUG RELOAD, it lets pass. The command under way may
// not bear what they do.) What may end clients gives [ErrDisconnectsHere].
//
// C: RedisModule_Call, since Redis 4.0.
func (c NotifyContext) Call(command string, flags CallFlags, args ...Arg) (CallReply, error) {
	return c.ctx.Call(command, flags|CallNoWrites, args...)
}

// Nested returns the whole context if the module allows nested events
// ([Context.AllowNestedKeyspaceEvents]): in which keys may be changed. ok is false
// otherwise.
func (c NotifyContext) Nested() (ctx Context, ok bool) {
	if state.options&redismodule.OPTIONS_ALLOW_NESTED_KEYSPACE_NOTIFICATIONS == 0 {
		return Context{}, false
	}
	return c.ctx, true
}

// AllowNestedKeyspaceEvents has listeners of the module called for events that they
// themselves cause, and lets them write ([NotifyContext.Nested]). They must see to it that
// this comes to an end, and that the command in whose middle they run bears it: a module
// that changes the key at hand there can crash the server. It is for OnLoad, and for the
// whole module. ErrUnsupported before Redis 7.2.
//
// C: RedisModule_SetModuleOptions, since Redis 6.0.
func (ctx Context) AllowNestedKeyspaceEvents() error {
	if !has(featureNestedEvents) {
		return lacks(featureNestedEvents)
	}
	ctx.addModuleOptions(redismodule.OPTIONS_ALLOW_NESTED_KEYSPACE_NOTIFICATIONS)
	return nil
}
