// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package fuzz

import (
	"sync"
	"testing"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/ctest"
	"github.com/iredismodule/redismodule/internal/edge"
	"github.com/iredismodule/redismodule/rm"
)

// The module under test lives in the test's own process, in the host of internal/ctest. It has
// two commands, of which a target says what they do.

var run, nested rm.Handler

func init() {
	// The host's thread is not that of the process.
	edge.ForgetMainThread = nil
	rm.Register(rm.Module{
		Name: "fuzz", Version: 1,
		Params: params,
		Commands: []rm.Command{
			{Name: "f.run", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -1, Handler: func(ctx rm.Context, args rm.Args) error { return run(ctx, args) }},
			{Name: "f.nested", Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: -1, Handler: func(ctx rm.Context, args rm.Args) error { return nested(ctx, args) }},
		},
		OnLoad: onLoad,
	})
}

// loadOnce loads the module as it stays.
var loadOnce = sync.OnceValue(func() string {
	ctest.HostAPI()
	if !ctest.HostLoad(loadArgs()...) {
		return "the module does not load: " + ctest.HostLog()
	}
	if mode, why := redismodule.CurrentMode(); mode != redismodule.ModeResident && !underASan {
		return "mode " + mode.String() + ": " + why
	}
	return ctest.HostFault()
})

// loadArgs are those of every load: the process is no server, its threads keep their turns.
func loadArgs(more ...string) []string { return append([]string{"rm-nice=0"}, more...) }

// hosted loads the module for a target.
func hosted(f testing.TB) {
	f.Helper()
	if why := loadOnce(); why != "" {
		f.Fatal(why)
	}
}

// inHost runs a command for a client of a protocol, and returns what the client gets. Whatever a
// server would assert, and whatever stays alive, is an error.
func inHost(t testing.TB, protocol int, h rm.Handler, args ...string) []byte {
	t.Helper()
	before := ctest.HostLiving()
	run = h
	reply, blocked, ok := ctest.HostCommand(protocol, append([]string{"f.run"}, args...)...)
	if !ok {
		t.Fatal("there is no command")
	}
	if blocked {
		return nil
	}
	settled(t, before)
	return reply
}

// ofModule is what lives as long as the module does: the context of rm.Log.
const ofModule = "1 context"

// settled reports faults, and what lives that did not.
func settled(t testing.TB, before string) {
	t.Helper()
	noFault(t)
	if after := ctest.HostLiving(); after != before {
		t.Errorf("alive before: %q, after: %q", before, after)
	}
}

// noFault reports faults alone.
func noFault(t testing.TB) {
	t.Helper()
	if fault := ctest.HostFault(); fault != "" {
		ctest.HostReset()
		t.Errorf("the server would say: %s", fault)
	}
}
