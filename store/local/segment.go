package local

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// A segment file is a head and records; its name is the number of its first event. FORMAT.md has the offsets.
const (
	headSize      = 32
	headMagic     = "hotlog\x00"
	formatVersion = 1
	segmentExt    = ".seg"
)

// segment is one file of the log. path and first never change. The other fields: see each.
type segment struct {
	path  string
	first uint64

	end       int64       // of the records that are in the log; Store.mu
	disk      disk        // nil once sealed and synced; the writer opens it, the syncer closes a sealed one
	allocated int64       // bytes the file has room for without asking the disk; writer
	torn      bool        // bytes may stand behind end; writer
	fresh     bool        // its name may not be on the platter yet; syncer
	syncedEnd int64       // everything before it is on the platter; syncer
	suspect   atomic.Bool // a sync failed, so the pages behind syncedEnd may never be written by themselves
}

func segmentName(first uint64) string { return fmt.Sprintf("%020d%s", first, segmentExt) }

// listSegments returns the segments of the folder in order.
func listSegments(dir string) ([]*segment, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var segs []*segment
	for _, e := range entries {
		digits, ok := strings.CutSuffix(e.Name(), segmentExt)
		first, err := strconv.ParseUint(digits, 10, 64)
		if !ok || err != nil || first == 0 {
			continue // not ours
		}
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		segs = append(segs, &segment{path: filepath.Join(dir, e.Name()), first: first, end: info.Size()})
	}
	slices.SortFunc(segs, func(a, b *segment) int { return int(int64(a.first - b.first)) })
	return segs, nil
}

func segmentHead(first uint64, at time.Time) []byte {
	b := make([]byte, headSize)
	copy(b, headMagic)
	b[7] = formatVersion
	binary.LittleEndian.PutUint64(b[8:], first)
	binary.LittleEndian.PutUint64(b[16:], uint64(at.UnixMilli()))
	binary.LittleEndian.PutUint32(b[28:], checksum(b[:28]))
	return b
}

// errHead says that a segment does not start with a sound head: it was being made when the machine stopped.
var errHead = errors.New("no sound segment head")

// checkHead reads the head of a segment. Anything but errHead is a reason not to touch the file.
func checkHead(src io.ReaderAt, first uint64) error {
	b := make([]byte, headSize)
	if _, err := src.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if string(b[:len(headMagic)]) == headMagic && b[7] > formatVersion {
		return fmt.Errorf("format version %d, this program reads 1 to %d", b[7], formatVersion)
	}
	if string(b[:len(headMagic)]) != headMagic || binary.LittleEndian.Uint32(b[28:]) != checksum(b[:28]) ||
		binary.LittleEndian.Uint64(b[8:]) != first {
		return errHead
	}
	return nil
}
