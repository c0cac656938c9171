// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest"
)

func TestStreamIDUnit(t *testing.T) {
	id := rm.StreamID{Ms: 1, Seq: math.MaxUint64}
	require.Equal(t, "1-18446744073709551615", id.String())
	require.Equal(t, "x1-18446744073709551615", string(id.AppendTo([]byte("x"))))
	require.True(t, rm.StreamID{}.IsZero())
	require.False(t, id.IsZero())
	ordered := []rm.StreamID{rm.MinStreamID, {Seq: 1}, {Ms: 1}, {Ms: 1, Seq: 1}, id, {Ms: 2}, {Ms: math.MaxUint64}, rm.MaxStreamID}
	for i, a := range ordered {
		for j, b := range ordered {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			require.Equal(t, want, a.Compare(b), "%v %v", a, b)
		}
		back, err := rm.ParseStreamID(a.String())
		require.NoError(t, err)
		require.Equal(t, a, back)
	}
	var none rm.RStr
	_, err := none.StreamID()
	require.Equal(t, rm.ErrNotStreamID, err)
}

// TestStreamAddWakes proves that clients who wait for entries get them.
//
// Drives: StreamAdd.
func TestStreamAddWakes(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		if !serverHas(t, s, "StreamAdd") {
			t.Skip("the server has no StreamAdd, before Redis 6.2; InsideStreamAdd asks for the error")
		}
		for _, key := range []string{"old", "new"} {
			if key == "old" {
				s.MustDo("XADD", "old", "1-1", "f", "v")
			}
			w := dial(t, s, 2)
			w.send(command("XREAD", "BLOCK", "10000", "STREAMS", key, "$"))
			require.Eventually(t, func() bool { return s.InfoField("clients", "blocked_clients") == "1" }, patience, time.Millisecond)
			require.Equal(t, "5-5", s.MustDo("d.stream.add", key, "5-5", "a", "b"))
			require.Contains(t, w.read(), bulk("5-5"))
		}
	})
}
