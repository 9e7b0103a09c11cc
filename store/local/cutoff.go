package local

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// cutOff ends the log at end: what stands behind it goes to quarantine/. last is the last sound number behind it; when
// there is one and it cannot be kept in quarantine, the log is left alone and Open fails.
func (s *Store) cutOff(segs []*segment, end place, last uint64) error {
	for i := len(segs) - 1; i > end.seg; i-- { // the youngest first, so that a crash here leaves no hole
		if err := s.quarantine(segs[i], 0, last > end.seq); err != nil {
			return err
		}
		if err := os.Remove(segs[i].path); err != nil {
			return err
		}
	}
	seg := segs[end.seg]
	if err := s.quarantine(seg, end.off, last > end.seq); err != nil {
		return err
	}
	return s.truncate(seg, end)
}

// truncate ends the segment's file at end, and gives it its head if it has none.
func (s *Store) truncate(seg *segment, end place) error {
	if seg.end == end.off && end.off > headSize {
		return nil
	}
	d, err := s.cfg.open(seg.path)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Truncate(end.off); err != nil {
		return err
	}
	if end.off == headSize {
		if _, err := d.WriteAt(segmentHead(seg.first, time.Now()), 0); err != nil {
			return err
		}
	}
	return d.Datasync()
}

// quarantine keeps a copy of what stands in the segment from off on. Zeros are what a file system leaves where nothing was
// written: they are not kept.
func (s *Store) quarantine(seg *segment, off int64, needed bool) error {
	f, err := os.Open(seg.path)
	if err != nil {
		return err
	}
	defer f.Close()
	tail, err := io.ReadAll(io.NewSectionReader(f, off, max(0, seg.end-off)))
	if err != nil {
		return err
	}
	if len(bytes.Trim(tail, "\x00")) == 0 || off == 0 && len(tail) <= headSize {
		return nil
	}
	to := filepath.Join(s.quarantineDir(), fmt.Sprintf("%s.%d.%s", filepath.Base(seg.path), off,
		time.Now().UTC().Format("20060102T150405.000")))
	if err = os.MkdirAll(s.quarantineDir(), 0o750); err == nil {
		err = os.WriteFile(to, tail, 0o640)
	}
	if err != nil && needed {
		return fmt.Errorf("cutting off the end of the log at %s, offset %d: %w", seg.path, off, err)
	}
	s.log.Warn("cut off the end of the log, which was not known to be on the platter", "segment", seg.path, "offset", off,
		"bytes", len(tail), "records", needed, "kept", to, "err", err)
	return nil
}
