// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"context"
	"errors"
	"slices"
	"unsafe"

	"github.com/iredismodule/redismodule"
)

// Auth is a login that a callback decides about: AUTH, or HELLO with AUTH. It is valid until
// the callback returns.
type Auth struct {
	ctx            Context
	user, password RStr
}

// User returns the name that the client has given, "default" if it gave a password alone.
func (a Auth) User() RStr { return a.user }

// Password returns the password.
func (a Auth) Password() RStr { return a.password }

// ClientID returns the number of the client.
//
// C: RedisModule_GetClientId, since Redis 4.0.
func (a Auth) ClientID() uint64 {
	if a.over() {
		return 0
	}
	return redismodule.GetClientId(a.ctx.raw())
}

// over tells whether the callback has returned.
func (a Auth) over() bool { return !slices.Contains(state.auths, a.ctx.c) }

// MayBlock tells whether the client may wait for a decision ([AuthGo]): not in a
// transaction, for example.
func (a Auth) MayBlock() bool {
	const never = redismodule.CTX_FLAGS_DENY_BLOCKING | redismodule.CTX_FLAGS_MULTI | redismodule.CTX_FLAGS_LUA
	return has(featureBlockClientOnAuth) && !a.over() && redismodule.GetContextFlags(a.ctx.raw())&never == 0
}

// AuthVerdict is what a callback decides about a login: [AuthSkip], [AuthAllow], [AuthAllowUser],
// [AuthDeny] or [AuthGo]. The zero verdict denies.
type AuthVerdict struct {
	kind    uint8
	name    string // of AuthAllow; the text of AuthDeny
	user    User
	object  string
	changed func(client uint64)
	work    func(job Job, user, password string) (AuthVerdict, error)
}

const (
	authDeny = iota
	authSkip
	authAllow
	authAllowUser
	authGo
)

// AuthSkip leaves the login to the next callback, of this module or another one, and at last to
// the passwords that the server knows.
func AuthSkip() AuthVerdict { return AuthVerdict{kind: authSkip} }

// AuthAllow logs the client in as a user of the server. When there is none of that name, or
// the user is off, the login is denied.
//
// C: RedisModule_AuthenticateClientWithACLUser, since Redis 6.0.
func AuthAllow(name string) AuthVerdict { return AuthVerdict{kind: authAllow, name: name} }

// AuthAllowUser logs the client in as a user of the module's; see
// [Context.AuthenticateClientWithUser]. When the user is off, or freed meanwhile, the login is denied.
//
// C: RedisModule_AuthenticateClientWithUser, since Redis 6.0.
func AuthAllowUser(u User) AuthVerdict { return AuthVerdict{kind: authAllowUser, user: u} }

// AuthDeny denies the login, whatever others think of it. text is the error reply; "" replies
// as the server does for a wrong password.
func AuthDeny(text string) AuthVerdict { return AuthVerdict{kind: authDeny, name: text} }

// AuthGo blocks the client and has f decide on a goroutine, which may take its time: user
// and password are copies. f may return any verdict but AuthGo; when it panics or calls
// runtime.Goexit the login is denied. At most [SetGoLimit] functions run at a time. The job is over when
// the client is gone; there is no time-out, and whoever can connect can make a goroutine wait: f should end
// by itself. Where the client must not wait the login is denied; [Auth.MayBlock] tells.
//
// The module cannot be unloaded while a client waits.
//
// C: RedisModule_BlockClientOnAuth, since Redis 7.2.
func AuthGo(f func(job Job, user, password string) (AuthVerdict, error)) AuthVerdict {
	return AuthVerdict{kind: authGo, work: f}
}

// OnChange has changed called when a login that is allowed is over; see
// [Context.AuthenticateClientWithACLUser].
func (v AuthVerdict) OnChange(changed func(client uint64)) AuthVerdict {
	v.changed = changed
	return v
}

// Log adds an entry to ACL LOG if the login is denied, with the user's name, the reason
// [ACLReasonAuth], and object. The server itself notes only wrong passwords of its own.
//
// C: RedisModule_ACLAddLogEntryByUserName, since Redis 7.2.
func (v AuthVerdict) Log(object string) AuthVerdict {
	v.object = object
	return v
}

