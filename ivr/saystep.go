package ivr

import (
	"strconv"
	"time"
)

// Say names the prompts that say a value of that kind: "number", "digits", "date", "time", "money", "duration". A value that is
// none is passed over in silence.
func Say(lang, what, value string, zone *time.Location) []string {
	switch what {
	case "number":
		if n, err := strconv.Atoi(value); err == nil && n >= 0 {
			return Number(lang, n)
		}
	case "digits":
		return Digits(lang, cut(value, 32))
	}
	return nil
}
