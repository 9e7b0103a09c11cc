package acd

import (
	"math"
	"time"
)

// How quickly what an agent has done loses weight, to 1/e in this time.
const (
	loadMemory  = 4 * time.Hour // of the time it was busy, for least_occupied
	shareMemory = 4 * time.Hour // of the calls it answered, for weighted
)

// load is a sum of work whose parts lose weight with age, all at the same rate: of two agents who do nothing the one with the
// lower sum keeps it, so that trees need not be sorted anew as time passes. It is kept as the moment at which the sum was, or
// will be, 1. Zero is no work at all.
type load int64

// nothing is the place in the order of who has done nothing: before everybody else.
const nothing = load(0)

// value is the sum at the time now.
func (l load) value(now time.Time, memory time.Duration) float64 {
	if l == nothing {
		return 0
	}
	return math.Exp(float64(int64(l)-now.UnixMicro()) / float64(memory.Microseconds()))
}

// add adds x at the time now.
func (l load) add(now time.Time, x float64, memory time.Duration) load {
	if x += l.value(now, memory); x <= 0 {
		return nothing
	}
	return max(1, load(now.UnixMicro())+load(math.Round(math.Log(x)*float64(memory.Microseconds()))))
}

// spend adds the time from begun to ended, in parts of memory.
func (l load) spend(begun, ended time.Time, memory time.Duration) load {
	if !ended.After(begun) {
		return l
	}
	return l.add(ended, -math.Expm1(-float64(ended.Sub(begun))/float64(memory)), memory)
}

// over divides the sum by n.
func (l load) over(n int, memory time.Duration) load {
	if l == nothing {
		return nothing
	}
	return max(1, l-load(math.Round(math.Log(float64(max(1, n)))*float64(memory.Microseconds()))))
}
