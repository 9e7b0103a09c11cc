package prompts_test

import (
	"bufio"
	"encoding/binary"
	"io/fs"
	"os"
	"strings"
	"testing"

	"hotline/ivr/prompts"
)

// TestEveryPromptIsSpoken holds the committed sound to the list it is made from: a prompt that was added to the list but
// not made, or made but silent, fails here.
func TestEveryPromptIsSpoken(t *testing.T) {
	want := map[string]bool{"music.wav": true}
	f, err := os.Open("prompts.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for in := bufio.NewScanner(f); in.Scan(); {
		cols := strings.Split(in.Text(), "\t")
		if strings.HasPrefix(cols[0], "#") {
			continue
		}
		if len(cols) != 3 {
			t.Errorf("%q: %d columns, want 3", in.Text(), len(cols))
			continue
		}
		for i, lang := range []string{"zh-CN", "en-US"} {
			if cols[i+1] != "-" {
				want[lang+"/"+cols[0]+".wav"] = true
			}
		}
	}
	err = fs.WalkDir(prompts.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if !want[path] {
			t.Errorf("%s is not in prompts.tsv", path)
		}
		delete(want, path)
		checkWAV(t, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for path := range want {
		t.Errorf("%s is missing: run `make prompts`", path)
	}
}

// checkWAV wants an A-law WAV with at least a tenth of a second of sound that is not silence.
func checkWAV(t *testing.T, path string) {
	t.Helper()
	b, err := fs.ReadFile(prompts.FS(), path)
	if err != nil || len(b) < 44 {
		t.Errorf("%s: %d bytes, %v", path, len(b), err)
		return
	}
	const waveFormatALaw = 6
	if got := binary.LittleEndian.Uint16(b[20:]); got != waveFormatALaw {
		t.Errorf("%s: format %d, want A-law", path, got)
	}
	loud := 0
	for _, c := range b[58:] {
		if c&0x7f^0x55 > 0x20 { // above a few quantising steps
			loud++
		}
	}
	if loud < 400 {
		t.Errorf("%s: only %d samples that can be heard", path, loud)
	}
}
