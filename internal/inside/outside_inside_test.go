// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// What the methods of a context do where there is no command.

// outsideAtLoad are the answers of the load.
var outsideAtLoad map[string]error

func init() {
	rm.AtLoad(func(ctx rm.Context) error {
		outsideAtLoad = nil
		outsideAtLoad = outsideAnswers(ctx)
		return nil
	})
}

// outsideReply calls f with a reply of a call.
func outsideReply(ctx rm.Context, f func(r rm.CallReply) error) error {
	r, err := ctx.Call("PING", 0)
	if err != nil {
		return err
	}
	defer r.Free()
	return f(r)
}

// outsideReplies is what replies, and needs a client.
var outsideReplies = map[string]func(ctx rm.Context) error{
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
	"ReplyWithCallReply":      func(ctx rm.Context) error { return outsideReply(ctx, ctx.ReplyWithCallReply) },
	"Reply":                   outsideValues,
	"ReplyTo":                 outsideRecorded, // of a recorded reply
}

func outsideRecorded(ctx rm.Context) error {
	b := rm.NewReply()
	b.LongLong(1)
	defer b.Free()
	return b.ReplyTo(ctx)
}

// outsideValues tries all ways in which values are sent.
func outsideValues(ctx rm.Context) error {
	b := rm.NewReply()
	b.LongLong(1)
	defer b.Free()
	err := outsideReply(ctx, func(r rm.CallReply) error { return ctx.Reply(rm.CallReplyValue(r)) })
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

// outsideOthers is what works without a command, or gives what is documented.
var outsideOthers = map[string]func(ctx rm.Context) error{
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
	"Call":                func(ctx rm.Context) error { return outsideReply(ctx, func(rm.CallReply) error { return nil }) },
	"Replicate":           func(ctx rm.Context) error { return ctx.Replicate("SET", 0, rm.Text("outside"), rm.Text("1")) },
	"PublishMessage":      withName(func(ctx rm.Context, s rm.RStr) error { _, err := ctx.PublishMessage(s, s); return err }),
	"PublishMessageShard": withName(func(ctx rm.Context, s rm.RStr) error { _, err := ctx.PublishMessageShard(s, s); return err }),
	"SetKey":              withName(func(ctx rm.Context, s rm.RStr) error { _, err := ctx.SetKey(s).Len(); return err }),
	"Keys":                func(ctx rm.Context) error { _, err := ctx.Keys(nil); return err },
	"SetUser":             outsideUser,
	"SendChildHeartbeat":  func(ctx rm.Context) error { return wants("a child", ctx.SendChildHeartbeat(0) != nil) },
	"KillForkChild":       func(ctx rm.Context) error { return wants("a child", ctx.KillForkChild(1) != nil) },
	"CreateCommand": func(ctx rm.Context) error {
		late := rm.Command{Name: "inside.late", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: func(ctx rm.Context, _ rm.Args) error { return nil }}
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
		return wants("the data gone", outsideTold(func() error { return ctx.ResetDataset(0) }) == rm.ErrKeysOpen)
	}),
	"ContextFlags": func(ctx rm.Context) error { return wants("a transaction", ctx.ContextFlags()&rm.CtxFlagMulti == 0) },
	"SaveRDB":      func(ctx rm.Context) error { return outsideSince72(ctx.SaveRDB("outside.rdb"), nil) },
	"LoadRDB": withName(func(ctx rm.Context, s rm.RStr) error {
		k := ctx.OpenReadKey(s)
		defer k.Close()
		return outsideSince72(outsideTold(func() error { return ctx.LoadRDB("outside.rdb") }), rm.ErrKeysOpen)
	}),
	"RegisterCommandFilter": func(ctx rm.Context) error {
		f, err := ctx.RegisterCommandFilter(0, func(rm.FilteredCommand) {})
		f.Stop(ctx)
		return err
	},
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

// outsideSince72 is nil if err is what is wanted, or that the server lacks the function.
func outsideSince72(err, want error) error {
	if errors.Is(err, rm.ErrUnsupported) {
		if redismodule.Has(redismodule.FnRdbSave) {
			return err
		}
		return nil
	}
	if !errors.Is(err, want) {
		return fmt.Errorf("%v instead of %v", err, want)
	}
	return nil
}

// outsideTold is the error of f, told of by the debug build or returned.
func outsideTold(f func() error) error {
	err, _ := told(func() any { return f() }).(error)
	return err
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

// outsideAnswers calls all methods.
func outsideAnswers(ctx rm.Context) map[string]error {
	answers := map[string]error{}
	for _, calls := range []map[string]func(ctx rm.Context) error{outsideReplies, outsideOthers} {
		for name, f := range calls {
			answers[name] = f(ctx)
		}
	}
	return answers
}

// requireOutside looks at the answers of every method that there is, and of ReplyTo.
func requireOutside(t *inside.T, answers map[string]error, where string) {
	t.Helper()
	c := reflect.TypeFor[rm.Context]()
	methods := []string{"ReplyTo"}
	for i := range c.NumMethod() {
		methods = append(methods, c.Method(i).Name)
	}
	for _, m := range methods {
		got, called := answers[m]
		require.True(t, called, "%s is called in %s", m, where)
		if strings.HasPrefix(m, "Reply") || m == "WrongArity" || m == "ReplicateVerbatim" {
			require.Equal(t, rm.ErrNoCommand, got, "%s in %s", m, where)
			continue
		}
		require.NoError(t, got, "%s in %s", m, where)
	}
}

// InsideWithoutCommand calls every method of a context where there is no command: in the
// load, in Do, in a timer, and at the end of a blocking call. What needs one gives an error,
// the others work as documented, and the server lives.
func InsideWithoutCommand(t *inside.T, ctx rm.Context) {
	if !since70(t) {
		t.Skip("the server is older than Redis 7.0 and lacks functions")
	}
	e := env{t, ctx}
	e.do("CONFIG", "SET", "appendonly", "yes") // there is somebody to replicate to
	requireOutside(t, outsideAtLoad, "the load")
	places := 2
	got := map[string]map[string]error{}
	thread := ctx.DetachedThreadSafeContext()
	failed := make(chan error, 1)
	go func() {
		defer thread.Free()
		failed <- thread.Do(func(ctx rm.Context) error {
			got["Do"] = outsideAnswers(ctx)
			return nil
		})
	}()
	_, err := ctx.CreateTimer(0, func(ctx rm.Context) { got["a timer"] = outsideAnswers(ctx) })
	require.NoError(t, err)
	if serverHas(t, "CallReplyPromiseAbort") {
		places++
		reply, err := ctx.Call("BLPOP", rm.CallAllowBlock, rm.Text("outside list"), rm.Int64(0))
		require.NoError(t, err)
		_, err = reply.OnUnblocked(func(ctx rm.Context, _ rm.CallReply) { got["a call's end"] = outsideAnswers(ctx) })
		require.NoError(t, err)
		e.do("RPUSH", "outside list", "1")
	}
	await(t, func(t *inside.T, ctx rm.Context) bool {
		if len(got) < places {
			return false
		}
		env{t, ctx}.do("CONFIG", "SET", "appendonly", "no")
		require.NoError(t, <-failed)
		for where, answers := range got {
			requireOutside(t, answers, where)
		}
		return true
	})
}

// InsideUsersInDo has two functions run in one turn of the server's: the first sets a
// user, who must not be the second one's, though both may share the server's context.
//
// Drives: SetContextUser.
func InsideUsersInDo(t *inside.T, ctx rm.Context) {
	if !serverHas(t, "SetContextUser") {
		t.Skip("the server has no users of contexts")
	}
	u, err := rm.NewUser("outside users")
	require.NoError(t, err)
	require.NoError(t, u.SetACL("on +ping"))
	asUser := func(ctx rm.Context) error {
		reply, err := ctx.Call("PING", rm.CallAsUser)
		reply.Free()
		return err
	}
	thread := ctx.DetachedThreadSafeContext()
	results := make(chan error, 2)
	for _, f := range []func(ctx rm.Context) error{
		func(ctx rm.Context) error { return errors.Join(ctx.SetUser(u), asUser(ctx)) },
		func(ctx rm.Context) error { u.Free(); return asUser(ctx) },
	} {
		go func() {
			_ = thread.Do(func(ctx rm.Context) error {
				got := f(ctx)
				if got != nil {
					got = errors.New(got.Error()) // it outlives the function
				}
				results <- got
				return nil
			})
		}()
		time.Sleep(20 * time.Millisecond) // it is in the queue, which waits for this test
	}
	await(t, func(t *inside.T, _ rm.Context) bool {
		if len(results) < 2 {
			return false
		}
		thread.Free()
		require.NoError(t, <-results)
		require.ErrorContains(t, <-results, "no user")
		return true
	})
}
