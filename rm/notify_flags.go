// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

// ContextFlags is [Context.ContextFlags].
//
// C: RedisModule_GetContextFlags, since Redis 4.0.3.
func (c NotifyContext) ContextFlags() CtxFlags { return c.ctx.ContextFlags() }
