// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
)

// TestLeftovers ends callbacks that have left something: what others left stays, also if
// a callback left it with the context of one further out.
func TestLeftovers(t *testing.T) {
	left := []uintptr{1, 1, 2, 1, 3, 2}
	for _, c := range []struct {
		ended []uintptr
		want  map[uintptr]int
	}{
		{nil, map[uintptr]int{1: 3, 2: 2, 3: 1}},
		{[]uintptr{3}, map[uintptr]int{1: 3, 2: 2}},
		{[]uintptr{2}, map[uintptr]int{1: 3, 3: 1}},
		{[]uintptr{2, 7, 3, 2}, map[uintptr]int{1: 3}},
		{[]uintptr{1, 2, 3}, map[uintptr]int{}},
	} {
		require.Equal(t, c.want, rm.LeaveErrors(left, c.ended), "%v", c.ended)
	}
}
