// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package safety_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestStrangersKeepPriority: what the binding sets for Go's threads reaches neither a
// thread of a C module, nor a program that Go starts.
func TestStrangersKeepPriority(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := start(t, nil, foreign(t))
		own := nice(t, s.PID(), s.PID())
		worker, ok := s.MustDo("f.worker").(int64)
		require.True(t, ok)
		s.MustDo(loadArgs(stall(t, "x", mode))...)
		t.Run("thread", func(t *testing.T) {
			require.Equal(t, own, nice(t, s.PID(), int(worker)))
		})
		for _, from := range []string{"here", "goroutine"} {
			t.Run("program="+from, func(t *testing.T) {
				for range 5 {
					v, err := asked(t, s, 0, "x.exec", from)
					require.NoError(t, err)
					require.Equal(t, strconv.Itoa(own), v)
				}
			})
		}
	})
}
