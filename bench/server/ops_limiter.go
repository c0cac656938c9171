// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"crypto/sha1" // the name of a script
	"encoding/hex"

	"github.com/iredismodule/redismodule/internal/resp"
)

// The rate limiter: so many events in a window of time. What the modules do is in
// bench/native/limit.h.
const (
	limiterMost   = "1000000000000"
	limiterWindow = "86400000"

	limiterScript = `local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
if n > tonumber(ARGV[1]) then return 0 end
return 1`
)

// limiterOp is one decision: by a module, by the script, and by two commands of the server's,
// after which the client decides by itself.
func limiterOp() op {
	digest := sha1.Sum([]byte(limiterScript))
	request := func(words ...string) []byte { return resp.AppendCommand(nil, words...) }
	return op{
		name: "limit", group: groupLimiter, cmd: "limit", args: []string{"bench:limit", limiterMost, limiterWindow},
		seed: func() [][]string {
			return [][]string{
				{"DEL", "bench:limit"},
				{"SCRIPT", "LOAD", limiterScript},
				{"SET", "bench:limit:lua", "1000000000", "PX", limiterWindow},
				// So large that its length stays.
				{"SET", "bench:limit:builtin", "1000000000", "PX", limiterWindow},
			}
		},
		forms: map[string]form{
			"lua": {requests: [][]byte{request("EVALSHA", hex.EncodeToString(digest[:]), "1", "bench:limit:lua", limiterMost, limiterWindow)}},
			"builtin": {loose: true, requests: [][]byte{
				request("SET", "bench:limit:builtin", "0", "PX", limiterWindow, "NX"),
				request("INCR", "bench:limit:builtin"),
			}},
		},
	}
}

// formsOf returns the implementations that are no modules.
func formsOf(ops []op) (all []impl) {
	for _, name := range []string{"lua", "builtin"} {
		for _, o := range ops {
			if _, ok := o.forms[name]; ok {
				all = append(all, impl{name: name})
				break
			}
		}
	}
	return all
}

// has says whether an implementation has the op.
func (o op) has(im impl) bool {
	if im.prefix == "" {
		_, ok := o.forms[im.name]
		return ok
	}
	most, limited := o.most[im.name]
	return !limited || o.n <= most
}
