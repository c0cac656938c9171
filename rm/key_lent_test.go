// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
)

// TestLentKey closes a key that the server closes.
func TestLentKey(t *testing.T) {
	key, end := rm.LendKey()
	if rm.Debugging {
		defer func() {
			require.Regexp(t, `^rm_debug: ERR the key is lent .*\(.*key_lent_test\.go:\d+\)$`, recover())
			end()
		}()
	}
	key.Close()
	require.NotEqual(t, "Key(closed)", key.String())
	require.Equal(t, rm.KeyTypeEmpty, key.Type())
	end()
	key.Close()
	require.Equal(t, "Key(closed)", key.String())
}
