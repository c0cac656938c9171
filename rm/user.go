// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"strings"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// User is a handle for an ACL user: one of the module's own (NewUser), which no
// client can log in as by itself, or one of the server's (UserByName). It must be freed;
// what is left when the module is unloaded is freed then. The zero User is no user, nor
// is one that is freed.
type User struct {
	o origin
	u redismodule.User
	h handle[user] // zero with RawUser
}

// user is what the module has to free.
type user struct {
	cell[user]
	u redismodule.User
}

// users are the users that are not freed.
var users = table[user]{cellOf: func(u *user) *cell[user] { return &u.cell }, perLoad: true}

// ownedUser is a handle that the module must free.
func ownedUser(u redismodule.User) User {
	e := users.take()
	e.u = u
	return User{newOwned(), u, e.handle()}
}

// stop frees the user when the module goes.
func (u *user) stop(Context) {
	users.drop(&u.cell)
	state.left.freeUser(u.u)
}

// RawUser wraps a handle of the raw layer.
func RawUser(u redismodule.User) User { return User{o: newOwned(), u: u} }

// live tells whether there is a user that is not freed.
func (u User) live() bool {
	u.o.used(theUser)
	return u.u != 0 && (u.h.c == nil || u.h.live() != nil)
}

// Raw returns the handle for the raw layer.
func (u User) Raw() redismodule.User { return u.raw() }

// raw is the handle, of a user that is not freed.
func (u User) raw() redismodule.User {
	u.o.used(theUser)
	return u.u
}

// theUser is what the debug build calls it.
const theUser = "the user"

// IsZero tells whether there is no user.
func (u User) IsZero() bool { return u.u == 0 }

// ErrNoUser means that there is no user: it is the error for the zero User, and for one that is freed.
const ErrNoUser = Error("ERR no such user")

// NewUser makes a user of the module's own, who may do nothing at first. It needs the
// server's lock, as all that is about users does.
//
// C: RedisModule_CreateModuleUser, since Redis 6.0.
func NewUser(name string) (User, error) {
	if !has(featureCreateModuleUser) {
		return User{}, lacks(featureCreateModuleUser)
	}
	if unsafeconv.HasNUL(name) {
		return User{}, ErrNULByte
	}
	z := unsafeconv.NewZ(name)
	u := redismodule.CreateModuleUser(z.Ptr())
	keepAlive(&z)
	return ownedUser(u), nil
}

// UserByName returns a handle for a user of the server (ACL SETUSER); ok is false when
// there is none. Before Redis 7.0 the error is ErrUnsupported. The handle must be freed, which does nothing to the user; the
// user must not be deleted while it is used.
//
// C: RedisModule_GetModuleUserFromUserName, since Redis 7.0.
func UserByName(name RStr) (u User, ok bool, err error) {
	if !has(featureGetModuleUserFromUserName) {
		return User{}, false, lacks(featureGetModuleUserFromUserName)
	}
	if name.s == 0 {
		return User{}, false, ErrNoString
	}
	raw := redismodule.GetModuleUserFromUserName(name.raw())
	if raw == 0 {
		return User{}, false, nil
	}
	return ownedUser(raw), true, nil
}

// Free gives the handle back; a user that NewUser made goes with it: the connections of
// clients that are logged in as that user are closed, and no context may have it any more.
// u becomes zero; freeing the zero User or a freed one does nothing. The debug build
// tells of a copy that is freed or used after it.
//
// C: RedisModule_FreeModuleUser, since Redis 6.0.
func (u *User) Free() {
	if u.u != 0 {
		u.o.freed(theUser, "freed")
		if e := u.h.live(); e != nil {
			e.stop(Context{})
		} else if u.h.c == nil {
			state.left.freeUser(u.u)
		}
	}
	*u = User{}
}

// SetACL changes what the user may do by rules as of ACL SETUSER, separated by
// spaces: "+get ~mine:*". The error says which rule is wrong; then nothing changes,
// except before Redis 7.0.6, where the rules in front of the wrong one count and the
// text does not tell more.
//
// C: RedisModule_SetModuleUserACLString, since Redis 7.0.6; before that
// RedisModule_SetModuleUserACL, since Redis 6.0.
func (u User) SetACL(rules string) error {
	switch {
	case !u.live():
		return ErrNoUser
	case unsafeconv.HasNUL(rules):
		return ErrNULByte
	}
	if has(featureSetModuleUserACLString) && !quotesEnd(rules) {
		return ErrRuleQuotes // Redis 7.0 answers that all is well, and does nothing
	}
	if !has(featureSetModuleUserACLString) {
		for _, rule := range strings.Fields(rules) {
			if err := u.SetACLRule(rule); err != nil {
				return err
			}
		}
		return nil
	}
	z := unsafeconv.NewZ(rules)
	var text redismodule.String
	rc := redismodule.SetModuleUserACLString(0, u.raw(), z.Ptr(), &text)
	keepAlive(&z)
	if rc == redismodule.OK {
		return nil
	}
	if text == 0 {
		return ErrRule
	}
	why := owned(text)
	err := Error("ERR " + why.String())
	why.Free()
	return err
}

