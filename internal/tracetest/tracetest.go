// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package tracetest has modules that are built with the tag rm_trace note the calls
// that they make in a file for each test, which internal/coverage reads.
package tracetest

import (
	"os"
	"path/filepath"
	"strings"
)

// ServerEnv, when not nil, returns variables for the environment of a server that a
// test of this name starts. Package rmtest asks it.
var ServerEnv func(test string) []string

// Install sets ServerEnv if the environment variable RM_TRACE_DIR names a folder for
// the files. It is for TestMain.
func Install() {
	dir := os.Getenv("RM_TRACE_DIR")
	if dir == "" {
		return
	}
	wd, err := os.Getwd() // the folder of the test's package
	if err != nil {
		panic(err)
	}
	ServerEnv = func(test string) []string {
		return []string{"RM_TRACE=" + filepath.Join(dir, filepath.Base(wd)+"."+function(test))}
	}
}

// Tracing tells whether the calls of each test are noted: then tests that run inside
// a server need one of their own.
func Tracing() bool { return ServerEnv != nil }

// function returns the function of a test: that which runs inside the server, if there
// is one in its name.
func function(test string) string {
	parts := strings.Split(test, "/")
	for _, p := range parts {
		if strings.HasPrefix(p, "Inside") {
			return p
		}
	}
	return parts[0]
}
