// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"os"
	"testing"

	"github.com/iredismodule/redismodule/rmtest"
)

func TestMain(m *testing.M) { os.Exit(rmtest.Main(m)) }

// TestMisuse runs the tests in each mode.
func TestMisuse(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		rmtest.Inside(t, ".", rmtest.InsideOptions{Options: rmtest.Options{WantMisuse: true}, LoadArgs: []string{"rm-mode=" + mode}, Build: []rmtest.BuildOption{rmtest.Tags("rm_debug")}})
	})
}
