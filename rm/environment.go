// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/iredismodule/redismodule/internal/edge"
)

// restoreEnvironment gives Go the environment that C has, and applies what the
// runtime reads only at its start. A server that shows its state as its process
// title overwrites the memory from which Go reads its environment, before Go
// does. It returns a line for each variable with a value that makes no sense.
func restoreEnvironment() (notes []string) {
	if edge.Environ == nil {
		return nil
	}
	for _, kv := range edge.Environ() {
		if k, v, ok := strings.Cut(kv, "="); ok && k != "" {
			if old, had := os.LookupEnv(k); !had || old != v {
				_ = os.Setenv(k, v) // an unusable name is none of ours
			}
		}
	}
	for _, set := range []struct {
		name string
		do   func(string) bool
	}{
		{"GOMAXPROCS", setProcs}, {"GOGC", setGCPercent}, {"GOMEMLIMIT", setMemoryLimit}, {"GOTRACEBACK", setTraceback},
	} {
		if v := os.Getenv(set.name); v != "" && !set.do(v) {
			notes = append(notes, fmt.Sprintf("environment variable %s: %q is ignored", set.name, v))
		}
	}
	return notes
}

func setProcs(v string) bool {
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		return false
	}
	runtime.GOMAXPROCS(n)
	return true
}

func setGCPercent(v string) bool {
	if v == "off" {
		debug.SetGCPercent(-1)
		return true
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		return false
	}
	debug.SetGCPercent(n)
	return true
}

func setMemoryLimit(v string) bool {
	n, ok := parseBytes(v)
	if ok {
		debug.SetMemoryLimit(n)
	}
	return ok
}

func setTraceback(v string) bool {
	debug.SetTraceback(v)
	return true
}

// parseBytes reads a size as GOMEMLIMIT has it: 1024, 64KiB, 512MiB, 2GiB, off.
func parseBytes(v string) (int64, bool) {
	if v == "off" {
		return math.MaxInt64, true
	}
	shift := 0
	for _, u := range []struct {
		unit  string
		shift int
	}{{"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}, {"B", 0}} {
		if s, ok := strings.CutSuffix(v, u.unit); ok {
			v, shift = s, u.shift
			break
		}
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64>>shift {
		return 0, false
	}
	return n << shift, true
}
