// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// op is something that happens at random.
type op struct {
	name   string
	weight int
	do     func(a *actor) error
}

// actor is who does it.
type actor struct {
	*soak
	r     *rand.Rand
	id    int
	phase int
	turn  int
	puts  map[string]string
	sum   int
}

// must sends a command that has to succeed.
func (a *actor) must(args ...any) (any, error) {
	v, err := a.server.Do(args...)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", args, err)
	}
	return v, nil
}

// want sends a command that has to reply so.
func (a *actor) want(want string, args ...any) error {
	v, err := a.must(args...)
	if err == nil && fmt.Sprint(v) != want {
		err = fmt.Errorf("%v: got %.300v, want %.300s", args, v, want)
	}
	return err
}

// refuse sends a command that has to fail with such an error.
func (a *actor) refuse(text string, args ...any) error {
	v, err := a.server.Do(args...)
	if err == nil || !strings.Contains(err.Error(), text) {
		return fmt.Errorf("%v: got %v, %v, want the error %q", args, v, err, text)
	}
	return nil
}

// either is want for a command of the module that is unloaded at times.
func (a *actor) either(err error) error {
	if err != nil && strings.Contains(err.Error(), "unknown command") {
		a.lost.Add(1)
		return nil
	}
	return err
}

func (a *actor) key(i int) string { return fmt.Sprintf("p%d:w%d:%d", a.phase, a.id, i) }

const nilText = "nil pointer dereference"

// commandOps are what clients do all the time.
var commandOps = []op{
	{"put", 30, func(a *actor) error {
		if a.puts == nil {
			a.puts = map[string]string{}
		}
		key := a.key(a.r.IntN(200))
		value, err := json.Marshal(map[string]any{
			"Name": strconv.Itoa(a.r.Int()), "Number": a.r.Int64(), "Tags": []string{"a", "b"},
			"Fields": map[string]string{"x": strings.Repeat("y", a.r.IntN(300))}, "Points": []float64{1, 2.5},
		})
		if err != nil {
			return err
		}
		if err := a.want("OK", "s.put", key, value); err != nil {
			return err
		}
		v, err := a.must("s.get", key)
		if err == nil {
			a.puts[key] = v.(string)
			if n := len(a.puts[key]); n < 50 {
				err = fmt.Errorf("the value of %s has %d bytes", key, n)
			}
		}
		return err
	}},
	{"get", 60, func(a *actor) error {
		for key, value := range a.puts {
			return a.want(value, "s.get", key)
		}
		return nil
	}},
	{"unlink", 5, func(a *actor) error {
		for key := range a.puts {
			delete(a.puts, key)
			return a.want("1", "UNLINK", key)
		}
		return nil
	}},
	{"nested", 20, func(a *actor) error {
		a.sum++
		return a.want(strconv.Itoa(a.sum), "s.nested", a.key(-1), a.r.IntN(12))
	}},
	{"beta.nested", 10, func(a *actor) error {
		_, err := a.must("beta.nested", a.key(-2), a.r.IntN(8))
		return a.either(err)
	}},
	{"nil", 5, func(a *actor) error { return a.refuse(nilText, "s.nil") }},
	{"beta.nil", 5, func(a *actor) error {
		_, err := a.server.Do("beta.nil")
		if err != nil && strings.Contains(err.Error(), nilText) {
			return nil
		}
		return a.either(err)
	}},
	{"panic", 3, func(a *actor) error { return a.refuse("told to panic", "s.panic") }},
	{"goexit", 3, func(a *actor) error { return a.refuse("runtime.Goexit", "s.goexit") }},
	{"dohere", 3, func(a *actor) error { return a.refuse("this is the server's thread already", "s.dohere") }},
	{"deep", 2, func(a *actor) error {
		_, err := a.must("s.busy", a.r.IntN(5), "deep")
		return err
	}},
	{"exec", 1, func(a *actor) error {
		return a.want("a child of another kind", "s.exec", []string{"here", "goroutine"}[a.r.IntN(2)])
	}},
	{"pause", 5, func(a *actor) error {
		time.Sleep(time.Duration(a.r.IntN(20)) * time.Millisecond)
		return nil
	}},
}

