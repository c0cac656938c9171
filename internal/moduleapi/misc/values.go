// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"math"

	"github.com/iredismodule/redismodule/rm"
)

// longDouble writes a number for human readers, reads it back, and replies with the text.
func longDouble(ctx rm.Context, _ rm.Args) error {
	const f = 0.00000000000000001
	text := rm.NewRStringHumanLongDouble(f)
	defer text.Free()
	back, err := text.LongDouble()
	if err != nil {
		return err
	}
	if back != f {
		return fmt.Errorf("%v has become %v", f, back)
	}
	return ctx.ReplyWithString(text.Str())
}

// unsigned writes the largest number, and reads it back.
func unsigned(ctx rm.Context, _ rm.Args) error {
	text := rm.NewRStringUint64(math.MaxUint64)
	defer text.Free()
	if text.String() != "18446744073709551615" {
		return fmt.Errorf("it is written %s", text.String())
	}
	back, err := text.Uint64()
	if err != nil {
		return err
	}
	if back != math.MaxUint64 {
		return fmt.Errorf("it has become %d", back)
	}
	return ctx.ReplyWithText("ok")
}

// memory is test.malloc_api: blocks in all the ways there are.
func memory(ctx rm.Context, _ rm.Args) error {
	block := rm.Alloc(8)
	copy(block.Bytes(), "original")
	block.Realloc(16)
	if got := string(block.Bytes()[:8]); got != "original" {
		return fmt.Errorf("a block that has grown begins with %q", got)
	}
	if err := block.TryRealloc(4); err != nil {
		return err
	}
	if got := string(block.Bytes()); got != "orig" {
		return fmt.Errorf("a block that has shrunk is %q", got)
	}
	block.Free()
	for name, alloc := range map[string]func() (rm.Memory, error){
		"Calloc":    func() (rm.Memory, error) { return rm.Calloc(3, 5), nil },
		"TryCalloc": func() (rm.Memory, error) { return rm.TryCalloc(3, 5) },
	} {
		block, err := alloc()
		if err != nil {
			return err
		}
		for _, b := range block.Bytes() {
			if b != 0 {
				return fmt.Errorf("%s does not clear", name)
			}
		}
		if n := block.MallocSize(); n < 15 {
			return fmt.Errorf("15 bytes of %s take %d", name, n)
		}
		block.Free()
	}
	if _, err := rm.TryAlloc(math.MaxInt / 4); err == nil {
		return rm.Error("ERR an enormous block was allocated")
	}
	return ctx.ReplyWithOK()
}
