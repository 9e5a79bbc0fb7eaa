package realceph

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const supported = true

// setDeathSignal makes the kernel kill the command when the thread that started it ends.
func setDeathSignal(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
}

// setProcessGroup keeps a terminal's Ctrl-C away from the command.
func setProcessGroup(cmd *exec.Cmd) { cmd.SysProcAttr.Setpgid = true }

const (
	sigTerm = syscall.SIGTERM
	sigStop = syscall.SIGSTOP
	sigCont = syscall.SIGCONT
)

// lockFile takes an exclusive lock on f, which lasts until f is closed or its process ends.
func lockFile(f *os.File, wait bool) error {
	how := syscall.LOCK_EX
	if !wait {
		how |= syscall.LOCK_NB
	}
	for {
		err := syscall.Flock(int(f.Fd()), how)
		if err != syscall.EINTR {
			return err
		}
	}
}

// lockByte takes an exclusive lock on one byte of f. It is an open-file-description lock: it lasts until f
// is closed and excludes other opens in the same process, too.
func lockByte(f *os.File, offset int64) error {
	const ofdSetLk = 37 // F_OFD_SETLK
	return syscall.FcntlFlock(f.Fd(), ofdSetLk, &syscall.Flock_t{Type: syscall.F_WRLCK, Start: offset, Len: 1})
}

// ownedByUs reports whether path is a real directory that only this user can enter.
func ownedByUs(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || int(st.Uid) != os.Geteuid() || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("realceph: %s must be a directory that belongs to this user alone; remove it", path)
	}
	return nil
}

// killUsersOf kills every process that was started with dir in its arguments, and waits until they are gone.
// It serves a cluster whose owner died: the kernel has usually done the work already.
func killUsersOf(dir string) error {
	deadline := time.Now().Add(5 * time.Second)
	for {
		pids := usersOf(dir)
		if len(pids) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("realceph: processes %v of the abandoned %s do not end", pids, dir)
		}
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		time.Sleep(pollInterval)
	}
}

func usersOf(dir string) []int {
	var pids []int
	paths, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range paths {
		cmdline, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(cmdline), dir+"/") || !strings.Contains(string(cmdline), "\x00--conf\x00") {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil && pid != os.Getpid() {
			pids = append(pids, pid)
		}
	}
	return pids
}

// stopped reports whether all threads of a process have stopped: SIGSTOP takes them one after the other, and the others work
// on meanwhile.
func stopped(pid int) bool {
	paths, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/[0-9]*/stat", pid))
	if err != nil || len(paths) == 0 {
		return true // it has ended
	}
	for _, path := range paths {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // the thread has ended
		}
		// The state comes after the name, which is in parentheses and may hold anything.
		_, state, _ := strings.Cut(string(stat[strings.LastIndexByte(string(stat), ')')+1:]), " ")
		if !strings.HasPrefix(state, "T") && !strings.HasPrefix(state, "Z") && !strings.HasPrefix(state, "X") {
			return false
		}
	}
	return true
}
