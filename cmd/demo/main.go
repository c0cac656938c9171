// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const example = "github.com/iredismodule/redismodule/examples/hello"

// config is what the command line says.
type config struct {
	server string // a command, words separated by spaces
	mode   string // rm-mode load argument
	expect string // mode that the module must report
	tags   string // build tags
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	var cfg config
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.StringVar(&cfg.server, "server", "", "server command (default: RM_SERVER, else redis-server, else valkey-server)")
	flags.StringVar(&cfg.mode, "mode", "", "load argument rm-mode: resident or portable")
	flags.StringVar(&cfg.expect, "expect", "", "fail unless the module reports this mode")
	flags.StringVar(&cfg.tags, "tags", "", "build tags for the module")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	command, err := findServer(cfg.server)
	if err != nil {
		return err
	}
	dir, err := tempDir()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)

	so := filepath.Join(dir, "hello.so")
	if err := build(ctx, cfg, so, out); err != nil {
		return err
	}
	fmt.Fprintf(out, "$ %s --port 0 --unixsocket s --loadmodule %s\n", strings.Join(command, " "), strings.TrimSpace("hello.so "+modeArg(cfg)))
	s, err := startServer(ctx, command, dir, so, strings.Fields(modeArg(cfg))...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop(out)) }()
	line := s.logLine("hello: mode=")
	fmt.Fprintf(out, "the server's log says: %s\n\n", line)
	if cfg.expect != "" && !strings.Contains(line, "mode="+cfg.expect+" ") {
		return fmt.Errorf("the module should run in mode %s", cfg.expect)
	}
	if err := tour(ctx, s, out); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nthe server's log keeps the stack of the mistake: %s\n", s.logLine("command hello.oops: "))
	return nil
}

func modeArg(cfg config) string {
	if cfg.mode == "" {
		return ""
	}
	return "rm-mode=" + cfg.mode
}

// tempDir makes the folder for everything. A socket's path must be short.
func tempDir() (string, error) {
	dir, err := os.MkdirTemp("", "rmdemo")
	if err == nil && len(dir) > 90 {
		_ = os.Remove(dir) // it is empty
		dir, err = os.MkdirTemp("/tmp", "rmdemo")
	}
	return dir, err
}

// build makes the module, executable as the server wants it.
func build(ctx context.Context, cfg config, so string, out io.Writer) error {
	args := []string{"build", "-buildmode=c-shared", "-o", so}
	if cfg.tags != "" {
		args = append(args, "-tags="+cfg.tags)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, example)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	fmt.Fprintln(out, "$ go build -buildmode=c-shared -o hello.so ./examples/hello")
	start := time.Now()
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("the build failed (%w); it needs a C compiler and its headers (Debian: gcc libc6-dev)\n%s", err, text)
	}
	fmt.Fprintf(out, "  %.1f s\n", time.Since(start).Seconds())
	fmt.Fprintln(out, "$ chmod +x hello.so")
	return os.Chmod(so, 0o755)
}

// step is one command of the tour.
type step struct {
	about string // said before it
	args  []string
	want  string // how the printed reply must begin
}

var steps = []step{
	{"", []string{"MODULE", "LIST"}, "1) "},
	{"simple replies", []string{"hello.ping"}, "PONG from Go"},
	{"", []string{"hello.echo", "bytes of the server, not copied"}, `"bytes of the server, not copied"`},
	{"", []string{"hello.add", "40", "2"}, "(integer) 42"},
	{"error replies", []string{"hello.add", "40", "two"}, "(error) ERR "},
	{"", []string{"hello.echo"}, "(error) ERR wrong number of arguments"},
	{"a map: flat for a client of RESP2, a map for one of RESP3", []string{"hello.info"}, `1) "client"`},
	{"", []string{"HELLO", "3"}, "1# "},
	{"", []string{"hello.info"}, `1# "client" => (integer) `},
	{"calls of other commands", []string{"hello.swap", "greeting", "good morning"}, "(nil)"},
	{"", []string{"hello.swap", "greeting", "good night"}, `"good morning"`},
	{"", []string{"GET", "greeting"}, `"good night"`},
	{"", []string{"LPUSH", "list", "x"}, "(integer) 1"},
	{"", []string{"hello.swap", "list", "y"}, "(error) WRONGTYPE "},
	{"a nil dereference in a handler costs an error reply, not the server", []string{"hello.oops"}, "(error) ERR hello.oops: panic: "},
	{"", []string{"hello.ping"}, "PONG from Go"},
}

// tour runs the steps on one connection.
func tour(ctx context.Context, s *server, out io.Writer) error {
	for _, st := range steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if st.about != "" {
			fmt.Fprintf(out, "\n# %s\n", st.about)
		}
		fmt.Fprintf(out, "> %s\n", shown(st.args))
		reply, err := s.do(st.args...)
		if err != nil {
			return fmt.Errorf("%s: %w%s", st.args[0], err, s.LogTail())
		}
		text := reply.text("")
		if st.args[0] == "HELLO" {
			// The rest is about the server.
			first, _, _ := strings.Cut(text, "\n")
			fmt.Fprintln(out, first, "...")
		} else {
			fmt.Fprintln(out, text)
		}
		if !strings.HasPrefix(text, st.want) {
			return fmt.Errorf("%s: the reply should begin with %q%s", st.args[0], st.want, s.LogTail())
		}
	}
	return nil
}

// shown returns a command as a person would type it.
func shown(args []string) string {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = a
		if a == "" || strings.ContainsAny(a, " \"") {
			words[i] = fmt.Sprintf("%q", a)
		}
	}
	return strings.Join(words, " ")
}
