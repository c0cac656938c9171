// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"runtime"

	"github.com/iredismodule/redismodule/rm"
)

var _ = add(
	rm.Command{Name: "d.stream.id", Flags: rm.ReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: streamID},
	rm.Command{Name: "d.stream.add", Flags: rm.Write, Keys: rm.OneKey, Arity: -4, Handler: streamAdd},
	rm.Command{Name: "d.stream.big", Flags: rm.Write, Keys: rm.OneKey, Arity: 3, Handler: streamBig},
	rm.Command{Name: "d.stream.del", Flags: rm.Write, Keys: rm.OneKey, Arity: -4, Handler: streamDel},
	rm.Command{Name: "d.stream.trim", Flags: rm.Write, Keys: rm.OneKey, Arity: 5, Handler: streamTrim},
	rm.Command{Name: "d.stream.walk", Flags: rm.Write, Keys: rm.OneKey, Arity: 8, Handler: streamWalk},
)

// openAs opens a key: "w" for writing, "r" for reading, in the shape of a key for
// writing, "c" closes it again.
func openAs(ctx rm.Context, name rm.RStr, mode string) rm.WriteKey {
	switch mode {
	case "r":
		return rm.WriteKey{ReadKey: ctx.OpenReadKey(name)}
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

func replyWithID(ctx rm.Context, id rm.StreamID) {
	s := rm.NewRStringStreamID(id)
	_ = ctx.ReplyWithString(s.RStr)
	s.Free()
}

// streamID is d.stream.id TEXT: the ID as the server and as the package read it.
func streamID(ctx rm.Context, args rm.Args) error {
	id, err := args.At(1).StreamID()
	id2, err2 := rm.ParseStreamID(args.At(1).String())
	_ = ctx.ReplyWithArray(4)
	replyWithID(ctx, id)
	result(ctx, err)
	replyWithID(ctx, id2)
	result(ctx, err2)
	return nil
}

// anID is the ID of an argument, the smallest if it is none.
func anID(s rm.RStr) rm.StreamID {
	id, _ := rm.ParseStreamID(s.String())
	return id
}

var streamFields []rm.RStr

// streamAdd is d.stream.add KEY MODE ID|* FIELD VALUE...
func streamAdd(ctx rm.Context, args rm.Args) error {
	streamFields = streamFields[:0]
	for _, s := range args.From(4).All {
		streamFields = append(streamFields, orNil(s))
	}
	k := openAs(ctx, args.At(1), args.At(2).String())
	var id rm.StreamID
	var err error
	if args.At(3).String() == "*" {
		id, err = k.StreamAddAuto(streamFields...)
	} else {
		id, err = k.StreamAdd(anID(args.At(3)), streamFields...)
	}
	_ = ctx.ReplyWithArray(2)
	replyWithID(ctx, id)
	result(ctx, err)
	return nil
}

// streamBig is d.stream.big KEY N: adds an entry of N fields, each of 64 MB.
func streamBig(ctx rm.Context, args rm.Args) error {
	n, _ := args.At(2).Int64()
	s := rm.NewRString(make([]byte, 64<<20))
	defer s.Free()
	fields := make([]rm.RStr, 2*n)
	for i := range fields {
		fields[i] = s.RStr
	}
	k := ctx.OpenWriteKey(args.At(1))
	_, err := k.StreamAddAuto(fields...)
	result(ctx, err)
	return nil
}

// streamDel is d.stream.del KEY MODE ID, or FROM TO.
func streamDel(ctx rm.Context, args rm.Args) error {
	k := openAs(ctx, args.At(1), args.At(2).String())
	_ = ctx.ReplyWithArray(2)
	if args.Len() == 4 {
		ok, err := k.StreamDelete(anID(args.At(3)))
		replyYesNo(ctx, ok)
		result(ctx, err)
		return nil
	}
	n, err := k.StreamDeleteRange(anID(args.At(3)), anID(args.At(4)))
	_ = ctx.ReplyWithLongLong(int64(n))
	result(ctx, err)
	return nil
}

// streamTrim is d.stream.trim KEY MODE len|id|lenapprox|idapprox N.
func streamTrim(ctx rm.Context, args rm.Args) error {
	k := openAs(ctx, args.At(1), args.At(2).String())
	length, _ := args.At(4).Int64()
	var n int
	var err error
	switch args.At(3).String() {
	case "len":
		n, err = k.StreamTrimByLen(int(length), false)
	case "lenapprox":
		n, err = k.StreamTrimByLen(int(length), true)
	case "id":
		n, err = k.StreamTrimByID(anID(args.At(4)), false)
	case "idapprox":
		n, err = k.StreamTrimByID(anID(args.At(4)), true)
	}
	_ = ctx.ReplyWithArray(2)
	_ = ctx.ReplyWithLongLong(int64(n))
	result(ctx, err)
	return nil
}

// streamLoop is what the body of a loop of streamWalk knows.
type streamLoop struct {
	ctx    rm.Context
	k      rm.WriteKey
	name   rm.RStr
	r      rm.StreamRange
	action string
	at     int

	seen, n int
	stale   rm.StreamEntry
}

// streamWalk is d.stream.walk KEY MODE FROM TO forward|backward|ids|idsback ACTION
// AT. FROM with a "(" makes the range exclusive. It replies with the IDs, numbers
// of fields, fields and values, and an error at the end.
func streamWalk(ctx rm.Context, args rm.Args) error {
	at, _ := args.At(7).Int64()
	l := streamLoop{
		ctx: ctx, k: openAs(ctx, args.At(1), args.At(2).String()), name: args.At(1),
		action: args.At(6).String(), at: int(at),
	}
	from, exclusive := args.At(3).String(), false
	if from[0] == '(' {
		from, exclusive = from[1:], true
	}
	id, _ := rm.ParseStreamID(from)
	var err error
	l.r, err = l.k.Stream(id, anID(args.At(4)))
	if exclusive {
		l.r = l.r.Exclusive()
	}
	if l.action == "goexit" || l.action == "crash" {
		l.loop(args.At(5).String())
	}
	_ = ctx.ReplyWithArray(rm.PostponedLen)
	if l.action == "panic" {
		l.recovered(args.At(5).String())
	} else {
		l.loop(args.At(5).String())
	}
	if l.stale.NumFields() != 0 {
		err = rm.Error("ERR the entry is still alive")
	}
	result(ctx, err)
	ctx.ReplySetArrayLength(l.n + 1)
	return nil
}

func (l *streamLoop) recovered(how string) {
	defer func() { _ = recover() }()
	l.loop(how)
}

func (l *streamLoop) loop(how string) {
	switch how {
	case "forward":
		l.r.All(l.entry)
	case "backward":
		l.r.Backward(l.entry)
	case "ids":
		l.r.IDs(l.id)
	case "idsback":
		l.r.IDsBackward(l.id)
	}
}

func (l *streamLoop) id(id rm.StreamID, fields int) bool {
	replyWithID(l.ctx, id)
	_ = l.ctx.ReplyWithLongLong(int64(fields))
	l.n += 2
	l.seen++
	switch {
	case l.seen < l.at:
	case l.action == "break":
		return false
	case l.action == "panic":
		panic("out of the loop")
	case l.action == "delete":
		_, _ = l.k.StreamDelete(id)
	case l.action == "close":
		_ = l.k.Close()
	}
	return true
}

func (l *streamLoop) entry(id rm.StreamID, entry rm.StreamEntry) bool {
	l.seen++
	if l.action == "goexit" || l.action == "crash" { // nothing may have been replied
		if l.seen >= l.at {
			if l.action == "goexit" {
				runtime.Goexit()
			}
			panic("out of the loop and the handler")
		}
		return true
	}
	replyWithID(l.ctx, id)
	_ = l.ctx.ReplyWithLongLong(int64(entry.NumFields()))
	l.n += 2
	if l.stale.NumFields() != 0 {
		_ = l.ctx.ReplyWithText("the last entry is still alive")
		l.n++
	}
	l.stale = entry
	stays := true
	if l.seen >= l.at {
		stays = l.act(id, entry, l.seen == l.at)
	}
	if l.action == "skip" {
		return true
	}
	i := 0
	for field, value := range entry.Fields {
		if f, v := entry.Field(i); f != field || v != value {
			_ = l.ctx.ReplyWithText("Field and Fields differ")
			l.n++
		}
		_ = l.ctx.ReplyWithString(field)
		_ = l.ctx.ReplyWithString(value)
		l.n += 2
		if i++; l.action == "some" {
			break
		}
	}
	return stays
}

func (l *streamLoop) act(id rm.StreamID, entry rm.StreamEntry, first bool) bool {
	switch l.action {
	case "break":
		return false
	case "panic":
		panic("out of the loop")
	case "delete":
		if ok, err := entry.Delete(); !ok || err != nil {
			_ = l.ctx.ReplyWithText("not deleted")
			l.n++
		}
		if ok, err := entry.Delete(); ok || err != nil {
			_ = l.ctx.ReplyWithText("deleted twice")
			l.n++
		}
	case "deletecall":
		l.call("XDEL", rm.Str(l.name), rm.Text(id.String()))
	case "nest":
		n := 0
		for range l.r.All {
			n++
		}
		for range l.r.IDsBackward {
			n++
			break
		}
		_ = l.ctx.ReplyWithLongLong(int64(n))
		l.n++
	default:
		if first {
			l.actOnce(id, entry)
		}
	}
	return true
}

func (l *streamLoop) actOnce(id rm.StreamID, entry rm.StreamEntry) {
	switch l.action {
	case "close":
		_ = l.k.Close()
		if _, err := entry.Delete(); err != rm.ErrKeyClosed {
			_ = l.ctx.ReplyWithText("Delete does not know that the key is closed")
			l.n++
		}
	case "del":
		l.call("DEL", rm.Str(l.name))
	case "string":
		l.call("SET", rm.Str(l.name), rm.Text("text"))
	case "trim":
		_, _ = l.k.StreamTrimByLen(0, false)
	case "deleteall":
		_, _ = l.k.StreamDeleteRange(rm.MinStreamID, rm.MaxStreamID)
	case "add":
		s := rm.NewRStringText("added")
		for range 300 {
			_, _ = l.k.StreamAddAuto(s.RStr, s.RStr)
		}
		s.Free()
	}
}

func (l *streamLoop) call(name string, args ...rm.Arg) {
	reply, err := l.ctx.Call(name, 0, args...)
	if err != nil {
		_ = l.ctx.ReplyWithText(err.Error())
		l.n++
	}
	reply.Free()
}
