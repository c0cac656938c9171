// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command testmod is the module of the integration tests: each of its commands
// shows one feature of package rm to a test on the other side of a connection.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
)

const quick = rm.CmdReadOnly | rm.CmdFast

func init() {
	rm.Register(rm.Module{
		Name:    "testmod",
		Version: 7,
		Commands: []rm.Command{
			{Name: "t.noop", Flags: quick, Keys: rm.NoKeys, Arity: 1, Handler: noop},
			{Name: "t.echo", Flags: quick, Keys: rm.NoKeys, Arity: 2, Handler: echo},
			{Name: "t.argc", Flags: quick, Keys: rm.NoKeys, Arity: -1, Handler: argc},
			{Name: "t.argv", Flags: quick, Keys: rm.NoKeys, Arity: -1, Handler: argv},
			{Name: "t.broken", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: breakReply},
			{Name: "t.broken.write", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 2, Replicate: rm.ReplicateVerbatim, Handler: breakReply},
			{Name: "t.broken.inside", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: breakInside},
			{Name: "t.recorded.late", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: recordedLate},
			{Name: "t.recorded.outer", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: recordedOuter},
			{Name: "t.recorded.inner", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: recordedInner},
			{Name: "t.mangled", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 5, Handler: mangled},
			{Name: "t.atleast3", Flags: quick, Keys: rm.NoKeys, Arity: -3, Handler: argc},
			{Name: "t.client", Flags: quick, Keys: rm.NoKeys, Arity: 1, Handler: client},
			{Name: "t.array100", Flags: quick, Keys: rm.NoKeys, Arity: 1, Handler: array100},
			{Name: "t.map", Flags: quick, Keys: rm.NoKeys, Arity: 1, Handler: smallMap},
			{Name: "t.error", Flags: quick, Keys: rm.NoKeys, Arity: 1, Handler: busy},
			{Name: "t.double", Flags: quick, Keys: rm.NoKeys, Arity: 1, Handler: double},
			{Name: "t.arity", Flags: quick, Keys: rm.NoKeys, Arity: 1, Handler: arity},
			{Name: "t.get", Flags: rm.CmdReadOnly, Keys: rm.OneKey, Arity: 2, Handler: getKey},
			{Name: "t.set", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Handler: setText},
			{Name: "t.incr", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Handler: increment},
			{Name: "t.incrargs", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Handler: incrementPrepared},

			{Name: "t.reply", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: -2, Handler: replyOf},
			{Name: "t.replies", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: replyNames},
			{Name: "t.str", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: -3, Handler: stringOf},
			{Name: "t.bounce", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 3, Handler: bounce},
			{Name: "t.deep", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: deep},
			{Name: "t.call", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -5, Handler: call},
			{Name: "t.walk", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -5, Handler: walk},
			{Name: "t.misread", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -5, Handler: misread},
			{Name: "t.badcalls", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: badCalls},
			{Name: "t.autofree", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 3, Handler: autoFree},

			{Name: "t.log", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 4, Handler: logText},
			{Name: "t.assert", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 3, Handler: assert},
			{Name: "t.errno", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 2, Handler: showErrno},

			{Name: "t.keys.one", Flags: rm.CmdWrite | rm.CmdDenyOOM, Keys: rm.OneKey, Arity: -2, Handler: argc},
			{Name: "t.keys.all", Flags: rm.CmdReadOnly, Keys: rm.AllKeys, Arity: -2, Handler: argc},
			{Name: "t.keys.second", Flags: rm.CmdReadOnly, Keys: rm.KeyRange{First: 1, Last: -1, Step: 2}, Arity: -3, Handler: argc},
			{Name: "t.keys.mid", Flags: rm.CmdReadOnly, Keys: rm.KeyRange{First: 2, Last: 3, Step: 1}, Arity: 5, Handler: argc},
			{Name: "T.MixedCase", Flags: quick, Keys: rm.NoKeys, Arity: 1, Handler: noop},

			{Name: "t.state", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: moduleState},
			{Name: "t.env", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: environment},
			{Name: "t.runtime", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: runtimeSettings},
			{Name: "t.memstats", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: memStats},
			{Name: "t.gc", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: collect},
			{Name: "t.edition", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: showEdition},
			{Name: "t.kept", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: keptOpen},
			{Name: "t.unload", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: setUnload},
		},
		Params: []rm.Param{
			rm.Int64Param("number", &params.number, -10, 10),
			rm.TextParam("Text", &params.text),
			rm.BoolParam("switch", &params.on),
		},
		OnLoad:   onLoad,
		OnUnload: onUnload,
	})
}

