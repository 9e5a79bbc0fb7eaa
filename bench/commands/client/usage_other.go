//go:build !linux

package main

import (
	"errors"
	"fmt"
)

type usage struct{ user, system, switches int64 }

var errNotLinux = fmt.Errorf("the benchmark runs on Linux only: %w", errors.ErrUnsupported)

func cpuUsage() (usage, error) { return usage{}, errNotLinux }

func residentMemory() (rss, anon int64, err error) { return 0, 0, errNotLinux }
