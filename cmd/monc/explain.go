package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
	"github.com/libmonclient/libmonclient/msgr2"
)

// trimPackage takes away what only programmers want to read.
func trimPackage(text string) string {
	for {
		short := text
		for _, p := range []string{"monclient: ", "cephconf: ", "cephx: ", "msgr2: "} {
			short = strings.TrimPrefix(short, p)
		}
		if short == text {
			return text
		}
		text = short
	}
}

// advice is what to try about an error: the first that matches.
var advice = []struct {
	err error
	try string
}{
	{cephconf.ErrNoMonitors, "-m HOST[,HOST…], or -c with a configuration that has mon_host"},
	{cephx.ErrNoEntity, "-k with a keyring that has NAME, or -n with a name that it has (ceph-authtool -l KEYRING lists them)"},
	{cephx.ErrKeyType, "fetch the key again where it works: ceph auth get NAME -o KEYRING; a newer monc if keys of the cluster are of a newer type"},
	{cephx.ErrInvalidKey, "fetch the key again where it works: ceph auth get NAME -o KEYRING"},
	{cephx.ErrNoMethod, "the option auth_client_required; clusters want cephx, unless they were set up without authentication"},
	{cephx.ErrWrongKey, "compare the key with what ceph auth get NAME prints where it works; -k names another keyring"},
	{cephx.ErrRejected, "compare the key with what ceph auth get NAME prints where it works; NAME must exist, with capabilities for mon"},
	{monclient.ErrForeignCluster, "the monitors of your cluster with -m, or correct fsid and mon_host in the configuration"},
	{monclient.ErrLegacyOnly, "addresses with the port of messenger v2, 3300; ceph mon enable-msgr2 turns it on"},
	{msgr2.ErrLegacyPeer, "the port of messenger v2, 3300 (-m v2:HOST:3300); ceph mon enable-msgr2 turns it on"},
	{msgr2.ErrNotCeph, "check address and port: something else answers there; monitors listen at port 3300"},
	{msgr2.ErrWrongPeer, "check address and port: another daemon answers there; monitors listen at port 3300"},
	{msgr2.ErrMode, "another ms_mon_client_mode: secure, crc, or both"},
	{msgr2.ErrFeatures, "a newer monc, or a cluster of Pacific (16.2) or later"},
	{cephconf.ErrNoKeyring, "-k KEYRING, or CEPH_KEYRING; -n if it is for another entity"},
	{cephconf.ErrNoConf, "correct the path, or do without: monc -m HOST -k KEYRING …"},
	{cephconf.ErrSyntax, "correct that line; every line is [section], option = value, or a comment, and the last one ends with a newline"},
	{cephconf.ErrInvalidValue, "correct the value where it is set, or set it here: monc --OPTION VALUE …"},
	{os.ErrPermission, "as a user who may read it, or name another file"},
	{syscall.ECONNREFUSED, "see whether ceph-mon runs there (systemctl status ceph-mon.target), and check address and port"},
	{syscall.EHOSTUNREACH, "check the address and the route to it"},
	{syscall.ENETUNREACH, "check the address and the route to it"},
	{syscall.ECONNRESET, quorumAdvice},
	{io.EOF, quorumAdvice},
	{io.ErrUnexpectedEOF, quorumAdvice},
	{os.ErrDeadlineExceeded, silenceAdvice},
	{context.DeadlineExceeded, silenceAdvice},
}

const (
	quorumAdvice  = "a monitor that hangs up is likely to have no quorum, or only just started; on its host: ceph daemon mon.NAME mon_status"
	silenceAdvice = "check address, port and firewall, or give it more time with --connect-timeout; on the monitor's host: ceph daemon mon.NAME mon_status"
)

// tryFor returns what to try about an error, empty if nothing comes to mind.
func tryFor(err error, conf *cephconf.Config) string {
	if _, ok := errors.AsType[*net.DNSError](err); ok && !errors.Is(err, cephconf.ErrNoMonitors) {
		return "check the spelling of the host, or use its IP address"
	}
	for _, a := range advice {
		if errors.Is(err, a.err) {
			try := strings.ReplaceAll(a.try, "NAME mon_status", "\x00")
			try = strings.ReplaceAll(try, "NAME", conf.Name().String())
			return strings.ReplaceAll(try, "\x00", "NAME mon_status")
		}
	}
	if _, ok := errors.AsType[*cephx.KeyringError](err); ok {
		return "correct that line, or fetch the keyring again where it works: ceph auth get " + conf.Name().String() + " -o KEYRING"
	}
	return ""
}