func main() {}

var params = struct {
	number int64
	text   string
	on     bool
}{number: 3, text: "unset"}

var state struct {
	loads, unloads int64
	onUnload       string // what OnUnload is to do
	crowd          *sync.WaitGroup
	ticks          int64
}

// flagCommands has one command for each flag that every server of the tests
// knows, and later the ones that newer servers know.
var flagCommands = []struct {
	flag  rm.CommandFlags
	since redismodule.FuncID // a function as old as the flag
}{
	{rm.CmdWrite, redismodule.FnCreateCommand},
	{rm.CmdReadOnly, redismodule.FnCreateCommand},
	{rm.CmdAdmin, redismodule.FnCreateCommand},
	{rm.CmdDenyOOM, redismodule.FnCreateCommand},
	{rm.CmdDenyScript, redismodule.FnCreateCommand},
	{rm.CmdAllowLoading, redismodule.FnCreateCommand},
	{rm.CmdPubSub, redismodule.FnCreateCommand},
	{rm.CmdRandom, redismodule.FnCreateCommand},
	{rm.CmdAllowStale, redismodule.FnCreateCommand},
	{rm.CmdNoMonitor, redismodule.FnCreateCommand},
	{rm.CmdNoSlowlog, redismodule.FnCreateCommand},
	{rm.CmdFast, redismodule.FnCreateCommand},
	{rm.CmdNoCluster, redismodule.FnCreateCommand},
	{rm.CmdNoAuth, redismodule.FnCreateCommand},
	{rm.CmdMayReplicate, redismodule.FnReplyWithBool},
	{rm.CmdNoMandatoryKeys, redismodule.FnReplyWithBool},
	{rm.CmdBlocking, redismodule.FnReplyWithBool},
	{rm.CmdAllowBusy, redismodule.FnReplyWithBool},
}

// edition is a link-time variable, for builds that differ.
var edition = "first"

func showEdition(ctx rm.Context, args rm.Args) error { return ctx.ReplyWithText(edition) }

// kept is a key that a hook has left open.
var kept rm.ReadKey

func keepOpen(ctx rm.Context) {
	name := rm.NewRStringText("k")
	defer name.Free()
	kept = ctx.OpenReadKey(name.Str())
}

// keptOpen replies with 1 if that key is open.
func keptOpen(ctx rm.Context, args rm.Args) error {
	if _, _, err := kept.TTL(); err == nil {
		return ctx.ReplyWithLongLong(1)
	}
	return ctx.ReplyWithLongLong(0)
}

func onLoad(ctx rm.Context, _ rm.Args) error {
	if params.text == "panic" || params.text == "goexit" || params.text == "error" {
		keepOpen(ctx)
		switch params.text {
		case "panic":
			panic("load hook broke")
		case "goexit":
			runtime.Goexit()
		}
		return errors.New("load hook is against it")
	}
	state.loads++
	state.onUnload = ""
	for _, c := range flagCommands {
		if !redismodule.Has(c.since) {
			continue
		}
		err := ctx.CreateCommand(rm.Command{Name: "t.flag." + strings.ToLower(c.flag.String()), Flags: c.flag, Keys: rm.NoKeys, Arity: 1, Handler: noop})
		if err != nil {
			return err
		}
	}
	commands := positionCommands()
	if redismodule.Has(redismodule.FnIsChannelsPositionRequest) {
		commands = append(commands, channelCommands()...)
	}
	// Valkey 8.1 can crash when it takes subcommands out; see TestSubcommands.
	major, minor, _, _ := rm.ServerVersion()
	if redismodule.Has(redismodule.FnCreateSubcommand) && !(rm.IsValkey() && major == 8 && minor == 1) {
		commands = append(commands, familyCommand())
	}
	for _, c := range commands {
		if err := ctx.CreateCommand(c); err != nil {
			return err
		}
	}
	return nil
}

