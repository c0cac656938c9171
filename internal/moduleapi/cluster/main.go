// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module cluster is what the units cluster and cross-version-cluster of the suite load.
package main

import (
	"fmt"
	"time"

	"github.com/iredismodule/redismodule/internal/moduleapi/calls"
	"github.com/iredismodule/redismodule/rm"
)

// The types of messages: a question, its answer, and two more that are registered later.
const (
	ding  = 1
	dong  = 2
	later = 3
	most  = 254 // servers up to Valkey 9.0 write beyond their table with 255, and package rm refuses it
)

func init() {
	command := func(name string, h rm.Handler) rm.Command {
		return rm.Command{Name: name, Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: h}
	}
	rm.Register(rm.Module{Name: "cluster", Version: 1, OnLoad: load, Commands: []rm.Command{
		command("test.pingall", func(ctx rm.Context, _ rm.Args) error {
			if err := ctx.SendClusterMessage(rm.ClusterNodeID{}, ding, []byte("Hey")); err != nil {
				return err
			}
			return ctx.ReplyWithOK()
		}),
		command("test.cluster_slots", func(ctx rm.Context, _ rm.Args) error {
			return calls.Forward(ctx, 0, rm.ArgsOf(ctx.Str("CLUSTER"), ctx.Str("SLOTS")))
		}),
		command("test.cluster_shards", func(ctx rm.Context, _ rm.Args) error {
			return calls.Forward(ctx, 0, rm.ArgsOf(ctx.Str("CLUSTER"), ctx.Str("SHARDS")))
		}),
		command("test.start_cluster_timer", startTimer),
		command("test.register_receiver", register),
		command("test.unregister_receiver", unregister),
		command("test.send_msg_uaf", sendLater),
	}})
}

func load(ctx rm.Context, _ rm.Args) error {
	receivers = [2]rm.ClusterReceiver{}
	_, err := ctx.RegisterClusterMessageReceiver(ding, func(ctx rm.Context, sender rm.ClusterNodeID, msg []byte) {
		logMessage(ctx, "DING", ding, sender, msg)
		if err := ctx.SendClusterMessage(sender, dong, []byte("Message Received!")); err != nil {
			ctx.Warning(err.Error())
		}
	})
	if err != nil {
		return err
	}
	_, err = ctx.RegisterClusterMessageReceiver(dong, func(ctx rm.Context, sender rm.ClusterNodeID, msg []byte) {
		logMessage(ctx, "DONG", dong, sender, msg)
	})
	return err
}

func logMessage(ctx rm.Context, name string, typ int, sender rm.ClusterNodeID, msg []byte) {
	ctx.Notice(fmt.Sprintf("%s (type %d) RECEIVED from %s: '%s'", name, typ, sender, msg))
}

// receivers are those that come and go.
var receivers [2]rm.ClusterReceiver

func register(ctx rm.Context, _ rm.Args) error {
	for i, typ := range []uint8{later, most} {
		var err error
		receivers[i], err = ctx.RegisterClusterMessageReceiver(typ, func(ctx rm.Context, sender rm.ClusterNodeID, msg []byte) {
			logMessage(ctx, "DING", int(typ), sender, msg)
		})
		if err != nil {
			return err
		}
	}
	return ctx.ReplyWithOK()
}

func unregister(ctx rm.Context, _ rm.Args) error {
	for _, r := range receivers {
		r.Stop(ctx)
	}
	return ctx.ReplyWithOK()
}

func sendLater(ctx rm.Context, _ rm.Args) error {
	for typ, msg := range map[uint8]string{later: "TestUAF", most: "TestMAX"} {
		if err := ctx.SendClusterMessage(rm.ClusterNodeID{}, typ, []byte(msg)); err != nil {
			return err
		}
	}
	return ctx.ReplyWithOK()
}

// startTimer has a timer call a command about the cluster.
func startTimer(ctx rm.Context, _ rm.Args) error {
	_, err := ctx.CreateTimer(time.Millisecond, func(ctx rm.Context) {
		reply, err := ctx.Call("CLUSTER", 0, rm.Text("SLOTS"))
		if err != nil {
			ctx.Warning("Timer: CLUSTER SLOTS: " + err.Error())
			return
		}
		reply.Free()
		ctx.Notice("Timer: CLUSTER SLOTS success")
	})
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

func main() {}
