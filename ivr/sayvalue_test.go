package ivr_test

import (
	"bufio"
	"os"
	"strings"
	"testing"
	"time"

	"hotline/ivr"
)

// spoken is the text of every prompt, as prompts.tsv has it.
func spoken(t testing.TB, lang string) map[string]string {
	t.Helper()
	f, err := os.Open("prompts/prompts.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	words := map[string]string{}
	for in := bufio.NewScanner(f); in.Scan(); {
		cols := strings.Split(in.Text(), "\t")
		if len(cols) != 3 {
			continue
		}
		text := cols[1]
		if lang == ivr.English {
			text = cols[2]
		}
		if text != "-" {
			words[cols[0]] = text
		}
	}
	return words
}

// TestSay has what a native speaker would say, and hears it in the words of the prompts.
func TestSay(t *testing.T) {
	zone := time.FixedZone("CST", 8*3600)
	zhWords, enWords := spoken(t, ivr.Chinese), spoken(t, ivr.English)
	for _, c := range []struct{ what, value, zh, en string }{
		{"number", "2", "二", "two"},
		{"number", "-3", "负三", "minus three"},
		{"number", "2.50", "二点五零", "two point five zero"},
		{"number", "0.05", "零点零五", "zero point zero five"},
		{"number", "10,200", "一万零二百", "ten thousand two hundred"},
		{"number", "1e9", "", ""},
		{"number", "--1", "", ""},
		{"number", "1.", "", ""},
		{"number", "9999999999999", "", ""},
		{"number", "", "", ""},
		{"digits", "10086", "幺零零八六", "one zero zero eight six"},
		{"digits", "+86 (10) 2-1", "八六幺零二幺", "eight six one zero two one"},
		{"digits", strings.Repeat("3", 100), strings.Repeat("三", 32), strings.TrimSpace(strings.Repeat("three ", 32))},
		{"date", "2026-10-01", "二零二六年十月一日", "October first twenty twenty six"},
		{"date", "20260222", "二零二六年二月二十二日", "February twenty-second twenty twenty six"},
		{"date", "1998-12-31", "一九九八年十二月三十一日", "December thirty-first nineteen ninety eight"},
		{"date", "2008-08-08", "二零零八年八月八日", "August eighth two thousand and eight"},
		{"date", "1905-11-10", "一九零五年十一月十日", "November tenth nineteen oh five"},
		{"date", "1900-01-02", "一九零零年一月二日", "January second nineteen hundred"},
		{"date", "2000-03-20", "二零零零年三月二十日", "March twentieth two thousand"},
		{"date", "2026-12-31T17:00:00Z", "二零二七年一月一日", "January first twenty twenty seven"},
		{"date", "2026-02-30", "", ""},
		{"date", "yesterday", "", ""},
		{"time", "00:00", "凌晨零点整", "twelve midnight"},
		{"time", "00:05", "凌晨零点零五分", "twelve oh five A M"},
		{"time", "02:00", "凌晨两点整", "two A M"},
		{"time", "09:15", "上午九点十五分", "nine fifteen A M"},
		{"time", "12:00", "中午十二点整", "twelve noon"},
		{"time", "12:30:59", "中午十二点三十分", "twelve thirty P M"},
		{"time", "14:02", "下午两点零二分", "two oh two P M"},
		{"time", "22:22", "晚上十点二十二分", "ten twenty two P M"},
		{"time", "2026-03-02T01:10:00Z", "上午九点十分", "nine ten A M"},
		{"time", "25:00", "", ""},
		{"money", "1005.20", "一千零五元两角", "one thousand and five point two yuan"},
		{"money", "0", "零元", "zero yuan"},
		{"money", "2", "两元", "two yuan"},
		{"money", "12", "十二元", "twelve yuan"},
		{"money", "22.22", "二十二元两角二分", "twenty two point two two yuan"},
		{"money", "2222.00", "两千二百二十二元", "two thousand two hundred and twenty two yuan"},
		{"money", "0.20", "两角", "zero point two yuan"},
		{"money", "0.02", "两分", "zero point zero two yuan"},
		{"money", "0.25", "两角五分", "zero point two five yuan"},
		{"money", "5.02", "五元零二分", "five point zero two yuan"},
		{"money", "10.05", "十元零五分", "ten point zero five yuan"},
		{"money", "200000.5", "二十万元五角", "two hundred thousand point five yuan"},
		{"money", "¥ 1,234.56", "一千二百三十四元五角六分", "one thousand two hundred and thirty four point five six yuan"},
		{"money", "-8.8", "负八元八角", "minus eight point eight yuan"},
		{"money", "-0.00", "零元", "zero yuan"},
		{"money", "1.999", "一元九角九分", "one point nine nine yuan"},
		{"money", "$1.01", "一美元一美分", "one dollar and one cent"},
		{"money", "USD 2.20", "两美元二十美分", "two dollars and twenty cents"},
		{"money", "$0.02", "两美分", "two cents"},
		{"money", "$", "", ""},
		{"money", "free", "", ""},
		{"duration", "0", "零秒", "zero seconds"},
		{"duration", "2", "两秒", "two seconds"},
		{"duration", "90", "一分钟三十秒", "one minute and thirty seconds"},
		{"duration", "2h", "两小时", "two hours"},
		{"duration", "1h30m", "一小时三十分钟", "one hour and thirty minutes"},
		{"duration", "26h2m12s", "一天两小时两分钟十二秒", "one day two hours two minutes and twelve seconds"},
		{"duration", "48h0m0.5s", "两天", "two days"},
		{"duration", "-5s", "", ""},
		{"duration", "99999999999999", "", ""},
		{"poem", "1", "", ""},
	} {
		if got := hear(t, zhWords, ivr.Say(ivr.Chinese, c.what, c.value, zone), ""); got != c.zh {
			t.Errorf("%s %q in Chinese: %q, want %q", c.what, c.value, got, c.zh)
		}
		if got := hear(t, enWords, ivr.Say(ivr.English, c.what, c.value, zone), " "); got != c.en {
			t.Errorf("%s %q in English: %q, want %q", c.what, c.value, got, c.en)
		}
	}
}

func hear(t testing.TB, words map[string]string, names []string, between string) string {
	t.Helper()
	var all []string
	for _, n := range names {
		w, ok := words[n]
		if !ok {
			t.Errorf("prompt %q is not spoken in this language", n)
		}
		all = append(all, w)
	}
	return strings.Join(all, between)
}

// FuzzSay says anything: in known words, and not for long.
func FuzzSay(f *testing.F) {
	for _, v := range []string{"1005.20", "2026-10-01", "15:04", "-1h", "¥", "1e400", "九", "--", "0x10"} {
		f.Add(v)
	}
	words := map[string]map[string]string{ivr.Chinese: spoken(f, ivr.Chinese), ivr.English: spoken(f, ivr.English)}
	f.Fuzz(func(t *testing.T, value string) {
		for lang, words := range words {
			for _, what := range []string{"number", "digits", "date", "time", "money", "duration"} {
				names := ivr.Say(lang, what, value, time.UTC)
				hear(t, words, names, "")
				if len(names) > 60 {
					t.Errorf("%s %q is %d prompts long", what, value, len(names))
				}
			}
		}
	})
}
