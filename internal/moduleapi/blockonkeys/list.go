// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"github.com/iredismodule/redismodule/rm"
)

// numbers is a value of the module's data type: numbers that grow, of which the last one is taken first.
type numbers struct{ list []int64 }

var numbersType *rm.Type[numbers]

// maxNumbers is how many numbers a value may have.
const maxNumbers = 1 << 20

func load(ctx rm.Context, _ rm.Args) (err error) {
	numbersType, err = rm.NewType(ctx, rm.TypeSpec[numbers]{
		Name: "fsl-lists", Version: 0,
		Save: func(w *rm.Saver, v *numbers) error {
			w.SaveUnsigned(uint64(len(v.list)))
			for _, n := range v.list {
				w.SaveSigned(n)
			}
			return nil
		},
		Load: func(r *rm.Loader, _ int) (*numbers, error) {
			v := new(numbers)
			for range r.LoadLength(maxNumbers) {
				v.list = append(v.list, r.LoadSigned())
			}
			return v, nil
		},
		Rewrite: func(a *rm.AOF, key rm.RStr, v *numbers) error {
			for _, n := range v.list {
				if err := a.EmitAOF("fsl.push", rm.Str(key), rm.Int64(n)); err != nil {
					return err
				}
			}
			return nil
		},
	})
	return err
}

// push puts a number at the end, which must be greater than the last one. The clients that wait
// for the key are told.
func push(ctx rm.Context, name rm.RStr, n int64) error {
	key := ctx.OpenWriteKey(name)
	defer key.Close()
	v, ok, err := numbersType.Get(key.ReadKey())
	if err != nil {
		return err
	}
	if !ok {
		v = new(numbers)
		if err := numbersType.Set(key, v); err != nil {
			return err
		}
	}
	if len(v.list) > 0 && v.list[len(v.list)-1] >= n {
		return rm.Error("ERR new element has to be greater than the head element")
	}
	v.list = append(v.list, n)
	return ctx.SignalKeyAsReady(name)
}

// last returns the last number of a key; ok is false without one.
func last(ctx rm.Context, name rm.RStr) (n int64, ok bool, err error) {
	key := ctx.OpenReadKey(name)
	defer key.Close()
	v, ok, err := numbersType.Get(key)
	if !ok || err != nil || len(v.list) == 0 {
		return 0, false, err
	}
	return v.list[len(v.list)-1], true, nil
}

// pop takes the last number; the key goes with its last one. ok is false without one.
func pop(ctx rm.Context, name rm.RStr) (n int64, ok bool, err error) {
	key := ctx.OpenWriteKey(name)
	defer key.Close()
	v, ok, err := numbersType.Get(key.ReadKey())
	if !ok || err != nil || len(v.list) == 0 {
		return 0, false, err
	}
	n, v.list = v.list[len(v.list)-1], v.list[:len(v.list)-1]
	if len(v.list) == 0 {
		err = key.Delete()
	}
	return n, true, err
}
