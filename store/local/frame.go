package local

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// A record is one event in a segment: a header and the event as JSON without its number. FORMAT.md has the offsets.
const (
	headerSize = 24
	maxBody    = 16 << 20
	maxBehind  = 1<<32 - 1 // or more
)

// record is one record as read. body is valid until the scanner moves.
type record struct {
	seq    uint64
	behind uint32
	more   uint32
	off    int64 // of its header, in the segment
	body   []byte
}

func (r record) end() int64 { return r.off + headerSize + int64(len(r.body)) }

// synced is a number up to which the log was on the platter when the record was written.
func (r record) synced() uint64 {
	if r.behind == maxBehind || uint64(r.behind) > r.seq {
		return 0
	}
	return r.seq - uint64(r.behind)
}

// errBad says that the bytes at an offset are no record.
var errBad = errors.New("not a record")

// sealRecord fills the header of b, a whole record whose body stands behind headerSize blank bytes.
func sealRecord(b []byte, seq, synced uint64, more int) {
	binary.LittleEndian.PutUint32(b[0:], uint32(len(b)-headerSize))
	binary.LittleEndian.PutUint64(b[8:], seq)
	binary.LittleEndian.PutUint32(b[16:], uint32(min(seq-synced, maxBehind)))
	binary.LittleEndian.PutUint32(b[20:], uint32(more))
	binary.LittleEndian.PutUint32(b[4:], checksum(b[8:]))
}

// recordLen is the whole length of the record that the header starts, or 0 if it can be none.
func recordLen(header []byte) int {
	n := binary.LittleEndian.Uint32(header)
	if n == 0 || n > maxBody {
		return 0
	}
	return headerSize + int(n)
}

// parseRecord reads the whole record b that stands at off.
func parseRecord(b []byte, off int64) (record, error) {
	if binary.LittleEndian.Uint32(b[4:]) != checksum(b[8:]) {
		return record{}, errBad
	}
	return record{
		seq: binary.LittleEndian.Uint64(b[8:]), behind: binary.LittleEndian.Uint32(b[16:]),
		more: binary.LittleEndian.Uint32(b[20:]), off: off, body: b[headerSize:],
	}, nil
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }
