//go:build !linux

package realceph

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

const supported = false

const (
	sigTerm = syscall.SIGTERM
	sigStop = syscall.SIGTERM
	sigCont = syscall.SIGTERM
)

func setDeathSignal(*exec.Cmd)       {}
func setProcessGroup(*exec.Cmd)      {}
func lockFile(*os.File, bool) error  { return errors.ErrUnsupported }
func lockByte(*os.File, int64) error { return errors.ErrUnsupported }
func ownedByUs(string) error         { return errors.ErrUnsupported }
func killUsersOf(string) error       { return errors.ErrUnsupported }
func stopped(int) bool               { return true }
