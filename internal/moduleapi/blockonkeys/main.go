// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module blockonkeys is what the unit blockonkeys of the suite loads.
package main

import (
	"errors"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

func init() {
	write := func(name string, keys rm.KeyRange, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: name, Flags: rm.CmdWrite, Keys: keys, Arity: arity, Handler: h}
	}
	twoKeys := rm.KeyRange{First: 1, Last: 2, Step: 1}
	rm.Register(rm.Module{Name: "blockonkeys", Version: 1, OnLoad: load, Commands: []rm.Command{
		write("fsl.push", rm.OneKey, 3, pushOne),
		write("fsl.pushtimer", rm.OneKey, 4, pushLater),
		{Name: "fsl.getall", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 2, Handler: getAll},
		write("fsl.clear", rm.OneKey, 2, clearAll),
		write("fsl.bpop", rm.OneKey, -3, blockingPop),
		write("fsl.bpopgt", rm.OneKey, 4, blockingPopGreater),
		write("fsl.bpoppush", twoKeys, 4, blockingPopPush),
		write("blockonkeys.popall", rm.OneKey, 2, popAll),
		write("blockonkeys.lpush", rm.OneKey, -3, func(ctx rm.Context, args rm.Args) error { return pushToList(ctx, args, false) }),
		write("blockonkeys.lpush_unblock", rm.OneKey, -3, func(ctx rm.Context, args rm.Args) error { return pushToList(ctx, args, true) }),
		write("blockonkeys.blpopn", rm.OneKey, -3, func(ctx rm.Context, args rm.Args) error { return popMany(ctx, args, false) }),
		write("blockonkeys.blpopn_or_unblock", rm.OneKey, -3, func(ctx rm.Context, args rm.Args) error { return popMany(ctx, args, true) }),
		write("blockonkeys.block_kill_successor", rm.OneKey, 3, killSuccessor),
		write("blockonkeys.signal_ready", rm.OneKey, 2, func(ctx rm.Context, args rm.Args) error {
			if err := call(ctx, "SET", rm.Str(args.At(1)), rm.Text("x")); err != nil {
				return err
			}
			if err := ctx.SignalKeyAsReady(args.At(1)); err != nil {
				return err
			}
			return ctx.ReplyWithOK()
		}),
	}})
}

// timedOut replies to a client that has waited long enough.
func timedOut(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithSimpleString("Request timedout") }

// call calls a command whose reply does not matter.
func call(ctx rm.Context, command string, args ...rm.Arg) error {
	reply, err := ctx.Call(command, rm.CallReplicate, args...)
	reply.Free()
	return err
}

// serveOrBlock has serve reply to the client, or returns rm.ErrKeepWaiting; then it blocks the client
// and serve is asked again when a key is ready.
func serveOrBlock(ctx rm.Context, args rm.Args, serve rm.Handler, o rm.BlockOptions, keys ...rm.RStr) error {
	err := serve(ctx, args)
	if err != rm.ErrKeepWaiting {
		return err
	}
	o.Reply = serve
	_, err = ctx.BlockClientOnKeys(o, keys...)
	return err
}

// milliseconds reads a time-out.
func milliseconds(s rm.RStr) (time.Duration, error) {
	n, err := s.Int64()
	return time.Duration(n) * time.Millisecond, err
}

