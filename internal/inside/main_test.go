// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"os"
	"testing"

	"github.com/iredismodule/redismodule/internal/tracetest"
	"github.com/iredismodule/redismodule/rmtest"
)

func TestMain(m *testing.M) {
	tracetest.Install()
	os.Exit(rmtest.Main(m))
}

// TestInside runs the tests in each mode.
func TestInside(t *testing.T) {
	for _, mode := range []string{"resident", "portable"} {
		t.Run("mode="+mode, func(t *testing.T) {
			rmtest.Inside(t, ".", rmtest.InsideOptions{LoadArgs: []string{"rm-mode=" + mode}, Fresh: tracetest.Tracing()})
		})
	}
}
