package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/term"
)

// env is what monc sees of the world.
type env struct {
	stdin          io.Reader
	stdout         io.Writer
	stderr         io.Writer
	stdoutTerminal bool
	stderrTerminal bool
	columns        int // of the terminal; 0: there is none
	lookupEnv      func(string) (string, bool)
	now            func() time.Time
}

func main() {
	// Writing to a closed pipe then is an error like others, and ends monc quietly (see quiet).
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)                       // a second Ctrl-C ends the process whatever it does
	columns, _, _ := term.GetSize(int(os.Stdout.Fd())) // 0 if it is no terminal
	os.Exit(run(ctx, env{
		stdin:          os.Stdin,
		stdout:         os.Stdout,
		stderr:         os.Stderr,
		stdoutTerminal: term.IsTerminal(int(os.Stdout.Fd())),
		stderrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
		columns:        columns,
		lookupEnv:      os.LookupEnv,
		now:            time.Now,
	}, os.Args[1:]))
}
