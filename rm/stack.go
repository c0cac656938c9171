// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"bytes"
	"runtime/debug"
	"strings"
)

func stack() []byte { return debug.Stack() }

// logLines logs a stack, line by line, without what is this library's at both ends.
func logLines(ctx Context, stack []byte) {
	for _, line := range moduleFrames(strings.Split(string(bytes.TrimSpace(stack)), "\n")) {
		if line = strings.ReplaceAll(line, "\t", "    "); ctx.c == 0 {
			Log(LevelWarning, line)
		} else {
			ctx.Log(LevelWarning, line)
		}
	}
}

// ours is how functions of this library's begin in stacks.
var ours = []string{
	"github.com/iredismodule/redismodule.", "github.com/iredismodule/redismodule/rm.", "github.com/iredismodule/redismodule/internal/",
}

// moduleFrames leaves of a stack the line that says which goroutine it is, and the frames
// from the one that panicked to the module's outermost one. Each frame has two lines. What is
// no such stack is left as it is.
func moduleFrames(lines []string) []string {
	if len(lines)%2 == 0 {
		return lines
	}
	first, last := 1, len(lines)
	for i := 1; i < len(lines); i += 2 {
		if strings.HasPrefix(lines[i], "panic(") {
			first = i + 2
			break
		}
	}
	for ; last > first; last -= 2 {
		name := strings.TrimPrefix(lines[last-2], "created by ")
		mine := strings.HasPrefix(name, "runtime.")
		for _, o := range ours {
			mine = mine || strings.HasPrefix(name, o)
		}
		if !mine {
			break
		}
	}
	if first >= last { // there is nothing of the module's
		return lines
	}
	return append(lines[:1:1], lines[first:last]...)
}
