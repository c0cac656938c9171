// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module cmdintrospection is what the unit cmdintrospection of the suite loads: a command
// that documents itself as the server does its XADD.
package main

import "github.com/iredismodule/redismodule/rm"

func init() {
	rm.Register(rm.Module{Name: "cmdintrospection", Version: 1, OnLoad: func(ctx rm.Context, _ rm.Args) error {
		xadd := rm.Command{Name: "cmdintrospection.xadd", Flags: rm.CmdWrite | rm.CmdDenyOOM | rm.CmdFast, Arity: -5, Handler: ok, Info: info}
		if rm.IsValkey() {
			newer(&xadd.Info)
		}
		return ctx.CreateCommand(xadd)
	}})
}

func ok(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithOK() }

// token is an argument that is a word.
func token(name, word string) rm.CommandArg {
	return rm.CommandArg{Name: name, Type: rm.ArgTypePureToken, Token: word}
}

// since62 is an argument that came with 6.2.
func since62(a rm.CommandArg) rm.CommandArg {
	a.Since = "6.2.0"
	return a
}

func optional(a rm.CommandArg) rm.CommandArg {
	a.Flags |= rm.ArgFlagOptional
	return a
}

func oneOf(name string, args ...rm.CommandArg) rm.CommandArg {
	return rm.CommandArg{Name: name, Type: rm.ArgTypeOneOf, Args: args}
}

// info is the documentation of XADD in Redis 7.0.
var info = rm.CommandInfo{
	Summary:    "Appends a new entry to a stream",
	Complexity: "O(1) when adding a new entry, O(N) when trimming where N being the number of entries evicted.",
	Since:      "5.0.0",
	History: []rm.CommandHistory{
		{Since: "6.2.0", Changes: "Added the `NOMKSTREAM` option, `MINID` trimming strategy and the `LIMIT` option."},
		{Since: "7.0.0", Changes: "Added support for the `<ms>-*` explicit ID form."},
	},
	Tips: []string{"nondeterministic_output"},
	KeySpecs: []rm.KeySpec{{
		Notes: "UPDATE instead of INSERT because of the optional trimming feature",
		Flags: rm.KeyFlagRW | rm.KeyFlagUpdate,
		Begin: rm.BeginIndex{Pos: 1},
	}},
	Args: []rm.CommandArg{
		{Name: "key", Type: rm.ArgTypeKey},
		since62(optional(token("nomkstream", "NOMKSTREAM"))),
		{Name: "trim", Type: rm.ArgTypeBlock, Flags: rm.ArgFlagOptional, Args: []rm.CommandArg{
			oneOf("strategy", token("maxlen", "MAXLEN"), since62(token("minid", "MINID"))),
			optional(oneOf("operator", token("equal", "="), token("approximately", "~"))),
			{Name: "threshold"},
			{Name: "count", Type: rm.ArgTypeInteger, Token: "LIMIT", Since: "6.2.0", Flags: rm.ArgFlagOptional},
		}},
		oneOf("id_or_auto", token("auto_id", "*"), rm.CommandArg{Name: "id"}),
		{Name: "field_value", Type: rm.ArgTypeBlock, Flags: rm.ArgFlagMultiple, Args: []rm.CommandArg{{Name: "field"}, {Name: "value"}}},
	},
}

// newer makes it the one of Valkey.
func newer(info *rm.CommandInfo) {
	info.Summary = "Appends a new message to a stream. Creates the key if it doesn't exist."
	info.Args[3].Name, info.Args[3].Args[0].Name = "id-selector", "auto-id"
	info.Args[4].Name = "data"
}

func main() {}
