// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestErrno: the raw layer has the C library's number of what has failed.
func TestErrno(t *testing.T) {
	withServer(t, func(t *testing.T, s *rmtest.Server) {
		since70(t, s)
		require.Equal(t, "OK", s.MustDo("SET", "a string", "x"))
		got := s.MustDo("t.errno", "a string").([]any)
		want := []any{
			"Call: " + syscall.ENOENT.Error(),
			"ListSet: " + syscall.ENOTSUP.Error(),
			"StreamDelete: " + syscall.ENOTSUP.Error(),
			"HashSet: " + syscall.ENOTSUP.Error(),
			"EventLoopDel: " + syscall.EINVAL.Error(),
		}
		require.Equal(t, want, got[:5])
		for _, rest := range got[5:] {
			require.Equal(t, "RdbLoad: "+syscall.ENOENT.Error(), rest)
		}
	})
}
