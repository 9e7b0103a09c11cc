package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"hotline/store/local"
)

// restoring is the folder in the data folder where a backup is unpacked, until it is known to be whole.
const restoring = ".restoring"

// restoreCmd is `hotline restore`.
type restoreCmd struct {
	at
	File string `arg:"" help:"The backup; - is standard input."`
}

// Run unpacks the backup into the config's data folder, which must be empty or not there.
func (r *restoreCmd) Run(ctx context.Context, out io.Writer) error {
	cfg, err := r.read()
	if err != nil {
		return err
	}
	in := io.Reader(os.Stdin)
	if r.File != "-" {
		f, err := os.Open(r.File)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	return restore(ctx, in, cfg.Data, out)
}

// restore unpacks a backup into the folder. Nothing stands in it, but for the folder .restoring, until all of it is known to be as it
// was written.
func restore(ctx context.Context, in io.Reader, dir string, say io.Writer) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != restoring {
			return fmt.Errorf("%s is not empty: it has %s. Nothing was changed", dir, e.Name())
		}
	}
	temp := filepath.Join(dir, restoring)
	if err := os.RemoveAll(temp); err != nil { // of a try before
		return err
	}
	p := progress{say: say}
	info, err := readBackup(in, func(_ backupInfo, name string, _ int64, content io.Reader) error {
		n, err := unpackFile(temp, name, content)
		p.file(name, n)
		return errors.Join(err, ctx.Err())
	})
	if err == nil {
		err = checkRestored(temp, info)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("nothing is restored: %w", err), os.RemoveAll(temp))
	}
	if err := moveUp(temp, dir); err != nil {
		return err
	}
	p.done("restored to "+dir, info)
	return nil
}

// unpackFile writes one file and brings it to the platter.
func unpackFile(dir, name string, content io.Reader) (int64, error) {
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return 0, err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(f, content)
	if err == nil {
		err = f.Sync()
	}
	return n, errors.Join(err, f.Close())
}

// checkRestored opens the log and holds its ends against what the backup says.
func checkRestored(dir string, info backupInfo) error {
	s, err := local.Open(dir, local.Config{})
	if err != nil {
		return err
	}
	if first, last := s.First(), s.Last(); first != info.First || last != info.Last {
		err = fmt.Errorf("its log has the events %d to %d, not %d to %d", first, last, info.First, info.Last)
	}
	return errors.Join(err, s.Close())
}

// moveUp moves what is in the folder to the one above it, the log last: without it there is nothing to be started.
func moveUp(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	names := []string{}
	for _, e := range entries {
		if n := e.Name(); n != "log" && n != "lock" && !strings.HasPrefix(n, "volatile-") {
			names = append(names, n)
		}
	}
	for _, n := range append(names, "log") {
		if err := os.Rename(filepath.Join(from, n), filepath.Join(to, n)); err != nil {
			return err
		}
	}
	return os.RemoveAll(from)
}
