// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command hellohook listens to events of the server: clients that come and go, flushes, and
// keys that change, and publishes them for whoever wants to hear.
package main

import (
	"strconv"

	"github.com/iredismodule/redismodule/rm"
)

func init() { rm.Register(rm.Module{Name: "hellohook", Version: 1, OnLoad: onLoad}) }

func main() {}

// onLoad registers the listeners. They end with the module.
func onLoad(ctx rm.Context, args rm.Args) error {
	if _, err := ctx.OnClientChange(clientChange); err != nil {
		return err
	}
	if _, err := ctx.OnFlushDB(flushDB); err != nil {
		return err
	}
	_, err := ctx.SubscribeToKeyspaceEvents(rm.NotifyGeneric, keyEvent)
	return err
}

func clientChange(ctx rm.Context, e rm.ClientChange) {
	what := "connected"
	if e.Sub == rm.ClientChangeDisconnected {
		what = "disconnected"
	}
	ctx.Notice("client " + strconv.FormatUint(e.Client.ID, 10) + " " + what)
}

func flushDB(ctx rm.Context, e rm.FlushDB) {
	if e.Sub != rm.FlushDBStart {
		return
	}
	_, _ = ctx.PublishMessage(ctx.Str("hellohook"), ctx.Str("flush of database "+strconv.Itoa(e.DB)))
}

// keyEvent runs in the middle of a command, where nothing may be written: what is to be done
// about the event runs when the command is over.
func keyEvent(ctx rm.NotifyContext, e rm.KeyspaceEvent) {
	text := e.Event() + " " + e.Key().Clone() // the key is valid in here only
	err := ctx.EventLoopAddOneShot(func(ctx rm.Context) {
		_, _ = ctx.PublishMessage(ctx.Str("hellohook"), ctx.Str(text))
	})
	if err != nil {
		ctx.Log(rm.LevelWarning, "hellohook: "+err.Error())
	}
}
