package reports

import (
	"fmt"
	"time"
)

// Moment is a time as Unix milliseconds; 0 is "never". Its text form is RFC 3339 in UTC with milliseconds.
type Moment int64

const momentFormat = "2006-01-02T15:04:05.000Z"

// At is t as a Moment, cut to whole milliseconds; the zero time is "never".
func At(t time.Time) Moment {
	if t.IsZero() {
		return 0
	}
	return Moment(t.UnixMilli())
}

// Time is the moment in UTC; the zero time for "never".
func (m Moment) Time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(m)).UTC()
}

// MarshalText is RFC 3339 in UTC with milliseconds; nothing for "never".
func (m Moment) MarshalText() ([]byte, error) {
	if m == 0 {
		return nil, nil
	}
	return m.Time().AppendFormat(nil, momentFormat), nil
}

// UnmarshalText reads what MarshalText writes, and any other RFC 3339 time.
func (m *Moment) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*m = 0
		return nil
	}
	t, err := time.Parse(time.RFC3339Nano, string(b))
	if err != nil {
		return fmt.Errorf("reports: moment: %w", err)
	}
	*m = At(t)
	return nil
}

// ratio is a/b, nil when b is 0: there is no such figure, which is neither 0 nor 1.
func ratio[N int | int64](a, b N) *float64 {
	if b == 0 {
		return nil
	}
	r := float64(a) / float64(b)
	return &r
}
