// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package load

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// maxFaults is how many violations are reported; more would say the same.
const maxFaults = 20

// Report gathers what a run finds.
type Report struct {
	mu     sync.Mutex
	faults []error
	counts map[string]int
}

// Fault notes a violation.
func (r *Report) Fault(format string, a ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, fmt.Errorf("%s: "+format, append([]any{time.Now().Format(time.TimeOnly)}, a...)...))
	}
}

// Failed returns the violations so far, nil if there are none.
func (r *Report) Failed() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(r.faults...)
}

// Count counts something that was done.
func (r *Report) Count(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counts == nil {
		r.counts = map[string]int{}
	}
	r.counts[what]++
}

// Counted returns how often something was done.
func (r *Report) Counted(what string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts[what]
}

// Pick returns one of all at random, each as often as its weight says.
func Pick[T any](r *rand.Rand, all []T, weight func(T) int) T {
	total := 0
	for _, o := range all {
		total += weight(o)
	}
	n := r.IntN(total)
	for _, o := range all {
		if n -= weight(o); n < 0 {
			return o
		}
	}
	panic("load: the weights do not add up")
}
