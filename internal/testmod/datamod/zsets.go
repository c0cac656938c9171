// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"runtime"
	"strconv"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
)

var _ = add(
	rm.Command{Name: "d.zset", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: -4, Handler: zset},
	rm.Command{Name: "d.zset.walk", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 9, Handler: zsetWalk},
	rm.Command{Name: "d.zset.bound", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 3, Handler: zsetBound},
	rm.Command{Name: "d.zset.goroutine", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Handler: zsetGoroutine},
)

// openAs opens a key: "w" for writing, "r" for reading, in the shape of a key for
// writing, "c" closes it again.
func openAs(ctx rm.Context, name rm.RStr, mode string) rm.WriteKey {
	switch mode {
	case "r":
		return forged(ctx.OpenReadKey(name))
	case "c":
		k := ctx.OpenWriteKey(name)
		_ = k.Close()
		return k
	}
	return ctx.OpenWriteKey(name)
}

// replyYesNo replies with 1 or 0, on all servers.
func replyYesNo(ctx rm.Context, yes bool) {
	n := int64(0)
	if yes {
		n = 1
	}
	_ = ctx.ReplyWithLongLong(n)
}

// orNil is the zero RStr for the argument "~nil".
func orNil(s rm.RStr) rm.RStr {
	if s.String() == "~nil" {
		return rm.RStr{}
	}
	return s
}

var zaddFlags = map[string]rm.ZAddFlags{
	"-": 0, "xx": rm.ZAddXX, "nx": rm.ZAddNX, "gt": rm.ZAddGT, "lt": rm.ZAddLT, "xxgt": rm.ZAddXX | rm.ZAddGT,
	"xxlt": rm.ZAddXX | rm.ZAddLT, "xxnx": rm.ZAddXX | rm.ZAddNX, "nxgt": rm.ZAddNX | rm.ZAddGT,
	"gtlt": rm.ZAddGT | rm.ZAddLT, "bad": 4,
}

// zset is d.zset KEY MODE add|incr SCORE ELEMENT FLAGS, or rem|score ELEMENT. The
// reply ends with the error.
func zset(ctx rm.Context, args rm.Args) error {
	k := openAs(ctx, args.At(1), args.At(2).String())
	var score float64
	op := args.At(3).String()
	element := args.At(4)
	if op == "add" || op == "incr" {
		if args.Len() != 7 {
			return rm.ErrWrongArity
		}
		score, _ = strconv.ParseFloat(args.At(4).String(), 64)
		element = args.At(5)
	}
	element = orNil(element)
	switch op {
	case "add":
		r, err := k.ZSetAdd(score, element, zaddFlags[args.At(6).String()])
		_ = ctx.ReplyWithArray(2)
		_ = ctx.ReplyWithSimpleString(r.String())
		result(ctx, err)
	case "incr":
		sum, r, err := k.ZSetIncrBy(score, element, zaddFlags[args.At(6).String()])
		_ = ctx.ReplyWithArray(3)
		_ = ctx.ReplyWithDouble(sum)
		_ = ctx.ReplyWithSimpleString(r.String())
		result(ctx, err)
	case "rem":
		ok, err := k.ZSetRemove(element)
		_ = ctx.ReplyWithArray(2)
		replyYesNo(ctx, ok)
		result(ctx, err)
	case "score":
		score, ok, err := k.ZSetScore(element)
		_ = ctx.ReplyWithArray(3)
		_ = ctx.ReplyWithDouble(score)
		replyYesNo(ctx, ok)
		result(ctx, err)
	}
	return nil
}

// scoreEnd reads an end of a range of scores.
func scoreEnd(s rm.RStr) (f float64, exclusive bool) {
	text := s.String()
	if text != "" && text[0] == '(' {
		exclusive, text = true, text[1:]
	}
	f, _ = strconv.ParseFloat(text, 64)
	return f, exclusive
}

// zsetLoop is what the body of a loop of zsetWalk knows.
type zsetLoop struct {
	ctx    rm.Context
	k      rm.WriteKey
	name   rm.RStr
	action string
	r      rm.ZSetRange
	back   bool

	element rm.RStr
	score   float64
	seen, n int // elements so far, elements of the reply so far
}

func (l *zsetLoop) each(f func(rm.RStr, float64) bool) {
	if l.back {
		l.r.Backward(f)
		return
	}
	l.r.All(f)
}

// zsetWalk is d.zset.walk KEY MODE score|lex MIN MAX forward|backward ACTION AT. It
// replies with the elements and scores, and an error at the end. The action is what
// the body does, from element AT on or there.
func zsetWalk(ctx rm.Context, args rm.Args) error {
	l := zsetLoop{ctx: ctx, k: openAs(ctx, args.At(1), args.At(2).String()), name: args.At(1), action: args.At(7).String()}
	l.back = args.At(6).String() == "backward"
	at, _ := args.At(8).Int64()
	var err error
	if args.At(3).String() == "lex" {
		l.r, err = l.k.ZSetByLex(orNil(args.At(4)), orNil(args.At(5)))
	} else {
		var scores rm.ScoreRange
		scores.Min, scores.MinExclusive = scoreEnd(args.At(4))
		scores.Max, scores.MaxExclusive = scoreEnd(args.At(5))
		l.r, err = l.k.ZSetByScore(scores)
	}
	if l.action == "goexit" || l.action == "crash" {
		l.each(func(rm.RStr, float64) bool {
			if l.seen++; l.seen < int(at) {
				return true
			}
			if l.action == "goexit" {
				runtime.Goexit()
			}
			panic("out of the loop and the handler")
		})
	}
	_ = ctx.ReplyWithArray(rm.PostponedLen)
	if l.action == "panic" {
		l.recovered(int(at))
	} else {
		l.loop(int(at))
	}
	if l.action == "select" {
		redismodule.SelectDb(ctx.Raw(), 0)
	}
	result(ctx, err)
	ctx.ReplySetArrayLength(l.n + 1)
	return nil
}

