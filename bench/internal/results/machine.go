// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package results

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// Changing are the settings that differ between two runs that can be compared.
var Changing = []string{"commit", "date", "load"}

// Header returns the settings of a run: what was measured, with what, on what.
func Header(server string) string {
	var b strings.Builder
	for _, s := range []Setting{
		{"goos", runtime.GOOS}, {"goarch", runtime.GOARCH},
		{"machine", Machine()}, {"kernel", output("uname", "-r")},
		{"server", server}, {"go", runtime.Version()}, {"cc", compiler()},
		{"commit", Commit()}, {"date", time.Now().UTC().Format("2006-01-02 15:04")}, {"load", Load()},
	} {
		fmt.Fprintf(&b, "%s: %s\n", s.Key, s.Value)
	}
	return b.String()
}

// Commit names what is measured. Tables are written before they are committed, so that
// this is the commit before, and says if there were changes.
func Commit() string {
	return output("git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*")
}

func compiler() string {
	cc := os.Getenv("CC")
	if cc == "" {
		cc = "gcc"
	}
	return output(append(strings.Fields(cc), "--version")...)
}

// output returns the first line that a program writes.
func output(words ...string) string {
	out, err := exec.Command(words[0], words[1:]...).Output()
	line, _, _ := strings.Cut(string(out), "\n")
	if line = strings.TrimSpace(line); err != nil || line == "" {
		return "unknown"
	}
	return line
}

// Machine names the processor and how many of it there are.
func Machine() string {
	name := runtime.GOARCH
	b, _ := os.ReadFile("/proc/cpuinfo") // what it does not say is not shown
	for line := range strings.Lines(string(b)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			name = strings.TrimSpace(value)
			break
		}
	}
	return fmt.Sprintf("%d x %s", runtime.NumCPU(), name)
}

// Load returns the load averages; a measurement needs a quiet machine.
func Load() string {
	b, err := os.ReadFile("/proc/loadavg")
	f := strings.Fields(string(b))
	if err != nil || len(f) < 3 {
		return "unknown"
	}
	return strings.Join(f[:3], " ")
}
