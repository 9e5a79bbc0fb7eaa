package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// testmon is what the flags of the testmon command say.
type testmon struct {
	montest.Options
	dir     string
	control bool
}

// testReleases are the releases that embedded monitors can be, by the words for them.
var testReleases = map[string]cephmap.Release{
	"pacific": cephmap.ReleasePacific, "reef": cephmap.ReleaseReef, "tentacle": cephmap.ReleaseTentacle,
}

var testKeyTypes = map[string]cephx.KeyType{"aes": cephx.AES, "aes256k": cephx.AES256KRB5}

var testmonFlags = []*flag{
	{long: []string{"mons"}, arg: "N", help: "how many monitors (default 1)", set: func(o *options, v string) error {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 {
			return fmt.Errorf("%q is no number from 1 on", v)
		}
		o.test.Mons = n
		return nil
	}},
	{long: []string{"mgrs"}, arg: "N", help: "how many managers, of which one is active (default none: the monitors answer)", set: func(o *options, v string) error {
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 {
			return fmt.Errorf("%q is no number from 0 on", v)
		}
		o.test.Mgrs = n
		return nil
	}},
	{long: []string{"dir"}, arg: "DIR", file: true, help: "where ceph.conf and the keyring go (default a new directory, which goes when monc does)", set: func(o *options, v string) error {
		o.test.dir = v
		return nil
	}},
	{long: []string{"release"}, arg: "NAME", values: []string{"pacific", "reef", "tentacle"}, help: "which release they are like (default reef)", set: func(o *options, v string) error {
		return choose(&o.test.Release, v, testReleases)
	}},
	{long: []string{"keys"}, arg: "TYPE", values: []string{"aes", "aes256k"}, help: "type of the keys (default the release's: aes256k from tentacle on)", set: func(o *options, v string) error {
		return choose(&o.test.KeyType, v, testKeyTypes)
	}},
	{long: []string{"auth"}, arg: "METHOD", values: []string{"cephx", "none"}, help: "how clients authenticate (default cephx)", set: func(o *options, v string) error {
		return choose(&o.test.NoAuth, v, map[string]bool{"cephx": false, "none": true})
	}},
	{long: []string{"modes"}, arg: "MODES", help: "connection modes that they allow, in order: secure, crc, or both (default both)", set: func(o *options, v string) error {
		if o.test.Modes = cephx.ParseModes(v); len(o.test.Modes) == 0 {
			return oneOf(v, []string{"secure", "crc"})
		}
		return nil
	}},
	{long: []string{"ipv6"}, help: "listen on ::1", set: func(o *options, _ string) error {
		o.test.IPv6 = true
		return nil
	}},
	{long: []string{"control"}, help: "take requests from standard input, and end when that does", set: func(o *options, _ string) error {
		o.test.control = true
		return nil
	}},
}

// choose sets *to to what a word stands for.
func choose[T any](to *T, word string, words map[string]T) error {
	v, ok := words[word]
	if !ok {
		known := make([]string, 0, len(words))
		for w := range words {
			known = append(known, w)
		}
		slices.Sort(known)
		return oneOf(word, known)
	}
	*to = v
	return nil
}

// runTestmon runs embedded monitors until it is interrupted, or, with --control, until standard input ends.
func (a *app) runTestmon(ctx context.Context, _ []string) error {
	o := a.test.Options
	o.TCP = true
	cluster, err := montest.New(o)
	if err != nil {
		return &usageError{msg: strings.TrimPrefix(err.Error(), "montest: "), try: "monc help testmon"}
	}
	defer cluster.Close()
	dir := a.test.dir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "monc-testmon-"); err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }() // a temporary directory, of which nothing hangs
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	faults := &testFaults{cluster: cluster}
	defer faults.close()
	faults.handleCommands()
	conf, err := cluster.WriteConf(dir)
	if err != nil {
		return err
	}
	if err := a.print(a.describeTestmon(cluster, conf)); err != nil {
		return err
	}
	if !a.test.control {
		<-ctx.Done()
		return nil
	}
	ended := make(chan error, 1)
	go func() { ended <- faults.serve(a.stdin, a.stdout) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done(): // a read from standard input ends with the process
		return nil
	}
}

// describeTestmon tells how to reach the monitors.
func (a *app) describeTestmon(c *montest.Cluster, conf string) string {
	type mon struct {
		Name string `json:"name"`
		Addr string `json:"addr"`
	}
	info := struct {
		Conf    string `json:"conf"`
		FSID    string `json:"fsid"`
		MonHost string `json:"mon_host"`
		Mons    []mon  `json:"mons"`
	}{Conf: conf, FSID: c.MonMap().FSID.String(), MonHost: c.MonHost()}
	for _, m := range c.Mons() {
		info.Mons = append(info.Mons, mon{m.Name(), m.Addr().String()})
	}
	if a.test.control || strings.HasPrefix(a.format, "json") {
		b, _ := json.Marshal(info) // strings only
		return string(b) + "\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "cluster %s\n", info.FSID)
	for _, m := range info.Mons {
		fmt.Fprintf(&b, "mon.%s   %s\n", m.Name, m.Addr)
	}
	fmt.Fprintf(&b, "CEPH_CONF=%s\nCtrl-C ends it.\n", info.Conf)
	return b.String()
}
