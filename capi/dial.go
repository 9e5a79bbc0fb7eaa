//go:build cgo

package main

// #include <stdlib.h>
// #include "front.h"
import "C"

import (
	"context"
	"fmt"
	"math"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/libmonclient/libmonclient/capi/handle"
)

// dialer opens connections with the user's function. Configurations and clients hold references on it, and so does every
// call of the function, which may last longer than the client wants to wait for it.
type dialer struct {
	sink *C.struct_capi_sink
}

// newDialer takes over a reference; nil for none.
func newDialer(sink *C.struct_capi_sink) *dialer {
	if sink == nil {
		return nil
	}
	return &dialer{sink: sink}
}

func (d *dialer) ref() *dialer {
	if d != nil {
		C.capi_sink_ref(d.sink)
	}
	return d
}

func (d *dialer) release() {
	if d != nil {
		C.capi_sink_release(d.sink)
	}
}

// noTimeout is what the user's function is told when there is none. An attempt always has one.
const noTimeout = math.MaxInt32

// dial calls the user's function and waits for it, even when ctx has ended: no callback runs when close has returned.
func (d *dialer) dial(ctx context.Context, client handle.Handle, address string) (net.Conn, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	ms := int32(noTimeout)
	if deadline, ok := ctx.Deadline(); ok {
		ms = int32(min(max(time.Until(deadline).Milliseconds(), 1), noTimeout))
	}
	ip := C.CString(to.Addr().String())
	defer C.free(unsafe.Pointer(ip))
	fd := C.capi_call_dial(d.sink, C.uint64_t(client), ip, C.uint16_t(to.Port()), C.int32_t(ms))
	if fd < 0 {
		return nil, fmt.Errorf("the dialer of the program: %w", syscall.Errno(-fd))
	}
	conn, err := connOf(int(fd))
	if err != nil {
		return nil, fmt.Errorf("the dialer of the program: descriptor %d: %w", int(fd), err)
	}
	if err := context.Cause(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// connOf makes a connection of a descriptor, which it owns from then on. Only a stream socket is taken; anything else is
// left alone, for it may be something that the program needs.
func connOf(fd int) (net.Conn, error) {
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return nil, os.NewSyscallError("getsockopt", err)
	}
	if kind != unix.SOCK_STREAM {
		return nil, fmt.Errorf("is no stream socket: %w", syscall.EPROTOTYPE)
	}
	f := os.NewFile(uintptr(fd), "dialer")
	defer f.Close() // FileConn has a descriptor of its own
	return net.FileConn(f)
}
