package ivr

import (
	"strconv"
	"strings"
	"time"
)

// maxDigits is how many digits of a value are read out.
const maxDigits = 32

// Say names the prompts that say a value of one of these kinds. A value that is none of its kind is passed over in silence: it may
// come from anywhere.
//
//	number    1005, -3, 2.5
//	digits    a number read out digit by digit
//	date      2026-10-01, 20261001, or a time of RFC 3339 in the zone
//	time      15:04, 15:04:05, or a time of RFC 3339 in the zone
//	money     1005.20, ¥1005.20, $3.50, USD 3.50; yuan where no currency stands
//	duration  90 (seconds), 1h30m
func Say(lang, what, value string, zone *time.Location) []string {
	value = strings.TrimSpace(value)
	switch what {
	case "number":
		return decimal(lang, value)
	case "digits":
		return Digits(lang, cut(value, maxDigits))
	case "date":
		if t, ok := parseTime(value, zone, "2006-01-02", "20060102", "2006/1/2"); ok {
			return Date(lang, t)
		}
	case "time":
		if t, ok := parseTime(value, zone, "15:04", "15:04:05"); ok {
			return Clock(lang, t)
		}
	case "money":
		return money(lang, value)
	case "duration":
		if d, ok := parseDuration(value); ok {
			return Length(lang, d)
		}
	}
	return nil
}