// AuthCallback is a callback for logins that is registered. The zero value is none.
type AuthCallback struct{ h handle[authCallback] }

// authCallback is a registered callback. The server passes nothing of ours, so each has a
// C function of its own.
type authCallback struct {
	cell[authCallback]
	kind kind
	f    func(ctx Context, a Auth) (AuthVerdict, error) // nil: stopped
}

var authCallbacks = table[authCallback]{cellOf: func(c *authCallback) *cell[authCallback] { return &c.cell }, perLoad: true}

// The server's numbers for what a callback has done. What fails has denied.
const (
	authHandled    = redismodule.AUTH_HANDLED
	authNotHandled = redismodule.AUTH_NOT_HANDLED
)

// RegisterAuthCallback has f asked about each login with a name and a password: by AUTH, and by
// HELLO with AUTH. The server asks the callbacks of all modules, those that were registered last
// first, until one does not skip; if all skip it looks at the passwords that it knows.
//
// f returns one verdict. An error denies the login and is the client's reply, so it should say
// nothing that a stranger must not know. When f panics or calls runtime.Goexit the
// login is denied, and the log has the reason. ctx is not a command's: there are no
// replies, and it runs on the server's thread; what takes longer is for [AuthGo].
//
// It ends with [AuthCallback.Stop] or with the module.
//
// Redis, at least to 8.0, and Valkey before 9 send no reply of their own to a login that is denied while
// another reply waits to be sent to the client: in a transaction, or behind other commands of a
// pipeline. What a callback denies has its reply all the same; a wrong password that every callback
// skips has none there.
//
// C: RedisModule_RegisterAuthCallback, since Redis 7.2.
func (ctx Context) RegisterAuthCallback(f func(ctx Context, a Auth) (AuthVerdict, error)) (AuthCallback, error) {
	switch {
	case !has(featureRegisterAuthCallback):
		return AuthCallback{}, lacks(featureRegisterAuthCallback)
	case f == nil:
		return AuthCallback{}, ErrNoFunction
	}
	e := authCallbacks.take()
	if e.kind.run == nil {
		e.kind = kind{name: "the callback for logins", context: ownContext, run: e.asked, failed: authFailed, end: authEnds}
	}
	fn, err := e.kind.fn()
	if err != nil {
		authCallbacks.drop(&e.cell)
		return AuthCallback{}, err
	}
	e.f = f
	redismodule.RegisterAuthCallback(ctx.raw(), fn)
	return AuthCallback{e.handle()}, nil
}

// Stop ends the callback: it skips from now on. The server has no way to forget it before
// the module is unloaded.
func (c AuthCallback) Stop(ctx Context) {
	ctx.alive()
	if e := c.h.live(); e != nil {
		e.f = nil
	}
}

// asked is the server's callback: (ctx, user, password, error).
func (e *authCallback) asked(a0, user, password, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	ctx, a := authBegins(a0, user, password)
	if e.f == nil {
		return authNotHandled
	}
	v, err := e.f(ctx, a)
	if err == nil && v.kind == authGo {
		if err = a.block(ctx, v.work); err == nil {
			return authHandled // or the server ends itself
		}
	}
	return a.settle(ctx, v, err)
}

// authBegins and authEnds enclose what decides about a login.
func authBegins(a0, user, password uintptr) (Context, Auth) {
	ctx := underWay(redismodule.Ctx(a0))
	state.auths = append(state.auths, ctx.c)
	return ctx, Auth{ctx, RStr{ctx.o, redismodule.String(user)}, RStr{ctx.o, redismodule.String(password)}}
}

func authEnds(a0, _ uintptr) {
	if i := slices.Index(state.auths, redismodule.Ctx(a0)); i >= 0 {
		state.auths = slices.Delete(state.auths, i, i+1)
	}
}

