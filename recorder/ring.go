package recorder

import (
	"encoding/binary"
	"sync/atomic"

	"hotline/media"
)

// ringSize is the room for one leg's frames between two visits of the writer: 3.6 s of G.711 in packets of 20 ms, so that
// a disk may hold the writer up for three seconds.
const ringSize = 1 << 15

// frameHead is the length of what stands before a payload in the ring.
const frameHead = 8 + 4 + 4 + 2 + 2 + 1

// ring hands frames from one leg's packet path to the writer without a lock: head is moved by the packet path only, tail
// by the writer only. A full ring drops the frame and counts it; the file gets silence there.
type ring struct {
	buf     [ringSize]byte
	head    atomic.Uint64 // bytes ever put in; owner: the packet path
	tail    atomic.Uint64 // bytes ever taken out; owner: the writer
	dropped atomic.Uint64
	closed  atomic.Bool // the leg is no longer recorded
}

// Frame implements media.Tap.
func (r *ring) Frame(f media.Frame) {
	n := uint64(frameHead + len(f.Payload))
	head := r.head.Load()
	if r.closed.Load() {
		return
	}
	if head+n-r.tail.Load() > ringSize {
		r.dropped.Add(1)
		return
	}
	var h [frameHead]byte
	binary.LittleEndian.PutUint64(h[0:], uint64(f.At))
	binary.LittleEndian.PutUint32(h[8:], f.Timestamp)
	binary.LittleEndian.PutUint32(h[12:], f.SSRC)
	binary.LittleEndian.PutUint16(h[16:], f.Seq)
	binary.LittleEndian.PutUint16(h[18:], uint16(len(f.Payload)))
	h[20] = byte(f.Codec) << 1
	if f.Marker {
		h[20] |= 1
	}
	r.put(head, h[:])
	r.put(head+frameHead, f.Payload)
	r.head.Store(head + n)
}

func (r *ring) put(at uint64, b []byte) {
	i := at % ringSize
	n := copy(r.buf[i:], b)
	copy(r.buf[:], b[n:])
}

func (r *ring) get(at uint64, b []byte) {
	i := at % ringSize
	n := copy(b, r.buf[i:])
	copy(b[n:], r.buf[:])
}

// peek is when the oldest frame came; false: there is none. It is called by the writer only.
func (r *ring) peek() (at int64, ok bool) {
	tail := r.tail.Load()
	if tail == r.head.Load() {
		return 0, false
	}
	var b [8]byte
	r.get(tail, b[:])
	return int64(binary.LittleEndian.Uint64(b[:])), true
}

// next takes the oldest frame out; its payload stands in scratch. It is called by the writer only.
func (r *ring) next(scratch *[ringSize]byte) (media.Frame, bool) {
	tail := r.tail.Load()
	if tail == r.head.Load() {
		return media.Frame{}, false
	}
	var h [frameHead]byte
	r.get(tail, h[:])
	n := int(binary.LittleEndian.Uint16(h[18:]))
	r.get(tail+frameHead, scratch[:n])
	r.tail.Store(tail + uint64(frameHead+n))
	return media.Frame{
		At:        int64(binary.LittleEndian.Uint64(h[0:])),
		Timestamp: binary.LittleEndian.Uint32(h[8:]),
		SSRC:      binary.LittleEndian.Uint32(h[12:]),
		Seq:       binary.LittleEndian.Uint16(h[16:]),
		Codec:     media.Codec(h[20] >> 1),
		Marker:    h[20]&1 != 0,
		Payload:   scratch[:n],
	}, true
}
