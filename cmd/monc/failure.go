package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"

	"github.com/libmonclient/libmonclient/denc"
)

// Exit codes besides the error numbers of monitors.
const (
	exitFailure     = 1
	exitUsage       = 2
	exitDenied      = int(denc.EACCES)
	exitNoAnswer    = int(denc.ETIMEDOUT)
	exitInterrupted = 130
)

// usageError says that the command line is wrong.
type usageError struct{ msg, try string }

// Error returns the message without the advice.
func (e *usageError) Error() string { return e.msg }

// failure is an error with all that monc says about it.
type failure struct {
	err  error // the cause
	text string
	more []string // further lines
	try  string
	code int
}

// Error returns the first line.
func (e *failure) Error() string { return e.text }

// Unwrap returns the cause.
func (e *failure) Unwrap() error { return e.err }

// refusal is a negative answer of the monitors, which has been told already.
type refusal struct{ code int }

// Error implements error.
func (e *refusal) Error() string { return fmt.Sprintf("refused with %d", e.code) }

// report tells about an error on standard error and returns the exit code.
func (a *app) report(ctx context.Context, err error) int {
	a.endProgress()
	if err == nil || quiet(err) {
		return 0
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		fmt.Fprintln(a.stderr, "monc: interrupted")
		return exitInterrupted
	}
	var (
		refused *refusal
		usage   *usageError
		fail    *failure
	)
	switch {
	case errors.As(err, &refused):
		return refused.code
	case errors.As(err, &usage):
		say(a.stderr, usage.msg, nil, usage.try)
		return exitUsage
	case errors.As(err, &fail):
		say(a.stderr, fail.text, fail.more, fail.try)
		return fail.code
	}
	say(a.stderr, trimPackage(err.Error()), nil, "")
	return exitFailure
}

// quiet reports whether the reader of our output has gone, as head does when it has seen enough. That is no error.
func quiet(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe)
}

// say writes an error as monc does.
func say(w io.Writer, text string, more []string, try string) {
	fmt.Fprintf(w, "monc: %s\n", text)
	for _, line := range more {
		fmt.Fprintf(w, "  %s\n", line)
	}
	if try != "" {
		fmt.Fprintf(w, "  try: %s\n", try)
	}
}
