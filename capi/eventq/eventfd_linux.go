package eventq

import (
	"os"

	"golang.org/x/sys/unix"
)

// eventFD is an eventfd(2), or noFD until somebody asks for it. Raised, it is readable. All methods are called with the
// queue's mutex held.
type eventFD int

const noFD eventFD = -1

func (fd *eventFD) open() error {
	if *fd != noFD {
		return nil
	}
	n, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return os.NewSyscallError("eventfd", err)
	}
	*fd = eventFD(n)
	return nil
}

// raise adds one to the counter. It can fail only when the counter is full, and then it is readable as well.
func (fd eventFD) raise() {
	if fd != noFD {
		_, _ = unix.Write(int(fd), []byte{0: 1, 7: 0}) // a number of 8 bytes; see above
	}
}

// lower sets the counter to 0. It can fail only when that is what it is.
func (fd eventFD) lower() {
	if fd != noFD {
		var counter [8]byte
		_, _ = unix.Read(int(fd), counter[:]) // see above
	}
}

func (fd *eventFD) close() {
	if *fd != noFD {
		_ = unix.Close(int(*fd)) // nothing is buffered in it
		*fd = noFD
	}
}
