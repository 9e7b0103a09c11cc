package strict

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

var errDuration = errors.New("strict: no duration")

// ParseDuration reads a length of time as whole numbers with their units, the largest first and each unit once: d, h, m, s
// and ms. It is time.ParseDuration without fractions and signs and with days.
func ParseDuration(s string) (time.Duration, error) {
	units := []struct {
		name string
		size time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}}
	if s == "" {
		return 0, errDuration
	}
	var total time.Duration
	next := 0
	for s != "" {
		digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
		if digits == 0 || digits > 9 {
			return 0, errDuration
		}
		var n time.Duration
		for _, c := range s[:digits] {
			n = n*10 + time.Duration(c-'0')
		}
		s = s[digits:]
		letters := len(s) - len(strings.TrimLeft(s, "dhms"))
		unit := s[:letters]
		s = s[letters:]
		for next < len(units) && units[next].name != unit {
			next++
		}
		if next == len(units) || n > (math.MaxInt64-total)/units[next].size {
			return 0, errDuration
		}
		total += n * units[next].size
		next++
	}
	return total, nil
}

// ShowDuration writes a length of time, in whole milliseconds, as ParseDuration reads it: whole days as days, else hours,
// minutes, seconds and milliseconds.
func ShowDuration(d time.Duration) string {
	if day := 24 * time.Hour; d >= day && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	var b strings.Builder
	if d < 0 {
		b.WriteByte('-')
		d = -d
	}
	for _, u := range []struct {
		name string
		size time.Duration
	}{{"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}} {
		if n := d / u.size; n > 0 {
			b.WriteString(strconv.FormatInt(int64(n), 10) + u.name)
			d %= u.size
		}
	}
	if b.Len() == 0 {
		return "0s"
	}
	return b.String()
}
