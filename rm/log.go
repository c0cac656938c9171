// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"bytes"
	"runtime"
	"runtime/debug"
	"strings"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// Level is a level of the server's log.
type Level int

// The levels, from the most to the least talkative.
const (
	LevelDebug Level = iota
	LevelVerbose
	LevelNotice
	LevelWarning
)

var levelNames = [...]unsafeconv.ZStr{
	unsafeconv.NewZ("debug"), unsafeconv.NewZ("verbose"), unsafeconv.NewZ("notice"), unsafeconv.NewZ("warning"),
}

// "%.*s": the text is an argument, never a format, and has a length.
var logFormat = unsafeconv.NewZ("%.*s")

// Log writes a line to the server's log, under the module's name. A NUL byte
// ends it; the server cuts lines at about a thousand bytes. Constant text
// allocates nothing.
//
// C: RedisModule_Log, since Redis 4.0.
func (ctx Context) Log(level Level, text string) { logText(ctx.raw(), level, text) }

// Debug writes a line at the level debug; see [Context.Log].
func (ctx Context) Debug(text string) { logText(ctx.raw(), LevelDebug, text) }

// Verbose writes a line at the level verbose; see [Context.Log].
func (ctx Context) Verbose(text string) { logText(ctx.raw(), LevelVerbose, text) }

// Notice writes a line at the level notice; see [Context.Log].
func (ctx Context) Notice(text string) { logText(ctx.raw(), LevelNotice, text) }

// Warning writes a line at the level warning; see [Context.Log].
func (ctx Context) Warning(text string) { logText(ctx.raw(), LevelWarning, text) }

func logText(ctx redismodule.Ctx, level Level, text string) {
	if !has(featureLog) {
		return // no server: a handler under go test
	}
	text = flatLine(text)
	n := min(len(text), 4096)
	p := unsafe.Pointer(unsafeconv.Data(text))
	redismodule.Escape(p)
	redismodule.Log(ctx, levelNames[min(max(level, LevelDebug), LevelWarning)].Ptr(), logFormat.Ptr(), uintptr(n), uintptr(p))
	runtime.KeepAlive(text)
}

// flatLine takes line breaks out: lines that embed them would look like lines of the server.
func flatLine(text string) string {
	if strings.ContainsAny(text, "\r\n") {
		text = strings.NewReplacer("\r", " ", "\n", " ").Replace(text)
	}
	return text
}

func stack() []byte { return debug.Stack() }

// logLines logs a multi-line text, a stack, line by line.
func logLines(ctx Context, text []byte) {
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		if len(line) > 0 {
			ctx.Log(LevelWarning, string(bytes.ReplaceAll(line, []byte("\t"), []byte("    "))))
		}
		text = rest
	}
}

func keepAlive[T any](p *T) { runtime.KeepAlive(p) }
