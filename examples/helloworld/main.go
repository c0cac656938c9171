// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command helloworld shows keys of each type: what is read and written by the key itself, what
// by a call of a command, and how each reaches the replicas.
package main

import (
	"bytes"

	"github.com/iredismodule/redismodule/rm"
)

func init() {
	const read, write = rm.CmdReadOnly, rm.CmdWrite | rm.CmdDenyOOM
	rm.Register(rm.Module{
		Name: "helloworld", Version: 1,
		Commands: []rm.Command{
			{Name: "hello.simple", Flags: read, Keys: rm.NoKeys, Arity: 1, Handler: simple},
			{Name: "hello.push.native", Flags: write, Keys: rm.OneKey, Arity: 3, Replicate: rm.ReplicateVerbatim, Handler: pushNative},
			{Name: "hello.push.call", Flags: write, Keys: rm.OneKey, Arity: 3, Handler: pushCall},
			{Name: "hello.list.sum.len", Flags: read, Keys: rm.OneKey, Arity: 2, Handler: listSumLen},
			{Name: "hello.list.splice", Flags: write, Keys: rm.KeyRange{First: 1, Last: 2, Step: 1}, Arity: 4, Replicate: rm.ReplicateVerbatim, Handler: listSplice},
			{Name: "hello.rand.array", Flags: read, Keys: rm.NoKeys, Arity: 2, Handler: randArray},
			{Name: "hello.repl", Flags: write, Keys: rm.NoKeys, Arity: 1, Handler: repl},
			{Name: "hello.toggle.case", Flags: write, Keys: rm.OneKey, Arity: 2, Replicate: rm.ReplicateVerbatim, Handler: toggleCase},
			{Name: "hello.more.expire", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 3, Handler: moreExpire},
			{Name: "hello.zsumrange", Flags: read, Keys: rm.OneKey, Arity: 4, Handler: zsumRange},
			{Name: "hello.lexrange", Flags: read, Keys: rm.OneKey, Arity: 4, Handler: lexRange},
			{Name: "hello.hcopy", Flags: write, Keys: rm.OneKey, Arity: 4, Replicate: rm.ReplicateVerbatim, Handler: hashCopy},
			{Name: "hello.leftpad", Flags: read | rm.CmdFast, Keys: rm.NoKeys, Arity: 4, Handler: leftPad},
		},
	})
}

func main() {}

// simple replies with the database that the client has selected.
func simple(ctx rm.Context, args rm.Args) error {
	return ctx.ReplyWithLongLong(int64(ctx.SelectedDB()))
}

// pushNative pushes by the key: nothing is faster. ReplicateVerbatim repeats the command on the
// replicas.
func pushNative(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	if err := key.ListPush(rm.ListTail, args.At(2)); err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(int64(key.Len()))
}

var rpush = rm.NewCall("RPUSH", rm.CallReplicate)

// pushCall lets the server's own command push, and replicates that command.
func pushCall(ctx rm.Context, args rm.Args) error {
	reply, err := rpush.Do(ctx, args.At(1), args.At(2))
	defer reply.Free()
	if err != nil {
		return err
	}
	return ctx.ReplyWithCallReply(reply)
}

var lrange = rm.NewCall("LRANGE", 0)

// listSumLen adds up the lengths of a list's elements, as a call lists them.
func listSumLen(ctx rm.Context, args rm.Args) error {
	reply, err := lrange.DoArgs(ctx, rm.Str(args.At(1)), rm.Int64(0), rm.Int64(-1))
	defer reply.Free()
	if err != nil {
		return err
	}
	sum := 0
	for _, element := range reply.ElementBytes {
		sum += len(element)
	}
	return ctx.ReplyWithLongLong(int64(sum))
}

// listSplice moves a number of elements from the end of one list to the beginning of another.
func listSplice(ctx rm.Context, args rm.Args) error {
	n, err := args.At(3).Int64()
	if err != nil || n < 0 {
		return rm.Error("ERR invalid count")
	}
	from, to := ctx.OpenWriteKey(args.At(1)), ctx.OpenWriteKey(args.At(2))
	defer from.Close()
	defer to.Close()
	for _, key := range []rm.WriteKey{from, to} {
		if t := key.Type(); t != rm.KeyTypeList && t != rm.KeyTypeEmpty {
			return rm.ErrWrongType
		}
	}
	for ; n > 0; n-- {
		element, ok, err := from.ListPop(rm.ListTail)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		err = to.ListPush(rm.ListHead, element.Str())
		element.Free()
		if err != nil {
			return err
		}
	}
	return ctx.ReplyWithLongLong(int64(from.Len()))
}

