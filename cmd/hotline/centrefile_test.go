package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hotline/centre"
	"hotline/media"
	"hotline/store/local"
	"hotline/web"
)

// TestPublishedFilesAreKept: who published, why, and that nobody's work is written over.
func TestPublishedFilesAreKept(t *testing.T) {
	dir := t.TempDir()
	s, err := local.Open(dir, local.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	k, err := newCentreKeeper(s.Bucket("centre"), config{Data: dir})
	if err != nil {
		t.Fatal(err)
	}
	e := &engine{cfg: config{Data: dir}, store: s, centre: k, prompts: newPromptShelf(dir)}
	f := centreFile{e}
	first := k.now().SHA256
	source := []byte("teams: [{id: a}] # one\n")
	var told []string
	k.onChange(func(c *centre.Centre) error { told = append(told, c.SHA256); return nil })
	if err := f.Publish(web.Publication{Source: source, Base: first, By: "director", Note: "why"}); err != nil {
		t.Fatal(err)
	}
	if err := f.Publish(web.Publication{Source: []byte("teams: []\n"), Base: first}); !errors.Is(err, web.ErrNotBase) {
		t.Errorf("over another's work: %v", err)
	}
	if _, err := k.apply("file", []byte("teams: [{id: b}]\n")); err != nil {
		t.Fatal(err)
	}
	all, err := f.Versions()
	if err != nil || len(all) != 2 || all[0].By != "director" || all[0].Note != "why" || all[1].By != "" {
		t.Fatalf("%v %+v", err, all)
	}
	if b, err := f.Source(all[0].SHA256); err != nil || string(b) != string(source) {
		t.Errorf("%v %q", err, b)
	}
	if _, err := f.Source(strings.Repeat("0", 64)); !errors.Is(err, web.ErrNoVersion) {
		t.Errorf("a version that never was: %v", err)
	}
	if len(told) != 2 || told[0] != all[0].SHA256 {
		t.Errorf("told %v", told)
	}
	if err := os.MkdirAll(filepath.Join(dir, "prompts", "zh-CN"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "prompts", "zh-CN", "hum.wav"), []byte("hum"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, faults := f.Check([]byte("flows: {main: [{answer: {}}, {play: hum}]}\n")); len(faults) != 1 || !strings.HasPrefix(faults[0].Problem, `prompt "hum" cannot be played: zh-CN/hum.wav`) {
		t.Errorf("a file that is no sound: %v", faults)
	}
	c, faults := f.Check([]byte("queues: [{id: q, needs: x}]\nflows: {main: [{answer: {}}, {play: nothing}, {number: {to: \"1\", trunk: none}}]}\nagents: [{id: a, password: p, skills: {x: 1}}]\n"))
	if len(faults) != 2 || c == nil {
		t.Fatalf("what the machine lacks: %v", faults)
	}
	if p := faults[0]; p.Problem != `unknown prompt "nothing"` || !strings.HasPrefix(p.Want, "a WAV file "+filepath.Join(dir, "prompts")) || p.Line != 2 {
		t.Errorf("%+v", p)
	}
}

// TestPromptShelf: a sound of any kind is kept as telephones play it, heard at once, and taken away.
func TestPromptShelf(t *testing.T) {
	dir := t.TempDir()
	p := newPromptShelf(dir)
	pcm := make([]int16, 8000)
	for i := range pcm {
		pcm[i] = int16(i)
	}
	sound := media.NewClip(pcm).WAV()
	if d, err := p.Put("zh-CN", "welcome", sound); err != nil || d != time.Second {
		t.Fatalf("%v %v", d, err)
	}
	got, d, err := p.Open("zh-CN", "welcome")
	if err != nil || string(got) != string(sound) || d != time.Second {
		t.Errorf("%v %v, %d bytes", err, d, len(got))
	}
	if _, err := p.Put("zh-CN", "long", media.Silence(16*time.Minute).WAV()); !errors.Is(err, web.ErrBadSound) {
		t.Errorf("sixteen minutes: %v", err)
	}
	for _, bad := range []string{"", "RIFF", string(sound[:20]), string(sound[:44])} {
		if _, err := p.Put("zh-CN", "bad", []byte(bad)); !errors.Is(err, web.ErrBadSound) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "prompts", "zh-CN", "*")); len(left) != 1 {
		t.Errorf("the folder holds %v", left)
	}
	list, err := p.List()
	if err != nil {
		t.Fatal(err)
	}
	own := 0
	for _, one := range list {
		if one.Own {
			own++
			if one.Name != "welcome" || one.Language != "zh-CN" || !one.Default || one.Changed.IsZero() {
				t.Errorf("%+v", one)
			}
		}
	}
	if own != 1 || len(list) < 100 {
		t.Errorf("%d of %d are the centre's own", own, len(list))
	}
	if err := p.Delete("zh-CN", "welcome"); err != nil {
		t.Error(err)
	}
	if err := p.Delete("zh-CN", "welcome"); !errors.Is(err, web.ErrNoPrompt) {
		t.Errorf("what is gone: %v", err)
	}
	if got, _, err := p.Open("zh-CN", "welcome"); err != nil || string(got) == string(sound) {
		t.Errorf("the default prompt is not back: %v", err)
	}
	t.Setenv("PATH", os.DevNull)
	if _, err := p.Speak(t.Context(), "zh-CN", "x"); !errors.Is(err, web.ErrNoSpeech) {
		t.Errorf("without an engine: %v", err)
	}
}
