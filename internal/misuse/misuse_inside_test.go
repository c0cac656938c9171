// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// What is kept of a callback, and used when that is over.
var kept struct {
	ctx    rm.Context
	args   rm.Args
	arg    rm.RStr
	bytes  []byte
	text   string
	clone  string
	lent   rm.RStr
	reply  rm.CallReply
	value  rm.Value
	key    rm.WriteKey
	handed rm.RStr
}

func init() {
	rm.AtLoad(func(ctx rm.Context) error {
		for _, c := range []rm.Command{
			{Name: "misuse.keep", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 2, Handler: keep},
			{Name: "misuse.fail", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 2, Handler: keepAndPanic},
		} {
			if err := ctx.CreateCommand(c); err != nil {
				return err
			}
		}
		return nil
	})
}

// keep is misuse.keep TEXT.
func keep(ctx rm.Context, args rm.Args) error {
	k, arg := &kept, args.At(1)
	k.ctx, k.args, k.arg = ctx, args, arg
	k.bytes, k.text, k.clone = arg.Bytes(), arg.String(), arg.Clone()
	k.lent, k.value = ctx.Str("lent"), rm.StrValue(arg)
	k.key = ctx.OpenWriteKey(arg)
	own := rm.NewRStringText("handed over")
	k.handed = own.HandOver(ctx)
	reply, err := ctx.Call("PING", 0)
	if err != nil {
		return err
	}
	k.reply = reply // freed by the server: HandOver has switched automatic memory on
	if string(k.bytes) != "an argument" || k.text != "an argument" {
		return rm.Error("ERR a view is wrong while it is good")
	}
	return ctx.ReplyWithOK()
}

// keepAndPanic is misuse.fail TEXT.
func keepAndPanic(ctx rm.Context, args rm.Args) error {
	kept.ctx, kept.arg, kept.text = ctx, args.At(1), args.At(1).String()
	panic("it failed with " + args.At(1).String())
}

// line is the line that calls it.
func line() string {
	_, file, line, _ := runtime.Caller(1)
	return fmt.Sprintf("(%s:%d)", file, line)
}

// A misuse returns the line that it is on; the text of its panic is matched.
type misuse struct {
	text string
	do   func(at *string)
}

func (m misuse) check(t *inside.T) {
	t.Helper()
	var at string
	var said any
	func() {
		defer func() { said = recover() }()
		m.do(&at)
	}()
	require.IsType(t, "", said, "%s: nobody told", m.text)
	require.Regexp(t, "^rm_debug: "+strings.ReplaceAll(m.text, "HERE", regexp.QuoteMeta(at))+"$", said)
}

func keepSome(t *inside.T, ctx rm.Context) {
	reply, err := ctx.Call("misuse.keep", 0, rm.Text("an argument"))
	require.NoError(t, err)
	reply.Free()
}

