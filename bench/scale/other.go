//go:build !linux

package main

import (
	"errors"
	"fmt"
)

var errNotLinux = fmt.Errorf("the benchmark runs on Linux only: %w", errors.ErrUnsupported)

type footprint struct {
	resident, anonymous, peak int64
	threads, descriptors      int64
}

func look(int) (footprint, error) { return footprint{}, errNotLinux }

func sockets(int) (map[uint32]bool, error) { return nil, errNotLinux }

type traffic struct{ bytes, packets int64 }

func connections() (map[uint32]traffic, error) { return nil, errNotLinux }

func raiseDescriptors(int) (int, error) { return 0, errNotLinux }
