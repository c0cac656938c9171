// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/internal/launch"
	"github.com/iredismodule/redismodule/internal/load"
	"github.com/iredismodule/redismodule/rmtest"
)

// TestTorture is the short form, with another seed every day unless RM_TORTURE_SEED
// says which.
func TestTorture(t *testing.T) {
	if len(launch.Find("")) == 0 && os.Getenv("RM_REQUIRE_SERVER") != "1" {
		t.Skip(launch.ErrNoServer)
	}
	seed := uint64(time.Now().Unix() / 86400)
	if text := os.Getenv("RM_TORTURE_SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
	}
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		require.NoError(t, run(t.Context(), mode, "", seed, load.Slow(10*time.Second)), "seed %d", seed)
	})
}
