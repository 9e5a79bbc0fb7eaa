//go:build !unix

package main

import (
	"errors"
	"fmt"
	"time"
)

func cpuTime() (time.Duration, error) {
	return 0, fmt.Errorf("the benchmark runs on Linux only: %w", errors.ErrUnsupported)
}
