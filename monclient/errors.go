package monclient

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
	"github.com/libmonclient/libmonclient/msgr2"
)

// Errors of the client, for errors.Is. Errno maps them, and everything else that the client returns, to an errno.
var (
	// ErrClosed says that the client was closed, before the call or during it.
	ErrClosed = errors.New("client closed")
	// ErrTimeout says that Config.ConnectTimeout, Config.OpTimeout or the call's own timeout ended it. It is a
	// context.DeadlineExceeded.
	ErrTimeout error = timeoutError{}
	// ErrForeignCluster says that a monitor belongs to another cluster than it should, by its fsid.
	ErrForeignCluster = errors.New("foreign cluster")
	// ErrBadMap says that a monitor sent a monmap that cannot be read.
	ErrBadMap = errors.New("bad monmap")
	// ErrLegacyOnly says that there is no address that speaks messenger v2.
	ErrLegacyOnly = errors.New("no monitor with a v2 address")
	// ErrUnknownMap says that monitors have no map of that name for such a call.
	ErrUnknownMap = errors.New("unknown map")
	// ErrKeepalive says that a monitor left keepalives unanswered for too long.
	ErrKeepalive = errors.New("no answer to keepalives")
	// ErrNoAnswer says that a monitor did not complete an attempt in the time that it had, or has not until now.
	ErrNoAnswer = errors.New("no answer")
	// ErrNoQuorum says that a monitor answered keepalives and nothing else, while another monitor did answer.
	ErrNoQuorum = errors.New("out of quorum")
	// ErrSessionLost says that the session with the monitor that was asked was lost. What ended it is wrapped, too.
	ErrSessionLost = errors.New("session lost")
	// ErrUnsubscribed says that the subscription was closed.
	ErrUnsubscribed = errors.New("unsubscribed")

	// errOutrun ends the attempts that lost the race to the first monitor.
	errOutrun = errors.New("another monitor was faster")
)

// timeoutError is a context.DeadlineExceeded that says less and knows that it was our own limit.
type timeoutError struct{}

