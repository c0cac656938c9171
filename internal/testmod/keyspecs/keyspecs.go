// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package keyspecs makes key specs by chance, most of them at the edge of what can be.
package keyspecs

import (
	"math/rand/v2"

	"github.com/iredismodule/redismodule/rm"
)

// Random returns a spec, and the arity of a command that may have it. The keyword is "kw".
func Random(r *rand.Rand) (arity int, spec rm.KeySpec) {
	small := func() int { return r.IntN(12) - 5 } // -5 to 6
	arity = small()
	if arity == 0 {
		arity = -1
	}
	spec.Flags = []rm.KeyFlags{rm.KeyFlagRO, rm.KeyFlagRW | rm.KeyFlagUpdate, rm.KeyFlagOW | rm.KeyFlagNotKey, rm.KeyFlagRM | rm.KeyFlagIncomplete, rm.KeyFlagRO | rm.KeyFlagVariable}[r.IntN(5)]
	switch r.IntN(8) {
	case 0:
		spec.Begin = rm.BeginUnknown{}
	case 1, 2, 3:
		spec.Begin = rm.BeginKeyword{Keyword: "kw", StartFrom: small()}
	default:
		spec.Begin = rm.BeginIndex{Pos: small()}
	}
	switch r.IntN(8) {
	case 0:
	case 1:
		spec.Find = rm.FindUnknown{}
	case 2, 3, 4:
		spec.Find = rm.FindKeyNum{KeyNumIdx: small(), FirstKey: small(), Step: small()}
	default:
		spec.Find = rm.FindRange{LastKey: small(), Step: small(), Limit: small()}
	}
	return arity, spec
}
