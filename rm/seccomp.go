// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"os"
	"strings"
)

// underFilter returns why a system call must not be tried that the server can do
// without, or "": a filter (seccomp) may answer it by ending the process, and does so
// under the service files of Debian.
func underFilter() string {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "whether the process runs under a system call filter is not known: " + err.Error()
	}
	for line := range strings.Lines(string(text)) {
		if state, ok := strings.CutPrefix(line, "Seccomp:"); ok && strings.TrimSpace(state) != "0" {
			return "the process runs under a system call filter, which may end it"
		}
	}
	return "" // the kernel has no filters, or this process has none
}
