package media

import (
	"sync/atomic"
	"time"
)

// The figures of RFC 3550 A.1, and jumpTime: a timestamp that differs by more from the time that has really passed
// belongs to a new time line.
const (
	maxDropout  = 3000
	maxMisorder = 100
	jumpTime    = 10 * SampleRate
)

// samplesAt is the engine's clock in samples.
func samplesAt(ns int64) int64 { return ns / (int64(time.Second) / SampleRate) }

// reception counts one leg's incoming packets and finds loss, jitter and jumps (RFC 3550 A.1, A.3, A.8). Its methods are
// called by the goroutine that reads the socket, which alone owns the plain fields; anyone may read the atomic ones.
type reception struct {
	begun   bool
	bad     uint32 // the sequence number that would confirm a jump; above 16 bits: none
	transit int64  // of the last audio packet, in samples
	timed   bool   // transit is of this time line
	lastTS  uint32 // of the last audio packet, with its arrival in samples
	arrived int64

	ssrc     atomic.Uint32
	extended atomic.Uint32 // cycles and highest sequence number (RFC 3550 §6.4.1)
	received atomic.Uint64
	bytes    atomic.Uint64
	expected atomic.Uint64
	bursts   atomic.Uint64 // runs of missing packets, seen when the next one came
	late     atomic.Uint64
	jitter   atomic.Uint32 // in 1/16 samples, as A.8 keeps it
	lastAt   atomic.Int64  // arrival of the last packet, ns; 0: none
	maxGap   atomic.Int64  // ns
}

// arrival is what a packet means for the stream.
type arrival uint8

const (
	arrivesInOrder arrival = iota
	arrivesLate            // behind a later one, or doubled
	arrivesAnew            // a new stream or a jump: numbers before it mean nothing any more
	arrivesWild            // a jump that the next packet must confirm: drop it
)

// packet counts one. audio: its timestamp is of the instant it was spoken, so that it says something about jitter.
func (r *reception) packet(now int64, h header, size int, audio bool, dueSince int64) arrival {
	a := r.place(h)
	if a == arrivesWild {
		r.late.Add(1)
		return a
	}
	r.received.Add(1)
	r.bytes.Add(uint64(size))
	if last := r.lastAt.Load(); dueSince != 0 && last > dueSince && now-last > r.maxGap.Load() {
		r.maxGap.Store(now - last)
	}
	r.lastAt.Store(now)
	switch {
	case a == arrivesLate:
		r.late.Add(1)
	case audio && r.time(now, h, a):
		a = arrivesAnew
	}
	return a
}

// place puts a packet into the sequence (RFC 3550 A.1) and counts what was expected.
func (r *reception) place(h header) arrival {
	if !r.begun || h.ssrc != r.ssrc.Load() {
		r.begin(h)
		return arrivesAnew
	}
	highest := r.extended.Load()
	step := h.seq - uint16(highest)
	switch {
	case step == 0:
		return arrivesLate
	case step < maxDropout:
		r.extended.Store(highest + uint32(step)) // the carry counts the cycle
		r.expected.Add(uint64(step))
		if step > 1 {
			r.bursts.Add(1)
		}
		r.bad = 1 << 16
		return arrivesInOrder
	case step > 1<<16-1-maxMisorder:
		return arrivesLate
	case uint32(h.seq) == r.bad:
		r.begin(h)
		r.expected.Add(1) // the first of the two was heard of, and dropped
		return arrivesAnew
	}
	r.bad = uint32(h.seq + 1)
	return arrivesWild
}

func (r *reception) begin(h header) {
	r.begun, r.timed, r.bad = true, false, 1<<16
	r.ssrc.Store(h.ssrc)
	r.extended.Store(uint32(h.seq))
	r.expected.Add(1)
}

// time follows the timestamps: jitter (RFC 3550 A.8), and whether they jumped.
func (r *reception) time(now int64, h header, a arrival) (jumped bool) {
	at := samplesAt(now)
	if a == arrivesAnew {
		r.timed = false
	}
	if r.timed {
		off := int64(int32(h.ts-r.lastTS)) - (at - r.arrived)
		if jumped = off > jumpTime || off < -jumpTime; jumped {
			r.timed = false
		}
	}
	transit := at - int64(h.ts)
	if r.timed {
		d := int64(int32(transit - r.transit)) // modulo 2^32, as the timestamps are
		j := int64(r.jitter.Load())
		r.jitter.Store(uint32(j + max(d, -d) - (j+8)>>4))
	}
	r.transit, r.timed, r.lastTS, r.arrived = transit, true, h.ts, at
	return jumped
}

// lost is expected less received, over all streams of the leg (RFC 3550 A.3).
func (r *reception) lost() uint64 {
	received, expected := r.received.Load(), r.expected.Load()
	if received > expected { // doubled packets count as received
		return 0
	}
	return expected - received
}

func (r *reception) jitterTime() time.Duration {
	return time.Duration(r.jitter.Load()) * (time.Second / SampleRate) / 16
}
