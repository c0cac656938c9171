// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"os"
	"runtime/debug"
	"syscall"
)

// formerStderr is the process's standard error from before takeStderr, nil when
// nobody read it.
var formerStderr *os.File

// takeStderr makes the log file the process's standard error. The Go runtime writes
// the reason of a fatal error there and nowhere else; its trace goes to a second file
// too, which is the standard error from before, if somebody may read that.
func takeStderr(log *os.File) error {
	const stderr = 2
	var now, file syscall.Stat_t
	if err := syscall.Fstat(int(log.Fd()), &file); err != nil {
		return err
	}
	unread := syscall.Fstat(stderr, &now) != nil || isNull(&now)
	if !unread && !isStderr(&now) {
		// The server was started without one, and has another file there.
		if err := debug.SetCrashOutput(log, debug.CrashOptions{}); err != nil {
			return err
		}
		return errNoStderr
	}
	switch {
	case !unread && now.Dev == file.Dev && now.Ino == file.Ino:
		return nil
	case !unread && formerStderr == nil:
		fd, err := dupCloseOnExec(stderr)
		if err != nil {
			return err
		}
		formerStderr = os.NewFile(uintptr(fd), "standard error")
		if err := debug.SetCrashOutput(formerStderr, debug.CrashOptions{}); err != nil {
			return err
		}
	}
	return syscall.Dup3(int(log.Fd()), stderr, 0)
}

// isNull tells whether a file is /dev/null.
func isNull(s *syscall.Stat_t) bool {
	const null = 1<<8 | 3
	return s.Mode&syscall.S_IFMT == syscall.S_IFCHR && s.Rdev == null
}

func dupCloseOnExec(fd int) (int, error) {
	n, _, e := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_DUPFD_CLOEXEC, 3)
	if e != 0 {
		return 0, e
	}
	return int(n), nil
}

const errNoStderr = Error("descriptor 2 is not a standard error: the reasons of fatal errors are lost")

// isStderr tells whether descriptor 2 is what it is in most processes. A server that is
// started without a standard error opens some file of its own there.
func isStderr(st *syscall.Stat_t) bool {
	const stderr = 2
	if flags, _, e := syscall.Syscall(syscall.SYS_FCNTL, stderr, syscall.F_GETFD, 0); e != 0 || flags&syscall.FD_CLOEXEC != 0 {
		return false
	}
	if flags, _, e := syscall.Syscall(syscall.SYS_FCNTL, stderr, syscall.F_GETFL, 0); e != 0 || flags&syscall.O_ACCMODE == syscall.O_RDONLY {
		return false
	}
	switch st.Mode & syscall.S_IFMT {
	case syscall.S_IFREG, syscall.S_IFCHR, syscall.S_IFIFO:
		return true
	case syscall.S_IFSOCK:
		listens, err := syscall.GetsockoptInt(stderr, syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN)
		return err == nil && listens == 0
	}
	return false // an epoll, an event
}
