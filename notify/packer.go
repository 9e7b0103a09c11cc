package notify

import (
	"cmp"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// closedFile is a file of events that nothing is written to any more.
type closedFile struct {
	name        string
	first, last uint64
	packed      bool
}

// closedFiles lists the folder's, by their events.
func closedFiles(dir string) ([]closedFile, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	form := regexp.MustCompile(`^events-(\d{12,20})-(\d{12,20})\.ndjson(\.gz)?$`)
	var out []closedFile
	for _, e := range entries {
		m := form.FindStringSubmatch(e.Name())
		if m == nil {
			continue
		}
		first, err1 := strconv.ParseUint(m[1], 10, 64)
		last, err2 := strconv.ParseUint(m[2], 10, 64)
		if err1 == nil && err2 == nil && first <= last {
			out = append(out, closedFile{e.Name(), first, last, m[3] != ""})
		}
	}
	slices.SortFunc(out, func(a, b closedFile) int { return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.name, b.name)) })
	return out, nil
}

// packer compresses closed files and deletes old ones, beside the writing.
type packer struct {
	dir    string
	keep   time.Duration
	logger *slog.Logger
	busy   chan struct{} // holds one while it works
	again  chan struct{}
}

func newPacker(dir string, keep time.Duration, logger *slog.Logger) *packer {
	return &packer{dir: dir, keep: keep, logger: logger, busy: make(chan struct{}, 1), again: make(chan struct{}, 1)}
}

// more says that there is something to pack, perhaps.
func (p *packer) more() {
	select {
	case p.again <- struct{}{}:
	default:
	}
	select {
	case p.busy <- struct{}{}:
		go p.work()
	default: // who works sees it
	}
}

func (p *packer) work() {
	for {
		select {
		case <-p.again:
			if err := p.pack(); err != nil {
				p.logger.Warn("closed files of events are not all packed", "folder", p.dir, "error", err)
			}
			continue
		default:
		}
		<-p.busy
		select {
		case <-p.again: // it came between
			p.more()
		default:
		}
		return
	}
}

// wait returns when nothing is being packed.
func (p *packer) wait() {
	p.busy <- struct{}{}
	<-p.busy
}

func (p *packer) pack() error {
	all, err := closedFiles(p.dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, c := range all {
		name := filepath.Join(p.dir, c.name)
		if info, err := os.Stat(name); err == nil && p.keep > 0 && time.Since(info.ModTime()) > p.keep {
			errs = append(errs, os.Remove(name))
			continue
		}
		if !c.packed {
			errs = append(errs, gzipFile(name))
		}
	}
	return errors.Join(errs...)
}

// gzipFile puts NAME.gz in the place of NAME, with its time.
func gzipFile(name string) (err error) {
	in, err := os.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(name+".gz.new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	w := gzip.NewWriter(out)
	w.Name, w.ModTime = strings.TrimSuffix(filepath.Base(name), ".gz"), info.ModTime()
	_, err = io.Copy(w, in)
	if err = errors.Join(err, w.Close(), out.Sync(), out.Close()); err != nil {
		return err
	}
	_ = os.Chtimes(name+".gz.new", info.ModTime(), info.ModTime())
	if err := os.Rename(name+".gz.new", name+".gz"); err != nil {
		return err
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncDir(filepath.Dir(name))
}