func parseTime(value string, zone *time.Location, layouts ...string) (time.Time, bool) {
	if t, err := time.Parse(time.RFC3339, value); err == nil {
		return t.In(zone), true
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, value); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func parseDuration(value string) (time.Duration, bool) {
	const most = 1000 * 24 * time.Hour
	if n, err := strconv.Atoi(value); err == nil && n >= 0 && n <= int(most/time.Second) {
		return time.Duration(n) * time.Second, true
	}
	d, err := time.ParseDuration(value)
	return d, err == nil && d >= 0 && d <= most
}

// decimal says a number that may have a sign and a fraction: 二点零五, "two point zero five".
func decimal(lang, value string) []string {
	sign, whole, part, ok := split(value)
	if !ok {
		return nil
	}
	out := append(sign, Number(lang, whole)...)
	if part != "" {
		out = append(append(out, "point"), digits(part, "n1")...)
	}
	return out
}

// split takes a number apart. Zeros at the end of the fraction are kept: they were written to be heard.
func split(value string) (sign []string, whole int, part string, ok bool) {
	if rest, minus := strings.CutPrefix(value, "-"); minus {
		value, sign = rest, []string{"minus"}
	}
	head, part, point := strings.Cut(strings.ReplaceAll(value, ",", ""), ".")
	if !plain(head) || len(head) > 12 || point && (!plain(part) || len(part) > 6) {
		return nil, 0, "", false
	}
	whole, err := strconv.Atoi(head)
	return sign, whole, part, err == nil
}

// plain says whether s is digits and nothing else.
func plain(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// money says an amount: 一千零五元两角. More than two places after the point are cut off.
func money(lang, value string) []string {
	main, small := "yuan", "fen"
	for _, c := range []struct{ sign, main, small string }{
		{"¥", "yuan", "fen"},
		{"￥", "yuan", "fen"},
		{"CNY", "yuan", "fen"},
		{"RMB", "yuan", "fen"},
		{"US$", "dollars", "cents"},
		{"$", "dollars", "cents"},
		{"USD", "dollars", "cents"},
	} {
		if rest, ok := strings.CutPrefix(value, c.sign); ok {
			value, main, small = strings.TrimSpace(rest), c.main, c.small
			break
		}
	}
	sign, whole, part, ok := split(value)
	if !ok {
		return nil
	}
	part = (part + "00")[:2]
	cents, _ := strconv.Atoi(part)
	if whole == 0 && cents == 0 {
		sign = nil
	}
	switch {
	case lang == Chinese && main == "yuan":
		return append(sign, yuan(whole, cents)...)
	case lang == Chinese:
		return append(sign, amounts(lang, whole, main, main, cents, small, small)...)
	case main == "yuan": // whose tenths and hundredths have no English names
		out := append(sign, Number(lang, whole)...)
		if cents > 0 {
			out = append(append(out, "point"), digits(strings.TrimRight(part, "0"), "n1")...)
		}
		return append(out, "yuan")
	}
	return append(sign, amounts(lang, whole, "dollar", main, cents, "cent", small)...)
}

// amounts says whole and part of a currency that is counted in hundredths.
func amounts(lang string, whole int, one, many string, cents int, oneCent, manyCents string) []string {
	var out []string
	if whole > 0 || cents == 0 {
		out = counted(lang, whole, one, many)
	}
	if cents > 0 {
		if len(out) > 0 && lang != Chinese {
			out = append(out, "and")
		}
		out = append(out, counted(lang, cents, oneCent, manyCents)...)
	}
	return out
}

// counted says how many there are of something.
func counted(lang string, n int, one, many string) []string {
	if n == 1 {
		many = one
	}
	return append(Count(lang, n), many)
}

// yuan says an amount of renminbi. Two of anything is 两, but for the fen after jiao or 零 (两角二分, 五元零二分).
func yuan(whole, cents int) []string {
	var out []string
	if whole > 0 || cents == 0 {
		out = append(Count(Chinese, whole), "yuan")
	}
	jiao, fen := cents/10, cents%10
	if jiao > 0 {
		out = append(append(out, Count(Chinese, jiao)...), "jiao")
	}
	switch {
	case fen == 0:
	case len(out) == 0:
		out = append(Count(Chinese, fen), "fen")
	case jiao == 0:
		out = append(append(append(out, "n0"), chinese(fen)...), "fen")
	default:
		out = append(append(out, chinese(fen)...), "fen")
	}
	return out
}

// Length names the prompts that say exactly how long: 一小时三十分钟, "one hour and thirty minutes". Parts of a second are left out.
func Length(lang string, d time.Duration) []string {
	n := int(max(d, 0) / time.Second)
	var said [][]string
	for _, p := range []struct {
		n         int
		one, many string
	}{
		{n / 86400, "one-day", "days"}, {n / 3600 % 24, "hour", "hours"}, {n / 60 % 60, "minute", "minutes"}, {n % 60, "second", "seconds"},
	} {
		if p.n > 0 {
			said = append(said, counted(lang, p.n, p.one, p.many))
		}
	}
	if len(said) == 0 {
		return counted(lang, 0, "second", "seconds")
	}
	var out []string
	for i, part := range said {
		if i > 0 && i == len(said)-1 && lang != Chinese {
			out = append(out, "and")
		}
		out = append(out, part...)
	}
	return out
}

// Date names the prompts that say a day: 二零二六年十月一日, "October first, twenty twenty-six".
func Date(lang string, t time.Time) []string {
	year, month, day := t.Date()
	if lang == Chinese {
		out := append(digits(strconv.Itoa(year), "n1"), "year")
		out = append(append(out, chinese(int(month))...), "month")
		return append(append(out, chinese(day)...), "day")
	}
	out := []string{"month-" + strconv.Itoa(int(month)), "day-" + strconv.Itoa(day)}
	return append(out, englishYear(year)...)
}

// englishYear says 1998 as nineteen ninety-eight, 1905 as nineteen oh five, 2008 as two thousand and eight.
func englishYear(y int) []string {
	century, rest := y/100, y%100
	if century < 11 || century%10 == 0 && rest < 10 || century > 99 {
		return english(y)
	}
	out := englishTens(century)
	switch {
	case rest == 0:
		return append(out, "hundred")
	case rest < 10:
		return append(append(out, "oh"), englishTens(rest)...)
	}
	return append(out, englishTens(rest)...)
}

// Clock names the prompts that say a time of the day to the minute: 下午三点零五分, "three oh five p.m.".
func Clock(lang string, t time.Time) []string {
	hour, minute := t.Hour(), t.Minute()
	twelve := hour % 12
	if lang == Chinese {
		if twelve == 0 && hour != 0 {
			twelve = 12
		}
		out := append([]string{partOfDay(hour)}, Count(Chinese, twelve)...)
		out = append(out, "hour-of-day")
		switch {
		case minute == 0:
			return append(out, "on-the-hour")
		case minute < 10:
			out = append(out, "n0")
		}
		return append(append(out, chinese(minute)...), "minute-of-hour")
	}
	if twelve == 0 {
		twelve = 12
	}
	out := englishTens(twelve)
	switch {
	case minute == 0 && hour == 0:
		return append(out, "midnight")
	case minute == 0 && hour == 12:
		return append(out, "noon")
	case minute > 0 && minute < 10:
		out = append(append(out, "oh"), englishTens(minute)...)
	case minute > 0:
		out = append(out, englishTens(minute)...)
	}
	if hour < 12 {
		return append(out, "am")
	}
	return append(out, "pm")
}

// partOfDay is how a Chinese speaker calls the hour's part of the day.
func partOfDay(hour int) string {
	switch {
	case hour < 6:
		return "small-hours"
	case hour < 12:
		return "morning"
	case hour < 13:
		return "midday"
	case hour < 18:
		return "afternoon"
	}
	return "evening"
}
