// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/iredismodule/redismodule/rmtest"
)

func TestMain(m *testing.M) { os.Exit(rmtest.Main(m)) }

// TestInside is run by the tests of package rmtest, which read what it prints.
func TestInside(t *testing.T) {
	protocol, err := strconv.Atoi(os.Getenv("INSIDER_PROTOCOL"))
	if err != nil {
		t.Fatal(err)
	}
	rmtest.Inside(t, ".", rmtest.InsideOptions{
		LoadArgs: []string{"rm-mode=" + os.Getenv("INSIDER_MODE")},
		Protocol: protocol,
		Timeout:  time.Second,
	})
}
