// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build !rm_debug

package rm

// Without the tag rm_debug nobody watches replies; the calls of these methods are
// not even compiled.

func (r CallReply) begin()          {}
func (r CallReply) adopt(CallReply) {}
func (r CallReply) end()            {}
func (r CallReply) check()          {}