// chaosOps are what happens beside the clients, one at a time in each of two
// groups: what forks, and the rest.
var chaosOps = append(childOps(), otherOps()...)

const childTimeout = 60 * time.Second

// save runs a save and waits for its end.
func (a *actor) save(command string) (string, error) {
	running, status := "rdb_bgsave_in_progress", "rdb_last_bgsave_status"
	if command == "BGREWRITEAOF" {
		running, status = "aof_rewrite_in_progress", "aof_last_bgrewrite_status"
	}
	if _, err := a.must(command); err != nil {
		return "", err
	}
	for deadline := time.Now().Add(childTimeout); ; time.Sleep(10 * time.Millisecond) {
		info, err := a.must("INFO", "persistence")
		if err != nil {
			return "", err
		}
		text := fmt.Sprint(info)
		if strings.Contains(text, running+":0") {
			return regexp.MustCompile(status + `:(\w+)`).FindStringSubmatch(text)[1], nil
		}
		if time.Now().After(deadline) {
			return "", fmt.Errorf("%s does not end", command)
		}
	}
}

func (a *actor) saveAs(want, command string) error {
	status, err := a.save(command)
	if err == nil && status != want {
		err = fmt.Errorf("%s ended with %s, want %s", command, status, want)
	}
	return err
}

func (a *actor) forkTo(how string, code int) (string, error) {
	before, err := a.must("s.forkresult")
	if err != nil {
		return "", err
	}
	if _, err := a.must("s.fork", how, code); err != nil {
		return "", err
	}
	for deadline := time.Now().Add(childTimeout); ; time.Sleep(5 * time.Millisecond) {
		now, err := a.must("s.forkresult")
		if err != nil || now != before {
			return fmt.Sprint(now), err
		}
		if time.Now().After(deadline) {
			return "", fmt.Errorf("the child does not end")
		}
	}
}

func childOps() []op {
	return []op{
		{"bgsave", 10, func(a *actor) error { return a.saveAs("ok", "BGSAVE") }},
		{"rewrite", 10, func(a *actor) error {
			if err := a.want("OK", "CONFIG", "SET", "aof-use-rdb-preamble", []string{"yes", "no"}[a.r.IntN(2)]); err != nil {
				return err
			}
			return a.saveAs("ok", "BGREWRITEAOF")
		}},
		{"fork", 10, func(a *actor) error {
			a.turn++
			code := a.turn % 90 // another one than the last time: the results differ
			result, err := a.forkTo("encode", code)
			if err == nil && !strings.Contains(result, fmt.Sprintf("code=%d signal=0 inchild=false", code)) {
				err = fmt.Errorf("want the code %d: %s", code, result)
			}
			return err
		}},
		{"killfork", 5, func(a *actor) error {
			if _, err := a.must("s.fork", "wait", 1); err != nil {
				return err
			}
			time.Sleep(time.Duration(a.r.IntN(30)) * time.Millisecond)
			return a.want("OK", "s.killfork")
		}},
		{"hang", 2, func(a *actor) error {
			how := []string{"channel", "sleep", "mutex", "goroutine", "gosched"}[a.r.IntN(5)]
			if _, err := a.must("s.put", "hang", "{}"); err != nil {
				return err
			}
			if err := a.want("OK", "s.hang", how); err != nil {
				return err
			}
			if err := a.saveAs("err", "BGSAVE"); err != nil {
				return err
			}
			return a.want("OK", "s.hang", "")
		}},
		{"rest", 10, func(a *actor) error {
			time.Sleep(time.Duration(a.r.IntN(200)) * time.Millisecond)
			return nil
		}},
	}
}

