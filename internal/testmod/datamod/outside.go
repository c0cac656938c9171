// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"strings"

	"errors"
	"fmt"
	"os"
	"reflect"
	"sort"
	"time"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// What the methods of a context do where there is no command.

var _ = add(
	rm.Command{Name: "d.outside", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 2, Handler: dOutside},
	rm.Command{Name: "d.outside.users", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 1, Handler: dOutsideUsers},
	rm.Command{Name: "d.outside.methods", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: dOutsideMethods},
	rm.Command{Name: "d.outside.result", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: dOutsideResult},
)

var (
	outsideAtLoad, outsideResult []string

	_ = atLoad(func(ctx rm.Context) error {
		if os.Getenv("DATAMOD_OUTSIDE") != "" {
			outsideAtLoad = outsideCalls(ctx)
		}
		return nil
	})
)

// ofReply calls f with a reply of a call.
func ofReply(ctx rm.Context, f func(r rm.CallReply) error) error {
	r, err := ctx.Call("PING", 0)
	if err != nil {
		return err
	}
	defer r.Free()
	return f(r)
}

// ofReplies is what replies, and needs a client.
var ofReplies = map[string]func(ctx rm.Context) error{
	"ReplyWithLongLong":       func(ctx rm.Context) error { return ctx.ReplyWithLongLong(1) },
	"ReplyWithLongLongs":      func(ctx rm.Context) error { return ctx.ReplyWithLongLongs([]int64{1}) },
	"ReplyWithDoubles":        func(ctx rm.Context) error { return ctx.ReplyWithDoubles([]float64{1}) },
	"ReplyWithTexts":          func(ctx rm.Context) error { return ctx.ReplyWithTexts([]string{"x"}) },
	"ReplyWithByteSlices":     func(ctx rm.Context) error { return ctx.ReplyWithByteSlices([][]byte{{1}}) },
	"ReplyWithStrings":        func(ctx rm.Context) error { return ctx.ReplyWithStrings(rm.RStr{}) },
	"ReplyWithTextMap":        func(ctx rm.Context) error { return ctx.ReplyWithTextMap([]string{"x", "y"}) },
	"ReplyWithBytesMap":       func(ctx rm.Context) error { return ctx.ReplyWithBytesMap([][]byte{{1}, {2}}) },
	"ReplyWithStringMap":      func(ctx rm.Context) error { return ctx.ReplyWithStringMap(rm.RStr{}, rm.RStr{}) },
	"ReplyWithString":         func(ctx rm.Context) error { return ctx.ReplyWithString(rm.RStr{}) },
	"ReplyWithBytes":          func(ctx rm.Context) error { return ctx.ReplyWithBytes([]byte("x")) },
	"ReplyWithText":           func(ctx rm.Context) error { return ctx.ReplyWithText("x") },
	"ReplyWithCString":        func(ctx rm.Context) error { return ctx.ReplyWithCString(unsafeconv.NewZ("x")) },
	"ReplyWithEmptyString":    func(ctx rm.Context) error { return ctx.ReplyWithEmptyString() },
	"ReplyWithSimpleString":   func(ctx rm.Context) error { return ctx.ReplyWithSimpleString("x") },
	"ReplyWithOK":             func(ctx rm.Context) error { return ctx.ReplyWithOK() },
	"ReplyWithNull":           func(ctx rm.Context) error { return ctx.ReplyWithNull() },
	"ReplyWithNullArray":      func(ctx rm.Context) error { return ctx.ReplyWithNullArray() },
	"ReplyWithDouble":         func(ctx rm.Context) error { return ctx.ReplyWithDouble(1) },
	"ReplyWithLongDouble":     func(ctx rm.Context) error { return ctx.ReplyWithLongDouble(1) },
	"ReplyWithBool":           func(ctx rm.Context) error { return ctx.ReplyWithBool(true) },
	"ReplyWithBigNumber":      func(ctx rm.Context) error { return ctx.ReplyWithBigNumber("1") },
	"ReplyWithVerbatimString": func(ctx rm.Context) error { return ctx.ReplyWithVerbatimString("x", "txt") },
	"ReplyWithArray":          func(ctx rm.Context) error { return ctx.ReplyWithArray(1) },
	"ReplySetArrayLength":     func(ctx rm.Context) error { return ctx.ReplySetArrayLength(1) },
	"ReplyWithEmptyArray":     func(ctx rm.Context) error { return ctx.ReplyWithEmptyArray() },
	"ReplyWithMap":            func(ctx rm.Context) error { return ctx.ReplyWithMap(1) },
	"ReplySetMapLength":       func(ctx rm.Context) error { return ctx.ReplySetMapLength(1) },
	"ReplyWithSet":            func(ctx rm.Context) error { return ctx.ReplyWithSet(1) },
	"ReplySetSetLength":       func(ctx rm.Context) error { return ctx.ReplySetSetLength(1) },
	"ReplyWithAttribute":      func(ctx rm.Context) error { return ctx.ReplyWithAttribute(1) },
	"ReplySetAttributeLength": func(ctx rm.Context) error { return ctx.ReplySetAttributeLength(1) },
	"ReplyWithError":          func(ctx rm.Context) error { return ctx.ReplyWithError(rm.ErrWrongArity) },
	"ReplyWithErrorFormat":    func(ctx rm.Context) error { return ctx.ReplyWithErrorFormat("x %d", 1) },
	"ReplyWithCustomError":    func(ctx rm.Context) error { return ctx.ReplyWithCustomError(rm.ErrRange) },
	"WrongArity":              func(ctx rm.Context) error { return ctx.WrongArity() },
	"ReplicateVerbatim":       func(ctx rm.Context) error { return ctx.ReplicateVerbatim() },
	"ReplyWithCallReply":      func(ctx rm.Context) error { return ofReply(ctx, ctx.ReplyWithCallReply) },
	"Reply":                   replyValues,
	"ReplyTo":                 replyRecorded, // of a recorded reply
}

