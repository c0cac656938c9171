// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"math"
	"unsafe"

	"github.com/iredismodule/redismodule"
)

// ErrLogin means that a client cannot be logged in as a user: there is no such user, or the
// user is off, or the client is not one that has a connection of its own (in scripts, in
// calls, on the master's link).
const ErrLogin = Error("ERR no such user, or a user that is off, or a client that cannot be logged in")

// login is a client that was logged in, and whose next change somebody wants to hear of.
type login struct {
	cell[login]
	f  func(client uint64)
	id uint64
}

var logins = table[login]{cellOf: func(l *login) *cell[login] { return &l.cell }, perLoad: true}

// userChanges is the server's callback: (client, word). It comes in the middle of what
// changes the user, or frees the client. After the end of the module the server finds no
// function any more.
var userChanges = kind{name: "the function for a change of the user", run: userChanged}

func userChanged(client, word, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	if l := logins.at(word); l != nil {
		f, _ := l.over()
		f(uint64(client))
	}
	return 0
}

// over ends the entry.
func (l *login) over() (f func(client uint64), client uint64) {
	f, client, l.f = l.f, l.id, nil
	logins.drop(&l.cell)
	return f, client
}

// stop is the end of the module, in which the server closes the client.
func (l *login) stop(Context) {
	f, id := l.over()
	if failure := redismodule.Protect(func() { f(id) }); failure != nil {
		logFailure(Context{}, userChanges.name, *failure)
	}
}

// AuthenticateClientWithACLUser logs the client of the command in as a user of the server
// (ACL SETUSER), without a password, and returns the client's number.
//
// changed, which may be nil, is called once, with that number, when it is over: the client
// is logged in again, has gone, or its connection is being closed. It is called in the middle of what
// the server does there, so there is no [Context]. When the module is unloaded it is called
// for all clients that are still logged in so, after OnUnload, and the server closes their
// connections.
//
// The error is [ErrLogin], or [ErrNoCommand] in a context that is not a command's.
//
// C: RedisModule_AuthenticateClientWithACLUser, since Redis 6.0.
func (ctx Context) AuthenticateClientWithACLUser(name string, changed func(client uint64)) (client uint64, err error) {
	if err := ctx.mayLogIn(featureAuthenticateClientWithACLUser); err != nil {
		return 0, err
	}
	return logInByName(ctx, name, changed)
}

// AuthenticateClientWithUser logs the client of the command in as a user that the module has
// made (NewUser) or looked up (UserByName); see [Context.AuthenticateClientWithACLUser]. When the
// user is freed the client's connection is closed.
//
// C: RedisModule_AuthenticateClientWithUser, since Redis 6.0.
func (ctx Context) AuthenticateClientWithUser(u User, changed func(client uint64)) (client uint64, err error) {
	if err := ctx.mayLogIn(featureAuthenticateClientWithUser); err != nil {
		return 0, err
	}
	return logIn(ctx, u, changed)
}

// mayLogIn tells why the client cannot be logged in. Servers would log in that of a script,
// the master's, and that of an append only file, and go on with it as that user.
func (ctx Context) mayLogIn(f feature) error {
	switch {
	case !ctx.inCommand():
		return ctx.noCommand()
	case !has(f):
		return lacks(f)
	case !ctx.ownConnection():
		return ErrLogin
	}
	return nil
}

// ownConnection tells whether the command's client is not a script's, the master's link or the
// one that loads the append only file. The server itself refuses those of calls.
func (ctx Context) ownConnection() bool {
	const others = redismodule.CTX_FLAGS_REPLICATED | redismodule.CTX_FLAGS_LUA
	id := redismodule.GetClientId(ctx.raw())
	return redismodule.GetContextFlags(ctx.raw())&others == 0 && id != 0 && id != math.MaxUint64 && redismodule.GetClientInfoById(nil, id) == redismodule.OK
}

func logInByName(ctx Context, name string, changed func(client uint64)) (uint64, error) {
	b := []byte(name)
	b = append(b, 0) // so that there is a first one
	return loggingIn(changed, func(fn redismodule.CFunc, word uintptr, id *uint64) int32 {
		return redismodule.AuthenticateClientWithACLUser(ctx.raw(), &b[0], uintptr(len(name)), fn, word, id)
	})
}

func logIn(ctx Context, u User, changed func(client uint64)) (uint64, error) {
	if !u.live() {
		return 0, ErrNoUser
	}
	return loggingIn(changed, func(fn redismodule.CFunc, word uintptr, id *uint64) int32 {
		return redismodule.AuthenticateClientWithUser(ctx.raw(), u.raw(), fn, word, id)
	})
}

// loggingIn makes an entry for changed around a login.
func loggingIn(changed func(client uint64), call func(fn redismodule.CFunc, word uintptr, id *uint64) int32) (id uint64, err error) {
	if changed == nil {
		if call(0, 0, &id) != redismodule.OK {
			return 0, ErrLogin
		}
		return id, nil
	}
	fn, err := userChanges.fn()
	if err != nil {
		return 0, err
	}
	l := logins.take()
	l.f = changed
	if call(fn, l.word(), &id) != redismodule.OK {
		l.over()
		return 0, ErrLogin
	}
	l.id = id
	return id, nil
}