// fsl.push KEY NUMBER
func pushOne(ctx rm.Context, args rm.Args) error {
	n, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	if err := push(ctx, args.At(1), n); err != nil {
		return err
	}
	if err := ctx.ReplicateVerbatim(); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// fsl.pushtimer KEY NUMBER MILLISECONDS
func pushLater(ctx rm.Context, args rm.Args) error {
	n, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	wait, err := milliseconds(args.At(3))
	if err != nil {
		return err
	}
	name := args.At(1).Clone()
	_, err = ctx.CreateTimer(wait, func(ctx rm.Context) {
		err := push(ctx, ctx.Str(name), n)
		if err == nil {
			err = ctx.Replicate("fsl.push", 0, rm.Text(name), rm.Int64(n))
		}
		if err != nil {
			ctx.Warning(err.Error())
		}
	})
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// fsl.clear KEY
func clearAll(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenWriteKey(args.At(1))
	defer key.Close()
	v, ok, err := numbersType.Get(key.ReadKey())
	if err != nil {
		return err
	}
	if !ok {
		return ctx.ReplyWithArray(0)
	}
	v.list = nil
	return ctx.ReplyWithOK()
}

// fsl.getall KEY
func getAll(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenReadKey(args.At(1))
	defer key.Close()
	v, ok, err := numbersType.Get(key)
	if err != nil {
		return err
	}
	if !ok {
		return ctx.ReplyWithEmptyArray()
	}
	return ctx.ReplyWithLongLongs(v.list)
}

// replyPopped replies with a number that was popped, and has the command replicated.
func replyPopped(ctx rm.Context, n int64) error {
	if err := ctx.ReplicateVerbatim(); err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(n)
}

// blockingPop is fsl.bpop KEY TIMEOUT [NO_TO_CB].
func blockingPop(ctx rm.Context, args rm.Args) error {
	timeout, err := milliseconds(args.At(2))
	if err != nil {
		return err
	}
	o := rm.BlockOptions{Timeout: timeout}
	if args.Len() == 3 {
		o.OnTimeout = timedOut
	}
	return serveOrBlock(ctx, args, func(ctx rm.Context, args rm.Args) error {
		n, ok, err := pop(ctx, args.At(1))
		if errors.Is(err, rm.ErrWrongType) && ctx.IsBlockedReplyRequest() {
			if err := call(ctx, "INCR", rm.Text("fsl_wrong_type")); err != nil {
				return err
			}
			return rm.ErrKeepWaiting
		}
		if err != nil {
			return err
		}
		if !ok {
			return rm.ErrKeepWaiting
		}
		return replyPopped(ctx, n)
	}, o, args.At(1))
}

// tellsOfDeleted tells whether the server tells those who wait for a key that it was deleted.
func tellsOfDeleted() bool {
	major, minor, _, err := rm.ServerVersion()
	return err == nil && (major > 7 || major == 7 && minor >= 2)
}

// blockingPopGreater is fsl.bpopgt KEY NUMBER TIMEOUT: it waits for a last number that is greater, of a
// key that exists if the server tells when it is deleted.
func blockingPopGreater(ctx rm.Context, args rm.Args) error {
	bound, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	timeout, err := milliseconds(args.At(3))
	if err != nil {
		return err
	}
	o := rm.BlockOptions{Timeout: timeout, OnTimeout: timedOut}
	missing := rm.ErrKeepWaiting
	if tellsOfDeleted() {
		o.Flags, missing = rm.BlockUnblockDeleted, rm.Error("UNBLOCKED key no longer exists")
	}
	return serveOrBlock(ctx, args, func(ctx rm.Context, args rm.Args) error {
		n, ok, err := last(ctx, args.At(1))
		switch {
		case errors.Is(err, rm.ErrWrongType) && ctx.IsBlockedReplyRequest(), err == nil && !ok:
			return missing
		case err != nil:
			return err
		case n <= bound:
			return rm.ErrKeepWaiting
		}
		if n, _, err = pop(ctx, args.At(1)); err != nil {
			return err
		}
		return replyPopped(ctx, n)
	}, o, args.At(1))
}

// blockingPopPush is fsl.bpoppush FROM TO TIMEOUT.
func blockingPopPush(ctx rm.Context, args rm.Args) error {
	timeout, err := milliseconds(args.At(3))
	if err != nil {
		return err
	}
	return serveOrBlock(ctx, args, func(ctx rm.Context, args rm.Args) error {
		n, ok, err := pop(ctx, args.At(1))
		if err != nil {
			return err
		}
		if !ok {
			return rm.ErrKeepWaiting
		}
		if err := push(ctx, args.At(2), n); err != nil {
			return err
		}
		return replyPopped(ctx, n)
	}, rm.BlockOptions{Timeout: timeout, OnTimeout: timedOut}, args.At(1))
}

// popList takes n elements off the head of a list, all with n 0. It keeps waiting if there are fewer.
func popList(ctx rm.Context, name rm.RStr, n int) error {
	key := ctx.OpenWriteKey(name)
	defer key.Close()
	if t := key.ReadKey().Type(); t != rm.KeyTypeList && t != rm.KeyTypeEmpty {
		return rm.ErrWrongType
	}
	length := key.ReadKey().Len()
	if n == 0 {
		n = length
	}
	if length == 0 || length < n {
		return rm.ErrKeepWaiting
	}
	if err := ctx.ReplyWithArray(n); err != nil {
		return err
	}
	for range n {
		element, _, err := key.ListPop(rm.ListHead)
		if err != nil {
			return err
		}
		err = ctx.ReplyWithString(element.Str())
		element.Free()
		if err != nil {
			return err
		}
	}
	return ctx.ReplicateVerbatim()
}

// blockonkeys.popall KEY
func popAll(ctx rm.Context, args rm.Args) error {
	return serveOrBlock(ctx, args, func(ctx rm.Context, args rm.Args) error {
		return popList(ctx, args.At(1), 0)
	}, rm.BlockOptions{}, args.At(1))
}

// pushToList is blockonkeys.lpush KEY ELEMENT ...; with signal modules that wait are told, too.
func pushToList(ctx rm.Context, args rm.Args, signal bool) error {
	key := ctx.OpenWriteKey(args.At(1))
	for _, element := range args.From(2).All {
		if err := key.ListPush(rm.ListHead, element); err != nil {
			key.Close()
			return err
		}
	}
	n := key.ReadKey().Len()
	key.Close()
	if signal {
		if err := ctx.SignalKeyAsReady(args.At(1)); err != nil {
			return err
		}
	}
	if err := ctx.ReplicateVerbatim(); err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(int64(n))
}

// popMany is blockonkeys.blpopn KEY N [TIMEOUT]; with giveUp a client that is woken and finds too few
// elements does not go on waiting.
func popMany(ctx rm.Context, args rm.Args, giveUp bool) error {
	n, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	o := rm.BlockOptions{OnTimeout: timedOut}
	if args.Len() > 3 {
		if o.Timeout, err = milliseconds(args.At(3)); err != nil {
			return err
		}
	}
	return serveOrBlock(ctx, args, func(ctx rm.Context, args rm.Args) error {
		err := popList(ctx, args.At(1), int(n))
		if err == rm.ErrKeepWaiting && giveUp && ctx.IsBlockedReplyRequest() {
			return ctx.ReplyWithSimpleString("Action aborted")
		}
		return err
	}, o, args.At(1))
}

// successor is the client that came second.
var successor uint64

// killSuccessor is blockonkeys.block_kill_successor KEY first|second: the first one, when it is served,
// has the server end the second one, which waits for the same key. (In C it is ended in the answer itself, where this library
// refuses it.)
func killSuccessor(ctx rm.Context, args rm.Args) error {
	first := args.At(2).String() == "first"
	if !first {
		successor = ctx.ClientID()
	}
	_, err := ctx.BlockClientOnKeys(rm.BlockOptions{OnTimeout: timedOut, Reply: func(ctx rm.Context, _ rm.Args) error {
		if !first {
			return ctx.ReplyWithSimpleString("SECOND")
		}
		if err := ctx.EventLoopAddOneShot(func(ctx rm.Context) {
			_ = call(ctx, "CLIENT", rm.Text("KILL"), rm.Text("ID"), rm.Int64(int64(successor))) // it may be served by then
		}); err != nil {
			return err
		}
		return ctx.ReplyWithSimpleString("FIRST")
	}}, args.At(1))
	return err
}

func main() {}
