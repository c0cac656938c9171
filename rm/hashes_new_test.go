// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestHashManyNew sets many fields of a key that the event of its making closes, or
// during which the goroutine's stack, where the fields are, moves.
//
// Drives: HashSet.
func TestHashManyNew(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		stay := w.alone("d.hash.new", "fresh", "stay")
		require.Regexp(t, `^\*3\r\n:25\r\n\+OK\r\n:[01]\r\n$`, stay)
		require.Equal(t, ":25\r\n", w.do("HLEN", "fresh"))
		for i := range 25 {
			require.Equal(t, bulk("fresh"), w.do("HGET", "fresh", string(rune('a'+i))))
		}
		if strings.HasSuffix(stay, ":0\r\n") {
			t.Skip("this server has no event of new keys")
		}
		require.Equal(t, "*3\r\n:10\r\n-ERR the key is closed\r\n:1\r\n", w.alone("d.hash.new", "closed", "close"))
		require.Equal(t, ":10\r\n", w.do("HLEN", "closed"))
	})
}
