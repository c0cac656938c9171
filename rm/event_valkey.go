// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"time"
	"unsafe"

	"github.com/iredismodule/redismodule"
)

// Events of Valkey alone.

var (
	authAttempt   = serverEvent{raw: redismodule.EventAuthenticationAttempt, came: featureEventAuth, only: valkeyOnly}
	commandResult = [...]serverEvent{
		CommandSucceeded:   {raw: redismodule.EventCommandResultSuccess, came: featureEventCommandResult, only: valkeyOnly},
		CommandFailed:      {raw: redismodule.EventCommandResultFailure, came: featureEventCommandResult, only: valkeyOnly},
		CommandRejected:    {raw: redismodule.EventCommandResultRejected, came: featureEventCommandResult, only: valkeyOnly},
		CommandACLRejected: {raw: redismodule.EventCommandResultACLRejected, came: featureEventCommandResult, only: valkeyOnly},
	}
)

// AuthenticationAttempt is a client's attempt to log in. Its texts are the server's, valid
// until the function that got it returns.
type AuthenticationAttempt struct {
	ClientID uint64
	UserName string
	Module   string // that has decided; "" for the server itself
	Granted  bool
}

// OnAuthenticationAttempt has f called when a client has tried to log in.
//
// C: RedisModule_SubscribeToServerEvent (AuthenticationAttempt), since Valkey 9.0.
func (ctx Context) OnAuthenticationAttempt(f func(ctx Context, e AuthenticationAttempt)) (Listener, error) {
	return ctx.listenTo(&authAttempt, f != nil, func(ctx Context, w occurrence) {
		var e AuthenticationAttempt
		if d := dataOf[redismodule.AuthenticationInfo](w); d != nil {
			e = AuthenticationAttempt{d.ClientID, ctx.eventText(d.Username), ctx.eventText(d.ModuleName), d.Result == redismodule.AUTH_RESULT_GRANTED}
		}
		f(ctx, e)
	})
}

// CommandOutcome is what has become of a command.
type CommandOutcome uint8

// What becomes of commands.
const (
	CommandSucceeded   CommandOutcome = iota
	CommandFailed                     // it has replied with an error
	CommandRejected                   // it was not run
	CommandACLRejected                // it was not run because of the rights of its user
)

// CommandResult is a command that is over. It and all that it shows is the server's, valid
// until the function that got it returns.
type CommandResult struct {
	Outcome      CommandOutcome
	Name         string
	Duration     time.Duration
	Dirty        int64 // changes that it has made
	ClientID     uint64
	ModuleClient bool   // a module has called it
	Args         Args   // the name of the command included
	Rejection    string // why it was not run, for some
	// Denied is what the user may not do, of a [CommandACLRejected]: its Rejection is the key or the channel.
	Denied ACLReason
}

// OnCommandResult has f called after each command of all clients that has come to this.
// There are four such events, so a module hears of what it listens to alone.
//
// C: RedisModule_SubscribeToServerEvent (CommandResultSuccess, CommandResultFailure,
// CommandResultRejected, CommandResultACLRejected), since Valkey 9.1.
func (ctx Context) OnCommandResult(outcome CommandOutcome, f func(ctx Context, e CommandResult)) (Listener, error) {
	if int(outcome) >= len(commandResult) {
		return Listener{}, ErrRange
	}
	return ctx.listenTo(&commandResult[outcome], f != nil, func(ctx Context, w occurrence) {
		e := CommandResult{Outcome: outcome}
		if d := dataOf[redismodule.CommandResultInfo](w); d != nil {
			e.Name, e.Duration, e.Dirty, e.ClientID = ctx.eventText(d.CommandName), time.Duration(d.DurationUS)*time.Microsecond, d.Dirty, d.ClientID
			e.ModuleClient, e.Rejection = d.IsModuleClient != 0, ctx.eventText(d.RejectionContext)
			e.Args = args(ctx.o, uintptr(unsafe.Pointer(d.Argv)), int(d.Argc))
			if outcome == CommandACLRejected {
				e.Denied = ACLReason(w.sub)
			}
		}
		f(ctx, e)
	})
}
