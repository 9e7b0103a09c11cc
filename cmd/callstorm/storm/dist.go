package storm

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"
)

// Dist is a distribution of durations: a constant ("20s"), exponential ("exp:20s" by its mean) or log-normal with a
// coefficient of variation of 1 ("logn:20s"). The zero Dist is always 0.
type Dist struct {
	Kind string
	Mean time.Duration
}

// errDist is returned for a text that is no Dist.
var errDist = errors.New("storm: not a duration such as 20s, exp:20s or logn:20s")

// ParseDist reads a Dist.
func ParseDist(s string) (Dist, error) {
	kind, mean, ok := strings.Cut(s, ":")
	if !ok {
		kind, mean = "const", s
	}
	d, err := time.ParseDuration(mean)
	if err != nil || d < 0 || kind != "const" && kind != "exp" && kind != "logn" {
		return Dist{}, fmt.Errorf("%w: %q", errDist, s)
	}
	return Dist{kind, d}, nil
}

// UnmarshalText lets a Dist be a flag or a JSON string.
func (d *Dist) UnmarshalText(b []byte) (err error) {
	*d, err = ParseDist(string(b))
	return err
}

// MarshalText is the inverse of UnmarshalText.
func (d Dist) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func (d Dist) String() string {
	if d.Kind == "" || d.Kind == "const" {
		return d.Mean.String()
	}
	return d.Kind + ":" + d.Mean.String()
}

// draw returns a duration, never longer than ten means.
func (d Dist) draw(r *rand.Rand) time.Duration {
	x := 1.0
	switch d.Kind {
	case "exp":
		x = r.ExpFloat64()
	case "logn": // σ² = ln 2 makes the standard deviation equal the mean
		s := math.Sqrt(math.Ln2)
		x = math.Exp(r.NormFloat64()*s - s*s/2)
	}
	return time.Duration(min(x, 10) * float64(d.Mean))
}
