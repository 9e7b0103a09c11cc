package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"hotline/store/local"
)

// archiveLock is the file in log.archive that says whose the folder is.
const archiveLock = "in-use"

// errArchiveShared says that another engine packs its log into the same folder: their segments have the same names.
var errArchiveShared = errors.New("log.archive is another engine's folder")

// openLogArchive takes the folder of old segments for this engine, as long as it runs. The kernel gives it back, however the engine ends.
func (e *engine) openLogArchive() error {
	if e.cfg.Log.Archive == "" {
		return nil
	}
	f, err := lockArchive(e.cfg.Log.Archive, e.cfg.Data)
	if err != nil {
		return err
	}
	e.oldLogs = f
	return nil
}

// lockArchive takes the folder for the engine of the data folder.
func lockArchive(dir, data string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("log.archive: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, archiveLock), os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, fmt.Errorf("log.archive: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("log.archive: %s: %w", f.Name(), err)
		}
		b := make([]byte, 4096)
		n, _ := f.Read(b)
		return nil, fmt.Errorf("%w: %s is in use by %s; give each engine a folder of its own", errArchiveShared, dir, strings.TrimSpace(string(b[:n])))
	}
	// Who holds it is for people; a full disk is no reason not to start.
	if err := f.Truncate(0); err == nil {
		host, _ := os.Hostname()
		_, _ = f.WriteAt(fmt.Appendf(nil, "process %d on %s with the data in %s\n", os.Getpid(), host, data), 0)
	}
	return f, nil
}

// sameSegment says whether the packed file is of that segment: by length and checksum, which stand at its end (RFC 1952 §2.3.1). One of
// another engine, that ran before with this folder, has the same name, and the log's own would be lost.
func sameSegment(g local.Segment, name string) error {
	in, err := os.Open(g.Path)
	if err != nil {
		return err
	}
	defer in.Close()
	sum := crc32.NewIEEE()
	if _, err := io.Copy(sum, io.NewSectionReader(in, 0, g.Size)); err != nil {
		return err
	}
	packed, err := os.Open(name)
	if err != nil {
		return err
	}
	defer packed.Close()
	info, err := packed.Stat()
	if err != nil {
		return err
	}
	var end [8]byte
	if _, err := packed.ReadAt(end[:], max(0, info.Size()-8)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if binary.LittleEndian.Uint32(end[:]) != sum.Sum32() || binary.LittleEndian.Uint32(end[4:]) != uint32(g.Size) {
		return fmt.Errorf("%w: %s is not what %s holds, which therefore stays", errArchiveShared, name, g.Path)
	}
	return nil
}
