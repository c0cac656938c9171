// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// InsideExchange runs inside the server; see TestInside.
func InsideExchange(t *inside.T, ctx rm.Context) {
	key, value := rm.NewRStringText("color"), rm.NewRStringText("red")
	defer key.Free()
	defer value.Free()
	for _, want := range []string{"", "red"} {
		old, err := exchange(ctx, key.Str(), value.Str())
		require.NoError(t, err)
		require.Equal(t, want, old.String())
		old.Free()
	}
}
