package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// backupCmd is `hotline backup`.
type backupCmd struct {
	at
	File       string `arg:"" help:"The backup, a tar packed with gzip; - is standard output."`
	Recordings bool   `default:"true" negatable:"" help:"With the recordings."`
}

// Run asks the engine that runs on the data for it, or reads the folder itself. What arrives is read again as it is written.
func (b *backupCmd) Run(ctx context.Context, out io.Writer) error {
	args := url.Values{"recordings": {fmt.Sprint(b.Recordings)}}
	if b.File == "-" {
		return b.on(func(c control) error { return take(ctx, c, args, out, os.Stderr) })
	}
	if _, err := os.Lstat(b.File); err == nil {
		return fmt.Errorf("%s is there already", b.File)
	}
	temp := b.File + ".part"
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) // it holds everything there is
	if err != nil {
		return err
	}
	err = b.on(func(c control) error { return take(ctx, c, args, f, out) })
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return os.Rename(temp, b.File)
}

// take writes the engine's backup to file and reads it on the way.
func take(ctx context.Context, c control, args url.Values, file, say io.Writer) error {
	r, w := io.Pipe()
	read := make(chan error, 1)
	go func() {
		p := progress{say: say}
		info, err := readBackup(r, func(_ backupInfo, name string, size int64, content io.Reader) error {
			n, err := io.Copy(io.Discard, content)
			p.file(name, n)
			return err
		})
		if err == nil {
			p.done("backup", info)
		}
		r.CloseWithError(err)
		read <- err
	}()
	err := c.run(ctx, taskBackup, args, io.MultiWriter(file, w))
	w.CloseWithError(err)
	if wrong := <-read; err == nil {
		err = wrong
	}
	return err
}

// progress says how far it is, a line every few seconds.
type progress struct {
	say   io.Writer
	files int
	bytes int64
	last  time.Time
}

func (p *progress) file(name string, n int64) {
	p.files++
	p.bytes += n
	if now := time.Now(); now.Sub(p.last) > 2*time.Second {
		p.last = now
		fmt.Fprintf(p.say, "%6d files %8.1f MB  %s\n", p.files, float64(p.bytes)/1e6, name)
	}
}

func (p *progress) done(what string, i backupInfo) {
	with := "with recordings"
	if !i.Recordings {
		with = "without recordings"
	}
	fmt.Fprintf(p.say, "%s: %d files, %.1f MB, events %d to %d, %s\n", what, p.files, float64(p.bytes)/1e6, i.First, i.Last, with)
}

// backup writes everything of the data folder that outlives a restart, as it is at one moment: no fact and no call waits for it.
//
// The order makes it one moment. The state's transaction begins first, then what else there is is listed, then the end of the log
// is taken: so neither a snapshot nor a chapter tells of events that the backup has not. The list of open recordings is read before the end of the log, the
// recordings after it: one that the log knows is whole, one that runs is on the list and mended at the start.
func (e *engine) backup(ctx context.Context, args url.Values, out io.Writer) error {
	var others []backupFile
	defer func() {
		for _, f := range others {
			if f.held != nil {
				f.held.Close()
			}
		}
	}()
	c, err := e.store.Copy(func() (err error) {
		others, err = listFolder(e.cfg.Data)
		return err
	})
	if err != nil {
		return err
	}
	defer c.Close()
	with := args.Get("recordings") != "false"
	w, err := newBackupWriter(out, backupInfo{
		Format: backupFormat, Version: version, Made: time.Now().UTC().Truncate(time.Second), First: c.First, Last: c.Last, Recordings: with,
	})
	if err != nil {
		return err
	}
	for _, f := range c.Files {
		if err := errors.Join(ctx.Err(), w.stream(f.Name, f.Size, f.Write)); err != nil {
			return err
		}
	}
	for _, f := range others {
		if err := errors.Join(ctx.Err(), f.copy(w)); err != nil {
			return err
		}
	}
	if with {
		if err := e.backupRecordings(ctx, w); err != nil {
			return err
		}
	}
	return w.close()
}

// openNotes is the recorder's list of recordings that are not stored.
const openNotes = "recordings/open"

// backupFile is a file of the data folder.
type backupFile struct {
	dir, name string
	size      int64
	content   []byte   // read already
	held      *os.File // open already: another file may have the name by now
}

// copy writes the file; one that is gone meanwhile is left out.
func (f backupFile) copy(w *backupWriter) error {
	if f.content != nil {
		return w.add(f.name, f.size, strings.NewReader(string(f.content)))
	}
	if f.held != nil {
		return w.add(f.name, f.size, f.held)
	}
	file, err := os.Open(filepath.Join(f.dir, filepath.FromSlash(f.name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	return w.add(f.name, f.size, file)
}

// holdStills opens the snapshots of the figures. The engine makes new ones meanwhile under the same names, of events that the backup
// has not; and chapters may be younger than a snapshot, never older.
func holdStills(dir string) (all []backupFile, err error) {
	for _, name := range []string{stillFile, stillOlder} {
		file, err := os.Open(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return all, err
		}
		all = append(all, backupFile{dir: dir, name: name, held: file})
		info, err := file.Stat()
		if err != nil {
			return all, err
		}
		all[len(all)-1].size = info.Size()
	}
	return all, nil
}

// listFolder is what is in the data folder beside the log, the state and the recordings. What is held is to be closed, also after an error.
func listFolder(dir string) (all []backupFile, err error) {
	if all, err = holdStills(dir); err != nil {
		return all, err
	}
	err = walkFiles(dir, ".", func(name string) bool {
		base := path.Base(name)
		switch {
		case name == "log" || name == "quarantine" || name == "recordings" || name == restoring:
			return false
		case name == "lock" || name == "state.db" || name == stillFile || name == stillOlder || strings.HasPrefix(name, "volatile-"):
			return false
		}
		return !strings.HasSuffix(base, ".new") && !strings.HasSuffix(base, ".tmp") // not finished
	}, func(f backupFile) error {
		all = append(all, f)
		return nil
	})
	if err != nil {
		return all, err
	}
	err = walkFiles(dir, openNotes, func(string) bool { return true }, func(f backupFile) error {
		f.content, err = os.ReadFile(filepath.Join(dir, filepath.FromSlash(f.name)))
		f.size = int64(len(f.content))
		all = append(all, f)
		return err
	})
	return all, err
}

// backupRecordings writes the recordings.
func (e *engine) backupRecordings(ctx context.Context, w *backupWriter) error {
	return walkFiles(e.cfg.Data, "recordings", func(name string) bool { return name != openNotes }, func(f backupFile) error {
		return errors.Join(ctx.Err(), f.copy(w))
	})
}

// walkFiles calls f with every regular file below a folder of dir that want wants.
func walkFiles(dir, below string, want func(name string) bool, f func(backupFile) error) error {
	return fs.WalkDir(os.DirFS(dir), below, func(name string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // gone meanwhile
		case err != nil:
			return err
		case name != "." && name != below && !want(name):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !d.Type().IsRegular():
			return nil
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return f(backupFile{dir: dir, name: name, size: info.Size()})
	})
}
