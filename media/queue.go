package media

import (
	"encoding/binary"
	"sync/atomic"
)

// queueSize is the room for one source's packets between two ticks of the mixer: 440 ms of G.711 in packets of 20 ms.
const queueSize = 1 << 12

// queueHead is the length of what stands before a payload in the queue.
const queueHead = 4 + 2 + 1

// packetQueue hands audio packets from the goroutine that reads a leg's socket to the mixer without a lock: head is moved
// by the reader only, tail by the mixer only. A full queue drops the packet: the mixer was held up for long, and what it
// would find there is too old to be heard.
type packetQueue struct {
	buf     [queueSize]byte
	head    atomic.Uint64
	tail    atomic.Uint64
	dropped atomic.Uint64
}

// queued is a packet that was taken out of a queue.
type queued struct {
	ts      uint32
	codec   Codec
	anew    bool // its timestamp has nothing to do with those before
	payload []byte
}

// put is called by the reader.
func (q *packetQueue) put(ts uint32, codec Codec, anew bool, payload []byte) {
	n := uint64(queueHead + len(payload))
	head := q.head.Load()
	if head+n-q.tail.Load() > queueSize {
		q.dropped.Add(1)
		return
	}
	var h [queueHead]byte
	binary.LittleEndian.PutUint32(h[0:], ts)
	binary.LittleEndian.PutUint16(h[4:], uint16(len(payload)))
	h[6] = byte(codec) << 1
	if anew {
		h[6] |= 1
	}
	q.write(head, h[:])
	q.write(head+queueHead, payload)
	q.head.Store(head + n)
}

// take is called by the mixer; the payload stands in scratch. false: there is none.
func (q *packetQueue) take(scratch *[maxDatagram]byte) (queued, bool) {
	tail := q.tail.Load()
	if tail == q.head.Load() {
		return queued{}, false
	}
	var h [queueHead]byte
	q.read(tail, h[:])
	n := int(binary.LittleEndian.Uint16(h[4:]))
	q.read(tail+queueHead, scratch[:n])
	q.tail.Store(tail + uint64(queueHead+n))
	return queued{
		ts: binary.LittleEndian.Uint32(h[0:]), codec: Codec(h[6] >> 1), anew: h[6]&1 != 0, payload: scratch[:n],
	}, true
}

func (q *packetQueue) write(at uint64, b []byte) {
	n := copy(q.buf[at%queueSize:], b)
	copy(q.buf[:], b[n:])
}

func (q *packetQueue) read(at uint64, b []byte) {
	n := copy(b, q.buf[at%queueSize:])
	copy(b[n:], q.buf[:])
}