func (l *zsetLoop) loop(at int) {
	l.each(func(element rm.RStr, score float64) bool {
		l.seen++
		l.element, l.score = element, score
		stays := true
		if l.seen >= at {
			stays = l.act(l.seen == at)
		}
		// The element is valid, whatever the body does.
		_ = l.ctx.ReplyWithString(element)
		_ = l.ctx.ReplyWithDouble(score)
		l.n += 2
		return stays
	})
}

func (l *zsetLoop) recovered(at int) {
	defer func() { _ = recover() }()
	l.loop(at)
}

func (l *zsetLoop) call(name string, args ...rm.Arg) {
	reply, err := l.ctx.Call(name, 0, args...)
	if err != nil {
		_ = l.ctx.ReplyWithText(err.Error())
		l.n++
	}
	reply.Free()
}

// act does the action; first is true for the first time.
func (l *zsetLoop) act(first bool) bool {
	switch l.action {
	case "break":
		return false
	case "panic":
		panic("out of the loop")
	case "remove":
		_, _ = l.k.ZSetRemove(l.element)
	case "removecall":
		l.call("ZREM", rm.Str(l.name), rm.Str(l.element))
	case "removelast": // the one before this is gone by now
		_, _ = l.k.ZSetRemove(l.element)
		_, _ = l.k.ZSetAdd(l.score, l.element, 0)
	case "closing":
		_ = l.k.Close()
	case "nestall":
		l.nested()
	default:
		if first {
			l.actOnce()
		}
	}
	return true
}

func (l *zsetLoop) actOnce() {
	switch l.action {
	case "nest":
		l.nested()
	case "close":
		_ = l.k.Close()
	case "del":
		l.call("DEL", rm.Str(l.name))
	case "flush":
		l.call("FLUSHALL")
	case "string":
		l.call("SET", rm.Str(l.name), rm.Text("text"))
	case "replace":
		l.call("DEL", rm.Str(l.name))
		for i := range 40 {
			l.call("ZADD", rm.Str(l.name), rm.Int64(int64(i)), rm.Int64(int64(i)))
		}
	case "handle": // removes all by another key
		other := l.ctx.OpenWriteKey(l.name)
		r, _ := other.ZSetByScore(rm.AllScores)
		for element := range r.All {
			_, _ = other.ZSetRemove(element)
		}
		_ = other.Close()
	case "add": // as many as make another encoding of it
		for i := range 300 {
			s := rm.NewRStringText("zz" + strconv.Itoa(i))
			_, _ = l.k.ZSetAdd(l.score, s.Str(), 0)
			s.Free()
		}
	case "long": // likewise
		s := rm.NewRString(make([]byte, 100))
		_, _ = l.k.ZSetAdd(-1e9, s.Str(), 0)
		s.Free()
	case "select":
		redismodule.SelectDb(l.ctx.Raw(), 1)
	}
}

// nested loops in both directions with the same key, one of them early ended.
func (l *zsetLoop) nested() {
	n := 0
	for range l.r.All {
		n++
	}
	for range l.r.Backward {
		n++
		break
	}
	_ = l.ctx.ReplyWithLongLong(int64(n))
	l.n++
}

// zsetBound is d.zset.bound ELEMENT EXCLUSIVE.
func zsetBound(ctx rm.Context, args rm.Args) error {
	bound := rm.NewLexInclusive
	if args.At(2).String() == "1" {
		bound = rm.NewLexExclusive
	}
	s := bound(args.At(1).Bytes())
	err := ctx.ReplyWithString(s.Str())
	s.Free()
	return err
}

// zsetGoroutine is d.zset.goroutine KEY: a goroutine of the module's own loops over
// the sorted set and leaves sum and number under the key's name with "sum" behind.
func zsetGoroutine(ctx rm.Context, args rm.Args) error {
	name := args.At(1).Clone()
	t := ctx.DetachedThreadSafeContext()
	go func() {
		defer t.Free()
		_ = t.Do(func(ctx rm.Context) error {
			key := rm.NewRStringText(name)
			defer key.Free()
			k := ctx.OpenWriteKey(key.Str())
			sum, n := 0.0, 0
			r, err := k.ZSetByScore(rm.AllScores)
			if err != nil {
				return err
			}
			for element, score := range r.All {
				if n++; n%3 == 0 {
					_, _ = k.ZSetRemove(element)
				}
				sum += score
			}
			// The key stays open: the end of Do closes it.
			reply, err := ctx.Call("SET", 0, rm.Text(name+"sum"), rm.Text(strconv.Itoa(n)+" "+strconv.Itoa(int(sum))))
			reply.Free()
			return err
		})
	}()
	return ctx.ReplyWithOK()
}
