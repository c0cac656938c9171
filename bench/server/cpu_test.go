// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseCPUList(t *testing.T) {
	for s, want := range map[string][]int{
		"0":        {0},
		"0-1\n":    {0, 1},
		"2,5-7,\t": nil,
		"2,5-7":    {2, 5, 6, 7},
		"":         nil,
		"3-1":      nil,
		"a":        nil,
	} {
		got, err := parseCPUList(s)
		if want == nil {
			require.Error(t, err, "%q", s)
			continue
		}
		require.NoError(t, err, "%q", s)
		require.Equal(t, want, got, "%q", s)
	}
}
