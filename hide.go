package hotline

import (
	"strings"
	"unicode/utf8"
)

// hiddenFrom is how many digits make a number that is hidden in what a person wrote.
const hiddenFrom = 7

// HideNumbers is the text with what looks like a number in it as show has it, which is given the bare digits: 7 and more, also in
// groups (138 0013 8000, 021-5555 0100, (0571) 8888.1234), in full width or in Chinese numerals. Dates and times of day stay.
func HideNumbers(text string, show func(digits string) string) string {
	var out strings.Builder
	for len(text) > 0 {
		n := leadingDay(text)
		if n > 0 {
			out.WriteString(text[:n])
			text = text[n:]
			continue
		}
		digits, n := leadingNumber(text)
		switch {
		case n == 0:
			_, n = utf8.DecodeRuneInString(text)
			out.WriteString(text[:n])
		case len(digits) >= hiddenFrom:
			out.WriteString(show(digits))
		default:
			out.WriteString(text[:n])
		}
		text = text[n:]
	}
	return out.String()
}

// leadingDay is how many bytes of the beginning are a date of these two centuries (2026-11-22, 2026/1/2); 0: none.
func leadingDay(s string) int {
	if len(s) < len("2026-1-2") || s[:2] != "19" && s[:2] != "20" || leadingDigits(s, 4) != 4 || !strings.ContainsRune("-/.", rune(s[4])) {
		return 0
	}
	n := 5
	month := leadingDigits(s[n:], 2)
	if !isBelow(s[n:n+month], 12) || n+month >= len(s) || s[n+month] != s[4] {
		return 0
	}
	n += month + 1
	day := leadingDigits(s[n:], 2)
	if !isBelow(s[n:n+day], 31) {
		return 0
	}
	n += day
	if _, more := digitOf(strings.TrimLeft(s[n:], "-/.(")); more > 0 { // 2013-10-123456 and 2013-10-12-3456 are no dates
		return 0
	}
	return n
}

// leadingDigits counts the digits 0–9 at the beginning, most at the most.
func leadingDigits(s string, most int) int {
	n := 0
	for n < min(len(s), most) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// isBelow says whether one or two digits are 1 to most.
func isBelow(digits string, most int) bool {
	v := 0
	for _, d := range digits {
		v = 10*v + int(d-'0')
	}
	return v >= 1 && v <= most
}

// leadingNumber is the digits with which s begins, as 0–9, and how many bytes they take with what stands between their groups: at
// most three signs of those that people put there. A colon (a time of day) or a comma (an amount) ends it.
func leadingNumber(s string) (digits string, n int) {
	var b strings.Builder
	for {
		d, size := digitOf(s[n:])
		if size == 0 {
			return b.String(), n
		}
		b.WriteByte(d)
		n += size
		next := n
		for range 3 {
			r, size := utf8.DecodeRuneInString(s[next:])
			if size == 0 || !strings.ContainsRune(" \t\u00a0\u2009\u202f\u3000-‐‑‒–—－_.·/()（）", r) {
				break
			}
			next += size
		}
		if next == n || leadingDay(s[next:]) > 0 {
			continue
		}
		if _, size := digitOf(s[next:]); size > 0 {
			n = next
		}
	}
}

// digitOf is the digit with which s begins, as 0–9, and its length in bytes; 0: it begins with none.
func digitOf(s string) (byte, int) {
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case r >= '0' && r <= '9':
		return byte(r), size
	case r >= '０' && r <= '９': // full width
		return byte('0' + r - '０'), size
	case r >= '\u0660' && r <= '\u0669': // Arabic-Indic
		return byte('0' + r - '\u0660'), size
	case r == '〇':
		return '0', size
	case r == '幺': // as 1 is read out in numbers
		return '1', size
	}
	if i := strings.IndexRune("零一二三四五六七八九", r); i >= 0 && size > 1 {
		return byte('0' + i/size), size
	}
	return 0, 0
}
