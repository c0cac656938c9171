// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
)

// LogHandler is a slog.Handler that writes to the server's log: Debug to debug,
// Info to notice, Warn and Error to warning, and what lies between Debug and
// Info to verbose. It may be used on any goroutine.
type LogHandler struct {
	level slog.Leveler
	attrs string
	group string
}

// NewLogHandler returns a handler for records of the given level and above; nil
// means slog.LevelInfo.
func NewLogHandler(level slog.Leveler) *LogHandler {
	if level == nil {
		level = slog.LevelInfo
	}
	return &LogHandler{level: level}
}

// Enabled implements slog.Handler.
func (h *LogHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level.Level() }

// Handle implements slog.Handler: the message, then name=value for each
// attribute.
func (h *LogHandler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString(r.Message)
	b.WriteString(h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		appendAttr(&b, h.group, a)
		return true
	})
	Log(levelOf(r.Level), b.String())
	return nil
}

// WithAttrs implements slog.Handler.
func (h *LogHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	var b strings.Builder
	for _, a := range attrs {
		appendAttr(&b, h.group, a)
	}
	return &LogHandler{h.level, h.attrs + b.String(), h.group}
}

// WithGroup implements slog.Handler.
func (h *LogHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return &LogHandler{h.level, h.attrs, h.group + name + "."}
}

func levelOf(l slog.Level) Level {
	switch {
	case l <= slog.LevelDebug:
		return LevelDebug
	case l < slog.LevelInfo:
		return LevelVerbose
	case l < slog.LevelWarn:
		return LevelNotice
	}
	return LevelWarning
}

func appendAttr(b *strings.Builder, prefix string, a slog.Attr) {
	v := a.Value.Resolve()
	switch {
	case a.Equal(slog.Attr{}):
		return
	case v.Kind() == slog.KindGroup:
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, g := range v.Group() {
			appendAttr(b, prefix, g)
		}
		return
	}
	s := v.String()
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == '=' || r == '"' }) {
		s = strconv.Quote(s)
	}
	b.WriteByte(' ')
	b.WriteString(prefix)
	b.WriteString(a.Key)
	b.WriteByte('=')
	b.WriteString(s)
}
