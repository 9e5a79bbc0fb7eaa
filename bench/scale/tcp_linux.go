package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"
)

// traffic is what has gone over a connection, both ways.
type traffic struct {
	bytes   int64 // payload
	packets int64 // segments, acknowledgements included
}

// What the kernel is asked for: include/uapi/linux/sock_diag.h, inet_diag.h and tcp.h.
const (
	netlinkSockDiag  = 4
	sockDiagByFamily = 20
	inetDiagInfo     = 2
	tcpEstablished   = 1
	sizeofRequest    = 56 // struct inet_diag_req_v2
	sizeofMessage    = 72 // struct inet_diag_msg
	offsetInode      = 68 // in it
	// In struct tcp_info.
	offsetBytesAcked    = 120
	offsetBytesReceived = 128
	offsetSegsOut       = 136
	offsetSegsIn        = 140
	sizeofWanted        = 144
)

// connections returns the traffic of every established connection over IPv4 that the kernel has, by the socket's inode.
func connections() (all map[uint32]traffic, err error) {
	s, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, netlinkSockDiag)
	if err != nil {
		return nil, fmt.Errorf("sock_diag: %w", err)
	}
	defer func() { err = errors.Join(err, syscall.Close(s)) }()
	request := make([]byte, syscall.SizeofNlMsghdr+sizeofRequest)
	binary.NativeEndian.PutUint32(request[0:], uint32(len(request)))
	binary.NativeEndian.PutUint16(request[4:], sockDiagByFamily)
	binary.NativeEndian.PutUint16(request[6:], syscall.NLM_F_REQUEST|syscall.NLM_F_DUMP)
	body := request[syscall.SizeofNlMsghdr:]
	body[0], body[1], body[2] = syscall.AF_INET, syscall.IPPROTO_TCP, 1<<(inetDiagInfo-1)
	binary.NativeEndian.PutUint32(body[4:], 1<<tcpEstablished)
	if err := syscall.Sendto(s, request, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return nil, fmt.Errorf("sock_diag: %w", err)
	}
	all = map[uint32]traffic{}
	buf := make([]byte, 1<<17)
	for {
		n, _, err := syscall.Recvfrom(s, buf, 0)
		if err != nil {
			return nil, fmt.Errorf("sock_diag: %w", err)
		}
		messages, err := syscall.ParseNetlinkMessage(buf[:n])
		if err != nil {
			return nil, fmt.Errorf("sock_diag: %w", err)
		}
		for _, m := range messages {
			switch m.Header.Type {
			case syscall.NLMSG_DONE:
				return all, nil
			case syscall.NLMSG_ERROR:
				if len(m.Data) < 4 {
					return nil, errors.New("sock_diag: an error without a number")
				}
				return nil, fmt.Errorf("sock_diag: %w", syscall.Errno(-int32(binary.NativeEndian.Uint32(m.Data))))
			case sockDiagByFamily:
				if err := parseDiag(m.Data, all); err != nil {
					return nil, fmt.Errorf("sock_diag: %w", err)
				}
			}
		}
	}
}

// parseDiag reads a struct inet_diag_msg with its attributes.
func parseDiag(b []byte, all map[uint32]traffic) error {
	if len(b) < sizeofMessage {
		return fmt.Errorf("a message of %d bytes", len(b))
	}
	inode := binary.NativeEndian.Uint32(b[offsetInode:])
	for b = b[sizeofMessage:]; len(b) >= 4; {
		size, kind := int(binary.NativeEndian.Uint16(b)), binary.NativeEndian.Uint16(b[2:])
		if size < 4 || size > len(b) {
			return fmt.Errorf("an attribute of %d bytes where there are %d", size, len(b))
		}
		if value := b[4:size]; kind == inetDiagInfo {
			if len(value) < sizeofWanted {
				return fmt.Errorf("a tcp_info of %d bytes, want %d: the kernel is too old", len(value), sizeofWanted)
			}
			all[inode] = traffic{
				bytes: int64(binary.NativeEndian.Uint64(value[offsetBytesAcked:]) + binary.NativeEndian.Uint64(value[offsetBytesReceived:])),
				packets: int64(binary.NativeEndian.Uint32(value[offsetSegsOut:])) +
					int64(binary.NativeEndian.Uint32(value[offsetSegsIn:])),
			}
		}
		b = b[min((size+3)&^3, len(b)):]
	}
	return nil
}
