package ivr_test

import (
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hotline/ivr"
	"hotline/ivr/prompts"
)

// words writes prompt names as one reads them.
func words(lang string, names []string) string {
	chinese := map[string]string{
		"n0": "零", "n1": "一", "n2": "二", "n3": "三", "n4": "四", "n5": "五", "n6": "六", "n7": "七", "n8": "八", "n9": "九",
		"n10": "十", "hundred": "百", "minus": "负", "hundred-million": "亿", "thousand": "千", "ten-thousand": "万", "liang": "两", "digit-yao": "幺",
		"minutes": "分钟", "minute": "分钟", "less-than-a-minute": "不到一分钟", "position-prefix": "您前面还有",
		"position-suffix": "位", "position-next": "下一位", "wait-prefix": "大约", "wait-suffix": "谢谢",
		"agent-number-prefix": "工号", "agent-number-suffix": "为您服务",
	}
	var out []string
	for _, n := range names {
		if w, ok := chinese[n]; ok && lang == ivr.Chinese {
			n = w
		}
		out = append(out, n)
	}
	if lang == ivr.Chinese {
		return strings.Join(out, "")
	}
	return strings.Join(out, " ")
}

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		n      int
		zh, en string
	}{
		{0, "零", "n0"},
		{2, "二", "n2"},
		{10, "十", "n10"},
		{11, "十一", "n11"},
		{12, "十二", "n12"},
		{19, "十九", "n19"},
		{20, "二十", "n20"},
		{21, "二十一", "n20 n1"},
		{22, "二十二", "n20 n2"},
		{99, "九十九", "n90 n9"},
		{100, "一百", "n1 hundred"},
		{101, "一百零一", "n1 hundred and n1"},
		{110, "一百一十", "n1 hundred and n10"},
		{112, "一百一十二", "n1 hundred and n12"},
		{200, "二百", "n2 hundred"},
		{202, "二百零二", "n2 hundred and n2"},
		{205, "二百零五", "n2 hundred and n5"},
		{222, "二百二十二", "n2 hundred and n20 n2"},
		{999, "九百九十九", "n9 hundred and n90 n9"},
		{1000, "一千", "n1 thousand"},
		{1001, "一千零一", "n1 thousand and n1"},
		{1010, "一千零一十", "n1 thousand and n10"},
		{1100, "一千一百", "n1 thousand n1 hundred"},
		{2000, "两千", "n2 thousand"},
		{2002, "两千零二", "n2 thousand and n2"},
		{2222, "两千二百二十二", "n2 thousand n2 hundred and n20 n2"},
		{10000, "一万", "n10 thousand"},
		{10001, "一万零一", "n10 thousand and n1"},
		{10010, "一万零一十", "n10 thousand and n10"},
		{10100, "一万零一百", "n10 thousand n1 hundred"},
		{11000, "一万一千", "n11 thousand"},
		{12345, "一万二千三百四十五", "n12 thousand n3 hundred and n40 n5"},
		{20000, "两万", "n20 thousand"},
		{22000, "两万二千", "n20 n2 thousand"},
		{20202, "两万零二百零二", "n20 thousand n2 hundred and n2"},
		{50050, "五万零五十", "n50 thousand and n50"},
		{99999, "九万九千九百九十九", "n90 n9 thousand n9 hundred and n90 n9"},
		{100000, "十万", "n1 hundred thousand"},
		{200500, "二十万零五百", "n2 hundred thousand n5 hundred"},
		{1010010, "一百零一万零一十", "n1 million n10 thousand and n10"},
		{2000000, "二百万", "n2 million"},
		{2002000, "二百万二千", "n2 million n2 thousand"},
		{20000000, "两千万", "n20 million"},
		{100020000, "一亿零二万", "n1 hundred million n20 thousand"},
		{200000000, "两亿", "n2 hundred million"},
		{1000000001, "十亿零一", "n1 billion and n1"},
		{120000010000, "一千二百亿零一万", "n1 hundred and n20 billion n10 thousand"},
		{999999999999, "九千九百九十九亿九千九百九十九万九千九百九十九", "n9 hundred and n90 n9 billion n9 hundred and n90 n9 million n9 hundred and n90 n9 thousand n9 hundred and n90 n9"},
		{1000000000000, "一零零零零零零零零零零零零", "n1 n0 n0 n0 n0 n0 n0 n0 n0 n0 n0 n0 n0"},
		{-12, "负十二", "minus n12"},
	} {
		if got := words(ivr.Chinese, ivr.Number(ivr.Chinese, c.n)); got != c.zh {
			t.Errorf("%d in Chinese: %s, want %s", c.n, got, c.zh)
		}
		if got := words(ivr.English, ivr.Number(ivr.English, c.n)); got != c.en {
			t.Errorf("%d in English: %s, want %s", c.n, got, c.en)
		}
	}
}

// TestNumberIsHeardRight reads back what is said, by the rules a listener has.
func TestNumberIsHeardRight(t *testing.T) {
	for n := range 100_000 {
		if got := hearChinese(ivr.Number(ivr.Chinese, n)); got != n {
			t.Fatalf("%d is heard as %d: %s", n, got, words(ivr.Chinese, ivr.Number(ivr.Chinese, n)))
		}
		if got := hearEnglish(ivr.Number(ivr.English, n)); got != n {
			t.Fatalf("%d is heard as %d: %v", n, got, ivr.Number(ivr.English, n))
		}
	}
}