// unsetUser ends what SetUser did in such a context.
func unsetUser(c redismodule.Ctx) {
	if state.userSet {
		state.userSet = false
		redismodule.SetContextUser(c, 0)
	}
}

// quotesEnd tells whether the quotes in a line of rules are in pairs, as the server
// splits the line into words: a closing quote ends its word.
func quotesEnd(rules string) bool {
	quote := byte(0)
	for i := 0; i < len(rules); i++ {
		switch c := rules[i]; {
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote == 0:
		case c == '\\' && (quote == '"' || i+1 < len(rules) && rules[i+1] == '\''):
			i++ // what is behind it is no quote
		case c == quote:
			if i+1 < len(rules) && strings.IndexByte(" \t\n\v\f\r", rules[i+1]) < 0 {
				return false
			}
			quote = 0
		}
	}
	return quote == 0
}

// ErrRuleQuotes means that the quotes in a line of ACL rules are not in pairs.
const ErrRuleQuotes = Error("ERR the quotes in the ACL rules do not end, or not at the end of a word")

// ErrRule means that the server refuses an ACL rule without saying why.
const ErrRule = Error("ERR the ACL rule is wrong")

// SetACLRule changes what the user may do by one rule as of ACL SETUSER. The error
// does not say what is wrong with it; SetACL does.
//
// C: RedisModule_SetModuleUserACL, since Redis 6.0.
func (u User) SetACLRule(rule string) error {
	switch {
	case !u.live():
		return ErrNoUser
	case unsafeconv.HasNUL(rule):
		return ErrNULByte
	}
	z := unsafeconv.NewZ(rule)
	rc := redismodule.SetModuleUserACL(u.raw(), z.Ptr())
	keepAlive(&z)
	if rc != redismodule.OK {
		return ErrRule
	}
	return nil
}

// ACL returns what the user may do, as ACL LIST shows it. The string must be freed.
//
// C: RedisModule_GetModuleUserACLString, since Redis 7.0.6.
func (u User) ACL() (RString, error) {
	switch {
	case !has(featureGetModuleUserACLString):
		return RString{}, lacks(featureGetModuleUserACLString)
	case !u.live():
		return RString{}, ErrNoUser
	}
	return owned(redismodule.GetModuleUserACLString(u.raw())), nil
}

// MayRun tells whether the user may run a command: its name and its arguments. A
// command that does not exist may not be run, nor one with keys that takes another number of arguments.
//
// C: RedisModule_ACLCheckCommandPermissions, since Redis 7.0.
func (u User) MayRun(command ...RStr) (bool, error) {
	switch {
	case !has(featureACLCheckCommandPermissions):
		return false, lacks(featureACLCheckCommandPermissions)
	case !u.live():
		return false, ErrNoUser
	case len(command) == 0 || !allStrings(rawStrings(command)):
		return false, ErrNoString
	}
	if tooFewOrMany(command) {
		return false, nil
	}
	return redismodule.ACLCheckCommandPermissions(u.raw(), unsafe.SliceData(rawStrings(command)), int32(len(command))) == redismodule.OK, nil
}

// SetUser makes calls with CallAsUser run as u, through this context and until the
// callback returns; the zero User takes that back. Without
// it a call with CallAsUser runs as the client of the command, and fails in a context
// that is not a command's. A user that is freed meanwhile stays set until the callback
// returns.
//
// C: RedisModule_SetContextUser, since Redis 7.0.6.
func (ctx Context) SetUser(u User) error {
	switch {
	case !has(featureSetContextUser):
		return lacks(featureSetContextUser)
	case u.u != 0 && !u.live():
		return ErrNoUser
	}
	redismodule.SetContextUser(ctx.raw(), u.raw())
	if u.u != 0 || state.left.any {
		state.left.of(ctx.c).user = u.u
	}
	state.userSet = state.userSet || isOutside(ctx.c)
	return nil
}
