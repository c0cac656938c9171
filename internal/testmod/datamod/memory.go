// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"sync"

	"github.com/iredismodule/redismodule/rm"
)

var _ = add(
	rm.Command{Name: "d.mem.alloc", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 4, Handler: memAlloc},
	rm.Command{Name: "d.mem.free", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: memFree},
	rm.Command{Name: "d.mem.realloc", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 3, Handler: memRealloc},
	rm.Command{Name: "d.mem.strdup", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: memStrdup},
	rm.Command{Name: "d.mem.sizes", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: memSizes},
	rm.Command{Name: "d.mem.bad", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: memBad},
	rm.Command{Name: "d.mem.absurd", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: memAbsurd},
	rm.Command{Name: "d.mem.ratio", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: memRatio},
	rm.Command{Name: "d.mem.pool", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 3, Handler: memPool},
	rm.Command{Name: "d.mem.threads", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: memThreads},
)

var block rm.Memory

func number(s rm.RStr) int {
	n, _ := strconv.Atoi(s.String())
	return n
}

// memAlloc is d.mem.alloc HOW COUNT SIZE: a block of COUNT times SIZE bytes, filled
// and read back. It stays until d.mem.free.
func memAlloc(ctx rm.Context, args rm.Args) (err error) {
	count, size := number(args.At(2)), number(args.At(3))
	switch args.At(1).String() {
	case "alloc":
		block = rm.Alloc(count * size)
	case "tryalloc":
		block, err = rm.TryAlloc(count * size)
	case "calloc":
		block = rm.Calloc(count, size)
	case "trycalloc":
		block, err = rm.TryCalloc(count, size)
	}
	if err != nil {
		return err
	}
	b := block.Bytes()
	if block.IsZero() || len(b) != count*size || block.Len() != count*size || cap(b) != len(b) {
		return rm.Error("ERR the block has another size")
	}
	if args.At(1).String() == "calloc" || args.At(1).String() == "trycalloc" {
		for _, c := range b {
			if c != 0 {
				return rm.Error("ERR the block is not clear")
			}
		}
	}
	for i := range b {
		b[i] = byte(i)
	}
	for i, c := range rm.MemoryAt(block.Addr(), block.Len()).Bytes() {
		if c != byte(i) {
			return rm.Error("ERR the block does not hold what it was given")
		}
	}
	return ctx.ReplyWithOK()
}

func memFree(ctx rm.Context, _ rm.Args) error {
	block.Free()
	block.Free()
	if !block.IsZero() || block.Bytes() != nil || block.Len() != 0 {
		return rm.Error("ERR the block is still there")
	}
	return ctx.ReplyWithOK()
}

// memRealloc is d.mem.realloc realloc|tryrealloc SIZE, of the block.
func memRealloc(ctx rm.Context, args rm.Args) error {
	old, n := bytes.Clone(block.Bytes()), number(args.At(2))
	if args.At(1).String() == "realloc" {
		block.Realloc(n)
	} else if err := block.TryRealloc(n); err != nil {
		if !bytes.Equal(old, block.Bytes()) {
			return rm.Error("ERR the block has changed")
		}
		return err
	}
	b := block.Bytes()
	if len(b) != n || block.IsZero() != (n == 0) {
		return rm.Error("ERR the block has another size")
	}
	if k := min(len(old), n); !bytes.Equal(old[:k], b[:k]) {
		return rm.Error("ERR the block has lost its bytes")
	}
	if n > 0 {
		b[n-1] = 'x'
	}
	return ctx.ReplyWithOK()
}

// memStrdup is d.mem.strdup TEXT.
func memStrdup(ctx rm.Context, args rm.Args) error {
	m, err := rm.Strdup(args.At(1).String())
	if err != nil {
		return err
	}
	defer m.Free()
	if n := m.Len(); rm.MemoryAt(m.Addr(), n+1).Bytes()[n] != 0 {
		return rm.Error("ERR no NUL byte")
	}
	return ctx.ReplyWithText(string(m.Bytes()))
}