func (timeoutError) Error() string        { return "timed out" }
func (timeoutError) Timeout() bool        { return true }
func (timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// Attempt is one attempt to reach one monitor.
type Attempt struct {
	Mon     string          // the monitor's name in the map of the time
	Addr    denc.EntityAddr // where it was tried
	Step    string          // how far it got: "dial", a step of the handshake, or "session"
	Elapsed time.Duration   // how long it took
	Err     error
}

// String says where, how far, how long and why.
func (a Attempt) String() string {
	return fmt.Sprintf("mon.%s %s: %s: %v (after %v)", a.Mon, a.Addr, a.Step, unwrapStep(a.Err), a.Elapsed.Round(100*time.Microsecond))
}

// unwrapStep takes away what Attempt says itself.
func unwrapStep(err error) error {
	var he *msgr2.HandshakeError
	if errors.As(err, &he) {
		err = he.Err
	}
	var oe *net.OpError
	if errors.As(err, &oe) {
		return oe.Err
	}
	return err
}

// ConnectError says why there is no session: the newest attempt at each monitor, and what ended the waiting.
type ConnectError struct {
	// Err is what ended the call: a context's error, ErrTimeout, or the reason that further attempts are of no use.
	Err error
	// Attempts are the newest attempts, one for each monitor that was tried, in the order of their end.
	Attempts []Attempt
}

// Error says what ended the waiting, and names every monitor that was tried.
func (e *ConnectError) Error() string {
	var b strings.Builder
	if len(e.Attempts) == 0 {
		return e.Err.Error()
	}
	if !slices.ContainsFunc(e.Attempts, func(a Attempt) bool { return errors.Is(a.Err, e.Err) }) {
		fmt.Fprintf(&b, "%v: ", e.Err) // else the attempt says it better
	}
	for i, a := range e.Attempts {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(a.String())
	}
	return b.String()
}

// Unwrap returns what ended the call and the errors of all attempts.
func (e *ConnectError) Unwrap() []error {
	errs := []error{e.Err}
	for _, a := range e.Attempts {
		errs = append(errs, a.Err)
	}
	return errs
}

// permanent reports whether trying the same monitor again cannot help: it is no monitor of this cluster, or it knows
// who we are and does not want us. Everything else may pass: a monitor that starts, an election, a network in trouble.
func permanent(err error) bool {
	for _, target := range []error{
		cephx.ErrRejected, cephx.ErrWrongKey, cephx.ErrNoMethod, msgr2.ErrNotCeph, msgr2.ErrLegacyPeer, msgr2.ErrWrongPeer,
		msgr2.ErrFeatures, msgr2.ErrMode, ErrForeignCluster,
	} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// CommandError is a negative answer of the monitors to a command. Reply.Err makes it; Client.Command does not return
// it, because the command was delivered and answered.
type CommandError struct {
	Command string // what was asked
	Retval  int32  // the answer, a negative errno
	Status  string // the monitors' text
}

// Error gives the answer as the ceph tool does: Error EINVAL: text.
func (e *CommandError) Error() string {
	return fmt.Sprintf("%s: %s: %s", e.Command, denc.ErrnoOf(e.Retval).Name(), e.Status)
}

// Unwrap returns the errno.
func (e *CommandError) Unwrap() error { return denc.ErrnoOf(e.Retval) }

// errnos maps sentinel errors to error numbers, the first that matches wins. The numbers are those of librados where it
// has one for the case.
var errnos = []struct {
	err   error
	errno denc.Errno
}{
	{cephx.ErrRejected, denc.EACCES},
	{cephx.ErrWrongKey, denc.EACCES},
	{cephx.ErrNoEntity, denc.EACCES},
	{ErrForeignCluster, denc.EPROTO},
	{ErrBadMap, denc.EPROTO},
	{msgr2.ErrFeatures, denc.EPROTO},
	{context.DeadlineExceeded, denc.ETIMEDOUT},
	{context.Canceled, denc.ECANCELED},
	{ErrClosed, denc.ESHUTDOWN},
	{ErrUnsubscribed, denc.ECANCELED},
	{ErrNoAnswer, denc.ETIMEDOUT},
	{ErrUnknownMap, denc.EINVAL},
	{ErrLogFull, denc.EAGAIN},
	{errNoFunction, denc.EINVAL},
	{errNoMon, denc.EINVAL},
	{errNotQueued, denc.EINVAL},
	{ErrLegacyOnly, denc.EOPNOTSUPP},
	{ErrSessionLost, denc.ECONNRESET},
	{ErrKeepalive, denc.ETIMEDOUT},
	{ErrNoQuorum, denc.ETIMEDOUT},
	{cephconf.ErrNoMonitors, denc.ENOENT},
	{cephconf.ErrNoKeyring, denc.ENOENT},
	{cephconf.ErrNoConf, denc.ENOENT},
	{cephx.ErrNoKey, denc.ENOENT},
	{cephx.ErrInvalidKey, denc.EINVAL},
	{cephconf.ErrInvalidValue, denc.EINVAL},
	{cephconf.ErrUnknownOption, denc.ENOENT},
	{cephconf.ErrSyntax, denc.EINVAL},
	{msgr2.ErrNotCeph, denc.EPROTO},
	{msgr2.ErrLegacyPeer, denc.EOPNOTSUPP},
	{msgr2.ErrMode, denc.EOPNOTSUPP},
	{cephx.ErrNoMethod, denc.EOPNOTSUPP},
	{msgr2.ErrWrongPeer, denc.EPROTO},
	{msgr2.ErrSignature, denc.EPROTO},
	{msgr2.ErrFrame, denc.EPROTO},
	{msgr2.ErrTooLarge, denc.EPROTO},
	{cephx.ErrProtocol, denc.EPROTO},
	{denc.ErrShort, denc.EPROTO},
	{denc.ErrMalformed, denc.EPROTO},
	{denc.ErrCompat, denc.EPROTO},
	{syscall.ECONNREFUSED, denc.ECONNREFUSED},
	{syscall.ECONNRESET, denc.ECONNRESET},
	{syscall.EHOSTUNREACH, denc.EHOSTUNREACH},
	{fs.ErrNotExist, denc.ENOENT},
	{fs.ErrPermission, denc.EACCES},
}

// Errno returns the error number, in Linux's numbering, that stands for err in interfaces which have only numbers: 0
// for nil, EIO when nothing fits better.
func Errno(err error) denc.Errno {
	if err == nil {
		return 0
	}
	var number denc.Errno
	if errors.As(err, &number) {
		return number
	}
	for _, e := range errnos {
		if errors.Is(err, e.err) {
			return e.errno
		}
	}
	return denc.EIO
}
