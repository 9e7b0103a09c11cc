package archive

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// A chapter file: head, blocks, table, foot. Numbers are little-endian.
//
//	head   "hotchap\x00", version u32, 0 u32
//	block  number u32, length u32, CRC-32C u32 of number, length and bytes, bytes
//	table  of each block: offset u64, length u32; CRC-32C u32 of the table
//	foot   offset of the table u64, blocks u32, "endchap\x00"
const (
	headMagic     = "hotchap\x00"
	footMagic     = "endchap\x00"
	formatVersion = 1
	headSize      = 16
	frameSize     = 12
	entrySize     = 12
	footSize      = 20
	maxBlock      = 64 << 20
	maxBlocks     = 1 << 20
)

// span is where a block's frame begins and how long its bytes are.
type span struct {
	at  int64
	len uint32
}

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) } // made once by the package

// encode is a chapter's file.
func encode(blocks [][]byte) ([]byte, error) {
	size := headSize + footSize + 4
	for _, b := range blocks {
		if len(b) == 0 || len(b) > maxBlock {
			return nil, fmt.Errorf("archive: a block of %d bytes", len(b))
		}
		size += frameSize + len(b) + entrySize
	}
	if len(blocks) == 0 || len(blocks) > maxBlocks {
		return nil, fmt.Errorf("archive: a chapter of %d blocks", len(blocks))
	}
	le, crc := binary.LittleEndian, castagnoli()
	out := append(make([]byte, 0, size), headMagic...)
	out = le.AppendUint32(le.AppendUint32(out, formatVersion), 0)
	var table []byte
	for i, b := range blocks {
		table = le.AppendUint32(le.AppendUint64(table, uint64(len(out))), uint32(len(b)))
		frame := len(out)
		out = le.AppendUint32(le.AppendUint32(out, uint32(i)), uint32(len(b)))
		out = le.AppendUint32(out, crc32.Update(crc32.Checksum(out[frame:], crc), crc, b))
		out = append(out, b...)
	}
	at := len(out)
	out = append(out, table...)
	out = le.AppendUint32(out, crc32.Checksum(table, crc))
	out = le.AppendUint32(le.AppendUint64(out, uint64(at)), uint32(len(blocks)))
	return append(out, footMagic...), nil
}

// table reads where the blocks stand from the table at the end.
func table(f io.ReaderAt, size int64) ([]span, error) {
	if err := head(f); err != nil {
		return nil, err
	}
	var foot [footSize]byte
	if size < headSize+footSize {
		return nil, fmt.Errorf("%w: %d bytes", ErrDamaged, size)
	}
	if _, err := f.ReadAt(foot[:], size-footSize); err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	at, n := int64(le.Uint64(foot[:])), int64(le.Uint32(foot[8:]))
	if string(foot[12:]) != footMagic || n == 0 || n > maxBlocks || at < headSize || at+n*entrySize+4 != size-footSize {
		return nil, fmt.Errorf("%w: foot", ErrDamaged)
	}
	b := make([]byte, n*entrySize+4)
	if _, err := f.ReadAt(b, at); err != nil {
		return nil, err
	}
	entries := b[:n*entrySize]
	if crc32.Checksum(entries, castagnoli()) != le.Uint32(b[n*entrySize:]) {
		return nil, fmt.Errorf("%w: table", ErrDamaged)
	}
	out := make([]span, n)
	for i := range out {
		e := entries[i*entrySize:]
		out[i] = span{int64(le.Uint64(e)), le.Uint32(e[8:])}
		if out[i].at < headSize || out[i].at+frameSize+int64(out[i].len) > at || out[i].len == 0 {
			return nil, fmt.Errorf("%w: table", ErrDamaged)
		}
	}
	return out, nil
}

func head(f io.ReaderAt) error {
	var b [headSize]byte
	if _, err := f.ReadAt(b[:], 0); err != nil {
		return fmt.Errorf("%w: head: %w", ErrDamaged, err)
	}
	if !bytes.HasPrefix(b[:], []byte(headMagic)) {
		return fmt.Errorf("%w: head", ErrDamaged)
	}
	if v := binary.LittleEndian.Uint32(b[8:]); v != formatVersion {
		return fmt.Errorf("archive: format %d is not known here", v)
	}
	return nil
}

// walk finds the blocks one after another, for a chapter whose table or head is damaged: every block whose checksum holds, the others as empty spans.
func walk(f io.ReaderAt, size int64) ([]span, error) {
	var out []span
	le, crc := binary.LittleEndian, castagnoli()
	for at := int64(headSize); at+frameSize < size-footSize; {
		var frame [frameSize]byte
		if _, err := f.ReadAt(frame[:], at); err != nil {
			return nil, err
		}
		n, length := int(le.Uint32(frame[:])), le.Uint32(frame[4:])
		if n != len(out) || length == 0 || length > maxBlock || at+frameSize+int64(length) > size {
			break
		}
		b := make([]byte, length)
		if _, err := f.ReadAt(b, at+frameSize); err != nil {
			return nil, err
		}
		here := span{at, length}
		if crc32.Update(crc32.Checksum(frame[:8], crc), crc, b) != le.Uint32(frame[8:]) {
			here = span{} // this one alone, if its length is right
		}
		out = append(out, here)
		at += frameSize + int64(length)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: no block", ErrDamaged)
	}
	return out, nil
}

// readBlock reads one block and holds it against its checksum.
func readBlock(f *os.File, s span) ([]byte, error) {
	b := make([]byte, frameSize+int(s.len))
	if _, err := f.ReadAt(b, s.at); err != nil {
		return nil, err
	}
	le, crc := binary.LittleEndian, castagnoli()
	if le.Uint32(b[4:]) != s.len || crc32.Update(crc32.Checksum(b[:8], crc), crc, b[frameSize:]) != le.Uint32(b[8:]) {
		return nil, fmt.Errorf("%w: checksum", ErrDamaged)
	}
	return b[frameSize:], nil
}