// InsideMisuseOfCallback uses what a command was given when that has returned.
func InsideMisuseOfCallback(t *inside.T, ctx rm.Context) {
	keepSome(t, ctx)
	const (
		context = `ERR the context of the command misuse\.keep is used after that is over HERE`
		str     = `ERR a string of the command misuse\.keep is used after that is over HERE`
	)
	own := rm.NewRStringText("own")
	defer own.Free()
	key := ctx.OpenWriteKey(own.Str())
	for _, m := range []misuse{
		{context, func(at *string) { *at = line(); kept.ctx.SelectedDB() }},
		{context, func(at *string) { *at = line(); _ = kept.ctx.ReplyWithLongLong(1) }},
		{context, func(at *string) { *at = line(); _ = kept.ctx.ReplyWithText("x") }},
		{context, func(at *string) { *at = line(); _ = kept.ctx.ReplyWithArray(1) }},
		{context, func(at *string) { *at = line(); _ = kept.ctx.ReplyWithTexts([]string{"x"}) }},
		{context, func(at *string) { *at = line(); _ = kept.ctx.ReplyWithError(rm.ErrNoKey) }},
		{context, func(at *string) { *at = line(); _, _ = kept.ctx.Call("PING", 0) }},
		{context, func(at *string) { *at = line(); kept.ctx.OpenReadKey(own.Str()) }},
		{context, func(at *string) { *at = line(); kept.ctx.Log(rm.LevelNotice, "x") }},
		{context, func(at *string) { *at = line(); kept.ctx.Str("x") }},
		{context, func(at *string) { *at = line(); kept.ctx.AutoMemory() }},
		{context, func(at *string) { *at = line(); kept.ctx.ClientID() }},
		{context, func(at *string) { *at = line(); _ = kept.ctx.ReplicateVerbatim() }},
		{context, func(at *string) { *at = line(); kept.ctx.Raw() }},
		{str, func(at *string) { *at = line(); _ = kept.arg.Bytes() }},
		{str, func(at *string) { *at = line(); _ = kept.arg.String() }},
		{str, func(at *string) { *at = line(); kept.arg.Len() }},
		{str, func(at *string) { *at = line(); kept.args.At(1).Clone() }},
		{str, func(at *string) { *at = line(); kept.arg.Equal(own.Str()) }},
		{str, func(at *string) { *at = line(); own.Equal(kept.arg) }},
		{str, func(at *string) { *at = line(); kept.arg.Retain() }},
		{str, func(at *string) { *at = line(); kept.arg.Copy() }},
		{str, func(at *string) { *at = line(); _, _ = kept.arg.Int64() }},
		{str, func(at *string) { *at = line(); kept.arg.Raw() }},
		{str, func(at *string) { *at = line(); kept.lent.Len() }},
		{str, func(at *string) { *at = line(); kept.handed.Len() }},
		{str, func(at *string) { *at = line(); ctx.OpenReadKey(kept.arg) }},
		{str, func(at *string) { *at = line(); _ = key.StringSet(kept.arg) }},
		{str, func(at *string) { *at = line(); _, _ = ctx.Call("ECHO", 0, rm.Str(kept.arg)) }},
		{str, func(at *string) { *at = line(); _, _ = ctx.Call("ECHO", 0, rm.Strs(kept.args)) }},
		{str, func(at *string) { *at = line(); _, _ = rm.NewCall("ECHO", 0).Do(ctx, kept.arg) }},
		{str, func(at *string) { *at = line(); _ = ctx.Reply(kept.value) }},
		{str, func(at *string) { *at = line(); _ = ctx.ReplyWithString(kept.arg) }},
		{str, func(at *string) { *at = line(); _ = ctx.ReplyWithStrings(kept.arg) }},
		{`ERR a reply of the command misuse\.keep is used after that is over HERE`, func(at *string) { *at = line(); kept.reply.Type() }},
		{`ERR a reply of the command misuse\.keep is freed after that is over HERE`, func(at *string) { *at = line(); kept.reply.Free() }},
		{`ERR the key is closed HERE`, func(at *string) { *at = line(); kept.key.Len() }},
	} {
		m.check(t)
	}
	key.Close()
	require.Regexp(t, "^<rm_debug: ", string(kept.bytes))
	require.Regexp(t, "^<rm_debug: ", kept.text)
	require.Equal(t, "an argument", kept.clone)
}

// InsideMisuseOfFailedCallback does it when the handler panicked. What it panicked with
// is told to the client before.
func InsideMisuseOfFailedCallback(t *inside.T, ctx rm.Context) {
	_, err := ctx.Call("misuse.fail", 0, rm.Text("an argument"))
	require.EqualError(t, err, "ERR misuse.fail: panic: it failed with an argument")
	misuse{`ERR the context of the command misuse\.fail is used after that is over HERE`, func(at *string) { *at = line(); kept.ctx.SelectedDB() }}.check(t)
	misuse{`ERR a string of the command misuse\.fail is used after that is over HERE`, func(at *string) { *at = line(); kept.arg.Len() }}.check(t)
	require.Regexp(t, "^<rm_debug: ", kept.text)
}

// InsideMisuseOfWork does it with the context of a function of ThreadSafeContext.Do.
func InsideMisuseOfWork(t *inside.T, ctx rm.Context) {
	detached := ctx.DetachedThreadSafeContext()
	done := make(chan error, 1)
	go func() {
		done <- detached.Do(func(ctx rm.Context) error {
			kept.ctx = ctx
			return nil
		})
	}()
	var after func(t *inside.T, ctx rm.Context)
	after = func(t *inside.T, _ rm.Context) {
		select {
		case err := <-done:
			require.NoError(t, err)
		default: // the server's thread must not wait for it
			t.Later(time.Millisecond, after)
			return
		}
		detached.Free()
		misuse{`ERR the context of the work for the server's thread is used after that is over HERE`,
			func(at *string) { *at = line(); kept.ctx.SelectedDB() }}.check(t)
	}
	t.Later(time.Millisecond, after)
}

// InsideMisuseOfFilter does it with the command of a command filter, and on another
// goroutine while the filter runs.
func InsideMisuseOfFilter(t *inside.T, ctx rm.Context) {
	var kept rm.FilteredCommand
	var arg rm.RStr
	var bytes []byte
	filter, err := ctx.RegisterCommandFilter(0, func(c rm.FilteredCommand) {
		if c.At(0).String() != "ECHO" { // the debug build asks for flags of commands
			return
		}
		kept, arg, bytes = c, c.At(1), c.At(1).Bytes()
		said := make(chan any)
		go func() {
			defer func() { said <- recover() }()
			c.Len()
		}()
		require.Contains(t, <-said, "rm_debug: ERR the command of the command filter is used on another goroutine than the one that runs it")
	})
	require.NoError(t, err)
	reply, err := ctx.Call("ECHO", 0, rm.Text("an argument"))
	require.NoError(t, err)
	reply.Free()
	filter.Stop(ctx)
	const command, str = `ERR the command of the command filter is used after that is over HERE`, `ERR a string of the command filter is used after that is over HERE`
	for _, m := range []misuse{
		{command, func(at *string) { *at = line(); kept.Len() }},
		{command, func(at *string) { *at = line(); kept.At(0) }},
		{command, func(at *string) { *at = line(); kept.ClientID() }},
		{command, func(at *string) { *at = line(); _ = kept.Delete(0) }},
		{command, func(at *string) { s := rm.NewRStringText("x"); *at = line(); _ = kept.Insert(0, &s) }},
		{str, func(at *string) { *at = line(); arg.Len() }},
	} {
		m.check(t)
	}
	require.Regexp(t, "^<rm_debug: ", string(bytes))
}

// InsideMisuseOfGoroutine uses a context on a foreign goroutine. A coroutine is none.
func InsideMisuseOfGoroutine(t *inside.T, ctx rm.Context) {
	arg := ctx.Str("text")
	misuse{`ERR the context of the .* is used on another goroutine than the one that runs it HERE`, func(at *string) {
		told := make(chan any)
		go func() {
			defer func() { told <- recover() }()
			if arg.String() != "text" { // any goroutine may read while the callback runs
				panic("wrong")
			}
			func() { *at = line(); ctx.SelectedDB() }()
		}()
		panic(<-told)
	}}.check(t)
}

// InsideMisuseOfStrings uses a string that is freed, or that the server has got.
func InsideMisuseOfStrings(t *inside.T, ctx rm.Context) {
	own := rm.NewRStringText("text")
	view, copied, borrowed := own.Bytes(), own, own.Str()
	key := ctx.OpenWriteKey(ctx.Str("key"))
	var freedAt string
	func() { freedAt = line(); own.Free() }()
	own.Free() // the same variable again is harmless
	require.Regexp(t, "^<rm_", string(view))
	used := `ERR the string is freed ` + regexp.QuoteMeta(freedAt) + `; it is used HERE`
	for _, m := range []misuse{
		{used, func(at *string) { *at = line(); _ = borrowed.Bytes() }},
		{used, func(at *string) { *at = line(); _ = copied.String() }},
		{used, func(at *string) { *at = line(); _ = copied.AppendText("x") }},
		{used, func(at *string) { *at = line(); _ = ctx.ReplyWithString(borrowed) }},
		{used, func(at *string) { *at = line(); _ = ctx.ReplyWithBytes(borrowed.Bytes()) }},
		{used, func(at *string) { *at = line(); copied.Retain() }},
		{used, func(at *string) { *at = line(); ctx.OpenReadKey(borrowed) }},
		{used, func(at *string) { *at = line(); _ = key.StringSet(borrowed) }},
		{used, func(at *string) { *at = line(); _ = key.ListPush(rm.ListTail, borrowed) }},
		{used, func(at *string) { *at = line(); _, _ = key.HashSet(borrowed, borrowed, 0) }},
		{used, func(at *string) { *at = line(); _, _ = key.HashSetMany(0, borrowed, borrowed) }},
		{used, func(at *string) { *at = line(); _ = key.HashGetMany(make([]rm.RString, 1), borrowed) }},
		{used, func(at *string) { *at = line(); _, _ = key.ZSetAdd(1, borrowed, 0) }},
		{used, func(at *string) { *at = line(); _, _ = key.StreamAddAuto(borrowed, borrowed) }},
		{used, func(at *string) { *at = line(); _, _ = ctx.PublishMessage(borrowed, borrowed) }},
		{used, func(at *string) { *at = line(); _, _ = rm.MallocSizeString(borrowed) }},
		{`ERR the string is freed ` + regexp.QuoteMeta(freedAt) + `; it is freed again HERE`, func(at *string) { *at = line(); copied.Free() }},
		{`ERR the string is passed on ` + regexp.QuoteMeta(freedAt[:strings.LastIndex(freedAt, ":")]) + `:\d+\); it is used HERE`, func(at *string) {
			own := rm.NewRStringText("text")
			copied := own
			own.HandOver(ctx)
			func() { *at = line(); copied.Len() }()
		}},
		{`ERR the string is freed \(.*misuse_inside_test\.go:\d+\); it is freed again HERE`, func(at *string) {
			one := ctx.Str("text").Retain()
			two := one
			one.Free()
			func() { *at = line(); two.Free() }()
		}},
	} {
		m.check(t)
	}
	key.Close()
}

