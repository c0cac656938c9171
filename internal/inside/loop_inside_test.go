// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"os"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// needsLoop skips a test on servers without an event loop for modules.
func needsLoop(t *inside.T, ctx rm.Context) {
	t.Helper()
	if serverHas(t, "EventLoopAdd") {
		return
	}
	require.ErrorIs(t, ctx.EventLoopAddOneShot(func(rm.Context) {}), rm.ErrUnsupported)
	_, err := ctx.EventLoopAdd(0, rm.EventLoopReadable, func(rm.Context, rm.EventLoopMask) {})
	require.ErrorIs(t, err, rm.ErrUnsupported)
	t.Skip("the server has no event loop for modules")
}

// InsideOneShots: they run in the order in which they came, after the command, each in
// database 0 whatever the one before has selected and however it has ended.
//
// Drives: EventLoopAddOneShot.
func InsideOneShots(t *inside.T, ctx rm.Context) {
	needsLoop(t, ctx)
	require.ErrorContains(t, ctx.EventLoopAddOneShot(nil), "no function")
	var ran, dbs []int
	const times = 30
	require.NoError(t, ctx.SelectDB(3))
	for i := range times {
		require.NoError(t, ctx.EventLoopAddOneShot(func(ctx rm.Context) {
			ran, dbs = append(ran, i), append(dbs, ctx.SelectedDB())
			_ = ctx.SelectDB(5)
			ctx.OpenReadKey(ctx.Str("left open"))
			switch i % 3 {
			case 1:
				panic("a one-shot panics")
			case 2:
				if canGoexit() {
					runtime.Goexit()
				}
			}
		}))
	}
	require.NoError(t, ctx.SelectDB(0))
	require.Empty(t, ran, "not in the command")
	await(t, func(t *inside.T, _ rm.Context) bool {
		if len(ran) < times {
			return false
		}
		for i := range times {
			require.Equal(t, i, ran[i])
			require.Zero(t, dbs[i])
		}
		return true
	})
}

// InsideManyOneShots: 100,000 from the server's thread and from goroutines. They take no
// trampoline each, and leave nothing.
//
// Drives: EventLoopAddOneShot.
func InsideManyOneShots(t *inside.T, ctx rm.Context) {
	needsLoop(t, ctx)
	const many, goroutines = 100_000, 10
	callbacks := redismodule.Callbacks()
	ran := 0
	count := func(rm.Context) { ran++ }
	server := ctx.DetachedThreadSafeContext()
	t.Cleanup(server.Free)
	before := env{t, ctx}.usedMemory()
	var posted sync.WaitGroup
	for range goroutines {
		posted.Add(1)
		go func() {
			defer posted.Done()
			for range many / goroutines / 2 {
				if server.Post(count) != nil {
					panic("refused")
				}
			}
		}()
	}
	for range many / 2 {
		require.NoError(t, ctx.EventLoopAddOneShot(count))
	}
	await(t, func(t *inside.T, ctx rm.Context) bool {
		if ran < many {
			return false
		}
		posted.Wait()
		require.Equal(t, many, ran)
		require.LessOrEqual(t, redismodule.Callbacks(), callbacks+1)
		require.Less(t, env{t, ctx}.usedMemory()-before, 1<<20)
		return true
	})
}

// pipe makes a pipe. Its ends, which do not block, are closed when the test has ended.
func pipe(t *inside.T) (r, w *os.File) {
	t.Helper()
	var fds [2]int
	require.NoError(t, syscall.Pipe2(fds[:], syscall.O_NONBLOCK|syscall.O_CLOEXEC))
	r, w = os.NewFile(uintptr(fds[0]), "r"), os.NewFile(uintptr(fds[1]), "w")
	t.Cleanup(func() {
		_ = r.Close()
		_ = w.Close()
	})
	return r, w
}

// fd is a file's number.
func fd(f *os.File) int { return int(f.Fd()) }

// pipes counts the ends of a pipe that the process has, by what /proc shows of one.
func pipes(t *inside.T, name string) (n int) {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	for _, entry := range list {
		if link, err := os.Readlink("/proc/self/fd/" + entry.Name()); err == nil && link == name {
			n++
		}
	}
	return n
}

