// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module moduleauthtwo is the second one that the unit moduleauth of the suite loads.
package main

import (
	"github.com/iredismodule/redismodule/internal/moduleapi/logins"
	"github.com/iredismodule/redismodule/rm"
)

func init() {
	rm.Register(rm.Module{Name: "moduleauthtwo", Version: 1, Commands: []rm.Command{{
		Name: "testmoduletwo.rm_register_auth_cb", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1,
		Handler: logins.Register(func(_ rm.Context, a rm.Auth) (rm.AuthVerdict, error) {
			return logins.By(a.User().Clone(), a.Password().String(), "allow_two", "deny_two"), nil
		}),
	}}})
}

func main() {}