func replyRecorded(ctx rm.Context) error {
	b := rm.NewReply()
	b.LongLong(1)
	defer b.Free()
	return b.ReplyTo(ctx)
}

// replyValues tries all ways in which values are sent.
func replyValues(ctx rm.Context) error {
	b := rm.NewReply()
	b.LongLong(1)
	defer b.Free()
	err := ofReply(ctx, func(r rm.CallReply) error { return ctx.Reply(rm.CallReplyValue(r)) })
	for _, v := range []rm.Value{
		{}, rm.LongLongValue(1), rm.TextValue("x"), rm.StrValue(rm.RStr{}), rm.ErrorValue(rm.ErrRange), rm.ErrorValue(rm.ErrWrongArity),
		rm.ReplyValue(b), rm.ArrayValue(rm.LongLongValue(1)), rm.MapValue(),
	} {
		if e := ctx.Reply(v); e != err {
			return fmt.Errorf("one value gives %v, another %v", err, e)
		}
	}
	return err
}

// others is what works without a command, or gives what is documented.
var others = map[string]func(ctx rm.Context) error{
	"ClientID":   func(ctx rm.Context) error { return wants("a client", ctx.ClientID() == 0) },
	"RESP3":      func(ctx rm.Context) error { return wants("a protocol", !ctx.RESP3()) },
	"AutoMemory": func(ctx rm.Context) error { ctx.AutoMemory(); return nil },
	"BeginReplies": func(ctx rm.Context) error {
		ctx.BeginReplies()
		return wants("a client", ctx.ReplyWithNull() == rm.ErrNoCommand)
	},
	"Str":      func(ctx rm.Context) error { return wants("no text", ctx.Str("text").String() == "text") },
	"StrBytes": func(ctx rm.Context) error { return wants("no text", ctx.StrBytes([]byte("text")).String() == "text") },
	"EndCallback": func(ctx rm.Context) error {
		s := rm.NewRStringText("handed over")
		lent := s.HandOver(ctx)
		if !s.IsZero() || lent.String() != "handed over" {
			return errors.New("what is handed over is not there")
		}
		ctx.EndCallback()
		return nil
	},
	"IsKeysPositionRequest":     func(ctx rm.Context) error { return wants("a request", !ctx.IsKeysPositionRequest()) },
	"IsChannelsPositionRequest": func(ctx rm.Context) error { return wants("a request", !ctx.IsChannelsPositionRequest()) },

	"Raw":        func(ctx rm.Context) error { return wants("no handle", ctx.Raw() != 0) },
	"String":     func(ctx rm.Context) error { return wants("no text", ctx.String() != "") },
	"SelectedDB": func(ctx rm.Context) error { return wants("another database", ctx.SelectedDB() == 0) },
	"SelectDB":   func(ctx rm.Context) error { return errors.Join(ctx.SelectDB(3), ctx.SelectDB(0)) },
	"DBSize":     func(ctx rm.Context) error { ctx.DBSize(); return nil },
	"ContextFlags": func(ctx rm.Context) error {
		return wants("no role", ctx.ContextFlags()&(rm.CtxFlagMaster|rm.CtxFlagReplica) != 0)
	},
	"RandomKey": func(ctx rm.Context) error {
		s, _ := ctx.RandomKey()
		s.Free()
		return nil
	},
	"KeyExists":         withName(func(ctx rm.Context, s rm.RStr) error { return wants("a key", !ctx.KeyExists(s)) }),
	"SignalModifiedKey": withName(func(ctx rm.Context, s rm.RStr) error { return ctx.SignalModifiedKey(s) }),
	"OpenReadKey":       withName(func(ctx rm.Context, s rm.RStr) error { ctx.OpenReadKey(s).Close(); return nil }),
	"OpenWriteKey":      withName(func(ctx rm.Context, s rm.RStr) error { ctx.OpenWriteKey(s).Close(); return nil }),
	"OpenReadKeyMode": withName(func(ctx rm.Context, s rm.RStr) error {
		k, err := ctx.OpenReadKeyMode(s, 0)
		if err == nil {
			k.Close()
		}
		return err
	}),
	"OpenWriteKeyMode": withName(func(ctx rm.Context, s rm.RStr) error {
		k, err := ctx.OpenWriteKeyMode(s, 0)
		if err == nil {
			k.Close()
		}
		return err
	}),
	"RawReadKey":          func(ctx rm.Context) error { ctx.RawReadKey(0).Close(); return nil },
	"RawWriteKey":         func(ctx rm.Context) error { ctx.RawWriteKey(0); return nil },
	"Log":                 func(ctx rm.Context) error { ctx.Log(rm.LevelDebug, "x"); return nil },
	"Debug":               func(ctx rm.Context) error { ctx.Debug("x"); return nil },
	"Verbose":             func(ctx rm.Context) error { ctx.Verbose("x"); return nil },
	"Notice":              func(ctx rm.Context) error { ctx.Notice("x"); return nil },
	"Warning":             func(ctx rm.Context) error { ctx.Warning("x"); return nil },
	"PoolAlloc":           func(ctx rm.Context) error { return wants("no memory", len(ctx.PoolAlloc(8)) == 8) },
	"Call":                func(ctx rm.Context) error { return ofReply(ctx, func(rm.CallReply) error { return nil }) },
	"Replicate":           func(ctx rm.Context) error { return ctx.Replicate("SET", 0, rm.Text("outside"), rm.Text("1")) },
	"PublishMessage":      withName(func(ctx rm.Context, s rm.RStr) error { _, err := ctx.PublishMessage(s, s); return err }),
	"PublishMessageShard": withName(func(ctx rm.Context, s rm.RStr) error { _, err := ctx.PublishMessageShard(s, s); return err }),
	"SetKey":              withName(func(ctx rm.Context, s rm.RStr) error { _, err := ctx.SetKey(s).Len(); return err }),
	"Keys":                func(ctx rm.Context) error { _, err := ctx.Keys(nil); return err },
	"SetUser":             outsideUser,
	"SendChildHeartbeat":  func(ctx rm.Context) error { return wants("a child", ctx.SendChildHeartbeat(0) != nil) },
	"KillForkChild":       func(ctx rm.Context) error { return wants("a child", ctx.KillForkChild(1) != nil) },
	"CreateCommand": func(ctx rm.Context) error {
		late := rm.Command{Name: "d.late", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: func(ctx rm.Context, _ rm.Args) error { return nil }}
		err := ctx.CreateCommand(late)
		if outsideAtLoad == nil { // the load itself
			return err
		}
		return wants("the load", err != nil && strings.Contains(err.Error(), "while the module loads only"))
	},
	"Fork":                      func(ctx rm.Context) error { _, err := ctx.Fork(nil, nil); return wants("a child", err != nil) },
	"DetachedThreadSafeContext": func(ctx rm.Context) error { ctx.DetachedThreadSafeContext().Free(); return nil },
	"ResetDataset": withName(func(ctx rm.Context, s rm.RStr) error {
		k := ctx.OpenReadKey(s)
		defer k.Close()
		return wants("the data gone", ctx.ResetDataset(0) == rm.ErrKeysOpen)
	}),
	"Scan": func(ctx rm.Context) error {
		c, err := rm.NewScanCursor()
		if err != nil {
			return err
		}
		_, err = ctx.Scan(c, func(rm.RStr, rm.ReadKey) {})
		c.Free()
		return err
	},
}