// InsideStringsUsedRight: several owners free one string, one is handed over, and many
// take one another's places.
func InsideStringsUsedRight(t *inside.T, ctx rm.Context) {
	own, arg := rm.NewRStringText("ab"), ctx.Str("a text")
	two, three := own.Retain(), own.Str().Retain()
	own.Free()
	require.Equal(t, "ab", two.String())
	two.Free()
	require.NoError(t, three.AppendText("+"), "one owner is left")
	require.Equal(t, "ab+", three.String())
	lent := three.HandOver(ctx)
	require.Equal(t, "ab+", lent.String())
	for range 10_000 {
		s, r := rm.NewRStringText("text"), arg.Retain()
		if s.String() != "text" || !r.Equal(arg) {
			t.Fatal("a string is not what it was")
		}
		s.Free()
		r.Free()
	}
}

// InsideStringsOfTheRawLayer: what the raw layer frees or makes is no misuse, when an
// address is used again, too.
func InsideStringsOfTheRawLayer(t *inside.T, ctx rm.Context) {
	for range 10_000 {
		own := rm.NewRStringText("text")
		redismodule.FreeString(0, own.Raw()) // own is not used any more
		raw := redismodule.CreateStringFromLongLong(0, 123456)
		s := rm.RawRString(raw)
		if got := rm.RawRStr(raw).String(); got != "123456" || s.String() != got {
			t.Fatalf("%q", got)
		}
		s.Free()
		if s = rm.RawRString(redismodule.CreateStringFromLongLong(0, 123456)); s.Len() != 6 {
			t.Fatal("wrong")
		}
		s.Free()
	}
}

// InsideMisuseOfReplies uses replies that are freed, and frees a part of one.
//
// Drives: Call, FreeCallReply, CallReplyArrayElement.
func InsideMisuseOfReplies(t *inside.T, ctx rm.Context) {
	for range 3 { // addresses are used again
		reply, err := ctx.Call("ECHO", 0, rm.Text("some text"))
		require.NoError(t, err)
		array, err := ctx.Call("TIME", 0)
		require.NoError(t, err)
		view, part := reply.Bytes(), array.Element(0)
		require.Equal(t, "some text", string(view))
		misuse{`a part of a call reply is freed HERE`, func(at *string) { *at = line(); part.Free() }}.check(t)
		readReply(t, ctx, array)
		array.Free()
		var freedAt string
		func() { freedAt = line(); reply.Free() }()
		require.Regexp(t, "^<rm_debug", string(view))
		freedAt = regexp.QuoteMeta(freedAt)
		for _, m := range []misuse{
			{`a call reply is used after it was freed HERE, freed ` + freedAt, func(at *string) { *at = line(); reply.Len() }},
			{`a call reply is used after it was freed HERE, freed ` + freedAt, func(at *string) { *at = line(); reply.Type() }},
			{`a call reply is used after it was freed HERE, freed ` + freedAt, func(at *string) { *at = line(); _ = ctx.ReplyWithCallReply(reply) }},
			{`a call reply is used after it was freed HERE, freed .*`, func(at *string) { *at = line(); part.Bytes() }},
			{`a call reply is freed twice HERE, first ` + freedAt, func(at *string) { *at = line(); reply.Free() }},
		} {
			m.check(t)
		}
	}
}

// readReply does with a reply what is right.
func readReply(t *inside.T, ctx rm.Context, reply rm.CallReply) {
	t.Helper()
	for i, e := range reply.Elements {
		s := e.RString()
		require.True(t, s.Equal(ctx.StrBytes(e.Bytes())))
		require.Equal(t, e.String(), reply.Element(i).String())
		s.Free()
	}
	for k, v := range reply.Pairs {
		_, err := k.Int64()
		require.NoError(t, err)
		require.NotEmpty(t, v.Bytes())
	}
}

