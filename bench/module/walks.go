// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"strconv"

	"github.com/iredismodule/redismodule/rm"
)

// The commands on sorted sets, streams, databases and dictionaries.

const (
	zsetScores   = 1024
	streamLength = 1000
	dictLength   = 1000
)

var turn int // of zadd

func zadd(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenWriteKey(args.At(1))
	turn = (turn + 1) % zsetScores
	_, err := key.ZSetAdd(float64(turn), args.At(2), 0)
	key.Close()
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

func lwalk(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenReadKey(args.At(1))
	elements, err := key.List(0, -1)
	if err != nil {
		return err
	}
	sum := 0
	for _, element := range elements.All {
		sum += element.Len()
	}
	key.Close()
	return ctx.ReplyWithLongLong(int64(sum))
}

func zrange(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenReadKey(args.At(1))
	elements, err := key.ZSetByScore(rm.AllScores)
	if err != nil {
		return err
	}
	sum := 0
	for element, score := range elements.All {
		sum += element.Len() + int(score)
	}
	key.Close()
	return ctx.ReplyWithLongLong(int64(sum))
}

// zrangeIn is zrange with a loop in place.
func zrangeIn(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenReadKey(args.At(1))
	elements, err := key.ZSetByScore(rm.AllScores)
	if err != nil {
		return err
	}
	sum := 0
	for element, score := range elements.AllInPlace {
		sum += len(element) + int(score)
	}
	key.Close()
	return ctx.ReplyWithLongLong(int64(sum))
}

func scan(ctx rm.Context, args rm.Args) error {
	back := ctx.SelectedDB()
	db, err := args.At(1).Int64()
	if err != nil || ctx.SelectDB(int(db)) != nil {
		return rm.Error("ERR no such database")
	}
	keys, err := ctx.Keys(nil)
	if err != nil {
		return err
	}
	sum := 0
	for name := range keys.All {
		sum += name.Len()
	}
	if err := ctx.SelectDB(back); err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(int64(sum))
}

// scanBytes is scan by AllBytes.
func scanBytes(ctx rm.Context, args rm.Args) error {
	back := ctx.SelectedDB()
	db, err := args.At(1).Int64()
	if err != nil || ctx.SelectDB(int(db)) != nil {
		return rm.Error("ERR no such database")
	}
	keys, err := ctx.Keys(nil)
	if err != nil {
		return err
	}
	sum := 0
	for name := range keys.AllBytes {
		sum += len(name)
	}
	if err := ctx.SelectDB(back); err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(int64(sum))
}

// scanIn is scan with a function that the server calls.
func scanIn(ctx rm.Context, args rm.Args) error {
	back := ctx.SelectedDB()
	db, err := args.At(1).Int64()
	if err != nil || ctx.SelectDB(int(db)) != nil {
		return rm.Error("ERR no such database")
	}
	cursor, err := rm.NewScanCursor()
	if err != nil {
		return err
	}
	scanned = 0
	for more := true; more && err == nil; {
		more, err = ctx.Scan(cursor, countKey)
	}
	cursor.Free()
	if back := ctx.SelectDB(back); err == nil {
		err = back
	}
	if err != nil {
		return err
	}
	return ctx.ReplyWithLongLong(int64(scanned))
}

var (
	scanned  int
	countKey = func(name rm.RStr, _ rm.ReadKey) { scanned += name.Len() }
)

func xadd(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenWriteKey(args.At(1))
	_, err := key.StreamAddAuto(args.At(2), args.At(3))
	if err == nil {
		_, err = key.StreamTrimByLength(streamLength, rm.StreamTrimApprox)
	}
	key.Close()
	if err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

func xread(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenReadKey(args.At(1))
	entries, err := key.Stream(rm.StreamID{}, rm.MaxStreamID)
	if err != nil {
		return err
	}
	sum := 0
	for _, entry := range entries.All {
		for field, value := range entry.Fields {
			sum += field.Len() + value.Len()
		}
	}
	key.Close()
	return ctx.ReplyWithLongLong(int64(sum))
}

// xreadBytes is xread by AllBytes.
func xreadBytes(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenReadKey(args.At(1))
	entries, err := key.Stream(rm.StreamID{}, rm.MaxStreamID)
	if err != nil {
		return err
	}
	sum := 0
	for _, entry := range entries.AllBytes {
		for field, value := range entry.Fields {
			sum += len(field) + len(value)
		}
	}
	key.Close()
	return ctx.ReplyWithLongLong(int64(sum))
}

var numbers *rm.Dict

// makeDict fills the dictionary when the module is loaded.
func makeDict() error {
	numbers = rm.NewDict()
	for i := range dictLength {
		if _, err := numbers.AddBytes([]byte("name:"+strconv.Itoa(i)), uintptr(i+1)); err != nil {
			return err
		}
	}
	return nil
}

func dictGet(ctx rm.Context, args rm.Args) error {
	value, ok := numbers.Get(args.At(1))
	if !ok {
		return ctx.ReplyWithNull()
	}
	return ctx.ReplyWithLongLong(int64(value))
}