func otherOps() []op {
	return []op{
		{"gc", 5, func(a *actor) error { return a.want("OK", "s.gc") }},
		{"spin", 6, func(a *actor) error {
			if err := a.want("OK", "s.spin", 1+a.r.IntN(10)); err != nil {
				return err
			}
			if err := a.want("OK", "s.block", a.r.IntN(20)); err != nil {
				return err
			}
			time.Sleep(time.Duration(a.r.IntN(3000)) * time.Millisecond)
			return a.want("OK", "s.stop")
		}},
		{"tsc", 6, func(a *actor) error {
			a.turn++
			name, key := []string{"s", "beta"}[a.r.IntN(2)], fmt.Sprintf("tsc:%d:%d", a.phase, a.turn)
			n, times := 1+a.r.IntN(8), 1+a.r.IntN(300)
			if err := a.want("OK", name+".tsc", n, times, key); err != nil {
				return err
			}
			if err := a.idle(name); err != nil {
				return err
			}
			if err := a.want(strconv.Itoa(n*times), "GET", key); err != nil {
				return err
			}
			return a.want("1", "DEL", key)
		}},
		{"lazyfree", 4, func(a *actor) error {
			for _, c := range [][]any{{"s.fill", 2000 + a.r.IntN(8000), a.r.IntN(1 << 20), "lazy:"}} {
				if _, err := a.must(c...); err != nil {
					return err
				}
			}
			keys := []any{"UNLINK"}
			for i := range 2000 {
				keys = append(keys, "lazy:"+strconv.Itoa(i))
			}
			if err := a.want("2000", keys...); err != nil {
				return err
			}
			// The rest too, in portions, so that no command of ours is long.
			for i := 2000; i < 10000; i += 2000 {
				keys = keys[:1]
				for k := range 2000 {
					keys = append(keys, "lazy:"+strconv.Itoa(i+k))
				}
				if _, err := a.must(keys...); err != nil {
					return err
				}
			}
			return nil
		}},
		{"reload", 5, func(a *actor) error {
			if err := a.want("OK", "beta.spin", 2); err != nil {
				return err
			}
			if err := a.idle("beta"); err != nil {
				return err
			}
			if err := a.want("OK", "MODULE", "UNLOAD", "beta"); err != nil {
				return err
			}
			time.Sleep(time.Duration(a.r.IntN(50)) * time.Millisecond)
			return a.want("OK", "MODULE", "LOAD", a.server.beta, "datatype=no", "rm-mode="+[]string{"resident", "resident", "portable"}[a.r.IntN(3)], "events=no")
		}},
		{"refused", 2, func(a *actor) error { return a.refuse("data types", "MODULE", "UNLOAD", "s") }},
		{"lock", 3, func(a *actor) error { return a.want("OK", "s.lock", a.r.IntN(50)) }},
		{"config", 2, func(a *actor) error {
			for _, v := range [][2]string{{"crash-log-enabled", "no"}, {"crash-log-enabled", "yes"}, {"watchdog-period", "300"}, {"watchdog-period", "0"}} {
				if err := a.want("OK", "CONFIG", "SET", v[0], v[1]); err != nil {
					return err
				}
			}
			return a.refuse(nilText, "s.nil")
		}},
		{"profile", 1, func(a *actor) error {
			if err := a.want("OK", "s.profile", "profile"); err != nil {
				return err
			}
			time.Sleep(500 * time.Millisecond)
			return a.want("OK", "s.profile", "stop")
		}},
		{"nap", 5, func(a *actor) error {
			time.Sleep(time.Duration(a.r.IntN(300)) * time.Millisecond)
			return nil
		}},
	}
}

// idle waits until no goroutine of the module's uses the lock.
func (a *actor) idle(name string) error {
	for deadline := time.Now().Add(childTimeout); ; time.Sleep(5 * time.Millisecond) {
		v, err := a.must(name + ".tscdone")
		if err != nil || strings.HasPrefix(fmt.Sprint(v), "running=0 ") {
			if err == nil && !strings.HasSuffix(fmt.Sprint(v), "problems=0") {
				err = fmt.Errorf("%v", v)
			}
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the goroutines do not end: %v", v)
		}
	}
}
