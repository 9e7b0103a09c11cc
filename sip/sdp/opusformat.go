package sdp

import (
	"strconv"
	"strings"
	"time"
)

// OpusFormat is what a peer says of the Opus that it wants to be sent (RFC 7587 §6.1). The zero value: nothing.
type OpusFormat struct {
	BitRate                   int           // bit/s on average, at most (maxaveragebitrate); 0: not said
	Constant                  bool          // cbr=1
	MinPTime, PTime, MaxPTime time.Duration // 0: not said
}

// The bounds of maxaveragebitrate, bit/s (RFC 7587 §6.1).
const (
	leastOpusRate = 6000
	mostOpusRate  = 510_000
)

// parseOpusFormat reads "fmtp:111 maxaveragebitrate=20000;cbr=1" as far as it concerns what we send. false: it is no such line, or says nothing of
// that. What cannot be read is as if it had not been said.
func parseOpusFormat(value string) (f OpusFormat, format string, ok bool) {
	rest, ok := strings.CutPrefix(value, "fmtp:")
	if !ok {
		return f, "", false
	}
	format, params, ok := strings.Cut(strings.TrimSpace(rest), " ")
	if !ok {
		return f, "", false
	}
	for p := range strings.SplitSeq(params, ";") {
		key, v, _ := strings.Cut(p, "=")
		switch v = strings.TrimSpace(v); strings.ToLower(strings.TrimSpace(key)) {
		case "maxaveragebitrate":
			if n, err := strconv.Atoi(v); err == nil && n > 0 {
				f.BitRate = min(max(n, leastOpusRate), mostOpusRate)
			}
		case "cbr":
			f.Constant = v == "1"
		case "minptime":
			f.MinPTime = parsePTime(v)
		case "ptime":
			f.PTime = parsePTime(v)
		case "maxptime":
			f.MaxPTime = parsePTime(v)
		}
	}
	return f, format, f != OpusFormat{}
}
