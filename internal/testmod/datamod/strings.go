// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/iredismodule/redismodule/rm"
)

var _ = add(
	rm.Command{Name: "d.str", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: -2, Handler: stringOperation},
	rm.Command{Name: "d.str.lent", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 3, Handler: lentStrings},
	rm.Command{Name: "d.str.hot", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 3, Handler: hotStrings},
	rm.Command{Name: "d.str.debug", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 3, Handler: stringMisuse},
)

// stringOperation is d.str OPERATION [STRING...].
func stringOperation(ctx rm.Context, args rm.Args) error {
	operation := stringOperations[args.At(1).String()]
	if operation == nil {
		return rm.Error("ERR no such operation")
	}
	return operation(ctx, args.From(2))
}

var stringOperations = map[string]func(ctx rm.Context, args rm.Args) error{
	"uint": func(ctx rm.Context, args rm.Args) error {
		n, err := args.At(0).Uint64()
		if err != nil {
			return err
		}
		return ctx.ReplyWithText(strconv.FormatUint(n, 10))
	},
	"int": func(ctx rm.Context, args rm.Args) error {
		n, err := args.At(0).Int64()
		if err != nil {
			return err
		}
		return ctx.ReplyWithLongLong(n)
	},
	"float":      func(ctx rm.Context, args rm.Args) error { return replyFloat(ctx, args.At(0).Float64) },
	"longdouble": func(ctx rm.Context, args rm.Args) error { return replyFloat(ctx, args.At(0).LongDouble) },
	"newuint": func(ctx rm.Context, args rm.Args) error {
		n, err := strconv.ParseUint(args.At(0).String(), 10, 64)
		return replyNew(ctx, rm.NewRStringUint64(n), err)
	},
	"newfloat": func(ctx rm.Context, args rm.Args) error {
		f, err := strconv.ParseFloat(args.At(0).String(), 64)
		return replyNew(ctx, rm.NewRStringFloat64(f), err)
	},
	"newlongdouble": func(ctx rm.Context, args rm.Args) error {
		f, err := strconv.ParseFloat(args.At(0).String(), 64)
		return replyNew(ctx, rm.NewRStringLongDouble(f), err)
	},
	"newhuman": func(ctx rm.Context, args rm.Args) error {
		f, err := strconv.ParseFloat(args.At(0).String(), 64)
		return replyNew(ctx, rm.NewRStringHumanLongDouble(f), err)
	},
	"format": func(ctx rm.Context, args rm.Args) error {
		return replyNew(ctx, rm.NewRStringFormat("%d %s %q %%s\x00", args.Len(), args.At(0), args.At(0).Bytes()), nil)
	},
	"copy": func(ctx rm.Context, args rm.Args) error {
		own := args.At(0).Copy()
		if own.Raw() == args.At(0).Raw() {
			return rm.Error("ERR it is the same string")
		}
		return replyNew(ctx, own, nil)
	},
	"equal": func(ctx rm.Context, args rm.Args) error {
		return ctx.ReplyWithText(fmt.Sprint(args.At(0).Equal(args.At(1)), args.At(0).Compare(args.At(1)), args.At(1).Compare(args.At(0))))
	},
	"appendto": func(ctx rm.Context, args rm.Args) error {
		return ctx.ReplyWithBytes(args.At(1).AppendTo(args.At(0).AppendTo([]byte("<"))))
	},
	"append": func(ctx rm.Context, args rm.Args) error {
		own := rm.NewRString(args.At(0).Bytes())
		if err := own.Append(args.At(1).Bytes()); err != nil {
			return err
		}
		return replyNew(ctx, own, own.AppendText(args.At(2).String()))
	},
	"trim":     trimString,
	"shared":   sharedString,
	"handover": handOver,
	"zero":     func(ctx rm.Context, args rm.Args) error { return ctx.ReplyWithText(zeroString(ctx, args.At(0))) },
}

func replyFloat(ctx rm.Context, read func() (float64, error)) error {
	f, err := read()
	if err != nil {
		return err
	}
	return ctx.ReplyWithText(strconv.FormatFloat(f, 'g', -1, 64))
}

func replyNew(ctx rm.Context, s rm.RString, err error) error {
	defer s.Free()
	if err != nil {
		return err
	}
	return ctx.ReplyWithString(s.Str())
}

// trimString is d.str trim STRING: the string is grown, trimmed, and must be as it
// was.
func trimString(ctx rm.Context, args rm.Args) error {
	own := args.At(0).Copy()
	defer own.Free()
	for range 10 {
		if err := own.Append([]byte("0123456789")); err != nil {
			return err
		}
	}
	if err := own.Trim(); err != nil {
		return err
	}
	return ctx.ReplyWithString(own.Str())
}

// sharedString is d.str shared STRING: of several references each is freed.
func sharedString(ctx rm.Context, args rm.Args) error {
	one := args.At(0).Copy()
	two, three := one.Retain(), one.Str().Retain()
	same := one.Raw() == two.Raw() && one.Raw() == three.Raw()
	err := one.Append([]byte("x"))
	one.Free()
	two.Free()
	if !same || err != rm.ErrSharedString || !one.IsZero() {
		three.Free()
		return rm.Error("ERR the references are not of one string")
	}
	return replyNew(ctx, three, three.AppendText("+")) // the last owner may append
}

