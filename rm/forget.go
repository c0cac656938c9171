// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"github.com/iredismodule/redismodule/internal/core"
)

// forgetLoad forgets what belongs to an earlier load, or to one that failed: its
// callbacks are gone, and their C functions are soon those of others. All that
// package rm keeps for a load is forgotten here.
func forgetLoad() {
	forgetScans()
	forgetOutside()
	forks.callback, forks.done = 0, nil
	promises.callback = 0
}

// abandonLoad undoes, for a load that fails, what the server would come back to.
func (ctx Context) abandonLoad() {
	for i := range promises.all {
		Promise{i, promises.all[i].seq}.Abort()
	}
	if ctx.forkRuns() {
		_ = ctx.KillForkChild(int(forks.pid)) // it may have ended by itself
	}
	endCallback(ctx.c)
	core.Abandon(ctx.c)
}
