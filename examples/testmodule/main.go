// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command testmodule is a module that tries the API where it runs: each command tries one
// thing and replies with what it has seen, and test.it calls them all and compares.
package main

import (
	"github.com/iredismodule/redismodule/rm"
)

func init() {
	const read = rm.CmdReadOnly
	rm.Register(rm.Module{
		Name: "test", Version: 1, OnLoad: onLoad,
		Commands: []rm.Command{
			{Name: "test.call", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 1, Handler: call},
			{Name: "test.ctxflags", Flags: read, Keys: rm.NoKeys, Arity: 1, Handler: contextFlags},
			{Name: "test.string.append", Flags: read, Keys: rm.NoKeys, Arity: 1, Handler: stringAppend},
			{Name: "test.string.format", Flags: read, Keys: rm.NoKeys, Arity: -3, Handler: stringFormat},
			{Name: "test.unlink", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Replicate: rm.ReplicateVerbatim, Handler: unlink},
			{Name: "test.random", Flags: read, Keys: rm.NoKeys, Arity: 1, Handler: random},
			{Name: "test.notify", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 1, Handler: notify},
			{Name: "test.panic", Flags: read, Keys: rm.NoKeys, Arity: 1, Handler: panics},
			{Name: "test.keypos", Flags: read, Arity: -3, GetKeys: keyPositions, Handler: keyPos},
			{Name: "test.it", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 1, Handler: it},
		},
	})
}

func main() {}

// events counts the events of the key that notify writes to.
var events int64

func onLoad(ctx rm.Context, args rm.Args) error {
	_, err := ctx.SubscribeToKeyspaceEvents(rm.NotifyString, func(ctx rm.NotifyContext, e rm.KeyspaceEvent) {
		if e.Event() == "set" && e.Key().String() == "test:notify" {
			events++
		}
	})
	return err
}

// do calls a command, replicates it, and returns its reply as text.
func do(ctx rm.Context, command string, args ...rm.Arg) (string, error) {
	return doAs(ctx, command, rm.CallReplicate, args...)
}

func doAs(ctx rm.Context, command string, flags rm.CallFlags, args ...rm.Arg) (string, error) {
	reply, err := ctx.Call(command, flags, args...)
	defer reply.Free()
	if err != nil {
		return "", err
	}
	if reply.Type() == rm.ReplyInteger {
		s := rm.NewRStringInt64(reply.Integer())
		defer s.Free()
		return s.Str().Clone(), nil
	}
	return reply.Text()
}

// call writes and reads by commands.
func call(ctx rm.Context, args rm.Args) error {
	list := rm.Text("test:list")
	if _, err := do(ctx, "DEL", list); err != nil {
		return err
	}
	if _, err := do(ctx, "RPUSH", list, rm.Text("a"), rm.Text("b")); err != nil {
		return err
	}
	reply, err := ctx.Call("LRANGE", 0, list, rm.Int64(0), rm.Int64(-1))
	defer reply.Free()
	if err != nil {
		return err
	}
	text := ""
	for _, element := range reply.Elements {
		text += element.String()
	}
	if _, err := do(ctx, "DEL", list); err != nil {
		return err
	}
	return ctx.ReplyWithText(text)
}

// contextFlags replies with what there is to know about the server and the client.
func contextFlags(ctx rm.Context, args rm.Args) error {
	return ctx.ReplyWithText(ctx.ContextFlags().String())
}

// stringAppend makes a string and appends to it.
func stringAppend(ctx rm.Context, args rm.Args) error {
	s := rm.NewRStringText("foo")
	defer s.Free()
	if err := s.AppendText("bar"); err != nil {
		return err
	}
	return ctx.ReplyWithString(s.Str())
}

// stringFormat makes a string of the arguments and their number.
func stringFormat(ctx rm.Context, args rm.Args) error {
	s := rm.NewRStringFormat("Got %d args. argv[1]: %s, argv[2]: %s", args.Len(), args.At(1), args.At(2))
	defer s.Free()
	return ctx.ReplyWithString(s.Str())
}

// unlink removes a key, and replies with whether it is gone.
func unlink(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	if !key.Exists() {
		return rm.ErrNoKey
	}
	if err := key.Unlink(); err != nil {
		return err
	}
	return ctx.ReplyWithBool(!key.Exists())
}

// random replies with 40 random characters.
func random(ctx rm.Context, args rm.Args) error {
	var hex [40]byte
	rm.RandomHex(hex[:])
	return ctx.ReplyWithBytes(hex[:])
}

// notify writes a key and replies with the number of events that the module has heard of it.
func notify(ctx rm.Context, args rm.Args) error {
	before := events
	if _, err := do(ctx, "SET", rm.Text("test:notify"), rm.Text("x")); err != nil {
		return err
	}
	heard := events - before
	if _, err := do(ctx, "DEL", rm.Text("test:notify")); err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(heard)
}

// panics shows what a mistake costs: an error reply and lines in the log.
func panics(ctx rm.Context, args rm.Args) error { panic("on purpose") }

// keyPositions says that every second argument is a key.
func keyPositions(request rm.KeysRequest, args rm.Args) {
	for i := 1; i < args.Len(); i += 2 {
		if request.KeyAtPos(i) != nil {
			return
		}
	}
}

func keyPos(ctx rm.Context, args rm.Args) error { return ctx.ReplyWithLongLong(int64(args.Len() / 2)) }

// it calls the others, as a client would, and replies with the first difference.
func it(ctx rm.Context, args rm.Args) error {
	if _, err := do(ctx, "SET", rm.Text("test:unlink"), rm.Text("x")); err != nil {
		return err
	}
	for _, c := range []struct {
		command string
		args    []rm.Arg
		want    string
	}{
		{"test.call", nil, "ab"},
		{"test.string.append", nil, "foobar"},
		{"test.string.format", []rm.Arg{rm.Text("foo"), rm.Text("bar")}, "Got 3 args. argv[1]: foo, argv[2]: bar"},
		{"test.unlink", []rm.Arg{rm.Text("test:unlink")}, "1"},
		{"test.notify", nil, "1"},
		{"test.keypos", []rm.Arg{rm.Text("a"), rm.Text("x"), rm.Text("b"), rm.Text("y")}, "2"},
	} {
		got, err := doAs(ctx, c.command, 0, c.args...) // what it writes it replicates by itself
		if err != nil {
			return ctx.ReplyWithErrorFormat("ERR %s: %s", c.command, err.Error())
		}
		if got != c.want {
			return ctx.ReplyWithErrorFormat("ERR %s: got %q, want %q", c.command, got, c.want)
		}
	}
	if _, err := doAs(ctx, "test.panic", 0); err == nil {
		return rm.Error("ERR test.panic: no error")
	}
	return ctx.ReplyWithSimpleString("ALL TESTS PASSED")
}
