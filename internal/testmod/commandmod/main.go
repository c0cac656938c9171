// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command commandmod is a module with commands that document themselves, and with as many
// as it is told that have key specs by chance.
package main

import (
	"fmt"
	"math/rand/v2"

	"github.com/iredismodule/redismodule/internal/testmod/keyspecs"
	"github.com/iredismodule/redismodule/rm"
)

func main() {}

var seed, count int64

func init() {
	rm.Register(rm.Module{
		Name:    "commandmod",
		Version: 1,
		Params:  []rm.Param{rm.Int64Param("seed", &seed, 0, 1<<62), rm.Int64Param("count", &count, 0, 1000)},
		Commands: []rm.Command{
			documented(),
			{Name: "c.onekey", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 2, Handler: ok, Info: rm.CommandInfo{Args: []rm.CommandArg{{Name: "key", Type: rm.ArgTypeKey}}}},
			{Name: "c.plain", Flags: rm.CmdReadOnly, Arity: -2, Handler: ok, Info: rm.CommandInfo{
				KeySpecs: []rm.KeySpec{{Flags: rm.KeyFlagRO | rm.KeyFlagAccess, Begin: rm.BeginIndex{Pos: 1}, Find: rm.FindRange{LastKey: -1, Step: 2}}},
			}},
		},
		OnLoad: load,
	})
}

func ok(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithOK() }

// documented is a command with everything that can be said of one.
func documented() rm.Command {
	return rm.Command{
		Name: "c.doc", Flags: rm.CmdWrite, Arity: -6, Handler: ok,
		Keys: rm.OneKey, // for servers without key specs
		Info: rm.CommandInfo{
			Summary:    "Does what it is told.",
			Complexity: "O(1) when told nothing",
			Since:      "1.2.3",
			History:    []rm.CommandHistory{{Since: "1.3.0", Changes: "Added the `KEYS` words."}, {Since: "1.4.0", Changes: "It may be told twice."}},
			Tips:       []string{"nondeterministic_output", "request_policy:all_shards"},
			KeySpecs: []rm.KeySpec{
				{Flags: rm.KeyFlagRO | rm.KeyFlagAccess, Notes: "what it is made of", Begin: rm.BeginIndex{Pos: 1}},
				{Flags: rm.KeyFlagRW | rm.KeyFlagUpdate, Begin: rm.BeginIndex{Pos: 2}, Find: rm.FindRange{LastKey: 1, Step: 1}},
				{Flags: rm.KeyFlagOW | rm.KeyFlagInsert, Begin: rm.BeginKeyword{Keyword: "STORE", StartFrom: 4}, Find: rm.FindRange{}},
				{Flags: rm.KeyFlagRM | rm.KeyFlagDelete | rm.KeyFlagVariable, Begin: rm.BeginKeyword{Keyword: "KEYS", StartFrom: 4}, Find: rm.FindKeyNum{}},
				{Flags: rm.KeyFlagRO | rm.KeyFlagNotKey, Begin: rm.BeginIndex{Pos: 4}},
				{Flags: rm.KeyFlagRO | rm.KeyFlagIncomplete, Begin: rm.BeginUnknown{}, Find: rm.FindUnknown{}},
			},
			Args: []rm.CommandArg{
				{Name: "source", Type: rm.ArgTypeKey},
				{Name: "target", Type: rm.ArgTypeKey, KeySpec: 1, Flags: rm.ArgFlagMultiple, Summary: "where to", Since: "1.2.4", DeprecatedSince: "1.5.0", DisplayText: "to"},
				{Name: "node", Type: rm.ArgTypeString},
				{Name: "how", Type: rm.ArgTypeOneOf, Flags: rm.ArgFlagOptional, Args: []rm.CommandArg{
					{Name: "fast", Type: rm.ArgTypePureToken, Token: "FAST"},
					{Name: "until", Type: rm.ArgTypeBlock, Token: "UNTIL", Args: []rm.CommandArg{
						{Name: "time", Type: rm.ArgTypeUnixTime},
						{Name: "share", Type: rm.ArgTypeDouble, Flags: rm.ArgFlagOptional},
						{Name: "pattern", Type: rm.ArgTypePattern, Token: "LIKE", Flags: rm.ArgFlagMultiple | rm.ArgFlagMultipleToken},
					}},
				}},
				{Name: "count", Type: rm.ArgTypeInteger, Token: "KEYS", Flags: rm.ArgFlagOptional},
			},
		},
	}
}

// load makes commands by chance, and tells how many the package has taken.
func load(ctx rm.Context, _ rm.Args) error {
	r, taken, tried := rand.New(rand.NewPCG(uint64(seed), 1)), int64(0), 0
	for ; taken < count; tried++ {
		arity, spec := keyspecs.Random(r)
		c := rm.Command{Name: fmt.Sprintf("c.spec%d", taken), Flags: rm.CmdReadOnly, Arity: arity, Handler: ok, Info: rm.CommandInfo{KeySpecs: []rm.KeySpec{spec}}}
		for r.IntN(3) == 0 {
			_, another := keyspecs.Random(r)
			c.Info.KeySpecs = append(c.Info.KeySpecs, another)
		}
		if r.IntN(4) == 0 {
			c.GetKeys = func(rm.KeysRequest, rm.Args) {}
		}
		if ctx.CreateCommand(c) == nil {
			taken++
		}
	}
	ctx.Notice(fmt.Sprintf("tried %d, taken %d", tried, taken))
	return nil
}
