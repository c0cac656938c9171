// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"
	"math"
	"runtime"

	"github.com/iredismodule/redismodule/rm"
)

var (
	kept     rm.Info
	infoDoes string // what the next INFO is to do
	infoRuns int
)

// info adds fields of all types.
func info(i rm.Info) {
	kept = i
	infoRuns++
	early := i.AddFieldLongLong("early", 1)
	wanted, err := i.AddSection("")
	must(err)
	must(i.AddFieldLongLong("runs", int64(infoRuns)))
	must(i.AddFieldCString("early", fmt.Sprint(early)))
	must(i.AddFieldCString("section_wanted", fmt.Sprint(wanted)))
	if infoDoes == "panic" {
		must(i.BeginDictField("broken"))
		must(i.AddFieldLongLong("one", 1))
		panic("no more figures")
	}
	if infoDoes == "goexit" {
		runtime.Goexit()
	}
	wanted, err = i.AddSection("types")
	must(err)
	s := rm.NewRStringText("of the\r\nserver, whole")
	defer s.Free()
	must(i.AddFieldString("string", s.Str()))
	must(i.AddFieldCString("text", "a: b\r\n\x00#c, d\xc8"))
	must(i.AddFieldCString("long", fmt.Sprintf("%0300d", 7)))
	must(i.AddFieldLongLong("min", math.MinInt64))
	must(i.AddFieldULongLong("max", math.MaxUint64))
	must(i.AddFieldDouble("double", 2.5))
	must(i.AddFieldDouble("inf", math.Inf(-1)))
	must(i.BeginDictField("dict"))
	must(i.AddFieldString("s", s.Str()))
	must(i.AddFieldCString("t", "x,y"))
	must(i.AddFieldLongLong("n", -1))
	must(i.AddFieldULongLong("u", 1))
	must(i.AddFieldDouble("d", 0.5))
	must(i.EndDictField())
	must(i.BeginDictField("em:pty"))
	must(i.BeginDictField("open"))
	must(i.AddFieldLongLong("n", 2))
	refused := errors.Join(i.AddFieldLongLong("a b", 1), i.AddFieldLongLong("", 1), i.BeginDictField("a\x00b"), i.AddFieldString("zero", rm.RStr{}))
	if wanted {
		_, err = i.AddSection("refused")
		must(err)
		for n, err := range refused.(interface{ Unwrap() []error }).Unwrap() {
			must(i.AddFieldCString(fmt.Sprint("fault", n), err.Error()))
		}
		if err := i.EndDictField(); err != nil {
			must(i.AddFieldCString("end", err.Error()))
		}
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// useKept uses an Info that is over.
func useKept(ctx rm.Context, _ rm.Args) error {
	_, err := kept.AddSection("late")
	return ctx.ReplyWithText(fmt.Sprint(err, ", ", kept.AddFieldLongLong("late", 1), ", ", kept.EndDictField()))
}

// nested reads INFO of the module in a command.
func nested(ctx rm.Context, args rm.Args) error {
	i, err := ctx.ServerInfo(args.At(1).Clone())
	if err != nil {
		return err
	}
	defer i.Free()
	text, ok, err := i.Text(args.At(2).Clone())
	if err != nil || !ok {
		return errors.Join(err, fmt.Errorf("there: %t", ok))
	}
	return ctx.ReplyWithText(text)
}