// memSizes is d.mem.sizes TEXT: what the sizes of the block, of a string and of a
// dictionary are. An error stands in place of a size.
func memSizes(ctx rm.Context, args rm.Args) error {
	size := func(n int, err error) {
		if err != nil {
			_ = ctx.ReplyWithText(err.Error())
			return
		}
		_ = ctx.ReplyWithLongLong(int64(n))
	}
	_ = ctx.ReplyWithArray(8)
	size(block.MallocSize(), nil)
	size(block.MallocUsableSize())
	size(rm.MallocSizeString(args.At(1)))
	d := rm.NewDict()
	size(rm.MallocSizeDict(d))
	for i := range 100 {
		_, _ = d.AddBytes([]byte("key"+strconv.Itoa(i)), 1)
	}
	size(rm.MallocSizeDict(d))
	_ = d.Free()
	size(rm.Memory{}.MallocSize(), nil)
	size(rm.Memory{}.MallocUsableSize())
	size(rm.MallocSizeString(rm.RStr{}))
	return nil
}

// memBad shows what bad sizes give.
func memBad(ctx rm.Context, _ rm.Args) error {
	var out []string
	show := func(what string, v ...any) { out = append(out, what+": "+fmt.Sprintln(v...)) }
	panics := func(what string, f func()) {
		defer func() { show(what, "panic", recover()) }()
		f()
	}
	panics("alloc", func() { rm.Alloc(-1) })
	panics("alloc", func() { rm.Alloc(math.MaxInt) })
	panics("calloc", func() { rm.Calloc(-1, 1) })
	panics("calloc", func() { rm.Calloc(1<<32, 1<<32) })
	panics("pool", func() { ctx.PoolAlloc(-1) })
	panics("at", func() { rm.MemoryAt(8, -1) })
	m := rm.Alloc(3)
	panics("realloc", func() { m.Realloc(-1) })
	show("len", m.Len())
	_, err := rm.TryAlloc(-1)
	show("tryalloc", err)
	_, err = rm.TryCalloc(-1, -1)
	show("trycalloc", err)
	_, err = rm.TryCalloc(math.MaxInt, 2)
	show("trycalloc", err)
	show("tryrealloc", m.TryRealloc(-1), m.Len())
	m.Free()
	empty := rm.Alloc(0)
	show("empty", empty.IsZero(), empty.Len(), empty.Bytes() == nil)
	empty.Free()
	return replyNames(ctx, out)
}

// memAbsurd is d.mem.absurd SIZE: the error of each function that has one.
func memAbsurd(ctx rm.Context, args rm.Args) error {
	n := number(args.At(1))
	m, err := rm.TryAlloc(n)
	_ = ctx.ReplyWithArray(3)
	result(ctx, err)
	m.Free()
	m, err = rm.TryCalloc(1, n)
	result(ctx, err)
	m.Free()
	m = rm.Alloc(10)
	copy(m.Bytes(), "0123456789")
	err = m.TryRealloc(n)
	if err == nil || string(m.Bytes()) != "0123456789" {
		err = rm.Error("ERR the block has changed")
	}
	result(ctx, err)
	m.Free()
	return nil
}

func memRatio(ctx rm.Context, _ rm.Args) error {
	return ctx.ReplyWithText(strconv.FormatFloat(float64(rm.UsedMemoryRatio()), 'g', -1, 32))
}

// memPool is d.mem.pool COUNT SIZE: so many blocks from the pool.
func memPool(ctx rm.Context, args rm.Args) error {
	count, size := number(args.At(1)), number(args.At(2))
	blocks := make([][]byte, count)
	for i := range blocks {
		b := ctx.PoolAlloc(size)
		if len(b) != size || cap(b) != size {
			return rm.Error("ERR the block has another size")
		}
		for j := range b {
			b[j] = byte(i)
		}
		blocks[i] = b
	}
	for i, b := range blocks {
		if len(bytes.Trim(b, string([]byte{byte(i)}))) != 0 {
			return rm.Error("ERR two blocks overlap")
		}
	}
	return ctx.ReplyWithOK()
}

// memThreads allocates and frees on goroutines without the lock, while the server
// waits for them.
func memThreads(ctx rm.Context, _ rm.Args) error {
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 1000 {
				m := rm.Alloc(i)
				for j := range m.Bytes() {
					m.Bytes()[j] = byte(g)
				}
				m.Realloc(2 * i)
				for _, c := range m.Bytes()[:min(i, m.Len())] {
					if c != byte(g) {
						panic("another goroutine has written here")
					}
				}
				m.Free()
				_ = rm.Now()
				_ = rm.UsedMemoryRatio()
				d := rm.NewDict()
				_, _ = d.AddBytes([]byte("key"), 1)
				_ = d.Free()
			}
		})
	}
	wg.Wait()
	return ctx.ReplyWithOK()
}