// settle tells the server.
func (a Auth) settle(ctx Context, v AuthVerdict, err error) uintptr {
	text := ""
	switch {
	case err != nil:
		text = replyText(err)
	case v.kind == authSkip:
		return authNotHandled
	case v.kind == authAllow:
		_, err = logInByName(ctx, v.name, v.changed)
	case v.kind == authAllowUser:
		_, err = logIn(ctx, v.user, v.changed)
	case v.kind == authDeny && v.name != "":
		text = replyText(errors.New(v.name))
	}
	if allows := v.kind == authAllow || v.kind == authAllowUser; allows && err == nil {
		return authHandled
	} else if allows && text == "" {
		ctx.Log(LevelVerbose, "a login is allowed and fails: "+err.Error())
	}
	if v.object != "" && has(featureACLAddLogEntryByUserName) {
		redismodule.ACLAddLogEntryByUserName(ctx.raw(), a.user.raw(), ctx.Str(v.object).raw(), redismodule.ACL_LOG_AUTH)
	}
	ctx.denyLogin(text)
	return authHandled
}

// wrongPassword is the server's reply to a wrong password.
const wrongPassword = "WRONGPASS invalid username-password pair or user is disabled."

// denyLogin replies to a login that is denied; "" is as for a wrong password. The server takes an error,
// too, and replies with it, but not where another reply waits; see [Context.RegisterAuthCallback]. It
// adds no reply of its own to one that is there.
func (ctx Context) denyLogin(text string) {
	if text == "" {
		text = wrongPassword
	}
	ctx.replyErrorText(text)
}

// authFailed denies for a callback that has panicked or called runtime.Goexit.
func authFailed(a0, _ uintptr, _ redismodule.Failure) uintptr {
	underWay(redismodule.Ctx(a0)).denyLogin("")
	return authHandled
}

// authAnswer is what the goroutine has decided.
type authAnswer struct {
	verdict AuthVerdict
	err     error
}

var authDecided = kind{name: "the decision about a login", context: ownContext, run: authDecides, failed: authFailed, end: authEnds}

// block blocks the client and starts the goroutine.
func (a Auth) block(ctx Context, f func(job Job, user, password string) (AuthVerdict, error)) error {
	switch {
	case f == nil:
		return ErrNoFunction
	case !a.MayBlock():
		return ErrCannotBlock
	}
	for _, k := range [...]*kind{&authDecided, &blockFree, &blockDisconnect} {
		if _, err := k.fn(); err != nil {
			return err
		}
	}
	b := newBlocked(ctx, BlockOptions{})
	bc := redismodule.BlockClientOnAuth(ctx.raw(), authDecided.slot, blockFree.slot)
	if bc == 0 {
		b.forget()
		return ErrCannotBlock
	}
	redismodule.BlockClientSetPrivateData(bc, b.word())
	b.took(bc)
	c, user, password := b.client(), a.user.Clone(), a.password.Clone()
	w := &goWork{name: "AUTH", client: c, db: b.db, threads: state.queued(), f: func(job Job) (Reply, error) {
		v, err := f(job, user, password)
		c.MeasureTimeEnd() // the server adds the time when it is told
		if c.claim() {
			c.b.data = authAnswer{v, err}
			c.send(true)
		}
		return Reply{}, ErrNoAnswer // too late to count
	}}
	b.work = w
	w.Context, w.cancel = context.WithCancelCause(context.Background())
	workers.add(w)
	return nil
}

// authDecides is the server's callback when the client is unblocked: (ctx, user, password,
// error). Whatever is not a verdict has denied.
func authDecides(a0, user, password, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	ctx, a := authBegins(a0, user, password)
	b := blockedClients.at(redismodule.GetBlockedClientPrivateData(ctx.raw()))
	if b == nil {
		ctx.denyLogin("")
		return authHandled
	}
	answer, ok := b.data.(authAnswer)
	b.served()
	switch {
	case !ok || b.failure != nil:
		ctx.denyLogin("")
		return authHandled
	case answer.err == nil && answer.verdict.kind == authGo:
		answer.err = ErrCannotBlock
	}
	return a.settle(ctx, answer.verdict, answer.err)
}
