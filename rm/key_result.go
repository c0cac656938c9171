// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "github.com/iredismodule/redismodule"

// fromKey makes an RString of a new string that a function of an open key has
// returned. The server has put it on the list of what it frees by itself if the
// key's context has automatic memory: it is taken off that list, since an RString
// is freed by its owner.
func fromKey(ctx redismodule.Ctx, s redismodule.String) RString {
	if state.autoMemory && s != 0 {
		// Freeing with the context takes the string off its list, if it is there.
		redismodule.RetainString(0, s)
		redismodule.FreeString(ctx, s)
	}
	return owned(s)
}
