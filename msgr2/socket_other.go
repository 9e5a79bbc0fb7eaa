//go:build !linux

package msgr2

import "net"

// socketOf returns nc.
func socketOf(nc net.Conn) net.Conn { return nc }
