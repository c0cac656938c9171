// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"slices"
	"strings"
	"syscall"
	"unsafe"

	"github.com/iredismodule/redismodule"
)

const (
	// ErrACLKeyFlags means that ACLs do not know what is to be done with a key: only
	// KeyFlagAccess, KeyFlagUpdate, KeyFlagInsert and KeyFlagDelete.
	ErrACLKeyFlags = Error("ERR ACLs know access, update, insert and delete of a key, and nothing else")
	// ErrACLCommand means that there is no such command, that the number of its arguments
	// is wrong, or that there is no such database.
	ErrACLCommand = Error("ERR no such command, a wrong number of arguments, or no such database")
)

// keyRights are what ACLs know of keys.
const keyRights = KeyFlagAccess | KeyFlagUpdate | KeyFlagInsert | KeyFlagDelete

// ACLReason is why something is denied.
type ACLReason uint8

// The reasons. ACLReasonDatabase comes from Valkey since 9.1.
const (
	ACLReasonAuth     ACLReason = redismodule.ACL_LOG_AUTH    // the login
	ACLReasonCommand  ACLReason = redismodule.ACL_LOG_CMD     // the command
	ACLReasonKey      ACLReason = redismodule.ACL_LOG_KEY     // a key
	ACLReasonChannel  ACLReason = redismodule.ACL_LOG_CHANNEL // a channel
	ACLReasonDatabase ACLReason = redismodule.ACL_LOG_DB      // the database
)

// MayUseKey tells whether the user may use a key so: KeyFlagAccess to read it, KeyFlagUpdate,
// KeyFlagInsert or KeyFlagDelete to change it, both together. With 0 it is enough that
// the user may do one of them. The error is [ErrACLKeyFlags] for other flags.
//
// C: RedisModule_ACLCheckKeyPermissions, since Redis 7.0.
func (u User) MayUseKey(key RStr, flags KeyFlags) (bool, error) {
	if err := u.mayAsk(featureACLCheckKeyPermissions, key, flags); err != nil {
		return false, err
	}
	return redismodule.ACLCheckKeyPermissions(u.raw(), key.raw(), int32(flags)) == redismodule.OK, nil
}

// MayUseKeyPrefix tells whether the user may use all keys that begin with prefix so; see
// [User.MayUseKey].
//
// C: RedisModule_ACLCheckKeyPrefixPermissions, since Redis 8.0, Valkey 9.1.
func (u User) MayUseKeyPrefix(prefix RStr, flags KeyFlags) (bool, error) {
	if err := u.mayAsk(featureACLCheckKeyPrefixPermissions, prefix, flags); err != nil {
		return false, err
	}
	return redismodule.ACLCheckKeyPrefixPermissions(u.raw(), prefix.raw(), int32(flags)) == redismodule.OK, nil
}

// mayAsk tells why the server cannot be asked.
func (u User) mayAsk(f feature, s RStr, flags KeyFlags) error {
	switch {
	case !has(f):
		return lacks(f)
	case !u.live():
		return ErrNoUser
	case s.s == 0:
		return ErrNoString
	case flags&^keyRights != 0:
		return ErrACLKeyFlags
	}
	return nil
}

// MayUseChannel tells whether the user may use a channel of publish/subscribe.
//
// C: RedisModule_ACLCheckChannelPermissions, since Redis 7.0.
func (u User) MayUseChannel(channel RStr) (bool, error) {
	if err := u.mayAsk(featureACLCheckChannelPermissions, channel, 0); err != nil {
		return false, err
	}
	return redismodule.ACLCheckChannelPermissions(u.raw(), channel.raw(), 0) == redismodule.OK, nil
}

// MayUseChannelPattern tells whether the user may subscribe to a pattern of channels: only
// those that the rules name literally, or all if the user may use all channels.
//
// C: RedisModule_ACLCheckChannelPermissions, since Redis 7.0.
func (u User) MayUseChannelPattern(pattern RStr) (bool, error) {
	if err := u.mayAsk(featureACLCheckChannelPermissions, pattern, 0); err != nil {
		return false, err
	}
	return redismodule.ACLCheckChannelPermissions(u.raw(), pattern.raw(), 1) == redismodule.OK, nil
}

// CheckPermissions tells whether the user may run a command, its name and its arguments, with
// its keys and channels in a database, and if not, why. The error is [ErrACLCommand] when it
// cannot be run by anybody. Of commands without keys the number of arguments is not looked at.
//
// C: ValkeyModule_ACLCheckPermissions, since Valkey 9.1.
func (u User) CheckPermissions(db int, command ...RStr) (allowed bool, why ACLReason, err error) {
	switch {
	case !has(featureACLCheckPermissions):
		return false, 0, lacks(featureACLCheckPermissions)
	case !u.live():
		return false, 0, ErrNoUser
	case len(command) == 0 || !allStrings(rawStrings(command)):
		return false, 0, ErrNoString
	case db != int(int32(db)):
		return false, 0, ErrACLCommand
	}
	if tooFewOrMany(command) {
		return false, 0, ErrACLCommand
	}
	var reason int32
	if redismodule.ACLCheckPermissions(u.raw(), unsafe.SliceData(rawStrings(command)), int32(len(command)), int32(db), &reason) == redismodule.OK {
		return true, 0, nil
	}
	if redismodule.Errno() == syscall.EINVAL {
		return false, 0, ErrACLCommand
	}
	return false, ACLReason(reason), nil
}

