// Command capture records what real monitors send and writes it where the tests look for it:
//
//	go run ./internal/cmd/capture [-releases pacific,reef,tentacle] [-root DIR]
//
// It starts a cluster per release, provokes every message that a monitor sends to a client, and replaces
//
//	monclient/monmsg/testdata/RELEASE/live-NN-TYPE.hex   the messages
//	monclient/cephmap/testdata/RELEASE/live/             the maps in them, and what ceph says of the monmaps
//	msgr2/testdata/RELEASE-VARIANT.flow                  whole connections, for replaying
//
// All keys and tickets in them are those of clusters that end with the command.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/libmonclient/libmonclient/internal/capture"
	"github.com/libmonclient/libmonclient/internal/realceph"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// timeout bounds the work on one release.
const timeout = 5 * time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "capture:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	fs := flag.NewFlagSet("capture", flag.ContinueOnError)
	fs.SetOutput(stderr)
	var all []string
	for _, rel := range realceph.Releases() {
		all = append(all, string(rel))
	}
	releases := fs.String("releases", strings.Join(all, ","), "the releases to capture, separated by commas")
	root := fs.String("root", ".", "the repository's root")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	for name := range strings.SplitSeq(*releases, ",") {
		rel, err := realceph.ParseRelease(name)
		if err != nil {
			return err
		}
		n, err := release(ctx, rel, *root)
		if err != nil {
			return fmt.Errorf("%s: %w", rel, err)
		}
		fmt.Fprintf(stdout, "%s: %d files\n", rel, n)
	}
	return nil
}

// release captures one release and returns the number of files written.
func release(ctx context.Context, rel realceph.Release, root string) (n int, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	c, err := realceph.Start(ctx, realceph.Options{Release: rel, Mons: 3, V1: true, OSDs: 1, Conf: map[string]string{"paxos_propose_interval": "0.1"}})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	program, err := capture.Program(ctx, c)
	if err != nil {
		return 0, err
	}
	out := files{root: root}

	out.replace("msgr2/testdata", string(rel)+"-*.flow")
	for _, v := range capture.Variants() {
		text, err := capture.Record(ctx, c, v, program)
		if err != nil {
			return 0, fmt.Errorf("recording %s: %w", v.Name, err)
		}
		out.write(fmt.Sprintf("msgr2/testdata/%s-%s.flow", rel, v.Name), text)
	}

	messages, err := capture.Take(ctx, c)
	if err != nil {
		return 0, err
	}
	maps, err := capture.Maps(messages)
	if err != nil {
		return 0, err
	}
	v6, err := sixth(ctx, rel)
	if err != nil {
		return 0, err
	}
	messages = append([]capture.Message{v6}, messages...)
	v6maps, err := capture.Maps([]capture.Message{v6})
	if err != nil {
		return 0, err
	}
	v6maps[0].Name = "monmap-ipv6"

	out.replace(filepath.Join("monclient/monmsg/testdata", string(rel)), "live-*.hex")
	for i, m := range capture.Golden(messages) {
		out.write(fmt.Sprintf("monclient/monmsg/testdata/%s/live-%02d-%s.hex", rel, i+1, monmsg.TypeName(m.Type)), m.Hex(program))
	}

	live := "monclient/cephmap/testdata/" + string(rel) + "/live"
	out.replace(live, "*")
	readme := "Maps out of messages from " + program + " on a cluster made for this, caught by internal/cmd/capture. " +
		"The .json and .txt\nbeside a monmap are what ceph mon dump says of that epoch.\n\n| file | provoked by |\n|---|---|\n"
	for _, m := range append(maps, v6maps...) {
		out.write(live+"/"+m.Name+".bin", m.Bytes)
		readme += fmt.Sprintf("| %s.bin | %s |\n", m.Name, m.Why)
		epoch, ok := strings.CutPrefix(m.Name, "monmap-e")
		if !ok {
			continue
		}
		for ext, format := range map[string]string{".json": "json", ".txt": "plain"} {
			res := c.Ceph(ctx, "mon", "dump", epoch, "--format", format)
			if res.Err != nil {
				return 0, res.Err
			}
			out.write(live+"/"+m.Name+ext, res.Stdout)
		}
	}
	out.write(live+"/README.md", []byte(readme))
	return out.n, out.err
}

// sixth returns the monmap of a cluster that listens on IPv6.
func sixth(ctx context.Context, rel realceph.Release) (m capture.Message, err error) {
	c, err := realceph.Start(ctx, realceph.Options{Release: rel, V1: true, IPv6: true})
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	return capture.TakeMonMap(ctx, c, "MMonGetMap of a cluster on IPv6")
}

// files writes files below root until the first error.
type files struct {
	root string
	n    int
	err  error
}

// replace removes the files of an earlier run.
func (f *files) replace(dir, pattern string) {
	if f.err == nil {
		f.err = os.MkdirAll(filepath.Join(f.root, dir), 0o755)
	}
	old, err := filepath.Glob(filepath.Join(f.root, dir, pattern))
	for _, path := range old {
		err = errors.Join(err, os.Remove(path))
	}
	f.err = errors.Join(f.err, err)
}

func (f *files) write(path string, b []byte) {
	if f.err == nil {
		f.err = os.WriteFile(filepath.Join(f.root, path), b, 0o644)
		f.n++
	}
}
