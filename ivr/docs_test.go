package ivr_test

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"hotline/centre"
	"hotline/ivr"
	"hotline/ivr/prompts"
)

// TestDocs holds docs/flows.md to what is true: every example is a valid part of a centre file, every prompt in it is built in,
// and every kind of step has one.
func TestDocs(t *testing.T) {
	data, err := os.ReadFile("../docs/flows.md")
	if err != nil {
		t.Fatal(err)
	}
	base := map[string]string{
		"agents":  `[{id: "8001", name: 王芳, password: x, team: a, skills: {claims: 5, english: 3}}]`,
		"teams":   `[{id: a}]`,
		"queues":  `[{id: claims}, {id: sales}]`,
		"flows":   `{main: [{queue: claims}]}`,
		"numbers": `{"95500": main}`,
	}
	kinds := map[string]bool{}
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(data), -1) {
		file := block[1]
		if strings.HasPrefix(file, "queues:") { // examples show one queue of several
			file = strings.Replace(file, "queues:\n", "queues:\n  - id: sales\n", 1)
		}
		file = strings.Replace(file, "\n  survey:", "\n  main: [{queue: claims}]\n  survey:", 1)
		for key, value := range base {
			if !regexp.MustCompile(`(?m)^` + key + `:`).MatchString(file) {
				file += key + ": " + value + "\n"
			}
		}
		c, faults := centre.Parse("example", []byte(file), nil)
		for _, f := range faults {
			t.Errorf("%s\n%s", f, file)
		}
		if c == nil {
			continue
		}
		ivr.NewPlan(c)
		for _, use := range c.Prompts() {
			if _, err := fs.Stat(prompts.FS(), use.Language+"/"+use.Prompt+".wav"); err != nil && use.Prompt != "music" {
				t.Errorf("line %d names prompt %q, which is not built in\n%s", use.Line, use.Prompt, file)
			}
		}
		for _, m := range regexp.MustCompile(`[-{[ ]([a-z]+):`).FindAllStringSubmatch(block[1], -1) {
			kinds[m[1]] = true
		}
	}
	for _, kind := range []string{
		centre.StepAnswer, centre.StepRing, centre.StepPlay, centre.StepSay, centre.StepMenu, centre.StepCollect, centre.StepSet, centre.StepIf,
		centre.StepHours, centre.StepSwitch, centre.StepLookup, centre.StepLanguage, centre.StepQueue, centre.StepFlow, centre.StepNumber,
		centre.StepVoicemail, centre.StepCallback, centre.StepRate, centre.StepStay, centre.StepBusy, centre.StepHangup,
	} {
		if !kinds[kind] {
			t.Errorf("no example of %s", kind)
		}
	}
}

// TestDocsSayWhatIsSaid reads the table of values in docs/flows.md aloud.
func TestDocsSayWhatIsSaid(t *testing.T) {
	data, err := os.ReadFile("../docs/flows.md")
	if err != nil {
		t.Fatal(err)
	}
	letters := regexp.MustCompile(`[^\p{L}]`)
	plain := func(s string) string { return strings.ToLower(letters.ReplaceAllString(s, "")) }
	rows := regexp.MustCompile("(?m)^\\| `([a-z]+)` \\| (.*?) \\| (.*?) \\| (.*?) \\|$").FindAllStringSubmatch(string(data), -1)
	if len(rows) != 7 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, row := range rows[1:] { // the first is the head
		for lang, cell := range map[string]string{ivr.Chinese: row[3], ivr.English: row[4]} {
			words, said, last := spoken(t, lang), "", ""
			for _, value := range regexp.MustCompile("`(.*?)`").FindAllStringSubmatch(row[2], -1) {
				one := plain(hear(t, words, ivr.Say(lang, row[1], value[1], time.UTC), ""))
				if one != last { // two ways to write the same
					said += one
				}
				last = one
			}
			if said != plain(cell) {
				t.Errorf("%s %s: says %s, the page %s", row[1], row[2], said, plain(cell))
			}
		}
	}
}