// tooFewOrMany tells whether a command takes another number of arguments. Servers look for its keys and channels without a look at that,
// beyond the end of the arguments, and crash (seen with Redis 7.0 and 8.0, Valkey 8.1).
func tooFewOrMany(command []RStr) bool {
	return (Context{}).commandKeys(ArgsOf(command...), false, func(int, KeyFlags) {}) == ErrCommandArity
}

// CurrentUserName returns the name of the user as whom the client of the command is
// logged in, which must be freed; ok is false when the client has none: it is the
// server's or a module's own, such as the master's link, the one that loads the
// append only file, or that of [Context.Call] without [CallAsUser]. The error is [ErrNoCommand]
// in a context that is not a command's.
//
// C: RedisModule_GetCurrentUserName, since Redis 7.0.
func (ctx Context) CurrentUserName() (name RString, ok bool, err error) {
	switch {
	case !ctx.inCommand():
		return RString{}, false, ctx.noCommand()
	case !has(featureGetCurrentUserName):
		return RString{}, false, lacks(featureGetCurrentUserName)
	}
	if name, ok, err = ctx.ClientUserNameByID(redismodule.GetClientId(ctx.raw())); ok || err != nil {
		return name, ok, err
	}
	if !ctx.hasUser() {
		return RString{}, false, nil
	}
	name = fromKey(ctx.raw(), redismodule.GetCurrentUserName(ctx.raw()))
	return name, !name.IsZero(), nil
}

// hasUser tells whether a client that is not on the server's list, a script's or a call's, runs
// as a user. Redis 7.0 ends itself when it is asked for the name of none. A call as that
// user gets as far as the name of the command, or it does not.
func (ctx Context) hasUser() bool {
	if state.left.any && state.left.of(ctx.c).user != 0 {
		return false // the call would run as somebody else
	}
	reply, err := ctx.Call("rm: no such command", CallAsUser)
	reply.Free()
	return err != nil && strings.Contains(err.Error(), "unknown command")
}

// ACLAddLogEntry adds an entry to ACL LOG: the user of the handle was denied something.
// object is what: the name of the command, the key, the channel. The server adds none by
// itself for what a module has asked by [User.MayRun] and the like. The error is
// [ErrNoCommand] in a context that has no client.
//
// C: RedisModule_ACLAddLogEntry, since Redis 7.0.
func (ctx Context) ACLAddLogEntry(u User, object RStr, reason ACLReason) error {
	switch err := ctx.mayLog(object, reason); {
	case err != nil:
		return err
	case !has(featureACLAddLogEntry):
		return lacks(featureACLAddLogEntry)
	case !u.live():
		return ErrNoUser
	}
	redismodule.ACLAddLogEntry(ctx.raw(), u.raw(), object.raw(), int32(reason))
	return nil
}

// ACLAddLogEntryByUserName is ACLAddLogEntry with the user's name, of whom the server need
// not know.
//
// C: RedisModule_ACLAddLogEntryByUserName, since Redis 7.2.
func (ctx Context) ACLAddLogEntryByUserName(user, object RStr, reason ACLReason) error {
	switch err := ctx.mayLog(object, reason); {
	case err != nil:
		return err
	case !has(featureACLAddLogEntryByUserName):
		return lacks(featureACLAddLogEntryByUserName)
	case user.s == 0:
		return ErrNoString
	}
	redismodule.ACLAddLogEntryByUserName(ctx.raw(), user.raw(), object.raw(), int32(reason))
	return nil
}

// mayLog tells why there can be no entry. The server writes about the context's client,
// and refuses a reason that it does not know without telling.
func (ctx Context) mayLog(object RStr, reason ACLReason) error {
	switch {
	case !ctx.inCommand() && !slices.Contains(state.auths, ctx.c):
		return ctx.noCommand()
	case object.s == 0:
		return ErrNoString
	case reason == ACLReasonDatabase && !has(featureACLCheckPermissions):
		return lacks(featureACLCheckPermissions)
	case reason > ACLReasonDatabase:
		return ErrRange
	}
	return nil
}

// User returns the user that calls with [CallAsUser] run as through this context, which
// [Context.SetUser] has set; ok is false when there is none. It is not to be freed but by whom
// it belongs to.
//
// C: RedisModule_GetContextUser, since Redis 8.8, not in Valkey.
func (ctx Context) User() (u User, ok bool, err error) {
	if !has(featureGetContextUser) {
		return User{}, false, lacks(featureGetContextUser)
	}
	raw := redismodule.GetContextUser(ctx.raw())
	return User{u: raw}, raw != 0, nil
}

// Name returns the user's name, which must be freed.
//
// C: RedisModule_GetUserUsername, since Redis 8.8, not in Valkey.
func (u User) Name(ctx Context) (RString, error) {
	switch {
	case !has(featureGetUserUsername):
		return RString{}, lacks(featureGetUserUsername)
	case !u.live():
		return RString{}, ErrNoUser
	}
	return fromKey(ctx.raw(), redismodule.GetUserUsername(ctx.raw(), u.raw())), nil
}
