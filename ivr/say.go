package ivr

import (
	"math"
	"strconv"
	"time"
)

// The languages that the engine speaks. Any other language tag is spoken by the English rules.
const (
	Chinese = "zh-CN"
	English = "en-US"
)

// maxSpoken is the greatest number said as a number; a greater one is read out digit by digit.
const maxSpoken = 999_999_999_999

// Number names the prompts that say n: 二百零五, "two hundred and five". A number of more than twelve digits is read out digit by
// digit.
func Number(lang string, n int) []string {
	if n < 0 {
		if n == math.MinInt {
			n++
		}
		return append([]string{"minus"}, Number(lang, -n)...)
	}
	if n > maxSpoken {
		return digits(strconv.Itoa(n), "n1")
	}
	if lang == Chinese {
		return chinese(n)
	}
	return english(n)
}

// Count names the prompts that say how many there are of something, before the thing counted. It differs from Number
// in Chinese, where two of anything is 两, not 二.
func Count(lang string, n int) []string {
	if lang == Chinese && n == 2 {
		return []string{"liang"}
	}
	return Number(lang, n)
}

// Digits names the prompts that read out a number as one reads a phone number: digit by digit, in Chinese with 幺 for
// one. Characters other than digits are passed over.
func Digits(lang, number string) []string {
	if lang == Chinese {
		return digits(number, "digit-yao")
	}
	return digits(number, "n1")
}

// Duration names the prompts that say about how long: whole minutes rounded up, or "less than one minute".
func Duration(lang string, d time.Duration) []string {
	if d < time.Minute {
		return []string{"less-than-a-minute"}
	}
	n := int((d + time.Minute - 1) / time.Minute)
	if n == 1 {
		return []string{"n1", "minute"}
	}
	return append(Count(lang, n), "minutes")
}

// Position names the prompts that tell a waiting caller its position, 1 being next.
func Position(lang string, position int) []string {
	if position <= 1 {
		return []string{"position-next"}
	}
	return around("position-prefix", Count(lang, position-1), "position-suffix")
}

// Wait names the prompts that tell a waiting caller how long it may take.
func Wait(lang string, d time.Duration) []string {
	return around("wait-prefix", Duration(lang, d), "wait-suffix")
}

// AgentNumber names the prompts of the announcement "agent number … at your service". It is empty for an id without a
// digit.
func AgentNumber(lang, id string) []string {
	n := Digits(lang, id)
	if len(n) == 0 {
		return nil
	}
	return around("agent-number-prefix", n, "agent-number-suffix")
}

func around(before string, middle []string, after string) []string {
	return append(append([]string{before}, middle...), after)
}

func digits(number, one string) []string {
	var out []string
	for _, c := range []byte(number) {
		switch {
		case c == '1':
			out = append(out, one)
		case c >= '0' && c <= '9':
			out = append(out, "n"+string(c))
		}
	}
	return out
}

// chinese says 0 ≤ n ≤ maxSpoken. The rules: a run of empty places inside the number is one 零, where it does not end a group
// of four places; ten to nineteen have no 一 before 十 at the head of the number; two is 两 before 千, 万 and 亿 at the head of the
// number, 二 elsewhere (二百, 二十, 两万二千).
func chinese(n int) []string {
	if n == 0 {
		return []string{"n0"}
	}
	var out []string
	gap := false
	for _, g := range []struct {
		value int
		name  string
	}{{100_000_000, "hundred-million"}, {10_000, "ten-thousand"}, {1, ""}} {
		group := n / g.value % 10_000
		if group == 0 {
			gap = len(out) > 0
			continue
		}
		if gap || group < 1_000 && len(out) > 0 {
			out = append(out, "n0")
		}
		gap = false
		if group == 2 && g.name != "" && len(out) == 0 {
			out = append(out, "liang")
		} else {
			out = append(out, chineseGroup(group, len(out) == 0)...)
		}
		if g.name != "" {
			out = append(out, g.name)
		}
	}
	return out
}

// chineseGroup says 1 to 9,999.
func chineseGroup(n int, head bool) []string {
	var out []string
	gap := false
	for _, p := range []struct {
		value int
		name  string
	}{{1_000, "thousand"}, {100, "hundred"}, {10, "n10"}, {1, ""}} {
		d := n / p.value % 10
		if d == 0 {
			gap = len(out) > 0
			continue
		}
		if gap {
			out = append(out, "n0")
			gap = false
		}
		switch {
		case d == 1 && p.value == 10 && head && len(out) == 0: // 十二, not 一十二
		case d == 2 && p.value == 1_000 && head && len(out) == 0:
			out = append(out, "liang")
		default:
			out = append(out, "n"+strconv.Itoa(d))
		}
		if p.name != "" {
			out = append(out, p.name)
		}
	}
	return out
}

// english says 0 ≤ n ≤ maxSpoken in the British manner: "and" before what follows the last hundred or thousand when it is
// less than a hundred.
func english(n int) []string {
	if n == 0 {
		return englishTens(0)
	}
	var out []string
	for _, g := range []struct {
		value int
		name  string
	}{{1_000_000_000, "billion"}, {1_000_000, "million"}, {1_000, "thousand"}, {1, ""}} {
		group := n / g.value % 1_000
		if group == 0 {
			continue
		}
		if group >= 100 {
			out = append(out, "n"+strconv.Itoa(group/100), "hundred")
		}
		if tens := group % 100; tens > 0 {
			if group >= 100 || g.value == 1 && len(out) > 0 {
				out = append(out, "and")
			}
			out = append(out, englishTens(tens)...)
		}
		if g.name != "" {
			out = append(out, g.name)
		}
	}
	return out
}

func englishTens(n int) []string {
	if n <= 20 || n%10 == 0 {
		return []string{"n" + strconv.Itoa(n)}
	}
	return []string{"n" + strconv.Itoa(n/10*10), "n" + strconv.Itoa(n%10)}
}
