package local

import (
	"encoding/binary"
	"errors"
	"io"
)

// scanner walks the records of one segment. It belongs to the goroutine that made it.
type scanner struct {
	src   io.ReaderAt
	first uint64 // number of the segment's first event
	off   int64  // of the next record
	end   int64  // nothing from here on is the log's

	buf   []byte // window on the segment
	base  int64  // offset of buf
	ahead int    // how much is read at once; records longer than it are read whole
}

const (
	scanAhead = 128 << 10 // when walking
	seekAhead = 8 << 10   // when jumping
)

func newScanner(src io.ReaderAt, first uint64, end int64) *scanner {
	return &scanner{src: src, first: first, off: headSize, end: end, ahead: scanAhead}
}

// next returns the record at the scanner's offset and moves behind it. It returns io.EOF at the end and errBad where no
// whole, sound record stands; the offset then stays.
func (s *scanner) next() (record, error) {
	if s.off >= s.end {
		return record{}, io.EOF
	}
	r, err := s.at(s.off)
	if err == nil {
		s.off = r.end()
	}
	return r, err
}

// resync moves from a bad offset to the next sound record. It reports false, at the end, when there is none. A body
// cannot be mistaken for a record: JSON holds no byte below 0x20, and every header does.
func (s *scanner) resync() (bool, error) {
	s.off++
	for s.off+headerSize < s.end {
		if _, err := s.window(s.off, headerSize); err != nil {
			return false, err
		}
		from := s.buf[s.off-s.base:]
		n := s.candidate(from)
		s.off += int64(n)
		if n+headerSize > len(from) {
			continue // none in this window
		}
		_, err := s.at(s.off)
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, errBad) {
			return false, err
		}
		s.off++
	}
	s.off = s.end
	return false, nil
}

// candidate is the first place in b where a header could stand, or the first that is too near b's end to say.
func (s *scanner) candidate(b []byte) int {
	for i := 0; i+headerSize <= len(b); i++ {
		if recordLen(b[i:]) != 0 && s.plausible(binary.LittleEndian.Uint64(b[i+8:])) {
			return i
		}
	}
	return max(1, len(b)-headerSize+1)
}

// seek moves near the first record behind the given number, by halving: records carry their numbers, so no index is kept.
func (s *scanner) seek(after uint64) error {
	s.ahead = seekAhead
	defer func() { s.ahead = scanAhead }()
	lo, hi := s.off, s.end
	for hi-lo > scanAhead/2 {
		mid := lo + (hi-lo)/2
		s.off = mid - 1
		found, err := s.resync()
		if err != nil {
			return err
		}
		if !found || s.off >= hi {
			hi = mid
			continue
		}
		r, err := s.at(s.off)
		if err != nil {
			return err
		}
		if r.seq > after {
			hi = mid
		} else {
			lo = r.off
		}
	}
	s.off = lo
	return nil
}

// at reads the record at off, or errBad.
func (s *scanner) at(off int64) (record, error) {
	h, err := s.window(off, headerSize)
	if err != nil {
		return record{}, err
	}
	n := recordLen(h)
	if n == 0 || off+int64(n) > s.end || !s.plausible(binary.LittleEndian.Uint64(h[8:])) {
		return record{}, errBad
	}
	b, err := s.window(off, n)
	if err != nil {
		return record{}, err
	}
	return parseRecord(b, off)
}

// plausible reports whether an event of that number can stand in the segment, which holds end/headerSize at most.
func (s *scanner) plausible(seq uint64) bool {
	return seq >= s.first && seq-s.first <= uint64(s.end)/headerSize
}

// window returns n bytes at off; errBad when the segment is shorter.
func (s *scanner) window(off int64, n int) ([]byte, error) {
	if off+int64(n) > s.end {
		return nil, errBad
	}
	if off < s.base || off+int64(n) > s.base+int64(len(s.buf)) {
		want := int(min(int64(max(n, s.ahead)), s.end-off))
		if cap(s.buf) < want {
			s.buf = make([]byte, want)
		}
		s.buf = s.buf[:want]
		s.base = off
		if _, err := s.src.ReadAt(s.buf, off); err != nil && !errors.Is(err, io.EOF) {
			s.buf = s.buf[:0]
			return nil, err
		}
	}
	return s.buf[off-s.base:][:n], nil
}
