// Package staffing is workforce mathematics: Erlang B, C and A by recursions and integrals that neither overflow nor
// lose digits, and the number of people for a target. It is pure and knows nothing of calls, queues or clocks; the
// formulas are those of Erlang (1917), Palm (1957) and Mandelbaum and Zeltyn (2005).
package staffing

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// ErrInput says that a load or target makes no sense; the text says which part.
var ErrInput = errors.New("staffing: bad input")

// maxAgents bounds the search: no centre is larger, and a mistyped unit must not run for ever.
const maxAgents = 100_000

// Load is what comes in: Calls per Interval, each keeping an agent busy for AHT (talk, hold, after-call work) on average.
// Patience is the mean time that a caller is ready to wait; 0: for ever (Erlang C).
type Load struct {
	Calls    float64
	Interval time.Duration
	AHT      time.Duration
	Patience time.Duration
}

// Erlangs is the traffic: the agents that would be busy if nobody ever waited.
func (l Load) Erlangs() float64 { return l.Calls * l.AHT.Seconds() / l.Interval.Seconds() }

func (l Load) rate() float64 { return l.Calls / l.Interval.Seconds() }

func (l Load) check() error {
	switch {
	case !(l.Calls >= 0) || math.IsInf(l.Calls, 0):
		return fmt.Errorf("%w: calls %v: want a number from 0", ErrInput, l.Calls)
	case l.Interval <= 0, l.AHT <= 0:
		return fmt.Errorf("%w: interval %s and AHT %s: want more than 0", ErrInput, l.Interval, l.AHT)
	case l.Patience < 0:
		return fmt.Errorf("%w: patience %s: want 0 or more", ErrInput, l.Patience)
	case l.Erlangs() > maxAgents/2:
		return fmt.Errorf("%w: %.0f Erlang: more than any centre has", ErrInput, l.Erlangs())
	}
	return nil
}

// Result is a steady state. Times are in seconds, shares 0–1. Without patience and with too few agents the queue grows
// for ever: SL is 0 and the times are +Inf, never NaN.
type Result struct {
	Waits          float64 // share that does not find an agent free
	SL             float64 // answered within T ÷ offered (V1)
	SLWithout      float64 // ÷ (offered − abandoned within T) (V4)
	SLPositive     float64 // (answered + abandoned within T) ÷ offered (V5)
	SLAnswered     float64 // ÷ answered (V6)
	ASA            float64 // mean wait of the answered
	WaitAll        float64 // mean wait of all
	WaitAbandoned  float64 // mean wait of the abandoned, 0 if there are none
	Delayed        float64 // mean wait of those answered who wait at all (Erlang C)
	Queue          float64 // mean number waiting
	Occupancy      float64
	Abandoned      float64 // share
	AbandonedUnder float64 // share that abandons within T
}

// B is Erlang's loss formula: the share of calls that find all n lines busy at a Erlang. B(k) = a·B(k−1)/(k + a·B(k−1)).
func B(n int, a float64) float64 {
	b := 1.0
	for k := 1; k <= n; k++ {
		b = a * b / (float64(k) + a*b)
	}
	return b
}

// C is the state with n agents whose callers never give up (Erlang C); within is T.
func C(l Load, n int, within time.Duration) Result {
	a, aht := l.Erlangs(), l.AHT.Seconds()
	if a == 0 {
		return Result{SL: 1, SLWithout: 1, SLPositive: 1, SLAnswered: 1}
	}
	free := float64(n) - a
	if free <= 0 {
		inf := math.Inf(1)
		return Result{Waits: 1, Occupancy: 1, ASA: inf, WaitAll: inf, Delayed: inf, Queue: inf}
	}
	b := B(n, a)
	c := float64(n) * b / (float64(n) - a*(1-b))
	r := Result{
		Waits: c, SL: 1 - c*math.Exp(-free*within.Seconds()/aht), ASA: c * aht / free, Delayed: aht / free,
		Occupancy: a / float64(n),
	}
	r.SLWithout, r.SLPositive, r.SLAnswered, r.WaitAll, r.Queue = r.SL, r.SL, r.SL, r.ASA, l.rate()*r.ASA
	return r
}