// randArray replies with random numbers: an array of a length that is known.
func randArray(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil || n < 0 || n > 1_000_000 {
		return rm.Error("ERR invalid count")
	}
	if err := ctx.ReplyWithArray(int(n)); err != nil {
		return err
	}
	var b [1]byte
	for range n {
		rm.RandomBytes(b[:])
		if err := ctx.ReplyWithLongLong(int64(b[0])); err != nil {
			return err
		}
	}
	return nil
}

// repl replicates two commands that it does not run here, as one transaction.
func repl(ctx rm.Context, args rm.Args) error {
	if err := ctx.Replicate("ECHO", 0, rm.Text("foo")); err != nil {
		return err
	}
	if err := ctx.Replicate("INCRBY", 0, rm.Text("hello:replicated"), rm.Int64(5)); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// toggleCase turns upper case into lower case and back, in the server's own memory.
func toggleCase(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	text, ok, err := key.StringDMA()
	if err != nil {
		return err
	}
	if ok {
		for i, c := range text {
			switch {
			case 'a' <= c && c <= 'z':
				text[i] = c - 'a' + 'A'
			case 'A' <= c && c <= 'Z':
				text[i] = c - 'A' + 'a'
			}
		}
	}
	return ctx.ReplyWithOK()
}

// moreExpire adds milliseconds to the time that a key has left.
func moreExpire(ctx rm.Context, args rm.Args) error {
	more, err := args.At(2).Int64()
	if err != nil {
		return rm.Error("ERR invalid time")
	}
	reply, err := ctx.Call("PTTL", 0, rm.Str(args.At(1)))
	defer reply.Free()
	if err != nil {
		return err
	}
	if left := reply.Integer(); left >= 0 {
		// PEXPIRE replicates the moment as such, so the replicas agree on it.
		set, err := ctx.Call("PEXPIRE", rm.CallReplicate, rm.Str(args.At(1)), rm.Int64(left+more))
		set.Free()
		if err != nil {
			return err
		}
	}
	return ctx.ReplyWithOK()
}

// zsumRange adds up the scores in a range of scores, once in each direction.
func zsumRange(ctx rm.Context, args rm.Args) error {
	low, err := args.At(2).Float64()
	if err != nil {
		return err
	}
	high, err := args.At(3).Float64()
	if err != nil {
		return err
	}
	key := ctx.OpenReadKey(args.At(1))
	defer key.Close()
	scores, err := key.ZSetByScore(rm.ScoreRange{Min: low, Max: high})
	if err != nil {
		return err
	}
	forward, backward := 0.0, 0.0
	for _, score := range scores.All {
		forward += score
	}
	for _, score := range scores.Backward {
		backward += score
	}
	return ctx.ReplyWithDoubles([]float64{forward, backward})
}

// lexRange lists the elements between two texts, of a sorted set whose scores are equal: an
// array whose length is known at its end only.
func lexRange(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenReadKey(args.At(1))
	defer key.Close()
	elements, err := key.ZSetByLex(args.At(2), args.At(3))
	if err != nil {
		return err
	}
	if err := ctx.ReplyWithArray(rm.PostponedLen); err != nil {
		return err
	}
	n := 0
	for element := range elements.All {
		if err := ctx.ReplyWithString(element); err != nil {
			return err
		}
		n++
	}
	return ctx.ReplySetArrayLength(n)
}

// hashCopy copies a field of a hash to another one.
func hashCopy(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	value, ok, err := key.HashGet(args.At(2))
	if err != nil {
		return err
	}
	if !ok {
		return ctx.ReplyWithLongLong(0)
	}
	defer value.Free()
	if _, err := key.HashSet(args.At(3), value.Str(), 0); err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(1)
}

// leftPad fills a text with a character to a length.
func leftPad(ctx rm.Context, args rm.Args) error {
	length, err := args.At(2).Int64()
	if err != nil || length < 0 || length > 1<<20 {
		return rm.Error("ERR invalid padding length")
	}
	char := args.At(3).Bytes()
	if len(char) != 1 {
		return rm.Error("ERR the padding must be one character")
	}
	text := args.At(1)
	if int64(text.Len()) >= length {
		return ctx.ReplyWithString(text)
	}
	return ctx.ReplyWithBytes(append(bytes.Repeat(char, int(length)-text.Len()), text.Bytes()...))
}
