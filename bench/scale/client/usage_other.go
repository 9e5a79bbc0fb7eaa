//go:build !unix

package main

import (
	"errors"
	"fmt"
	"time"
)

func cpuTime() (time.Duration, error) {
	return 0, fmt.Errorf("processor time: %w", errors.ErrUnsupported)
}
