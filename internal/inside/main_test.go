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
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		rmtest.Inside(t, ".", rmtest.InsideOptions{
			// The allocators overwrite what they free, which shows views that are used too long.
			Options:  rmtest.Options{WantMisuse: true, Env: []string{"MALLOC_CONF=junk:true", "MALLOC_PERTURB_=165"}},
			LoadArgs: []string{"rm-mode=" + mode}, Fresh: tracetest.Tracing(),
		})
	})
}