// hearChinese returns -1 for what no speaker would say: a place without its digit, two zeros, a place out of order.
func hearChinese(names []string) int {
	unit := map[string]int{"n10": 10, "hundred": 100, "thousand": 1000, "ten-thousand": 10_000}
	total, digit, below, zero := 0, -1, 1_000_000, false
	for i, n := range names {
		u, isUnit := unit[n]
		switch {
		case n == "n0":
			if zero || digit >= 0 || i == len(names)-1 && len(names) > 1 {
				return -1
			}
			zero = true
			if len(names) == 1 {
				return 0
			}
		case isUnit:
			if digit < 0 && i == 0 && u == 10 {
				digit = 1
			}
			if digit < 1 || u >= below || !zero && total > 0 && u != below/10 || zero && u == below/10 {
				return -1
			}
			total, below, digit, zero = total+digit*u, u, -1, false
		default:
			if digit >= 0 {
				return -1
			}
			if n == "liang" {
				digit = 2
			} else {
				digit = int(n[1] - '0')
			}
		}
	}
	if digit >= 0 {
		if !zero && total > 0 && below != 10 || zero && below == 10 {
			return -1
		}
		total += digit
	}
	return total
}

func hearEnglish(names []string) int {
	total, part := 0, 0
	for _, n := range names {
		switch n {
		case "and":
		case "hundred":
			part *= 100
		case "thousand":
			total, part = part*1000, 0
		default:
			v, err := strconv.Atoi(n[1:])
			if err != nil {
				return -1
			}
			part += v
		}
	}
	return total + part
}

func TestCountDigitsDuration(t *testing.T) {
	for _, c := range []struct {
		name   string
		say    func(lang string) []string
		zh, en string
	}{
		{"two of them", func(l string) []string { return ivr.Count(l, 2) }, "两", "n2"},
		{"twelve of them", func(l string) []string { return ivr.Count(l, 12) }, "十二", "n12"},
		{"phone", func(l string) []string { return ivr.Digits(l, "8001") }, "八零零幺", "n8 n0 n0 n1"},
		{"phone with signs", func(l string) []string { return ivr.Digits(l, "+86 (10) 1") }, "八六幺零幺", "n8 n6 n1 n0 n1"},
		{"no digit", func(l string) []string { return ivr.Digits(l, "wang\r\n") }, "", ""},
		{"no time", func(l string) []string { return ivr.Duration(l, 0) }, "不到一分钟", "less-than-a-minute"},
		{"59 s", func(l string) []string { return ivr.Duration(l, 59*time.Second) }, "不到一分钟", "less-than-a-minute"},
		{"1 min", func(l string) []string { return ivr.Duration(l, time.Minute) }, "一分钟", "n1 minute"},
		{"61 s", func(l string) []string { return ivr.Duration(l, 61*time.Second) }, "两分钟", "n2 minutes"},
		{"20 min", func(l string) []string { return ivr.Duration(l, 20*time.Minute) }, "二十分钟", "n20 minutes"},
		{"next", func(l string) []string { return ivr.Position(l, 1) }, "下一位", "position-next"},
		{"third", func(l string) []string { return ivr.Position(l, 3) }, "您前面还有两位", "position-prefix n2 position-suffix"},
		{"wait", func(l string) []string { return ivr.Wait(l, 90*time.Second) }, "大约两分钟谢谢", "wait-prefix n2 minutes wait-suffix"},
		{"agent", func(l string) []string { return ivr.AgentNumber(l, "8001") }, "工号八零零幺为您服务", "agent-number-prefix n8 n0 n0 n1 agent-number-suffix"},
		{"agent without a number", func(l string) []string { return ivr.AgentNumber(l, "wang") }, "", ""},
	} {
		if got := words(ivr.Chinese, c.say(ivr.Chinese)); got != c.zh {
			t.Errorf("%s: %s, want %s", c.name, got, c.zh)
		}
		if got := words(ivr.English, c.say(ivr.English)); got != c.en {
			t.Errorf("%s: %s, want %s", c.name, got, c.en)
		}
	}
}

// TestEveryWordIsSpoken wants a default prompt for every name that the rules can say.
func TestEveryWordIsSpoken(t *testing.T) {
	for _, lang := range []string{ivr.Chinese, ivr.English} {
		seen := map[string]bool{}
		say := func(names []string) {
			for _, n := range names {
				seen[n] = true
			}
		}
		for n := range 100_000 {
			say(ivr.Number(lang, n))
		}
		say(ivr.Position(lang, 1))
		say(ivr.Position(lang, 3))
		say(ivr.AgentNumber(lang, "0123456789"))
		for d := range 5 {
			say(ivr.Wait(lang, time.Duration(d)*time.Minute))
		}
		names := make([]string, 0, len(seen))
		for n := range seen {
			names = append(names, n)
		}
		slices.Sort(names)
		for _, n := range names {
			if _, err := fs.Stat(prompts.FS(), lang+"/"+n+".wav"); err != nil {
				t.Errorf("%s: %v", lang, err)
			}
		}
	}
}