func wants(what string, ok bool) error {
	if !ok {
		return errors.New("there is " + what)
	}
	return nil
}

// withName makes a call with a name of a key that does not exist.
func withName(f func(ctx rm.Context, s rm.RStr) error) func(ctx rm.Context) error {
	return func(ctx rm.Context) error {
		s := rm.NewRStringText("no such key")
		defer s.Free()
		return f(ctx, s.Str())
	}
}

// outsideUser: a call as the user of the client fails where there is no client, and so does
// one as a user whom another function has set.
func outsideUser(ctx rm.Context) error {
	call := func() error {
		r, err := ctx.Call("PING", rm.CallAsUser)
		r.Free()
		return err
	}
	before := call()
	u, err := rm.NewUser("outside")
	if err != nil {
		return err
	}
	defer u.Free()
	if err := errors.Join(u.SetACL("on +ping"), ctx.SetUser(u), call()); err != nil {
		return err
	}
	return errors.Join(wants("a user", before != nil), ctx.SetUser(rm.User{}))
}

// outsideCalls makes all calls: "name: what came".
func outsideCalls(ctx rm.Context) (lines []string) {
	for _, calls := range []map[string]func(ctx rm.Context) error{ofReplies, others} {
		for name, f := range calls {
			lines = append(lines, fmt.Sprintf("%s: %v", name, f(ctx)))
		}
	}
	sort.Strings(lines)
	return lines
}

