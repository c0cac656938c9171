// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import "github.com/iredismodule/redismodule/rm"

// A command that counts for a player: board.hit KEY PLAYER.
func ExampleWriteKey_ZSetIncrBy() {
	hit := func(ctx rm.Context, args rm.Args) error {
		key := ctx.OpenWriteKey(args.At(1))
		score, _, err := key.ZSetIncrBy(1, args.At(2), 0)
		if err != nil {
			return err
		}
		return ctx.ReplyWithDouble(score)
	}
	rm.Register(rm.Module{Name: "board", Version: 1, Commands: []rm.Command{
		{Name: "board.hit", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 3, Handler: hit},
	}})
}

// A command that replies with the best ten, the best one first.
func ExampleReadKey_ZSetByScore() {
	top := func(ctx rm.Context, args rm.Args) error {
		r, err := ctx.OpenReadKey(args.At(1)).ZSetByScore(rm.AllScores)
		if err != nil {
			return err
		}
		_ = ctx.ReplyWithArray(rm.PostponedLen)
		n := 0
		for player := range r.Backward {
			_ = ctx.ReplyWithString(player)
			if n++; n == 10 {
				break
			}
		}
		return ctx.ReplySetArrayLength(n)
	}
	rm.Register(rm.Module{Name: "board", Version: 1, Commands: []rm.Command{
		{Name: "board.top", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 2, Handler: top},
	}})
}

// A command that removes what is due: the body of a loop may change the key.
func ExampleZSetRange_All() {
	due := func(ctx rm.Context, args rm.Args) error {
		now, err := args.At(2).Float64()
		if err != nil {
			return err
		}
		key := ctx.OpenWriteKey(args.At(1))
		r, err := key.ZSetByScore(rm.ScoreRange{Max: now})
		if err != nil {
			return err
		}
		n := int64(0)
		for job := range r.All {
			if ok, err := key.ZSetRem(job); err == nil && ok {
				n++
			}
		}
		return ctx.ReplyWithLongLong(n)
	}
	rm.Register(rm.Module{Name: "jobs", Version: 1, Commands: []rm.Command{
		{Name: "jobs.due", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 3, Handler: due},
	}})
}
