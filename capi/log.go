//go:build cgo

package main

// #include "front.h"
import "C"

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync/atomic"
)

// logger passes what the client logs to a sink.
type logger struct {
	level  atomic.Uint32 // MONCLIENT_LOG_...
	reg    *registration // nil: nobody wants to know
	client uint64
}

// slog returns a logger for package monclient.
func (l *logger) slog() *slog.Logger { return slog.New(&logHandler{logger: l}) }

// report tells of an error that nobody waits for.
func (l *logger) report(err error) { l.push(C.MONCLIENT_LOG_ERROR, textOf(err)) }

func (l *logger) push(level uint32, text string) {
	if l.reg == nil || level > l.level.Load() {
		return
	}
	l.reg.source.Push(event{kind: C.MONCLIENT_EVENT_LOG, reg: l.reg, client: l.client, logLevel: level, text: text}, len(text))
}

// levelOf returns the level of the header for one of slog.
func levelOf(l slog.Level) uint32 {
	switch {
	case l >= slog.LevelError:
		return C.MONCLIENT_LOG_ERROR
	case l >= slog.LevelWarn:
		return C.MONCLIENT_LOG_WARN
	case l >= slog.LevelInfo:
		return C.MONCLIENT_LOG_INFO
	}
	return C.MONCLIENT_LOG_DEBUG
}

// logHandler is a slog.Handler that writes a record as "message name=value ...".
type logHandler struct {
	logger *logger
	prefix string // of the names, from groups
	attrs  string // those of the logger
}

// Enabled implements slog.Handler.
func (h *logHandler) Enabled(_ context.Context, level slog.Level) bool {
	return levelOf(level) <= h.logger.level.Load()
}

// Handle implements slog.Handler.
func (h *logHandler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString(r.Message)
	b.WriteString(h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		appendAttr(&b, h.prefix, a)
		return true
	})
	h.logger.push(levelOf(r.Level), b.String())
	return nil
}

// WithAttrs implements slog.Handler.
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	var b strings.Builder
	b.WriteString(h.attrs)
	for _, a := range attrs {
		appendAttr(&b, h.prefix, a)
	}
	return &logHandler{logger: h.logger, prefix: h.prefix, attrs: b.String()}
}

// WithGroup implements slog.Handler.
func (h *logHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return &logHandler{logger: h.logger, prefix: h.prefix + name + ".", attrs: h.attrs}
}

func appendAttr(b *strings.Builder, prefix string, a slog.Attr) {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, member := range v.Group() {
			appendAttr(b, prefix, member)
		}
		return
	}
	if a.Key == "" {
		return
	}
	text := fmt.Sprint(v.Any())
	if text == "" || strings.ContainsAny(text, " \t\r\n\"=") {
		text = strconv.Quote(text)
	}
	b.WriteString(" " + prefix + a.Key + "=" + text)
}