// InsideMisuseOfErrors uses the error of a call when the callback that made it is over;
// many of them at a time are right before.
func InsideMisuseOfErrors(t *inside.T, ctx rm.Context) {
	var errs [20]error
	for i := range errs {
		_, errs[i] = ctx.Call("misuse.fail", 0, rm.Int64(int64(i)))
	}
	for i, err := range errs {
		require.EqualError(t, err, fmt.Sprint("ERR misuse.fail: panic: it failed with ", i))
	}
	t.Later(0, func(t *inside.T, _ rm.Context) {
		misuse{`the error of a call is used after its callback: Clone it HERE`, func(at *string) { *at = line(); _ = errs[0].Error() }}.check(t)
	})
}

// InsideMisuseOfMemory uses memory that is freed or has moved.
func InsideMisuseOfMemory(t *inside.T, _ rm.Context) {
	m := rm.Alloc(100)
	copied := m
	m.Realloc(200)
	misuse{`ERR the memory is resized \(.*misuse_inside_test\.go:\d+\); it is used HERE`, func(at *string) { *at = line(); copied.Bytes() }}.check(t)
	copied = m
	var freedAt string
	func() { freedAt = line(); m.Free() }()
	for _, one := range []misuse{
		{`ERR the memory is freed ` + regexp.QuoteMeta(freedAt) + `; it is used HERE`, func(at *string) { *at = line(); copied.Bytes() }},
		{`ERR the memory is freed ` + regexp.QuoteMeta(freedAt) + `; it is used HERE`, func(at *string) { *at = line(); copied.MallocSize() }},
		{`ERR the memory is freed ` + regexp.QuoteMeta(freedAt) + `; it is freed again HERE`, func(at *string) { *at = line(); copied.Free() }},
		{`ERR the memory is freed ` + regexp.QuoteMeta(freedAt) + `; it is freed again HERE`, func(at *string) { *at = line(); copied.Realloc(10) }},
	} {
		one.check(t)
	}
	m.Free() // the same variable again is harmless
	other := rm.MemoryAt(rm.Alloc(8).Addr(), 8)
	other.Free()
}

// InsideMisuseOfEnds ends each kind of handle twice.
func InsideMisuseOfEnds(t *inside.T, ctx rm.Context) {
	user, err := rm.NewUser("misuse")
	require.NoError(t, err)
	user2, dict, goDict, reply, thread := user, rm.NewDict(), rm.NewGoDict[int](), rm.NewReply(), ctx.DetachedThreadSafeContext()
	key := ctx.OpenWriteKey(ctx.Str("key"))
	iterator, err := dict.IteratorBytes(rm.DictFirst, nil)
	require.NoError(t, err)
	cursor, err := rm.NewScanCursor()
	require.NoError(t, err)
	var freedAt string
	func() { freedAt = line(); user.Free() }()
	user.Free() // the same variable again is harmless
	key.Close()
	iterator.Stop()
	dict.Free()
	goDict.Free()
	cursor.Free()
	reply.Free()
	thread.Free()
	for _, m := range []misuse{
		{`ERR the key is closed HERE`, func(at *string) { *at = line(); key.Close() }},
		{`ERR the key is closed HERE`, func(at *string) { *at = line(); key.ReadKey().Close() }},
		{`ERR the iterator is stopped HERE`, func(at *string) { *at = line(); iterator.Stop() }},
		{`ERR the dictionary is freed HERE`, func(at *string) { *at = line(); dict.Free() }},
		{`ERR the dictionary is freed HERE`, func(at *string) { *at = line(); goDict.Free() }},
		{`ERR the scan cursor is freed HERE`, func(at *string) { *at = line(); cursor.Free() }},
		{`ERR the recorded reply is freed HERE`, func(at *string) { *at = line(); reply.Free() }},
		{`ERR the thread-safe context is freed HERE`, func(at *string) { *at = line(); thread.Free() }},
		{`ERR the user is freed ` + regexp.QuoteMeta(freedAt) + `; it is freed again HERE`, func(at *string) { *at = line(); user2.Free() }},
		{`ERR the user is freed ` + regexp.QuoteMeta(freedAt) + `; it is used HERE`, func(at *string) { *at = line(); _ = user2.SetACL("+get") }},
		{`ERR the user is freed ` + regexp.QuoteMeta(freedAt) + `; it is used HERE`, func(at *string) { *at = line(); _ = ctx.SetUser(user2) }},
	} {
		m.check(t)
	}
}