func onUnload(ctx rm.Context) error {
	switch state.onUnload {
	case "refuse":
		return errors.New("there is\nstill work to do")
	case "panic":
		keepOpen(ctx)
		panic("unload hook broke")
	case "goexit":
		keepOpen(ctx)
		runtime.Goexit()
	case "wait":
		state.crowd.Wait()
	case "wait and refuse":
		state.crowd.Wait()
		time.Sleep(20 * time.Millisecond) // for tickers to come meanwhile
		return errors.New("they have ended, and it stays")
	}
	state.unloads++
	ctx.Notice("unload hook ran")
	return nil
}

func setUnload(ctx rm.Context, args rm.Args) error {
	if args.At(1).String() == "ticks" {
		return ctx.ReplyWithLongLong(state.ticks)
	}
	state.onUnload = args.At(1).Clone()
	if strings.HasPrefix(state.onUnload, "wait") { // for goroutines that end when they hear of the unload
		thread, crowd := ctx.DetachedThreadSafeContext(), new(sync.WaitGroup)
		state.crowd = crowd
		for range 8 {
			crowd.Go(func() {
				for thread.Do(func(rm.Context) error { return nil }) == nil {
				}
			})
		}
		go func() {
			crowd.Wait()
			thread.Free()
		}()
		if _, err := ctx.Every(time.Millisecond, func(rm.Context) { state.ticks++ }); err != nil {
			return err
		}
	}
	return ctx.ReplyWithOK()
}

// moduleState says what has to be the same after each load of the module.
func moduleState(ctx rm.Context, args rm.Args) error {
	mode, _ := redismodule.CurrentMode()
	return ctx.ReplyWithText(fmt.Sprintf("mode=%s loads=%d unloads=%d callbacks=%d number=%d text=%s switch=%v",
		mode, state.loads, state.unloads, redismodule.Callbacks(), params.number, params.text, params.on))
}

func environment(ctx rm.Context, args rm.Args) error {
	v, ok := os.LookupEnv(args.At(1).String())
	if !ok {
		return ctx.ReplyWithNull()
	}
	return ctx.ReplyWithText(v)
}

// runtimeSettings replies with what GOGC, GOMEMLIMIT and GOMAXPROCS set.
func runtimeSettings(ctx rm.Context, args rm.Args) error {
	percent := debug.SetGCPercent(100)
	debug.SetGCPercent(percent)
	_ = ctx.ReplyWithArray(3)
	_ = ctx.ReplyWithLongLong(int64(percent))
	_ = ctx.ReplyWithLongLong(debug.SetMemoryLimit(-1))
	return ctx.ReplyWithLongLong(int64(runtime.GOMAXPROCS(0)))
}

var stats runtime.MemStats

func memStats(ctx rm.Context, args rm.Args) error {
	runtime.ReadMemStats(&stats)
	_ = ctx.ReplyWithArray(5)
	_ = ctx.ReplyWithLongLong(int64(stats.Mallocs))
	_ = ctx.ReplyWithLongLong(int64(stats.TotalAlloc))
	_ = ctx.ReplyWithLongLong(int64(stats.HeapAlloc))
	_ = ctx.ReplyWithLongLong(int64(stats.NumGC))
	return ctx.ReplyWithLongLong(int64(runtime.NumGoroutine()))
}

// collect empties the pools too, which takes two collections.
func collect(ctx rm.Context, args rm.Args) error {
	runtime.GC()
	runtime.GC()
	return ctx.ReplyWithOK()
}
