// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module eventloop is what the unit eventloop of the suite loads.
package main

import (
	"errors"
	"syscall"

	"github.com/iredismodule/redismodule/rm"
)

func init() {
	command := func(name string, arity int, h rm.Handler) rm.Command {
		return rm.Command{Name: name, Keys: rm.NoKeys, Arity: arity, Handler: h}
	}
	rm.Register(rm.Module{Name: "eventloop", Version: 1, Commands: []rm.Command{
		command("test.sendbytes", 2, sendBytes),
		command("test.iteration", 1, iteration),
		command("test.sanity", 1, sanity),
		command("test.oneshot", 1, oneShot),
	}})
}

// turns counts the turns of the event loop after one of which somebody has asked.
var turns int64

func iteration(ctx rm.Context, _ rm.Args) error {
	if err := ctx.EventLoopAddOneShot(func(rm.Context) { turns++ }); err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(turns)
}

// sanity tries what cannot be watched.
func sanity(ctx rm.Context, _ rm.Args) error {
	nothing := func(rm.Context, rm.EventLoopMask) {}
	if _, err := ctx.EventLoopAdd(9999999, rm.EventLoopReadable, nothing); err == nil {
		return rm.Error("ERR a descriptor that does not exist can be watched")
	}
	if _, err := ctx.EventLoopAdd(0, 16, nothing); !errors.Is(err, syscall.EINVAL) {
		return rm.Error("ERR there is another mask")
	}
	var fds [2]int
	if err := syscall.Pipe2(fds[:], syscall.O_NONBLOCK|syscall.O_CLOEXEC); err != nil {
		return err
	}
	defer syscall.Close(fds[0])
	defer syscall.Close(fds[1])
	fd, err := ctx.EventLoopAdd(fds[0], rm.EventLoopReadable, nothing)
	if err != nil {
		return err
	}
	if !fd.Watched() {
		return rm.Error("ERR a pipe is not watched")
	}
	fd.Stop(ctx)
	fd.Stop(ctx)
	if fd.Watched() {
		return rm.Error("ERR a pipe is still watched")
	}
	return ctx.ReplyWithOK()
}

// oneShot answers the client when functions have run, each of which has added the next.
func oneShot(ctx rm.Context, _ rm.Args) error {
	b, err := ctx.BlockClient(rm.BlockOptions{})
	if err != nil {
		return err
	}
	left := 3
	var next func(ctx rm.Context)
	next = func(ctx rm.Context) {
		if left--; left > 0 {
			if err := ctx.EventLoopAddOneShot(next); err != nil {
				b.ReplyWithError(err)
			}
			return
		}
		answer(b)
	}
	return ctx.EventLoopAddOneShot(next)
}

func answer(b rm.BlockedClient) {
	reply := rm.NewReply()
	reply.OK()
	b.ReplyWith(reply)
}

// transfer sends bytes through a pipe, by the event loop.
type transfer struct {
	client         rm.BlockedClient
	in, out        int
	reader, writer rm.EventLoopFD
	src, dst       []byte
	sent           int
}

// sendBytes is test.sendbytes N.
func sendBytes(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	var fds [2]int
	if err := syscall.Pipe2(fds[:], syscall.O_NONBLOCK|syscall.O_CLOEXEC); err != nil {
		return err
	}
	t := &transfer{in: fds[0], out: fds[1], src: make([]byte, n)}
	for i := range t.src {
		t.src[i] = byte(i * 7)
	}
	if t.client, err = ctx.BlockClient(rm.BlockOptions{}); err != nil {
		t.end(ctx, err)
		return err
	}
	if t.reader, err = ctx.EventLoopAdd(t.in, rm.EventLoopReadable, t.read); err == nil {
		t.writer, err = ctx.EventLoopAdd(t.out, rm.EventLoopWritable, t.write)
	}
	if err != nil {
		t.client.AbortBlock(ctx)
		t.end(ctx, err)
	}
	return err
}

// end takes the pipe out of the event loop and answers the client.
func (t *transfer) end(ctx rm.Context, err error) {
	t.reader.Stop(ctx)
	t.writer.Stop(ctx)
	_ = syscall.Close(t.in)
	_ = syscall.Close(t.out)
	if err != nil {
		t.client.ReplyWithError(err)
	} else {
		answer(t.client)
	}
}

func (t *transfer) write(ctx rm.Context, _ rm.EventLoopMask) {
	n, err := syscall.Write(t.out, t.src[t.sent:])
	if errors.Is(err, syscall.EAGAIN) {
		return
	}
	if err != nil {
		t.end(ctx, err)
		return
	}
	if t.sent += n; t.sent == len(t.src) {
		t.writer.Stop(ctx)
	}
}

func (t *transfer) read(ctx rm.Context, _ rm.EventLoopMask) {
	buf := make([]byte, 64<<10)
	n, err := syscall.Read(t.in, buf)
	if errors.Is(err, syscall.EAGAIN) {
		return
	}
	if err == nil {
		if t.dst = append(t.dst, buf[:n]...); len(t.dst) < len(t.src) {
			return
		}
		if string(t.dst) != string(t.src) {
			err = rm.Error("ERR the bytes are others")
		}
	}
	t.end(ctx, err)
}

func main() {}
