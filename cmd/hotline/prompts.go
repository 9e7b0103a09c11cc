package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"hotline/ivr/prompts"
	"hotline/media"
	"hotline/web"
)

// promptShelf is the prompts: the centre's own in a folder, the default ones in the program.
type promptShelf struct {
	own     string // folder
	library *media.Library
	mu      sync.Mutex // held while a file is put or taken away
}

func newPromptShelf(data string) *promptShelf {
	own := filepath.Join(data, "prompts")
	return &promptShelf{own: own, library: media.NewLibrary(os.DirFS(own), prompts.FS())}
}

var _ web.Prompts = (*promptShelf)(nil)

// maxPrompt is how long a prompt may play.
const maxPrompt = 15 * time.Minute

// List implements web.Prompts.
func (p *promptShelf) List() ([]web.Prompt, error) {
	found := map[[2]string]*web.Prompt{}
	var order [][2]string
	look := func(layer fs.FS, own bool) error {
		return fs.WalkDir(layer, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(name) != ".wav" || strings.Count(name, "/") > 1 {
				return err
			}
			lang, base, inFolder := strings.Cut(strings.TrimSuffix(name, ".wav"), "/")
			if !inFolder {
				lang, base = "", lang
			}
			key := [2]string{base, lang}
			one := found[key]
			if one == nil {
				one = &web.Prompt{Name: base, Language: lang}
				found[key] = one
				order = append(order, key)
			}
			if own {
				one.Own = true
				if info, err := d.Info(); err == nil {
					one.Changed, one.Bytes = info.ModTime().UTC(), info.Size()
				}
			} else {
				one.Default = true
			}
			return nil
		})
	}
	if err := look(prompts.FS(), false); err != nil {
		return nil, err
	}
	if err := look(os.DirFS(p.own), true); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	all := make([]web.Prompt, 0, len(order))
	for _, key := range order {
		all = append(all, *found[key])
	}
	return all, nil
}

// Open implements web.Prompts.
func (p *promptShelf) Open(lang, name string) ([]byte, time.Duration, error) {
	clip, err := p.library.Clip(lang, name)
	if errors.Is(err, media.ErrNoPrompt) {
		return nil, 0, web.ErrNoPrompt
	}
	if err != nil {
		return nil, 0, err
	}
	return clip.WAV(), clip.Duration(), nil
}

// Put implements web.Prompts. A call that plays the prompt just now plays it to its end as it was.
func (p *promptShelf) Put(lang, name string, wav []byte) (time.Duration, error) {
	clip, err := media.DecodeWAV(wav)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%w: %s", web.ErrBadSound, strings.TrimPrefix(err.Error(), media.ErrWAV.Error()+": "))
	case clip.Duration() < 20*time.Millisecond:
		return 0, fmt.Errorf("%w: there is no sound in it", web.ErrBadSound)
	case clip.Duration() > maxPrompt:
		return 0, fmt.Errorf("%w: it plays %s, at most %s", web.ErrBadSound, clip.Duration().Round(time.Second), maxPrompt)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	folder := filepath.Join(p.own, lang)
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return 0, err
	}
	return clip.Duration(), replaceFile(filepath.Join(folder, name+".wav"), clip.WAV())
}

// replaceFile writes a file so that readers find the old one or the new one, whole.
func replaceFile(name string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// Delete implements web.Prompts.
func (p *promptShelf) Delete(lang, name string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := os.Remove(filepath.Join(p.own, lang, name+".wav"))
	if errors.Is(err, fs.ErrNotExist) {
		return web.ErrNoPrompt
	}
	return err
}

// speechEngine is the free program that makes speech of text, where it is installed.
const speechEngine = "espeak-ng"

// Speak implements web.Prompts.
func (p *promptShelf) Speak(ctx context.Context, lang, text string) ([]byte, error) {
	path, err := exec.LookPath(speechEngine)
	if err != nil {
		return nil, web.ErrNoSpeech
	}
	voice := "en-us"
	if lang == "zh-CN" {
		voice = "cmn"
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, path, "-v", voice, "-s", "150", "--stdin", "--stdout")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(text), &out, &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", speechEngine, err, strings.TrimSpace(said.String()))
	}
	return out.Bytes(), nil
}

// preload reads the queues' music, which may be minutes long, before the first caller waits for it.
func (e *engine) preload(library *media.Library) {
	for _, q := range e.centre.plan().Queues {
		if _, err := library.Clip(q.Language, q.Music); err != nil {
			e.log.Warn("hold music cannot be played", "queue", q.ID, "error", err)
		}
	}
}
