//go:build !unix

package monclient

import "time"

// cpuTime would return what the process has used.
func cpuTime() time.Duration { return 0 }
