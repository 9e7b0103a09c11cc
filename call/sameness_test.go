package call_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestButtonsAndPageMakeTheSameFacts: a customer that is handed over by the buttons of the phone (a second line, REFER with Replaces)
// leaves the same facts behind as one that is handed over by the page, but for the second line itself and for when the customer was
// on hold.
func TestButtonsAndPageMakeTheSameFacts(t *testing.T) {
	facts := func(file string) (out []string) {
		text, err := os.ReadFile("testdata/" + file + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		second := regexp.MustCompile(`\[l 8001`)
		times := regexp.MustCompile(`"ms":\d+`)
		started := false
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			rest, ok := strings.CutPrefix(line, "record ")
			started = started || strings.HasPrefix(rest, "answered")
			if !ok || !started || second.MatchString(line) || strings.HasPrefix(rest, "leg_ended") || strings.HasPrefix(rest, "call_ended") ||
				strings.HasPrefix(rest, "leg_rang") || strings.HasPrefix(rest, "answered") {
				continue
			}
			out = append(out, times.ReplaceAllString(rest, `"ms":N`))
		}
		return out
	}
	buttons, page := facts("consult_and_complete"), facts("command_complete_as_by_buttons")
	if len(buttons) < 5 || !slices.Equal(buttons, page) {
		t.Errorf("by the buttons\n%s\nby the page\n%s", strings.Join(buttons, "\n"), strings.Join(page, "\n"))
	}
}
