// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package fuzz

import (
	"errors"
	"math"
	"runtime"
	"slices"

	"github.com/iredismodule/redismodule/rm"
)

// The load arguments of the module under test.
var (
	paramSize  = int64(7)
	paramLabel = "none"
	paramFast  = true
	paramList  []string
)

var errItem = errors.New("no item")

var params = []rm.Param{
	rm.Int64Param("size", &paramSize, -5, 1000),
	rm.TextParam("Label", &paramLabel),
	rm.BoolParam("fast", &paramFast),
	{
		Name: "item",
		Set: func(v string) error {
			switch v {
			case "":
				return errItem
			case "panic":
				panic("item")
			}
			paramList = append(paramList, v)
			return nil
		},
		Reset: func() { paramList = nil },
	},
}

// declared is a command that the next load creates, and what came of it.
var (
	declared    *rm.Command
	declaredErr error
)

// value is a value of the data type, with an item of each kind.
type value struct {
	U    uint64
	N    int64
	D    float64
	F    float32
	LD   float64
	Text string
	List []string
}

const (
	typeName    = "fuzztypes"
	typeVersion = 2
	listMost    = 100
)

var valueType *rm.Type[value]

var saved *value // that which Save got last

// How many values Load has returned, and Free was given: each once.
var valuesMade, valuesFreed int

// Texts on which Load ends in another way.
const (
	textPanic = "panic"
	textExit  = "exit"
)

var errNegative = errors.New("a negative number of a version that has none")

func onLoad(ctx rm.Context, _ rm.Args) error {
	if declared != nil {
		declaredErr = ctx.CreateCommand(*declared)
	}
	t, err := rm.NewType(ctx, rm.TypeSpec[value]{
		Name: typeName, Version: typeVersion,
		Free: func(*value) { valuesFreed++ },
		Load: func(r *rm.Loader, version int) (*value, error) {
			v := &value{U: r.LoadUnsigned(), N: r.LoadSigned(), D: r.LoadDouble(), F: r.LoadFloat()}
			if version > 0 {
				v.LD = r.LoadLongDouble()
			}
			if version == typeVersion {
				v.Text = string(r.AppendBytes(r.LoadBytes())) // of two parts
			} else {
				v.Text = r.LoadText()
			}
			switch v.Text {
			case textPanic:
				panic("load")
			case textExit:
				runtime.Goexit()
			}
			for range r.LoadLength(listMost) {
				own := r.LoadString()
				v.List = append(v.List, own.Clone())
				own.Free()
			}
			valuesMade++
			if version == 1 && v.N < 0 {
				return v, errNegative
			}
			return v, nil
		},
		Save: func(w *rm.Saver, v *value) error {
			saved = v
			w.SaveUnsigned(v.U)
			w.SaveSigned(v.N)
			w.SaveDouble(v.D)
			w.SaveFloat(v.F)
			w.SaveLongDouble(v.LD)
			half := len(v.Text) / 2
			w.SaveText(v.Text[:half])
			w.SaveText(v.Text[half:])
			w.SaveUnsigned(uint64(len(v.List)))
			for i, s := range v.List {
				if i%2 == 0 {
					w.SaveStringBuffer([]byte(s))
				} else {
					own := rm.NewRStringText(s)
					w.SaveString(own.Str())
					own.Free()
				}
			}
			return nil
		},
	})
	valueType = t
	return err
}

func (v *value) equal(w *value) bool {
	same := func(a, b float64) bool { return a == b || a != a && b != b }
	// Texts of a long double may be in the middle of two.
	if !same(v.LD, w.LD) && w.LD == w.LD && math.Nextafter(v.LD, w.LD) != w.LD {
		return false
	}
	return v.U == w.U && v.N == w.N && same(v.D, w.D) && same(float64(v.F), float64(w.F)) && v.Text == w.Text && slices.Equal(v.List, w.List)
}
