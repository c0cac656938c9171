// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package safety_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/internal/load"
	"github.com/iredismodule/redismodule/rmtest"
)

// TestSelfUnload: a module cannot unload itself while code of its own is on the
// stack. It goes on to work, and another can unload it.
func TestSelfUnload(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		for _, how := range []string{"handler", "nested", "promise"} {
			t.Run("how="+how, func(t *testing.T) {
				s := start(t, nil, stall(t, "x", mode))
				for range 3 {
					require.NotEmpty(t, refusedUnload(t, s, how))
					v, err := asked(t, s, 0, "x.call", "x.ping")
					require.NoError(t, err)
					require.Equal(t, "OK", v)
				}
				require.Contains(t, s.Log(), "unload refused: a callback of the module is running")
				v, err := asked(t, s, 0, "MODULE", "UNLOAD", "x")
				require.NoError(t, err)
				require.Equal(t, "OK", v)
				v, err = asked(t, s, 0, "PING")
				require.NoError(t, err)
				require.Equal(t, "PONG", v)
			})
		}
	})
}

// refusedUnload has the module try it and returns the error.
func refusedUnload(t *testing.T, s *rmtest.Server, how string) (text string) {
	t.Helper()
	switch how {
	case "handler":
		_, err := asked(t, s, 0, "x.unload")
		require.Error(t, err)
		return err.Error()
	case "nested":
		_, err := asked(t, s, 0, "x.call", "x.call", "MODULE", "UNLOAD", "x")
		require.Error(t, err)
		return err.Error()
	}
	_, err := asked(t, s, 0, "x.unloadlater", "list")
	if err != nil {
		require.Contains(t, err.Error(), "ERR this server does not support one of the call flags")
		t.Skip("promises came with Redis 7.2")
	}
	watched(t, s, patience, 0, on(s, func(ctx context.Context, c *load.Conn) error {
		if _, err := c.Do("RPUSH", "list", 1); err != nil {
			return err
		}
		return poll(ctx, c, "the promise's end", func(v any) bool { text, _ = v.(string); return text != "" }, "x.later")
	}))
	require.NotEqual(t, "unloaded", text)
	return text
}
