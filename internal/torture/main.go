// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command torture does to a server, at random and all at once, what has made servers
// with Go modules stand still: commands behind blocked clients and pauses, goroutines
// that want the server beside collections, listeners of events, calls from coroutines
// and from stacks of C, loads and unloads. The server must answer PING within a
// second all the time, but for what one of the commands itself takes, and end by
// itself when told to; else the exit status is 1. One half of the time the modules are
// in resident mode, the other in portable mode.
//
//	go run ./internal/torture -minutes 20 -seed 7
//
// The environment variable RM_SERVER names the server, redis-server or
// valkey-server otherwise.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

func main() {
	minutes := flag.Float64("minutes", 2, "how long")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "of the random choices")
	only := flag.String("mode", "", "resident or portable; one half of the time each otherwise")
	without := flag.String("without", "", "operations that are left out, separated by commas, to find out which one it is")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	fmt.Printf("torture: minutes=%g seed=%d\n", *minutes, *seed)
	failed := false
	modes := []string{"resident", "portable"}
	if *only != "" {
		modes = []string{*only}
	}
	length := time.Duration(*minutes * float64(time.Minute) / float64(len(modes)))
	for _, mode := range modes {
		if err := run(ctx, mode, *without, *seed, length); err != nil {
			fmt.Fprintf(os.Stderr, "torture: FAILED mode=%s seed=%d:\n%v\n", mode, *seed, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