// InsideMisuseOfLoops keeps an element beyond its step.
func InsideMisuseOfLoops(t *inside.T, ctx rm.Context) {
	do := func(command string, args ...rm.Arg) {
		reply, err := ctx.Call(command, 0, args...)
		require.NoError(t, err)
		reply.Free()
	}
	do("RPUSH", rm.Text("list"), rm.Text("a"), rm.Text("b"))
	do("ZADD", rm.Text("zset"), rm.Int64(1), rm.Text("a"), rm.Int64(2), rm.Text("b"))
	for range 2 {
		do("XADD", rm.Text("stream"), rm.Text("*"), rm.Text("f"), rm.Text("v"))
	}
	over := func(kind string, s rm.RStr) {
		t.Helper()
		misuse{`ERR a string of the step of a loop over a ` + kind + ` is used after that is over HERE`, func(at *string) { *at = line(); s.Len() }}.check(t)
	}
	var last rm.RStr
	list := ctx.OpenReadKey(ctx.Str("list"))
	elements, err := list.List(0, -1)
	require.NoError(t, err)
	for _, s := range elements.All {
		if !last.IsZero() {
			over("list", last)
		}
		last = s
	}
	zset := ctx.OpenReadKey(ctx.Str("zset"))
	last = rm.RStr{}
	scores, err := zset.ZSetByScore(rm.AllScores)
	require.NoError(t, err)
	for s := range scores.All {
		if !last.IsZero() {
			over("sorted set", last)
		}
		last = s
	}
	stream := ctx.OpenReadKey(ctx.Str("stream"))
	entries, err := stream.Stream(rm.MinStreamID, rm.MaxStreamID)
	require.NoError(t, err)
	last = rm.RStr{}
	for _, entry := range entries.All {
		if !last.IsZero() {
			over("stream", last)
		}
		last, _ = entry.Field(0)
	}
	require.False(t, last.IsZero())
	for _, k := range []rm.ReadKey{list, zset, stream} {
		k.Close()
	}
}

// InsideChild uses and frees strings in a forked child, while other goroutines did so when
// it was forked: what the debug build keeps needs no lock, which they could hold.
func InsideChild(t *inside.T, ctx rm.Context) {
	var stop atomic.Bool
	for range 4 {
		go func() {
			for !stop.Load() {
				s := rm.NewRStringText("text")
				_ = s.Bytes()
				s.Free()
			}
		}()
	}
	t.Cleanup(func() { stop.Store(true) })
	kept, arg := rm.NewRStringText("kept"), ctx.Str("lent")
	t.Cleanup(kept.Free)
	ended := make(chan int, 1)
	_, err := ctx.Fork(func() int {
		s := kept.Copy()
		ok := s.String() == "kept" && arg.String() == "lent"
		s.Free()
		copied := kept
		func() {
			defer func() {
				text, _ := recover().(string)
				ok = ok && strings.HasPrefix(text, "rm_debug: ERR the string is freed ")
			}()
			own := kept.Copy()
			copied = own
			own.Free()
			copied.Len()
		}()
		if ctx.SelectedDB() != 0 || !ok { // the context is the child's, too
			return 1
		}
		return 7
	}, func(code, signal int) { ended <- code + 1000*signal })
	if mode, _ := redismodule.CurrentMode(); mode != redismodule.ModeResident {
		require.Error(t, err)
		return
	}
	require.NoError(t, err)
	tries := 0
	var after func(t *inside.T, ctx rm.Context)
	after = func(t *inside.T, _ rm.Context) {
		select {
		case code := <-ended:
			require.Equal(t, 7, code)
		default:
			tries++
			require.Less(t, tries, 1000, "the child hangs")
			t.Later(10*time.Millisecond, after)
		}
	}
	t.Later(10*time.Millisecond, after)
}

// InsideMisuseOfOpenKeys calls commands for keys that are open.
func InsideMisuseOfOpenKeys(t *inside.T, ctx rm.Context) {
	key := ctx.OpenWriteKey(ctx.Str("open"))
	misuse{`ERR the key is open: close it before a command that changes it is called HERE`,
		func(at *string) { *at = line(); _, _ = ctx.Call("SET", 0, rm.Text("open"), rm.Text("x")) }}.check(t)
	key.Close()
}
