// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// FileError tells why the server could not save or load an RDB file. It matches the
// [syscall.Errno] that the server has left.
type FileError struct {
	Op    string // "save" or "load"
	File  string
	Errno syscall.Errno // 0 where the server tells nothing
}

// Error returns the text for a client.
func (e *FileError) Error() string {
	return fmt.Sprintf("ERR the server could not %s the RDB file %q: %s", e.Op, e.File, e.Errno.Error())
}

// Unwrap returns the error number.
func (e *FileError) Unwrap() error {
	if e.Errno == 0 {
		return nil
	}
	return e.Errno
}

// SaveRDB writes all databases to an RDB file, which it makes or replaces; the server serves nobody
// meanwhile. A path that does not begin with / is relative to the server's working
// directory; what is there and is no regular file is refused. The error is a [*FileError]. A Save of a data type that fails leaves the file as it was.
//
// C: RedisModule_RdbSave, RedisModule_RdbStreamCreateFromFile and RedisModule_RdbStreamFree, since Redis 7.2.
func (ctx Context) SaveRDB(file string) error {
	if !has(featureRdbSave) {
		return lacks(featureRdbSave)
	}
	switch err := regular(os.Stat(file)); {
	case unsafeconv.HasNUL(file):
		return ErrNULByte
	case err == nil:
		if real, err := filepath.EvalSymlinks(file); err == nil {
			file = real
		}
	case !errors.Is(err, os.ErrNotExist):
		return fileError("save", file, err)
	case file == "":
		return &FileError{"save", file, syscall.ENOENT}
	}
	// The server writes to the file itself, and removes it when that fails.
	temp := fmt.Sprintf("%s.temp-%d", file, os.Getpid())
	err := ctx.withRDB("save", temp, redismodule.RdbSave)
	if err == nil {
		if err = os.Rename(temp, file); err == nil {
			return nil
		}
		err = fileError("save", file, err)
	}
	_ = os.Remove(temp)
	if e := new(FileError); errors.As(err, &e) {
		e.File = file
	}
	return err
}

// fileError makes a FileError of one of Go's.
func fileError(op, file string, err error) error {
	no := syscall.EIO
	errors.As(err, &no)
	return &FileError{op, file, no}
}

// LoadRDB replaces all databases by what an RDB file holds, as at the start of the server: the data
// from before goes, replicas are disconnected and synchronise anew, the AOF is begun anew, clients are served now and then, and a file that is
// damaged ends the server. It must not be called where the server is busy with a key: in a keyspace
// event.
//
// It is refused with [ErrKeysOpen] as long as a key is open, since its value would go, with [ErrScriptRuns] in a command that a script has
// called, whose functions would go, with [ErrStillLoading] in OnLoad, with [ErrDisconnectsHere] in the answer to a blocked client,
// which the server would end if it has gone, and on a replica. A file that
// is not there, is no regular file, cannot be read, or is no RDB file is refused before anything is touched. These errors are a
// [*FileError]; after others the data is lost.
//
// C: RedisModule_RdbLoad, RedisModule_RdbStreamCreateFromFile and RedisModule_RdbStreamFree, since Redis 7.2.
func (ctx Context) LoadRDB(file string) error {
	switch {
	case !has(featureRdbLoad):
		return lacks(featureRdbLoad)
	case keys.any():
		return misuse(ErrKeysOpen)
	case state.midway != 0:
		return ErrMidway
	case creating:
		return ErrStillLoading
	case inFork:
		return ErrInChild
	case len(state.serving) != 0: // clients are served while the file is read, and the server holds that of a command alone
		return ErrDisconnectsHere
	}
	if err := ctx.mayRunScript(); err != nil {
		return err
	}
	if err := looksLikeRDB(file); err != nil {
		return err
	}
	return ctx.withRDB("load", file, redismodule.RdbLoad)
}

// looksLikeRDB reads the first bytes of a file: the server empties its databases before it does.
func looksLikeRDB(file string) error {
	if unsafeconv.HasNUL(file) {
		return ErrNULByte
	}
	// Without O_NONBLOCK a FIFO has the server wait for somebody who writes to it.
	f, err := os.OpenFile(file, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err == nil {
		var magic [6]byte
		if err = regular(f.Stat()); err == nil {
			_, err = io.ReadFull(f, magic[:])
		}
		if begin := string(magic[:]); err == nil && !strings.HasPrefix(begin, "REDIS") && begin != "VALKEY" {
			err = syscall.EINVAL
		}
		f.Close()
	}
	if err == nil {
		return nil
	}
	return fileError("load", file, err) // EIO when it is too short
}

// regular is the error for what is no regular file: a FIFO or a device may have the server wait.
func regular(info os.FileInfo, err error) error {
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return syscall.EISDIR
	case !info.Mode().IsRegular():
		return syscall.EINVAL
	}
	return nil
}

// withRDB makes a stream for one call.
func (ctx Context) withRDB(op, file string, call func(ctx redismodule.Ctx, stream redismodule.RdbStream, flags int32) int32) error {
	if file == "" {
		return &FileError{op, file, syscall.ENOENT}
	}
	name := unsafeconv.NewZ(file)
	stream := redismodule.RdbStreamCreateFromFile(name.Ptr())
	var err error
	if call(ctx.raw(), stream, 0) != redismodule.OK {
		err = &FileError{op, file, redismodule.Errno()}
	}
	redismodule.RdbStreamFree(stream)
	return err
}
