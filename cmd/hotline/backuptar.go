package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"
)

// A backup is one tar, packed with gzip: hotline-backup.json first, which says what it is; then the files of the data folder; then
// SHA256SUMS, as sha256sum writes it, of all before it. One that was cut short has no sums.
const (
	backupHead   = "hotline-backup.json"
	backupSums   = "SHA256SUMS"
	backupFormat = 1
)

// errBackup says that what is read is no backup, or not a whole one.
var errBackup = errors.New("not a whole backup")

// backupInfo is what a backup says of itself.
type backupInfo struct {
	Format     int       `json:"format"`
	Version    string    `json:"version"` // of the program
	Made       time.Time `json:"made"`
	First      uint64    `json:"first"` // events in its log
	Last       uint64    `json:"last"`
	Recordings bool      `json:"recordings"`
}

// backupWriter writes a backup.
type backupWriter struct {
	zip  *gzip.Writer
	tar  *tar.Writer
	sums bytes.Buffer
	made time.Time
}

func newBackupWriter(out io.Writer, info backupInfo) (*backupWriter, error) {
	zip, err := gzip.NewWriterLevel(out, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	w := &backupWriter{zip: zip, tar: tar.NewWriter(zip), made: info.Made}
	b, err := json.MarshalIndent(info, "", "  ")
	if err != nil {
		return nil, err
	}
	return w, w.add(backupHead, int64(len(b)), bytes.NewReader(b))
}

// add writes one file: size bytes, whatever src has. What became shorter meanwhile is filled up with zeros: only a recording that
// runs is, and its head is mended at the next start.
func (w *backupWriter) add(name string, size int64, src io.Reader) error {
	return w.stream(name, size, func(out io.Writer) error {
		n, err := io.Copy(out, io.LimitReader(src, size))
		if err == nil && n < size {
			_, err = io.CopyN(out, zeros{}, size-n)
		}
		return err
	})
}

// stream writes one file that writes itself.
func (w *backupWriter) stream(name string, size int64, from func(io.Writer) error) error {
	err := w.tar.WriteHeader(&tar.Header{Name: name, Size: size, Mode: 0o640, ModTime: w.made, Format: tar.FormatPAX})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	sum := sha256.New()
	if err := from(io.MultiWriter(w.tar, sum)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	fmt.Fprintf(&w.sums, "%x  %s\n", sum.Sum(nil), name)
	return nil
}

// close ends the backup. Without it, it is none.
func (w *backupWriter) close() error {
	b := bytes.Clone(w.sums.Bytes())
	if err := w.add(backupSums, int64(len(b)), bytes.NewReader(b)); err != nil {
		return err
	}
	return errors.Join(w.tar.Close(), w.zip.Close())
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// readBackup reads a backup to its end and calls each with every file of the data folder. It returns errBackup unless everything
// is there and as it was written; what each did until then is worth nothing.
func readBackup(in io.Reader, each func(info backupInfo, name string, size int64, content io.Reader) error) (info backupInfo, err error) {
	zip, err := gzip.NewReader(in)
	if err != nil {
		return info, fmt.Errorf("%w: %w", errBackup, err)
	}
	t := tar.NewReader(zip)
	found := map[string]string{}
	for {
		h, err := t.Next()
		switch {
		case errors.Is(err, io.EOF):
			return info, fmt.Errorf("%w: it ends without its sums", errBackup)
		case err != nil:
			return info, fmt.Errorf("%w: %w", errBackup, err)
		case h.Name == backupSums:
			if err := holdSums(t, found); err != nil {
				return info, err
			}
			_, err := io.Copy(io.Discard, zip) // gzip's own sum is at the end
			if err != nil {
				return info, fmt.Errorf("%w: %w", errBackup, err)
			}
			return info, nil
		}
		sum := sha256.New()
		content := io.TeeReader(t, sum)
		if err := oneFile(&info, h, content, len(found) == 0, each); err != nil {
			return info, err
		}
		if _, err := io.Copy(io.Discard, content); err != nil {
			return info, fmt.Errorf("%w: %s: %w", errBackup, h.Name, err)
		}
		found[h.Name] = hex.EncodeToString(sum.Sum(nil))
	}
}

func oneFile(info *backupInfo, h *tar.Header, content io.Reader, first bool, each func(backupInfo, string, int64, io.Reader) error) error {
	switch {
	case first && h.Name != backupHead:
		return fmt.Errorf("%w: it begins with %q", errBackup, h.Name)
	case first:
		if err := json.NewDecoder(io.LimitReader(content, 1<<20)).Decode(info); err != nil {
			return fmt.Errorf("%w: %s: %w", errBackup, backupHead, err)
		}
		if info.Format < 1 || info.Format > backupFormat {
			return fmt.Errorf("%w: format %d, this program reads 1 to %d", errBackup, info.Format, backupFormat)
		}
		return nil
	case h.Typeflag != tar.TypeReg || !filepath.IsLocal(h.Name) || strings.Contains(h.Name, "\\"):
		return fmt.Errorf("%w: %q is no file of a data folder", errBackup, h.Name)
	}
	return each(*info, h.Name, h.Size, content)
}

// holdSums compares the sums that were written with those that were found.
func holdSums(in io.Reader, found map[string]string) error {
	n := 0
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		sum, name, _ := strings.Cut(lines.Text(), "  ")
		if found[name] != sum {
			return fmt.Errorf("%w: %s is not as it was written", errBackup, name)
		}
		n++
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%w: %w", errBackup, err)
	}
	if n != len(found) {
		return fmt.Errorf("%w: %d files, %d sums", errBackup, len(found), n)
	}
	return nil
}