// dOutside is d.outside WHERE: makes the calls there.
func dOutside(ctx rm.Context, args rm.Args) error {
	outsideResult = nil
	switch args.At(1).String() {
	case "load":
		outsideResult = outsideAtLoad
	case "do":
		t := ctx.DetachedThreadSafeContext()
		go func() {
			defer t.Free()
			err := t.Do(func(ctx rm.Context) error {
				outsideResult = outsideCalls(ctx)
				return nil
			})
			if err != nil {
				rm.Log(rm.LevelWarning, err.Error())
			}
		}()
	case "timer":
		if _, err := ctx.CreateTimer(0, func(ctx rm.Context) { outsideResult = outsideCalls(ctx) }); err != nil {
			return err
		}
	case "promise":
		reply, err := ctx.Call("BLPOP", rm.CallAllowBlock, rm.Text("outside list"), rm.Int64(0))
		if err != nil {
			return err
		}
		if _, err := reply.OnUnblocked(func(ctx rm.Context, _ rm.CallReply) { outsideResult = outsideCalls(ctx) }); err != nil {
			return err
		}
	}
	return ctx.ReplyWithOK()
}

// dOutsideUsers has two functions run in one turn of the server's: the first sets a
// user, who must not be the second one's.
func dOutsideUsers(ctx rm.Context, args rm.Args) error {
	outsideResult = nil
	u, err := rm.NewUser("outside users")
	if err == nil {
		err = u.SetACL("on +ping")
	}
	if err != nil {
		return err
	}
	t := ctx.DetachedThreadSafeContext()
	asUser := func(ctx rm.Context) error {
		r, err := ctx.Call("PING", rm.CallAsUser)
		r.Free()
		return err
	}
	for _, f := range []func(ctx rm.Context) error{
		func(ctx rm.Context) error { return errors.Join(ctx.SetUser(u), asUser(ctx)) },
		func(ctx rm.Context) error { u.Free(); return asUser(ctx) },
	} {
		go func() {
			_ = t.Do(func(ctx rm.Context) error {
				outsideResult = append(outsideResult, fmt.Sprint(f(ctx)))
				return nil
			})
		}()
		time.Sleep(20 * time.Millisecond) // it is in the queue, which waits for this command
	}
	return ctx.ReplyWithOK()
}

func dOutsideResult(ctx rm.Context, args rm.Args) error {
	if err := ctx.ReplyWithArray(len(outsideResult)); err != nil {
		return err
	}
	for _, line := range outsideResult {
		if err := ctx.ReplyWithText(line); err != nil {
			return err
		}
	}
	return nil
}

// dOutsideMethods replies with the names of the methods of Context that exist.
func dOutsideMethods(ctx rm.Context, args rm.Args) error {
	c := reflect.TypeFor[rm.Context]()
	if err := ctx.ReplyWithArray(c.NumMethod()); err != nil {
		return err
	}
	for i := range c.NumMethod() {
		if err := ctx.ReplyWithText(c.Method(i).Name); err != nil {
			return err
		}
	}
	return nil
}
