// Package profile writes the profiles that benchmarks are asked for, of their measured part only.
package profile

import (
	"errors"
	"os"
	"runtime"
	"runtime/pprof"
)

// Files are the files to write profiles to, empty for none: of the processor, and of all allocations.
type Files struct {
	CPU, Mem string

	cpuFile *os.File
}

// Start begins to profile.
func (p *Files) Start() (err error) {
	if p.Mem != "" {
		runtime.MemProfileRate = 1
	}
	if p.CPU == "" {
		return nil
	}
	if p.cpuFile, err = os.Create(p.CPU); err != nil {
		return err
	}
	return pprof.StartCPUProfile(p.cpuFile)
}

// Stop ends what Start has begun, and writes the profiles.
func (p *Files) Stop() error {
	var errs []error
	if p.cpuFile != nil {
		pprof.StopCPUProfile()
		errs = append(errs, p.cpuFile.Close())
	}
	if p.Mem != "" {
		f, err := os.Create(p.Mem)
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		runtime.GC() // the profile has what was allocated up to the last collection
		errs = append(errs, pprof.Lookup("allocs").WriteTo(f, 0), f.Close())
	}
	return errors.Join(errs...)
}
