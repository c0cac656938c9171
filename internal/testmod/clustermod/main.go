// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command clustermod is a module that shows what package rm tells of the cluster, and sends
// and receives its messages.
package main

import (
	"fmt"
	"runtime"

	"github.com/iredismodule/redismodule/rm"
)

var (
	received  []string
	receivers map[uint8]rm.ClusterReceiver
)

func init() {
	command := func(name string, arity int, handler rm.Handler) rm.Command {
		return rm.Command{Name: "c." + name, Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: arity, Handler: handler}
	}
	rm.Register(rm.Module{
		Name: "clustermd", Version: 1, // nine letters, which the server tells apart
		Commands: []rm.Command{
			command("nodes", 1, nodes), command("info", 2, info), command("for", 3, infoFor), command("me", 1, me),
			command("send", 4, send), command("listen", 3, listen), command("stop", 2, stop), command("got", 1, got),
			command("flags", 2, flags), command("secret", 1, secret), command("costs", 1, costs), command("fail", 2, fail),
		},
		OnLoad: func(rm.Context, rm.Args) error {
			received, receivers = nil, map[uint8]rm.ClusterReceiver{}
			return nil
		},
	})
}

func main() {}

func nodes(ctx rm.Context, _ rm.Args) error {
	var list []string
	for id := range ctx.ClusterNodesList {
		list = append(list, id.String())
	}
	return ctx.ReplyWithTexts(list)
}

func me(ctx rm.Context, _ rm.Args) error {
	id, ok := ctx.MyClusterID()
	return ctx.ReplyWithText(fmt.Sprint(id, " ", ok, " ", ctx.ClusterSize()))
}

func parse(s rm.RStr) rm.ClusterNodeID {
	id, _ := rm.ParseClusterNodeID(s.String())
	return id
}

func tell(ctx rm.Context, i rm.ClusterNodeInfo, ok bool, err error) error {
	if err != nil || !ok {
		return cmpErr(ctx, err, "none")
	}
	return ctx.ReplyWithText(fmt.Sprintf("%v %v %s:%d %q", i.ID, i.Flags, i.IP(), i.Port, i.Master))
}

func cmpErr(ctx rm.Context, err error, text string) error {
	if err != nil {
		return err
	}
	return ctx.ReplyWithText(text)
}

// info is c.info ID.
func info(ctx rm.Context, args rm.Args) error {
	i, ok, err := ctx.ClusterNodeInfo(parse(args.At(1)))
	return tell(ctx, i, ok, err)
}

// infoFor is c.for CLIENT ID; client 0 is the caller.
func infoFor(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	client := uint64(n)
	if n == 0 {
		client = ctx.ClientID()
	}
	i, ok, err := ctx.ClusterNodeInfoForClient(client, parse(args.At(2)))
	return tell(ctx, i, ok, err)
}

// send is c.send ID|"" TYPE MSG.
func send(ctx rm.Context, args rm.Args) error {
	typ, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	return cmpErr(ctx, ctx.SendClusterMessage(parse(args.At(1)), uint8(typ), args.At(3).Bytes()), "OK")
}

// listen is c.listen TYPE PREFIX.
func listen(ctx rm.Context, args rm.Args) error {
	typ, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	prefix := args.At(2).Clone()
	r, err := ctx.RegisterClusterMessageReceiver(uint8(typ), func(ctx rm.Context, sender rm.ClusterNodeID, msg []byte) {
		received = append(received, fmt.Sprintf("%s %v %q", prefix, sender, msg[:min(len(msg), 20)]))
		switch string(msg) {
		case "panic":
			panic("as it was told")
		case "goexit":
			runtime.Goexit()
		case "stop":
			receivers[uint8(typ)].Stop(ctx)
		case "reply":
			_ = ctx.SendClusterMessage(sender, uint8(typ), []byte("replied"))
		case "call":
			reply, err := ctx.Call("PING", 0)
			received = append(received, fmt.Sprint(reply.String(), err, ctx.SelectedDB()))
			reply.Free()
		case "unload":
			_, err := ctx.Call("MODULE", 0, rm.Text("UNLOAD"), rm.Text("clustermd"))
			received = append(received, fmt.Sprint(err))
		}
	})
	if err == nil {
		receivers[uint8(typ)] = r
	}
	return cmpErr(ctx, err, "OK")
}

// stop is c.stop TYPE.
func stop(ctx rm.Context, args rm.Args) error {
	typ, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	receivers[uint8(typ)].Stop(ctx)
	receivers[uint8(typ)].Stop(ctx)
	return ctx.ReplyWithOK()
}

// got replies with what was received since.
func got(ctx rm.Context, _ rm.Args) error {
	list := received
	received = nil
	return ctx.ReplyWithTexts(list)
}

// flags is c.flags N.
func flags(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	return cmpErr(ctx, ctx.SetClusterFlags(rm.ClusterFlags(n)), rm.ClusterFlags(n).String())
}

func secret(ctx rm.Context, _ rm.Args) error {
	b, ok, err := ctx.InternalSecret()
	return cmpErr(ctx, err, fmt.Sprint(len(b), " ", ok))
}

// costs replies with how many Go allocations a thousand rounds made.
func costs(ctx rm.Context, _ rm.Args) error {
	var before, after runtime.MemStats
	round := func() {
		for id := range ctx.ClusterNodesList {
			if _, ok, err := ctx.ClusterNodeInfo(id); !ok || err != nil {
				panic("no such node")
			}
			_, _ = ctx.MyClusterID()
			if err := ctx.SendClusterMessage(id, 200, nil); err != nil && err != rm.ErrNoClusterNode {
				panic(err)
			}
		}
	}
	round()
	best := uint64(1 << 62)
	for range 3 {
		runtime.ReadMemStats(&before)
		for range 100 {
			round()
		}
		runtime.ReadMemStats(&after)
		best = min(best, after.Mallocs-before.Mallocs)
	}
	return ctx.ReplyWithLongLong(int64(best))
}

// fail is c.fail panic|goexit|break in the middle of the list.
func fail(ctx rm.Context, args rm.Args) error {
	n := 0
	for range ctx.ClusterNodesList {
		n++
		switch args.At(1).String() {
		case "panic":
			panic("as it was told")
		case "goexit":
			runtime.Goexit()
		default:
			return ctx.ReplyWithLongLong(int64(n))
		}
	}
	return ctx.ReplyWithNull()
}
