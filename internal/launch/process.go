// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package launch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

const pollEvery = 2 * time.Millisecond

// Options says how to start a server.
type Options struct {
	// Command starts it; the path of its configuration file is added, and Args.
	Command, Args []string
	// Dir is its working folder, which exists. The files server.conf, server.log and
	// server.sock are there.
	Dir string
	// Socket and Log are the paths of other files than these.
	Socket, Log string
	// Config has lines for the configuration file, behind those that have the server
	// listen on the socket alone and save nothing.
	Config []string
	// Env has variables (KEY=value) on top of this process's own.
	Env []string
	// Stderr is where its standard error goes; nil means the log.
	Stderr *os.File
	// OwnGroup keeps Ctrl-C at the terminal from it.
	OwnGroup bool
}

// Process is a run of a server.
type Process struct {
	// Socket is the path of its socket, Log that of its log.
	Socket, Log string

	cmd     *exec.Cmd
	started chan error // gets the result of the start
	ended   chan struct{}
}

// Start starts a server. It is not ready yet then; see [Process.WaitReady]. On Linux it
// ends when this process does.
func Start(o Options) (*Process, error) {
	if len(o.Command) == 0 {
		return nil, ErrNoServer
	}
	if o.Socket == "" {
		o.Socket = filepath.Join(o.Dir, "server.sock")
	}
	if o.Log == "" {
		o.Log = filepath.Join(o.Dir, "server.log")
	}
	conf := filepath.Join(o.Dir, "server.conf")
	if err := os.WriteFile(conf, []byte(o.config(o.Log)), 0o600); err != nil {
		return nil, err
	}
	// A socket file left by a run that was killed would look like a server.
	if err := os.Remove(o.Socket); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	// What the server prints before it opens its log, and what the Go runtime of a
	// module prints when it ends the process, goes to the same file.
	log, err := os.OpenFile(o.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p := &Process{Socket: o.Socket, Log: o.Log, started: make(chan error, 1), ended: make(chan struct{})}
	args := append(append(o.Command[1:len(o.Command):len(o.Command)], conf), o.Args...)
	p.cmd = exec.Command(o.Command[0], args...)
	p.cmd.Dir = o.Dir
	p.cmd.Env = append(os.Environ(), o.Env...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if o.Stderr != nil {
		p.cmd.Stderr = o.Stderr
	}
	p.cmd.SysProcAttr = childAttr(o.OwnGroup)
	go p.loop()
	if err := <-p.started; err != nil {
		return nil, fmt.Errorf("cannot start the server: %w", err)
	}
	return p, nil
}

// loop starts the process and waits for its end, on one thread that stays for so long.
func (p *Process) loop() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := p.cmd.Start(); err != nil {
		p.started <- err
		return
	}
	p.started <- nil
	_ = p.cmd.Wait() // the state has more than the error
	close(p.ended)
}

// PID returns the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Ended is closed when the server has ended.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// State tells how the server ended. It is good only when it has.
func (p *Process) State() *os.ProcessState { return p.cmd.ProcessState }

// Exited reports whether the server ends within d.
func (p *Process) Exited(d time.Duration) bool {
	select {
	case <-p.ended:
		return true
	default:
	}
	if d == 0 {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-p.ended:
		return true
	case <-timer.C:
		return false
	}
}

// ErrEnded is what WaitReady returns of a server that has ended.
var ErrEnded = errors.New("the server did not start")

// WaitReady waits until the server answers. It gives up when the server has ended, which
// is an ErrEnded, after limit, and when ctx ends.
func (p *Process) WaitReady(ctx context.Context, limit time.Duration) error {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); {
		if p.Exited(pollEvery) {
			return fmt.Errorf("%w: %v", ErrEnded, p.State())
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if p.answers(min(limit, max(limit/20, time.Second))) {
			return nil
		}
	}
	return fmt.Errorf("the server neither answered nor ended within %v", limit)
}

// answers reports whether the server takes commands. One that wants a password does.
func (p *Process) answers(limit time.Duration) bool {
	conn, err := net.Dial("unix", p.Socket)
	if err != nil {
		return false
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(limit)); err != nil {
		return false
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	var buf [64]byte
	n, _ := conn.Read(buf[:])
	answer := string(buf[:n])
	return strings.HasPrefix(answer, "+PONG") || strings.HasPrefix(answer, "-NOAUTH")
}

// Stop ends the server with SIGTERM and waits for that; after grace it is killed, which
// is an error, as is a server that had ended before, or that ends with an error status.
func (p *Process) Stop(grace time.Duration) error {
	if p.Exited(0) {
		return fmt.Errorf("the server died: %v", p.State())
	}
	for deadline := time.Now().Add(grace); !p.Exited(0); {
		if time.Now().After(deadline) {
			p.Kill()
			return fmt.Errorf("the server did not stop within %v and was killed", grace)
		}
		// The process may end by itself between the check and the signal; then the
		// signal fails and the status below tells. A server that writes its first
		// append only file refuses to stop, and forgets that it was told to.
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		p.Exited(time.Second)
	}
	if !p.State().Success() {
		return fmt.Errorf("the server failed while stopping: %v", p.State())
	}
	return nil
}

// Kill ends the server at once, as a crash of the machine would, and waits for that.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // fails only if the process has ended
	<-p.ended
}

// LogText returns what the server has written.
func (p *Process) LogText() string {
	text, err := os.ReadFile(p.Log)
	if err != nil {
		return fmt.Sprintf("(no log: %v)", err)
	}
	return string(text)
}

// LogTail returns the last lines of the log, for an error message.
func (p *Process) LogTail() string {
	lines := strings.Split(strings.TrimSpace(p.LogText()), "\n")
	return "\nend of the server's log:\n" + strings.Join(lines[max(0, len(lines)-30):], "\n")
}
