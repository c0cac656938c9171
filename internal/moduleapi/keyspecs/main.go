// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module keyspecs is what the unit keyspecs of the suite loads.
package main

import "github.com/iredismodule/redismodule/rm"

const (
	reads   = rm.KeyFlagRO | rm.KeyFlagAccess
	updates = rm.KeyFlagRW | rm.KeyFlagUpdate
)

// at is one key at an argument, after are those behind a keyword.
func at(pos int, flags rm.KeyFlags) rm.KeySpec {
	return rm.KeySpec{Flags: flags, Begin: rm.BeginIndex{Pos: pos}, Find: rm.FindRange{}}
}

func after(keyword string, from int, flags rm.KeyFlags, find rm.KeySpecFind) rm.KeySpec {
	return rm.KeySpec{Flags: flags, Begin: rm.BeginKeyword{Keyword: keyword, StartFrom: from}, Find: find}
}

func init() {
	command := func(name string, arity int, specs ...rm.KeySpec) rm.Command {
		return rm.Command{Name: name, Arity: arity, Handler: ok, Info: rm.CommandInfo{KeySpecs: specs}}
	}
	pairs := rm.KeyRange{First: 1, Last: -1, Step: 2}
	rm.Register(rm.Module{Name: "keyspecs", Version: 1, Commands: []rm.Command{
		{Name: "kspec.none", Keys: pairs, Arity: -1, Handler: ok},
		{Name: "kspec.nonewithgetkeys", Keys: pairs, Arity: -1, Handler: ok, GetKeys: everySecond},
		command("kspec.tworanges", -3, at(1, reads), at(2, updates)),
		command("kspec.tworangeswithgap", -4, at(1, reads), at(3, updates)),
		command("kspec.keyword", -3, after("KEYS", 1, reads, rm.FindRange{LastKey: -1})),
		command("kspec.complex1", -2,
			at(1, rm.KeyFlagRO), after("STORE", 2, updates, rm.FindRange{}), after("KEYS", 2, reads, rm.FindKeyNum{})),
		command("kspec.complex2", -5,
			after("STORE", 5, updates, rm.FindRange{}), at(1, reads), at(2, reads),
			rm.KeySpec{Flags: updates, Begin: rm.BeginIndex{Pos: 3}, Find: rm.FindKeyNum{}},
			after("MOREKEYS", 5, updates, rm.FindRange{LastKey: -1})),
	}})
}

func ok(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithOK() }

// everySecond are the keys of pairs of keys and values.
func everySecond(request rm.KeysRequest, args rm.Args) {
	for i := 1; i < args.Len(); i += 2 {
		_ = request.KeyAtPosWithFlags(i, reads)
	}
}

func main() {}
