//go:build !linux

package eventq

import "errors"

// eventFD is not there on this platform; the library is built for Linux.
type eventFD int

const noFD eventFD = -1

func (fd *eventFD) open() error { return errors.ErrUnsupported }
func (fd eventFD) raise()       {}
func (fd eventFD) lower()       {}
func (fd *eventFD) close()      {}
