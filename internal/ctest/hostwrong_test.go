// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux

package ctest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/internal/ctest"
)

// TestHostFaults: each of the host's checks finds the caller that does what it is there for, and none finds fault
// with those that do nothing wrong.
func TestHostFaults(t *testing.T) {
	for i := 0; ; i++ {
		name, fault := ctest.HostWrong(i)
		if name == "" {
			require.Greater(t, i, 50)
			return
		}
		t.Run(name, func(t *testing.T) {
			ctest.HostReset()
			before := ctest.HostLiving()
			ctest.HostRunWrong(i)
			switch {
			case strings.HasPrefix(name, "leak_"):
				require.Empty(t, ctest.HostFault())
				require.NotEqual(t, before, ctest.HostLiving())
			case fault == "":
				require.Empty(t, ctest.HostFault())
				require.Equal(t, before, ctest.HostLiving())
			default:
				require.True(t, strings.HasPrefix(ctest.HostFault(), fault), "%q", ctest.HostFault())
			}
			ctest.HostReset()
			require.Empty(t, ctest.HostFault())
		})
	}
}
