// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package logins has what the modules for the suite that decide about logins share.
package logins

import "github.com/iredismodule/redismodule/rm"

// By allows a password, denies another one, and skips all others.
func By(user, password, allow, deny string) rm.AuthVerdict {
	switch password {
	case allow:
		return rm.AuthAllow(user)
	case deny:
		return rm.AuthDeny("Auth denied by Misc Module.").Log("Module Auth")
	}
	return rm.AuthSkip()
}

// Register is a handler that registers a callback.
func Register(f func(ctx rm.Context, a rm.Auth) (rm.AuthVerdict, error)) rm.Handler {
	return func(ctx rm.Context, _ rm.Args) error {
		if _, err := ctx.RegisterAuthCallback(f); err != nil {
			return err
		}
		return ctx.ReplyWithOK()
	}
}
