// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"strings"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// GetCurrentCommandName returns the name of the command that runs, as the server has it:
// "container|subcommand" of a subcommand. False where no command runs.
//
// C: RedisModule_GetCurrentCommandName, since Redis 6.2.5.
func (ctx Context) GetCurrentCommandName() (name string, ok bool, err error) {
	if !has(featureGetCurrentCommandName) {
		return "", false, lacks(featureGetCurrentCommandName)
	}
	if !ctx.inCommand() {
		return "", false, nil
	}
	at := redismodule.GetCurrentCommandName(ctx.raw())
	if at == nil {
		return "", false, nil
	}
	return strings.Clone(unsafeconv.CString(at)), true, nil
}
