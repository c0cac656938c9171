// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"strings"
	"sync/atomic"

	"github.com/iredismodule/redismodule/rm"
)

// mode is the value of an option.
type mode int32

var (
	number   atomic.Int64
	flag     atomic.Bool
	theMode  rm.AtomicEnum[mode]
	theText  rm.AtomicText
	errThat  = errors.New("not that")
	errBegin = errors.New("begins with c")
)

var configs = []rm.Config{
	rm.Int64Config{Name: "number", Default: 7, Min: -5, Max: 1000, Value: &number, Check: func(n int64) error {
		if n == 13 {
			return errThat
		}
		return nil
	}},
	rm.BoolConfig{Name: "flag", Default: true, Value: &flag},
	rm.EnumConfig[mode]{Name: "mode", Default: 2, Words: []rm.ConfigWord[mode]{{Word: "one", Value: 1}, {Word: "two", Value: 2}, {Word: "three", Value: 4}}, Value: &theMode},
	rm.TextConfig{Name: "text", Default: "default", Value: &theText, Check: func(s string) error {
		if strings.HasPrefix(s, "c") {
			return errBegin
		}
		return nil
	}},
}
