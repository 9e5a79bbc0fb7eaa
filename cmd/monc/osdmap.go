package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// Flags of the command osdmap.
var (
	epochFlag = &flag{long: []string{"epoch"}, arg: "EPOCH", help: "the map of this epoch instead of the newest", set: func(o *options, v string) error {
		return setNumber(&o.epoch, v, 1)
	}}
	fileFlag = &flag{long: []string{"file"}, arg: "FILE", file: true, help: "read the encoded map from this file, - is standard input, and ask nobody", set: func(o *options, v string) error {
		o.file = v
		return nil
	}}
)

// osdmapCommand is the table's entry.
func osdmapCommand() *command {
	return &command{
		name: "osdmap", summary: "print the map of the OSDs and pools, or save it",
		details: `The map comes by a subscription and no command, which the keys of all clients
allow that read and write objects. An older epoch takes a key that also allows
osd getmap, as "allow r" does; monc get-version osdmap says which there are.

In plain words there are the pools, the OSDs and the blocklist. -f json has all
that is in the map, as ceph osd dump -f json prints it, except the read_balance
of pools, and with times in UTC. With --out it is written in its binary form,
which osdmaptool and --file read.`,
		flags: []*flag{epochFlag, fileFlag, outFlag}, readsFormat: true,
		examples: []example{
			{"monc osdmap", ""},
			{"monc osdmap -f json-pretty", "as ceph osd dump has it"},
			{"monc osdmap --epoch 42", "as it was"},
			{"monc osdmap --out osdmap.bin && osdmaptool --print osdmap.bin", ""},
			{"monc osdmap --file osdmap.bin", "of a file that monc, ceph osd getmap or osdmaptool wrote"},
		},
		run: (*app).runOSDMap,
	}
}

func (a *app) runOSDMap(ctx context.Context, _ []string) error {
	if err := a.checkFormat(); err != nil {
		return err
	}
	switch {
	case a.out != "" && a.format != "":
		return &usageError{msg: "osdmap: --out writes the binary map, it does not go with --format", try: "monc osdmap -f json > FILE"}
	case a.out == "-" && a.stdoutTerminal:
		return &usageError{msg: "osdmap: not writing the binary map to a terminal", try: "monc osdmap --out FILE"}
	case a.file != "" && a.epoch != 0:
		return &usageError{msg: "osdmap: a file has one epoch, --epoch does not go with --file", try: "monc osdmap --file FILE"}
	case a.file != "":
		m, err := a.osdmapOfFile()
		if err != nil {
			return err
		}
		return a.printOSDMap(m)
	}
	return a.withClient(ctx, func(client *monclient.Client) error {
		stop := a.patience("the osdmap; monitors send none to clients whose capabilities do not allow it, and without a quorum they do not answer")
		m, err := a.fetchOSDMap(ctx, client)
		stop()
		if err != nil {
			return err
		}
		return a.printOSDMap(m)
	})
}

// osdmapOfFile reads what --file names.
func (a *app) osdmapOfFile() (*cephmap.OSDMap, error) {
	read := func() ([]byte, error) { return os.ReadFile(a.file) }
	if a.file == "-" {
		read = func() ([]byte, error) { return io.ReadAll(a.stdin) }
	}
	b, err := read()
	if err != nil {
		return nil, &failure{err: err, text: "--file: " + err.Error(), try: "the name of a file that you may read, or - for standard input", code: exitFailure}
	}
	m, err := cephmap.DecodeOSDMap(b)
	if err != nil {
		text := fmt.Sprintf("--file: %s holds no osdmap: %s", a.file, strings.TrimPrefix(err.Error(), "cephmap: "))
		return nil, &failure{err: err, text: text, try: "a file that monc osdmap --out, ceph osd getmap -o or osdmaptool wrote", code: exitFailure}
	}
	return m, nil
}

// fetchOSDMap returns the newest map, or that of --epoch.
func (a *app) fetchOSDMap(ctx context.Context, client *monclient.Client) (*cephmap.OSDMap, error) {
	if a.epoch == 0 {
		m, err := client.OSDMap(ctx)
		if err != nil {
			return nil, a.explainCall("osdmap", err, "")
		}
		return m, nil
	}
	newest, oldest, err := client.Version(ctx, "osdmap")
	if err != nil {
		return nil, a.explainLost("osdmap", err)
	}
	none := func(format string, args ...any) error {
		return &failure{err: denc.ENOENT, text: "osdmap: " + fmt.Sprintf(format, args...), try: "monc get-version osdmap, which says what there is", code: int(denc.ENOENT)}
	}
	switch {
	case a.epoch > newest:
		return nil, none("there is no epoch %d yet, the newest is %d", a.epoch, newest)
	case a.epoch < oldest:
		return nil, none("the monitors have epoch %d no more, the oldest is %d", a.epoch, oldest)
	}
	if a.timeout != nil && *a.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, *a.timeout, monclient.ErrTimeout)
		defer cancel()
	}
	m, err := osdmapAt(ctx, client, a.epoch)
	switch {
	case err != nil:
		return nil, a.explainLost("osdmap", err)
	case uint64(m.Epoch) != a.epoch:
		return nil, &failure{err: denc.EACCES, text: fmt.Sprintf("osdmap: the monitors have sent epoch %d instead of %d", m.Epoch, a.epoch), try: "a key that allows osd getmap, as mon 'allow r' does", code: exitDenied}
	}
	return m, nil
}

// osdmapAt returns the map of an epoch, or another where the monitors do not give that out.
func osdmapAt(ctx context.Context, client *monclient.Client, epoch uint64) (*cephmap.OSDMap, error) {
	w, err := client.WatchOSDMap(monclient.WatchOptions{Start: epoch, All: true})
	if err != nil {
		return nil, err
	}
	defer w.Close()
	e, err := w.Next(ctx)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return e.Value, err
}

func (a *app) printOSDMap(m *cephmap.OSDMap) error {
	switch {
	case a.out != "":
		return a.writeOutput(m.AppendTo(nil))
	case strings.HasPrefix(a.format, "json"):
		b, err := a.marshal(m)
		if err != nil {
			return err
		}
		return a.print(string(b))
	}
	return a.print(osdmapText(m))
}
