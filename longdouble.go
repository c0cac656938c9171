// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule

import (
	"math"

	"github.com/iredismodule/redismodule/internal/edge"
)

// Shapes of the five functions that take or return a long double. The type
// differs from platform to platform (80, 128 or 64 bits), so C converts.
const (
	ldArg    int32 = iota // fn(a0, (long double)f)
	ldArgInt              // fn(a0, (long double)f, (int)a1)
	ldRet                 // (long double)fn(a0)
	ldOut                 // fn(a0, &value)
)

// gateLongDouble always goes through cgo. a0 and a1 are handles or integers,
// never pointers to Go memory.
func gateLongDouble(id FuncID, op int32, a0, a1 uintptr, f float64) (uintptr, float64) {
	if !Has(id) {
		absent(id)
	}
	if tracing {
		trace(id)
	}
	w := [6]uintptr{a0, a1}
	c := edge.Call{Fn: fnTable[id], Words: &w[0], N: 2, Op: uintptr(op), F0: math.Float64bits(f)}
	callEdge(edge.CallLongDouble, &c)
	return c.Ret, math.Float64frombits(c.FRet)
}
