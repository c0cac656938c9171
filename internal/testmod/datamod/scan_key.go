// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"strconv"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
)

var _ = add(
	rm.Command{Name: "d.scan.key", Flags: rm.CmdReadOnly, Arity: 3, Keys: rm.OneKey, Handler: scanKey},
	rm.Command{Name: "d.scan.elements", Flags: rm.CmdReadOnly, Arity: 3, Keys: rm.OneKey, Handler: countElements},
	rm.Command{Name: "d.scan.keybody", Flags: rm.CmdWrite, Arity: -3, Keys: rm.OneKey, Handler: scanKeyBody},
	rm.Command{Name: "d.scan.keypart", Flags: rm.CmdReadOnly, Arity: 3, Keys: rm.OneKey, Handler: scanKeyPart},
)

// element is a field and its value as one text; "-" is no value.
func element(field, value rm.RStr) string {
	if value.IsZero() {
		return field.Clone() + " -"
	}
	return field.Clone() + " " + value.Clone()
}

// scanKey is d.scan.key KEY iter|callback: all elements.
func scanKey(ctx rm.Context, args rm.Args) error {
	names = names[:0]
	key := ctx.OpenReadKey(args.At(1))
	if args.At(2).String() == "iter" {
		elements, err := key.Elements(nil)
		if err != nil {
			return err
		}
		for field, value := range elements.All {
			names = append(names, element(field, value))
		}
		return replyNames(ctx, names)
	}
	c, err := rm.NewScanCursor()
	if err != nil {
		return err
	}
	defer func() { _ = c.Free() }()
	for more := true; more; {
		more, err = key.ScanKey(c, func(field, value rm.RStr) { names = append(names, element(field, value)) })
		if err != nil {
			return err
		}
	}
	if more, err := key.ScanKey(c, nil); more || err != nil {
		return rm.Error("ERR the scan does not end")
	}
	return replyNames(ctx, names)
}

func countElement(field, value rm.RStr) { counted += min(1, field.Len()) + min(1, value.Len()) }

// countElements is d.scan.elements KEY iter|callback: nothing is allocated.
func countElements(ctx rm.Context, args rm.Args) error {
	counted = 0
	key := ctx.OpenReadKey(args.At(1))
	if args.At(2).String() == "iter" {
		elements, err := key.Elements(nil)
		if err != nil {
			return err
		}
		for field, value := range elements.All {
			countElement(field, value)
		}
		return ctx.ReplyWithLongLong(int64(counted))
	}
	if countCaret == nil {
		countCaret, _ = rm.NewScanCursor()
	}
	if err := countCaret.Restart(); err != nil {
		return err
	}
	for more := true; more; {
		var err error
		if more, err = key.ScanKey(countCaret, countElement); err != nil {
			return err
		}
	}
	return ctx.ReplyWithLongLong(int64(counted))
}

// scanKeyBody is d.scan.keybody KEY WHAT [N]: loops over a sorted set whose bodies
// change it. It replies with the elements that were seen.
func scanKeyBody(ctx rm.Context, args rm.Args) error {
	key := ctx.OpenWriteKey(args.At(1))
	elements, err := key.Elements(nil)
	if err != nil {
		return err
	}
	limit := 0
	if args.Len() > 3 {
		limit, _ = strconv.Atoi(args.At(3).String())
	}
	names = names[:0]
	for field, value := range elements.All {
		names = append(names, element(field, value))
		switch args.At(2).String() {
		case "remove": // at the last element the key goes
			redismodule.ZsetRem(key.Raw(), field.Raw(), nil)
		case "add": // a small value becomes a large one
			if len(names) < limit {
				s := rm.NewRStringText("new" + strconv.Itoa(len(names)))
				redismodule.ZsetAdd(key.Raw(), 1, s.Raw(), nil)
				s.Free()
			}
		case "delete":
			redismodule.DeleteKey(key.Raw())
		case "close":
			_ = key.Close()
		case "panic":
			if len(names) == limit {
				panic("in the body")
			}
		case "break":
			if len(names) == limit {
				return replyNames(ctx, names)
			}
		case "nested":
			for range elements.All {
				counted++
			}
		}
	}
	return replyNames(ctx, names)
}

// scanKeyPart is d.scan.keypart KEY N: a scan that goes on from command to command,
// with d.scan.part's cursor.
func scanKeyPart(ctx rm.Context, args rm.Args) error {
	limit, _ := strconv.Atoi(args.At(2).String())
	names = names[:0]
	key := ctx.OpenReadKey(args.At(1))
	if limit == 0 {
		more, err := key.ScanKey(partCursor, func(field, value rm.RStr) { names = append(names, element(field, value)) })
		if err != nil {
			return err
		}
		return replyNames(ctx, append(names, strconv.FormatBool(more)))
	}
	elements, err := key.Elements(partCursor)
	if err != nil {
		return err
	}
	for field, value := range elements.All {
		names = append(names, element(field, value))
		if len(names) == limit {
			break
		}
	}
	return replyNames(ctx, names)
}
