// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "github.com/iredismodule/redismodule"

// addModuleOptions tells the server what the module does, besides what it was told
// before in this load: a call of the API's takes back what it does not repeat.
func (ctx Context) addModuleOptions(options int32) {
	state.options |= options
	if has(featureSetModuleOptions) {
		redismodule.SetModuleOptions(ctx.raw(), state.options)
	}
}
