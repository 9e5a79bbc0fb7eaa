package racecheck_test

import (
	"fmt"
	"testing"

	"github.com/libmonclient/libmonclient/internal/racecheck"
)

func Example() {
	allocs := testing.AllocsPerRun(10, func() {})
	if !racecheck.Enabled { // the detector allocates, too
		fmt.Println(allocs)
	} else {
		fmt.Println(0)
	}
	// Output: 0
}