// explain says why there is no way to even begin.
func explain(err error, conf *cephconf.Config) error {
	f := &failure{err: err, text: trimPackage(err.Error()), try: tryFor(err, conf), code: exitCode(err)}
	if none, ok := errors.AsType[*cephconf.NoMonitorsError](err); ok {
		f.text = "no monitors configured"
		for _, looked := range none.Looked {
			f.more = append(f.more, trimPackage(looked.Error()))
		}
		return f
	}
	if none, ok := errors.AsType[*cephconf.NoKeyringError](err); ok {
		f.text = fmt.Sprintf("no key for %s: %s (%s)", conf.Name(), none.Option, none.Source)
		f.more = triedLines(none.Tried)
	}
	if none, ok := errors.AsType[*cephconf.NoConfError](err); ok && len(none.Tried) > 1 {
		f.text = fmt.Sprintf("no configuration file (%s)", none.From)
		f.more = triedLines(none.Tried)
	}
	return f
}

func triedLines(tried []cephconf.TriedPath) []string {
	lines := make([]string, len(tried))
	for i, t := range tried {
		why := t.Err
		if p, ok := errors.AsType[*os.PathError](why); ok {
			why = p.Err
		}
		lines[i] = fmt.Sprintf("%s: %v", t.Path, why)
	}
	return lines
}

// exitCode returns the code for an error that no monitor answered with.
func exitCode(err error) int {
	for _, denied := range []error{cephx.ErrRejected, cephx.ErrWrongKey, cephx.ErrNoEntity} {
		if errors.Is(err, denied) {
			return exitDenied
		}
	}
	return exitFailure
}

// answered reports whether a monitor did anything at all.
func answered(at monclient.Attempt) bool { return !errors.Is(at.Err, monclient.ErrNoAnswer) }

// explainConnect says why there is no session.
func (a *app) explainConnect(err error, conf *cephconf.Config, limit time.Duration) error {
	if interrupted(err) {
		return err
	}
	ce, ok := errors.AsType[*monclient.ConnectError](err)
	if !ok {
		return explain(err, conf)
	}
	f := &failure{err: err, try: tryFor(causeOf(ce), conf), code: exitCode(err)}
	late := errors.Is(ce.Err, monclient.ErrTimeout)
	if late && f.try == "" {
		f.try = silenceAdvice
	}
	switch attempts := ce.Attempts; {
	case len(attempts) > 0 && late && !slices.ContainsFunc(attempts, answered):
		names := make([]string, len(attempts))
		for i, at := range attempts {
			names[i] = a.hunt.nameOf(at.Mon)
		}
		f.text = fmt.Sprintf("no answer from %s within %v", strings.Join(names, ", "), roundTime(limit))
	case len(attempts) == 0:
		f.text = trimPackage(ce.Error())
	case len(attempts) == 1 && late:
		f.text = fmt.Sprintf("%s; gave up after %s", describeAttempt(&a.hunt, attempts[0]), roundTime(limit))
	case len(attempts) == 1:
		f.text = describeAttempt(&a.hunt, attempts[0])
	default:
		f.text = "no monitor lets us in"
		if late {
			f.text = "no session with any monitor within " + roundTime(limit)
		}
		for _, at := range attempts {
			f.more = append(f.more, describeAttempt(&a.hunt, at))
		}
	}
	return f
}

// causeOf returns the error to give advice about: what ended the search, unless that was only its time.
func causeOf(ce *monclient.ConnectError) error {
	if errors.Is(ce.Err, monclient.ErrTimeout) && len(ce.Attempts) > 0 {
		errs := make([]error, len(ce.Attempts))
		for i, at := range ce.Attempts {
			errs[i] = at.Err
		}
		return errors.Join(errs...)
	}
	return ce.Err
}

// describeAttempt says how an attempt went.
func describeAttempt(h *huntLog, at monclient.Attempt) string {
	text := at.String()
	if !strings.HasPrefix(h.nameOf(at.Mon), "mon.") { // a made-up name says nothing
		text = strings.TrimPrefix(text, "mon."+at.Mon+" ")
	}
	return text
}

// interrupted reports whether Ctrl-C ended it.
func interrupted(err error) bool {
	return errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// explainLost says why a request on a session has no answer.
func (a *app) explainLost(what string, err error) error {
	if interrupted(err) {
		return err
	}
	f := &failure{err: err, text: fmt.Sprintf("%s: %s", what, trimPackage(err.Error())), code: exitCode(err)}
	if errors.Is(err, monclient.ErrTimeout) {
		f.code = exitNoAnswer
		f.text = what + ": no answer in time"
		if a.timeout != nil {
			f.text = fmt.Sprintf("%s: no answer within %s", what, roundTime(*a.timeout))
		}
		f.try = "monitors answer nothing while they have no quorum, and the manager's commands need an active ceph-mgr; on a monitor's host: ceph daemon mon.NAME mon_status"
		if ce, ok := errors.AsType[*monclient.ConnectError](err); ok {
			f.text += ", the session was lost"
			for _, at := range ce.Attempts {
				f.more = append(f.more, describeAttempt(&a.hunt, at))
			}
		}
	}
	return f
}
