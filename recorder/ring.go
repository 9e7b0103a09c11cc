package recorder

import (
	"encoding/binary"
	"sync"
	"sync/atomic"

	"hotline/media"
)

const (
	// frameHead is the length of what stands before a payload in a chunk.
	frameHead = 8 + 4 + 4 + 2 + 2 + 1
	// chunkRoom is the room of a chunk: 11 frames of G.711 in packets of 20 ms, which is 220 ms.
	chunkRoom = 2048 - 16
	// chunksMost is how many chunks a leg may fill that the writer has not taken: 3.7 s of G.711 in packets of 20 ms, so that
	// a disk may hold the writer up for three seconds.
	chunksMost = 17
	// sparesLeast is how many empty chunks a pool keeps, whatever is in use.
	sparesLeast = 64
)

// chunk is memory for some frames of one leg. It goes from the pool to the leg's packet path, to the writer and back.
type chunk struct {
	next   atomic.Pointer[chunk] // the leg's chunk after this; in the pool, the spare below
	filled atomic.Uint32         // bytes of frames; no more are added once next is set
	buf    [chunkRoom]byte
}

// pool keeps empty chunks for all legs of a recorder. So memory follows what is under way, not what might come: a leg
// holds one chunk that is filled and those that wait for the writer.
type pool struct {
	mu     sync.Mutex // never waited for on the packet path
	spares *chunk
	count  int
	out    atomic.Int64 // chunks that legs have
}

// get is an empty chunk. It neither waits nor, unless there is no spare, allocates.
func (p *pool) get() *chunk {
	p.out.Add(1)
	if !p.mu.TryLock() {
		return new(chunk)
	}
	defer p.mu.Unlock()
	c := p.spares
	if c == nil {
		return new(chunk)
	}
	p.spares = c.next.Load()
	p.count--
	c.next.Store(nil)
	c.filled.Store(0)
	return c
}

// put takes a chunk back. Of those that are not needed some are kept: as many as are in use, so that all legs may double.
func (p *pool) put(c *chunk) {
	out := p.out.Add(-1)
	p.mu.Lock()
	defer p.mu.Unlock()
	if int64(p.count) >= max(out, sparesLeast) {
		return
	}
	c.next.Store(p.spares)
	p.spares = c
	p.count++
}

// thin lets go of spares that are more than put would keep now: legs that end give back nothing, and nobody else may come for long.
func (p *pool) thin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for most := max(p.out.Load(), sparesLeast); int64(p.count) > most; p.count-- {
		p.spares = p.spares.next.Load()
	}
}

// ring hands frames from one leg's packet path to the writer without a lock. What would be more than chunksMost chunks is
// dropped and counted; the file gets silence there.
type ring struct {
	pool    *pool
	first   atomic.Pointer[chunk] // the first chunk ever, for the writer to begin with
	waiting atomic.Int32          // chunks between the two
	dropped atomic.Uint64
	closed  atomic.Bool // the leg is no longer recorded

	head *chunk // being filled; owner: the packet path
	at   uint32 // where the next frame goes in head: what its filled says, but where the packet path has it at hand
	read uint32 // of tail
	tail *chunk // being read; owner: the writer
}

// Frame implements media.Tap.
func (r *ring) Frame(f media.Frame) {
	if r.closed.Load() {
		return
	}
	for len(f.Payload) > chunkRoom-frameHead { // a packet of a quarter of a second: two then
		if f.Codec == media.Opus {
			r.dropped.Add(1) // no packet of Opus that says anything is so long
			return
		}
		rest := f
		rest.Payload, f.Payload = f.Payload[chunkRoom-frameHead:], f.Payload[:chunkRoom-frameHead]
		rest.Timestamp += chunkRoom - frameHead // G.711 and G.722: a byte each (RFC 3551 §4.5)
		r.put(f)
		f = rest
	}
	r.put(f)
}

// Touch implements media.Toucher: where the next frame will go.
func (r *ring) Touch() uint64 {
	c := r.head
	if c == nil {
		return 0
	}
	const line = 64 // bytes that a processor fetches at once
	return uint64(c.buf[min(r.at, chunkRoom-1)]) + uint64(c.buf[min(r.at+line, chunkRoom-1)]) + uint64(c.buf[min(r.at+2*line, chunkRoom-1)])
}

func (r *ring) put(f media.Frame) {
	n := uint32(frameHead + len(f.Payload))
	c := r.head
	if c == nil || r.at+n > chunkRoom {
		if c = r.more(); c == nil {
			r.dropped.Add(1)
			return
		}
	}
	b := c.buf[r.at : r.at+n]
	binary.LittleEndian.PutUint64(b[0:], uint64(f.At))
	binary.LittleEndian.PutUint32(b[8:], f.Timestamp)
	binary.LittleEndian.PutUint32(b[12:], f.SSRC)
	binary.LittleEndian.PutUint16(b[16:], f.Seq)
	binary.LittleEndian.PutUint16(b[18:], uint16(len(f.Payload)))
	b[20] = byte(f.Codec) << 1
	if f.Marker {
		b[20] |= 1
	}
	copy(b[frameHead:], f.Payload)
	r.at += n
	c.filled.Store(r.at)
}

// more begins another chunk; nil: the writer has too much to do already.
func (r *ring) more() *chunk {
	for {
		n := r.waiting.Load()
		if n >= chunksMost {
			return nil
		}
		if r.waiting.CompareAndSwap(n, n+1) {
			break
		}
	}
	c, was := r.pool.get(), r.head
	r.head, r.at = c, 0
	if was == nil {
		r.first.Store(c)
	} else {
		was.next.Store(c)
	}
	return c
}

// peek is when the oldest frame came; false: there is none. It is called by the writer only.
func (r *ring) peek() (at int64, ok bool) {
	if r.tail == nil {
		if r.tail = r.first.Load(); r.tail == nil {
			return 0, false
		}
	}
	for r.read == r.tail.filled.Load() {
		next := r.tail.next.Load()
		if next == nil {
			return 0, false
		}
		if r.read != r.tail.filled.Load() { // filled to its end meanwhile
			break
		}
		r.give(next)
	}
	return int64(binary.LittleEndian.Uint64(r.tail.buf[r.read:])), true
}

// give returns the chunk that was read to the pool and goes on with the next; nil: there is none.
func (r *ring) give(next *chunk) {
	was := r.tail
	r.tail, r.read = next, 0
	r.waiting.Add(-1)
	r.pool.put(was)
}

// end gives up what is left. The chunks are not used again: the packet path may be writing this instant. It gets no more of them.
func (r *ring) end() { r.pool.out.Add(-int64(r.waiting.Swap(chunksMost))) }

// next takes the oldest frame out; its payload is the writer's until the next call. It is called by the writer only.
func (r *ring) next() (media.Frame, bool) {
	if _, ok := r.peek(); !ok {
		return media.Frame{}, false
	}
	b := r.tail.buf[r.read:]
	n := uint32(binary.LittleEndian.Uint16(b[18:]))
	r.read += frameHead + n
	return media.Frame{
		At:        int64(binary.LittleEndian.Uint64(b[0:])),
		Timestamp: binary.LittleEndian.Uint32(b[8:]),
		SSRC:      binary.LittleEndian.Uint32(b[12:]),
		Seq:       binary.LittleEndian.Uint16(b[16:]),
		Codec:     media.Codec(b[20] >> 1),
		Marker:    b[20]&1 != 0,
		Payload:   b[frameHead : frameHead+n : frameHead+n],
	}, true
}
