package hotline_test

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"hotline"
)

func hidden(text string) string {
	return hotline.HideNumbers(text, func(digits string) string { return hotline.Party{Number: digits}.Masked().Number })
}

// TestHideNumbers: however a person writes a number, who may not see numbers does not; what is no number stays.
func TestHideNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "",
		"call 13800138000 back":   "call 138****8000 back",
		"call 138 0013 8000 back": "call 138****8000 back",
		"138-0013-8000":           "138****8000",
		"138.0013.8000,他太太 139—0000—0000":       "138****8000,他太太 139****0000",
		"+86 (0) 138 0013 8000":                 "+860****8000",
		"（021）5555 0100 转 12":                   "（021****0100 转 12",
		"(0571) 8888-1234":                      "(057****1234",
		"5555 0100":                             "****0100",
		"１３８００１３８０００":                           "138****8000",
		"一三八 零零幺三 八零零零":                         "138****8000",
		"138 - 0013 - 8000":                     "138****8000",
		"2026-11-22 14:30 再打 138 0013 8000":     "2026-11-22 14:30 再打 138****8000",
		"2026-11-22 138-0013-8000":              "2026-11-22 138****8000",
		"8000 13 2026/1/2":                      "8000 13 2026/1/2",
		"2013-10-12-3456":                       "201****3456",
		"2013-10-123456":                        "201****3456",
		"20261122":                              "****1122",
		"from 9:30 to 17:45, 3 times, 1,234.50": "from 9:30 to 17:45, 3 times, 1,234.50",
		"房号 1203, 第 15 次":                       "房号 1203, 第 15 次",
		"三三两两":                                  "三三两两",
		"a1b2c3d4e5f6g7":                        "a1b2c3d4e5f6g7",
		"12345\n67890":                          "12345\n67890",
		"\xff138 0013 8000\xfe":                 "\xff138****8000\xfe",
	} {
		if got := hidden(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestMaskedHides: of each number at least four digits are hidden, whatever its length.
func TestMaskedHides(t *testing.T) {
	for n := range 20 {
		number := strings.Repeat("7", n)
		if shown := strings.Count(hotline.Party{Number: number}.Masked().Number, "7"); shown > max(0, n-4) {
			t.Errorf("%d of %d digits are shown", shown, n)
		}
	}
}

// TestNoNumberComesThrough: a number of 7 to 15 digits in a text, grouped anyhow, is never shown whole.
func TestNoNumberComesThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.StringMatching(`[3-9][0-9]{6,14}`).Draw(t, "number")
		var written strings.Builder
		for i, r := range number {
			if i > 0 {
				written.WriteString(rapid.SampledFrom([]string{"", "", "", " ", "-", ".", " - ", "/", ") ", " ", "—"}).Draw(t, "between"))
			}
			written.WriteRune(r)
		}
		before := rapid.SampledFrom([]string{"", "tel ", "电话", "2026-11-22 "}).Draw(t, "before")
		got := hidden(before + written.String() + rapid.SampledFrom([]string{"", " ok", "。"}).Draw(t, "after"))
		digits := strings.Map(func(r rune) rune {
			if unicode.IsDigit(r) {
				return r
			}
			return -1
		}, strings.TrimPrefix(got, before))
		if len(digits) > 7 || !strings.Contains(got, "****") {
			t.Fatalf("%q is shown as %q", written.String(), got)
		}
	})
}

// FuzzHideNumbers: no run of seven digits is left, whatever stands in the text.
func FuzzHideNumbers(f *testing.F) {
	for _, s := range []string{"", "回电 13800138000", "1234567", "123456", "a1234567b12345678", "\xff1234567\xfe", "2026-11-22", "一二三四五六七", "1 2 3 4 5 6 7"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		run := 0
		for _, r := range hotline.HideNumbers(s, func(string) string { return "*" }) {
			if !unicode.In(r, unicode.Nd) || r > '9' {
				run = 0
			} else if run++; run >= 7 {
				t.Fatalf("%q: %q", s, hotline.HideNumbers(s, func(string) string { return "*" }))
			}
		}
	})
}
