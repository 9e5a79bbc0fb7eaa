// Command realceph starts a cluster of real Ceph monitors on this machine, for a person or for a script:
//
//	realceph [run] [--release pacific|reef|tentacle] [--mons N] […] [-- COMMAND ARG…]
//
// Without a command it prints how to use the cluster and keeps it until Ctrl-C. With one it runs that with
// CEPH_CONF, CEPH_KEYRING, CEPH_RELEASE, REALCEPH_CEPH (a script that runs the release's ceph command) and
// REALCEPH_BIN (a directory of such scripts) in the environment, and exits with its status. Nothing remains.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/libmonclient/libmonclient/internal/realceph"
)

// startTimeout bounds the cluster's start.
const startTimeout = 2 * time.Minute

func main() {
	code, err := run(os.Args[1:], os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// settings is the parsed command line.
type settings struct {
	options realceph.Options
	command []string
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	if len(args) > 0 && args[0] == "run" {
		args = args[1:]
	}
	fs := flag.NewFlagSet("realceph", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprintln(stderr, "usage: realceph [run] [flags] [-- COMMAND ARG...]")
		fs.PrintDefaults()
	}
	o := &s.options
	release := fs.String("release", string(realceph.Reef), "pacific, reef or tentacle")
	fs.IntVar(&o.Mons, "mons", 1, "number of monitors")
	auth := fs.String("auth", string(realceph.CephX), "cephx or none")
	fs.StringVar(&o.ServiceModes, "modes", "", "ms_mon_service_mode, such as crc (default: the release's)")
	keyType := fs.String("keys", "", "aes or aes256k (default: the release's)")
	fs.BoolVar(&o.IPv6, "ipv6", false, "listen on ::1")
	fs.BoolVar(&o.V1, "v1", false, "listen for messenger v1, too")
	fs.BoolVar(&o.Network, "network", false, "give the cluster a network of its own and each monitor an address (needs root)")
	fs.BoolVar(&o.ClusterLog, "cluster-log", false, "write the cluster log to files in the cluster's directory")
	fs.BoolVar(&o.Mgr, "mgr", false, "start a mgr")
	fs.IntVar(&o.OSDs, "osds", 0, "number of memstore OSDs (and a mgr)")
	fs.Func("conf", "an option for ceph.conf, as `NAME=VALUE`; may be repeated", func(v string) error {
		name, value, ok := strings.Cut(v, "=")
		if !ok {
			return errors.New("want NAME=VALUE")
		}
		if o.Conf == nil {
			o.Conf = make(map[string]string)
		}
		o.Conf[name] = value
		return nil
	})
	if err := fs.Parse(args); err != nil {
		return s, err
	}
	o.Release, o.Auth, o.KeyType = realceph.Release(*release), realceph.Auth(*auth), realceph.KeyType(*keyType)
	s.command = fs.Args()
	return s, nil
}

// run does everything and returns the exit status.
func run(args []string, stdout, stderr io.Writer) (code int, err error) {
	s, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0, nil
	} else if err != nil {
		return 2, nil // flag has said why
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	startCtx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	begin := time.Now()
	c, err := realceph.Start(startCtx, s.options)
	if err != nil {
		if ctx.Err() != nil {
			return 130, nil
		}
		return 1, err
	}
	defer func() {
		if stopErr := c.Stop(); stopErr != nil {
			err = errors.Join(err, stopErr)
			code = max(code, 1)
		}
	}()
	if len(s.command) > 0 {
		return runCommand(ctx, c, s.command)
	}
	introduce(stdout, c, time.Since(begin))
	<-ctx.Done()
	fmt.Fprintln(stdout)
	return 0, nil
}

func introduce(w io.Writer, c *realceph.Cluster, took time.Duration) {
	fmt.Fprintf(w, "Ceph %s (%s), %s, ready in %.1f s\n\n", c.Release, c.Release.Version(), count(len(c.Mons()), "monitor"), took.Seconds())
	fmt.Fprintf(w, "  mons     %s\n  conf     %s\n  keyring  %s\n\n", c.MonHost(), c.ConfPath, c.KeyringPath)
	fmt.Fprintf(w, "In another shell:\n\n  export CEPH_CONF=%s\n  %s status\n\n", c.ConfPath, filepath.Join(c.BinDir, "ceph"))
	fmt.Fprintln(w, "Ctrl-C stops it and removes everything.")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// runCommand runs the command on the cluster and returns its exit status. A Ctrl-C at the terminal reaches
// the command by itself, so a signal only makes sure that it ends.
func runCommand(ctx context.Context, c *realceph.Cluster, argv []string) (int, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Env = append(os.Environ(), c.Env()...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
			return 128 + int(ws.Signal()), nil
		}
		return exit.ExitCode(), nil
	}
	if errors.Is(err, exec.ErrNotFound) {
		return 127, err
	} else if err != nil {
		return 126, err
	}
	return 0, nil
}