// pipeName is what /proc shows of a pipe.
func pipeName(t *inside.T, f *os.File) string {
	t.Helper()
	link, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd(f)))
	require.NoError(t, err)
	return link
}

// InsideEventLoop watches a pipe: when there is something to read, when there is room,
// when the other end is closed; no more when it is stopped.
//
// Drives: EventLoopAdd, EventLoopDel.
func InsideEventLoop(t *inside.T, ctx rm.Context) {
	needsLoop(t, ctx)
	r, w := pipe(t)
	name, number := pipeName(t, r), fd(r)
	var got string
	var reads, masks int
	var atEnd bool
	readable, err := ctx.EventLoopAdd(fd(r), rm.EventLoopReadable, func(ctx rm.Context, ready rm.EventLoopMask) {
		masks |= int(ready)
		if reads++; atEnd {
			return // the number may be another file's by now
		}
		buf := make([]byte, 3)
		n, err := syscall.Read(number, buf)
		if err == nil && n > 0 {
			got += string(buf[:n])
			if reply, err := ctx.Call("APPEND", 0, rm.Text("loop"), rm.Bytes(buf[:n])); err == nil {
				reply.Free()
			}
		}
		atEnd = atEnd || err == nil && n == 0
	})
	require.NoError(t, err)
	writes := 0
	var writable rm.EventLoopFD
	writable, err = ctx.EventLoopAdd(fd(w), rm.EventLoopWritable, func(ctx rm.Context, ready rm.EventLoopMask) {
		masks |= int(ready)
		if writes++; writes <= 3 {
			_, _ = syscall.Write(fd(w), []byte("word "))
			return
		}
		writable.Stop(ctx)
		writable.Stop(ctx)
	})
	require.NoError(t, err)
	require.True(t, writable.Watched())
	step := 0
	await(t, func(t *inside.T, ctx rm.Context) bool {
		e := env{t, ctx}
		switch step {
		case 0:
			if got != "word word word " {
				return false
			}
			require.Equal(t, 4, writes)
			require.False(t, writable.Watched())
			require.Equal(t, int(rm.EventLoopReadable|rm.EventLoopWritable), masks)
			require.Equal(t, "word word word ", e.do("GET", "loop"))
			e.do("DEL", "loop")
			require.NoError(t, w.Close())
		case 1:
			if !atEnd {
				return false
			}
			// It comes again and again until it is stopped, our end closed or not.
			require.NoError(t, r.Close())
			reads = 0
		case 2:
			if reads == 0 {
				return false
			}
			readable.Stop(ctx)
			require.False(t, readable.Watched())
			readable.Stop(ctx)
			reads = 0
			require.Zero(t, pipes(t, name))
			t.Later(10*time.Millisecond, func(t *inside.T, _ rm.Context) { require.Zero(t, reads) })
			return true
		}
		step++
		return false
	})
}

// InsideEventLoopRefusals: what cannot be watched is told by errno, and what is none
// answers.
//
// Drives: EventLoopAdd.
func InsideEventLoopRefusals(t *inside.T, ctx rm.Context) {
	needsLoop(t, ctx)
	f := func(rm.Context, rm.EventLoopMask) {}
	r, _ := pipe(t)
	regular, err := os.CreateTemp("", "loop")
	require.NoError(t, err)
	defer os.Remove(regular.Name())
	defer regular.Close()
	for _, c := range []struct {
		fd   int
		mask rm.EventLoopMask
		want error
	}{
		{-1, rm.EventLoopReadable, syscall.EBADF}, {1 << 20, rm.EventLoopReadable, syscall.EBADF},
		{fd(r), 0, syscall.EINVAL}, {fd(r), 4, syscall.EINVAL}, {fd(r), -1, syscall.EINVAL},
		{int(regular.Fd()), rm.EventLoopReadable, syscall.EPERM},
	} {
		_, err := ctx.EventLoopAdd(c.fd, c.mask, f)
		require.ErrorIs(t, err, c.want, "%d %d", c.fd, c.mask)
	}
	_, err = ctx.EventLoopAdd(fd(r), rm.EventLoopReadable, nil)
	require.ErrorContains(t, err, "no function")
	var zero rm.EventLoopFD
	zero.Stop(ctx)
	require.False(t, zero.Watched())
	require.Equal(t, 2, pipes(t, pipeName(t, r)), "a refusal leaves nothing open")
}

// InsideEventLoopServersOwn watches each file of the process, the server's own sockets
// among them, which does not disturb the server.
//
// Drives: EventLoopAdd, EventLoopDel.
func InsideEventLoopServersOwn(t *inside.T, ctx rm.Context) {
	needsLoop(t, ctx)
	list, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	var all []rm.EventLoopFD
	for _, entry := range list {
		number, err := strconv.Atoi(entry.Name())
		require.NoError(t, err)
		for _, mask := range []rm.EventLoopMask{rm.EventLoopReadable, rm.EventLoopReadable | rm.EventLoopWritable} {
			d, err := ctx.EventLoopAdd(number, mask, func(rm.Context, rm.EventLoopMask) {})
			if err == nil {
				all = append(all, d)
			}
		}
	}
	require.Greater(t, len(all), 4)
	for range 5 {
		t.Later(2*time.Millisecond, func(t *inside.T, ctx rm.Context) { require.Equal(t, "PONG", env{t, ctx}.do("PING")) })
	}
	t.Later(0, func(t *inside.T, ctx rm.Context) {
		for _, d := range all {
			d.Stop(ctx)
			require.False(t, d.Watched())
		}
	})
}

// InsideEventLoopFailures: a function that fails is not called again.
//
// Drives: EventLoopAdd, EventLoopDel.
func InsideEventLoopFailures(t *inside.T, ctx rm.Context) {
	needsLoop(t, ctx)
	_, w := pipe(t)
	panics, exits, others, db := 0, 0, 0, 0
	bad, err := ctx.EventLoopAdd(fd(w), rm.EventLoopWritable, func(ctx rm.Context, _ rm.EventLoopMask) {
		panics++
		_ = ctx.SelectDB(3)
		panic("a descriptor panics")
	})
	require.NoError(t, err)
	worse, err := ctx.EventLoopAdd(fd(w), rm.EventLoopWritable, func(rm.Context, rm.EventLoopMask) {
		exits++
		if !canGoexit() {
			panic("a descriptor panics")
		}
		runtime.Goexit()
	})
	require.NoError(t, err)
	good, err := ctx.EventLoopAdd(fd(w), rm.EventLoopWritable, func(ctx rm.Context, _ rm.EventLoopMask) {
		others++
		db += ctx.SelectedDB()
	})
	require.NoError(t, err)
	await(t, func(t *inside.T, ctx rm.Context) bool {
		if others < 20 {
			return false
		}
		require.Zero(t, db)
		require.Equal(t, 1, panics)
		require.Equal(t, 1, exits)
		require.False(t, bad.Watched())
		require.False(t, worse.Watched())
		require.True(t, good.Watched())
		good.Stop(ctx)
		require.Equal(t, 2, pipes(t, pipeName(t, w)))
		return true
	})
}

// InsideEventLoopCosts: a descriptor that is ready in each turn, and one-shots that make
// themselves again, allocate nothing.
//
// Drives: EventLoopAdd, EventLoopDel, EventLoopAddOneShot.
func InsideEventLoopCosts(t *inside.T, ctx rm.Context) {
	needsLoop(t, ctx)
	_, w := pipe(t)
	const times = 2000
	var before, after runtime.MemStats
	fired := 0
	var oneShot func(ctx rm.Context)
	oneShot = func(ctx rm.Context) {
		if fired < times {
			_ = ctx.EventLoopAddOneShot(oneShot)
		}
	}
	require.NoError(t, ctx.EventLoopAddOneShot(oneShot))
	d, err := ctx.EventLoopAdd(fd(w), rm.EventLoopWritable, func(ctx rm.Context, _ rm.EventLoopMask) {
		switch fired++; fired {
		case times / 2:
			runtime.ReadMemStats(&before)
		case times:
			runtime.ReadMemStats(&after)
		}
	})
	require.NoError(t, err)
	await(t, func(t *inside.T, ctx rm.Context) bool {
		if fired < times {
			return false
		}
		d.Stop(ctx)
		if !debugBuild && canGoexit() { // without assembly each call allocates
			// The test's own commands run in between.
			require.Less(t, after.Mallocs-before.Mallocs, uint64(times/4), "allocations in %d firings", times/2)
		}
		return true
	})
}