// A is the state with n ≥ 1 agents whose callers give up after an exponential time of mean l.Patience (Erlang A, by the
// integrals of Mandelbaum and Zeltyn). It is stable at any load.
func A(l Load, n int, within time.Duration) Result {
	a := l.Erlangs()
	if a == 0 {
		return Result{SL: 1, SLWithout: 1, SLPositive: 1, SLAnswered: 1}
	}
	if n < 1 {
		return Result{Waits: 1, Abandoned: 1}
	}
	t, theta, lambda := within.Seconds(), 1/l.Patience.Seconds(), l.rate()
	nmu := float64(n) / l.AHT.Seconds()
	// exponent is that of the density of the offered wait; top, its greatest value, is taken out lest it overflow.
	exponent := func(x float64) float64 { return -lambda*math.Expm1(-theta*x)/theta - nmu*x }
	peak := 0.0
	if lambda > nmu {
		peak = math.Log(lambda/nmu) / theta
	}
	top := exponent(peak)
	end := peak + 1/nmu
	for exponent(end)-top > -46 { // e⁻⁴⁶ ≈ 1e-20
		end += end - peak
	}
	v := func(x float64) float64 { return math.Exp(exponent(x) - top) }
	served := func(x float64) float64 { return v(x) * math.Exp(-theta*x) }
	late := func(x float64) float64 { return x * served(x) }
	t = min(t, end)
	before, after := integral(v, 0, t), integral(v, t, end)
	j := before + after
	e := math.Exp(-top) / B(n-1, a)
	all := e + lambda*j
	r := Result{Waits: lambda * j / all}
	r.Abandoned = (math.Exp(-top) + (lambda-nmu)*j) / all
	servedT := lambda / all * integral(served, 0, t)
	r.SL = 1 - r.Waits + servedT
	r.AbandonedUnder = lambda/all*before - servedT - math.Expm1(-theta*t)*lambda/all*after
	r.WaitAll = r.Abandoned / theta
	answered := lambda / all * (integral(late, 0, t) + integral(late, t, end)) // Σ wait of the answered ÷ offered
	r.ASA = answered / (1 - r.Abandoned)
	r.WaitAbandoned = (r.WaitAll - answered) / r.Abandoned
	r.Queue, r.Occupancy = lambda*r.WaitAll, a*(1-r.Abandoned)/float64(n)
	r.SLWithout, r.SLPositive, r.SLAnswered = r.SL/(1-r.AbandonedUnder), r.SL+r.AbandonedUnder, r.SL/(1-r.Abandoned)
	return r
}

// integral of f over [a, b]: Gauss–Legendre with five points on each of 400 pieces.
func integral(f func(float64) float64, a, b float64) float64 {
	const pieces = 400
	x := [3]float64{0, 0.5384693101056831, 0.9061798459386640}
	w := [3]float64{0.5688888888888889, 0.4786286704993665, 0.2369268850561891}
	half := (b - a) / (2 * pieces)
	sum := 0.0
	for i := range pieces {
		mid := a + half*float64(2*i+1)
		sum += w[0] * f(mid)
		for k := 1; k < 3; k++ {
			sum += w[k] * (f(mid-half*x[k]) + f(mid+half*x[k]))
		}
	}
	return sum * half
}

// At is the state with n agents: Erlang A if the callers have patience, else Erlang C.
func At(l Load, n int, within time.Duration) Result {
	if l.Patience > 0 {
		return A(l, n, within)
	}
	return C(l, n, within)
}

// Target is what is aimed at: Ratio of the offered answered Within. MaxOccupancy bounds how busy agents may be (0: not at
// all), Shrinkage is the share of paid time in which people are not on the phones.
type Target struct {
	Within       time.Duration
	Ratio        float64
	MaxOccupancy float64
	Shrinkage    float64
}

// Plan is the answer of Staff.
type Plan struct {
	ForLevel  int // agents that reach the ratio
	Agents    int // and keep to the occupancy
	Scheduled int // people to roster: Agents ÷ (1 − shrinkage), never Agents × (1 + shrinkage)
	Result    Result
	OneLess   Result // with one agent less: what the last one is worth
}

// Staff finds the fewest agents that meet the target. The service level never falls with an agent more, so the first
// number that reaches it is the answer.
func Staff(l Load, t Target) (Plan, error) {
	if err := l.check(); err != nil {
		return Plan{}, err
	}
	switch {
	case t.Within < 0, !(t.Ratio > 0 && t.Ratio < 1):
		return Plan{}, fmt.Errorf("%w: target %v within %s: want a ratio between 0 and 1", ErrInput, t.Ratio, t.Within)
	case !(t.MaxOccupancy >= 0 && t.MaxOccupancy <= 1), !(t.Shrinkage >= 0 && t.Shrinkage < 1):
		return Plan{}, fmt.Errorf("%w: occupancy %v, shrinkage %v: want shares", ErrInput, t.MaxOccupancy, t.Shrinkage)
	}
	a := l.Erlangs()
	if a == 0 {
		return Plan{Result: At(l, 0, t.Within)}, nil
	}
	reaches := func(n int) bool { return At(l, n, t.Within).SL >= t.Ratio }
	low, high := 0, max(1, int(a)+1)
	for ; !reaches(high); high *= 2 {
		if low = high; high > maxAgents {
			return Plan{}, fmt.Errorf("%w: not reached with %d agents", ErrInput, maxAgents)
		}
	}
	for low+1 < high { // reaches(high) and not reaches(low)
		if mid := (low + high) / 2; reaches(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	p := Plan{ForLevel: high, Agents: high}
	if t.MaxOccupancy > 0 {
		p.Agents = max(p.Agents, ceil(a/t.MaxOccupancy))
	}
	p.Scheduled = ceil(float64(p.Agents) / (1 - t.Shrinkage))
	p.Result, p.OneLess = At(l, p.Agents, t.Within), At(l, p.Agents-1, t.Within)
	return p, nil
}

// ceil rounds up, but not by the last digit of a division: 14 ÷ 0.7 are 20 people.
func ceil(x float64) int { return int(math.Ceil(x - 1e-9)) }