// handOver is d.str handover STRING: nothing is freed here.
func handOver(ctx rm.Context, args rm.Args) error {
	own := args.At(0).Copy()
	lent := own.HandOver(ctx)
	if !own.IsZero() {
		return rm.Error("ERR the owner still has it")
	}
	var none rm.RString
	if s := none.HandOver(ctx); !s.IsZero() {
		return rm.Error("ERR a string came of nothing")
	}
	return ctx.ReplyWithString(lent)
}

// zeroString names what is wrong with zero strings.
func zeroString(ctx rm.Context, some rm.RStr) string {
	var bad []string
	check := func(ok bool, what string) {
		if !ok {
			bad = append(bad, what)
		}
	}
	var zero rm.RStr
	var owned rm.RString
	empty := rm.NewRString(nil)
	defer empty.Free()
	check(zero.Equal(zero) && zero.Equal(empty.Str()) && empty.Equal(zero) && !zero.Equal(some) && !some.Equal(zero), "Equal")
	check(zero.Compare(empty.Str()) == 0 && zero.Compare(some) == -1 && some.Compare(zero) == 1, "Compare")
	_, err := zero.Uint64()
	check(err == rm.ErrNotInteger, "Uint64")
	_, err = zero.LongDouble()
	check(err == rm.ErrNotFloat, "LongDouble")
	copied, retained, second := zero.Copy(), zero.Retain(), owned.Retain()
	check(copied.IsZero() && retained.IsZero() && second.IsZero(), "Copy, Retain")
	check(string(zero.AppendTo([]byte("x"))) == "x", "AppendTo")
	check(owned.Append(nil) == rm.ErrNoString && owned.AppendText("x") == rm.ErrNoString, "Append")
	err = owned.Trim()
	check(err == nil || errors.Is(err, rm.ErrUnsupported), "Trim")
	check(bytes.Equal(some.AppendTo(nil), some.Bytes()), "AppendTo of some")
	return strings.Join(bad, ", ")
}

var stringBuffer []byte

// hotStrings is d.str.hot STRING NUMBER: what must not allocate.
func hotStrings(ctx rm.Context, args rm.Args) error {
	stringBuffer = args.At(1).AppendTo(stringBuffer[:0])
	n, err := args.At(2).Uint64()
	if err != nil {
		return err
	}
	f, err := args.At(2).LongDouble()
	if err != nil && !errors.Is(err, rm.ErrUnsupported) {
		return err
	}
	_, errText := args.At(1).Uint64()
	if errText == nil || args.At(1).Equal(args.At(2)) || err == nil && f != float64(n) {
		return rm.Error("ERR wrong")
	}
	strings := [...]rm.RString{
		args.At(1).Copy(), args.At(1).Retain(), rm.NewRString(stringBuffer), rm.NewRStringText(args.At(1).String()), rm.NewRStringUint64(n),
		rm.NewRStringInt64(int64(n)), rm.NewRStringFloat64(1.5), rm.NewRStringHumanLongDouble(0.5),
	}
	last := strings[2].Retain()
	last.Free()
	err = strings[0].Append(stringBuffer)
	_ = strings[0].Trim()
	if err == nil {
		err = ctx.ReplyWithString(strings[0].Str())
	}
	for i := range strings {
		strings[i].Free()
	}
	return err
}

// stringMisuse is d.str.debug MISUSE STRING, for the debug build, which panics at
// the marked lines.
func stringMisuse(ctx rm.Context, args rm.Args) error {
	own := rm.NewRString(args.At(2).Bytes())
	other := own
	switch args.At(1).String() {
	case "free":
		own.Free()
		other.Free() // misuse: free
	case "use":
		own.Free()
		return ctx.ReplyWithBytes(other.Bytes()) // misuse: use
	case "reply":
		own.Free()
		return ctx.ReplyWithString(other.Str()) // misuse: reply
	case "append":
		own.Free()
		return other.Append([]byte("x")) // misuse: append
	case "retained":
		one := args.At(2).Retain()
		two := one
		one.Free()
		two.Free() // misuse: retained
	case "fine":
		two := own.Retain()
		own.Free()
		other = two
		err := ctx.ReplyWithBytes(other.Bytes())
		other.Free()
		return err
	case "many":
		own.Free()
		for range 10000 {
			s := rm.NewRStringText("text")
			t := args.At(2).Retain()
			if s.String() != "text" || !t.Equal(args.At(2)) {
				return rm.Error("ERR wrong")
			}
			s.Free()
			t.Free()
		}
		return ctx.ReplyWithOK()
	}
	return rm.Error("ERR nobody noticed")
}

// lentStrings is d.str.lent KEY TEXT: it stores the text in a hash, with strings that
// live until the handler returns, and replies with what is there then.
func lentStrings(ctx rm.Context, args rm.Args) error {
	field, value := ctx.Str("field"), ctx.StrBytes(args.At(2).Bytes())
	if !ctx.Str("").Equal(ctx.StrBytes(nil)) || ctx.Str("").IsZero() {
		return rm.Error("ERR an empty string is none")
	}
	key := ctx.OpenWriteKey(args.At(1))
	if _, err := key.HashSet(field, value, 0); err != nil {
		return err // with the key open
	}
	_ = key.Close()
	reply, err := ctx.Call("HGET", 0, rm.Str(args.At(1)), rm.Str(field))
	if err != nil {
		return err
	}
	defer reply.Free()
	return ctx.ReplyWithCallReply(reply)
}
