// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"slices"
	"strings"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// A module that is in the server's configuration is loaded before the server has read its data and begun its threads. What hands
// one of them something to do (the freeing of a large value, say) crashes the server then, and what is written is mixed with what is read later,
// or takes its place. This file finds such calls in OnLoad.

// startOf is what is known of the load under way: whether it is at the start of the server.
var startOf struct{ known, yes bool }

var memorySection, startupField = unsafeconv.NewZ("memory"), unsafeconv.NewZ("used_memory_startup")

// starting tells whether a load is under way, at the start of the server.
func starting() bool {
	if !creating {
		return false
	}
	if s := &startOf; !s.known && has(featureGetServerInfo) {
		// The server notes how much memory it has begun with when it is ready, before it loads its data.
		info := redismodule.GetServerInfo(0, memorySection.Ptr())
		var missing int32
		used := redismodule.ServerInfoGetFieldUnsigned(info, startupField.Ptr(), &missing)
		redismodule.FreeServerInfo(0, info)
		s.known, s.yes = true, missing == 0 && used == 0
	}
	return startOf.yes
}

// inFork tells that the process is a child that Fork has made.
var inFork bool

// mayCallEarly is the error for a call that must not be made in OnLoad, or in a child that Fork has made. Its arguments are words or args.
func (ctx Context) mayCallEarly(command string, words []redismodule.String, args []Arg) error {
	text := func(i int) (string, bool) {
		if i < len(words) {
			return firstText(words[i:]), true
		}
		return argText(args, i-len(words))
	}
	is := func(name string) bool { return len(command) == len(name) && strings.EqualFold(command, name) }
	sub, _ := text(0)
	subIs := func(name string) bool { return strings.EqualFold(sub, name) }
	setsAOF := func() bool {
		for i := 1; is("config") && subIs("set"); i += 2 {
			name, there := text(i)
			if !there || strings.EqualFold(name, "appendonly") {
				return there
			}
		}
		return false
	}
	switch {
	case inFork:
		if slices.ContainsFunc(childRefuses, is) || setsAOF() || is("config") && subIs("rewrite") {
			return ErrInChild
		}
		return nil
	case is("debug") && (subIs("reload") || subIs("loadaof")):
		return ErrStillLoading
	case !starting():
		return nil
	case slices.ContainsFunc(earlySaves, is), waitsInside(command), is("script") && subIs("flush"), is("debug") && subIs("populate"), setsAOF():
		return ErrStarting
	case ctx.commandHas(command, "write"), sub != "" && !strings.Contains(sub, "|") && ctx.commandHas(command+"|"+sub, "write"):
		return ErrStarting
	}
	return nil
}

// earlySaves put what there is, nothing yet, in the place of the data.
var earlySaves = []string{"save", "bgsave", "bgrewriteaof"}

// childRefuses are the commands that change the files of the server, which a forked child has in common with its parent, or would have the
// child go on as a server.
var childRefuses = []string{"save", "bgsave", "bgrewriteaof", "flushall", "flushdb", "shutdown", "debug", "replicaof", "slaveof", "failover", "cluster", "module"}
