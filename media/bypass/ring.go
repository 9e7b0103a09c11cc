//go:build linux && (amd64 || arm64)

package bypass

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// Ring is where the program puts copies of packets (BPF_MAP_TYPE_RINGBUF, Documentation/bpf/ringbuf.rst). It is read where it
// stands, without a call of the kernel; one goroutine does.
type Ring struct {
	bypass   *Bypass
	lanes    atomic.Int32
	ours     []byte // the page with how far we have read
	theirs   []byte // the page with how far the program has written, and the records
	consumer *uint64
	producer *uint64
	records  []byte // twice in a row, so that none is cut at the end
	size     uint64
	at       uint64
	batch    [32]entry
	touched  uint64 // so that what was touched has a use
}

// What stands before each record: its length and where its page is.
const (
	headLen = 8
	busy    = 1 << 31
	thrown  = 1 << 30
)

func openRing(b *Bypass, m *ebpf.Map, size int) (*Ring, error) {
	page := os.Getpagesize()
	r := &Ring{bypass: b, size: uint64(size)}
	var err error
	if r.ours, err = unix.Mmap(m.FD(), 0, page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err != nil {
		return nil, fmt.Errorf("bypass: ring: %w", err)
	}
	if r.theirs, err = unix.Mmap(m.FD(), int64(page), page+2*size, unix.PROT_READ, unix.MAP_SHARED); err != nil {
		return nil, errors.Join(fmt.Errorf("bypass: ring: %w", err), r.close())
	}
	r.consumer = (*uint64)(unsafe.Pointer(&r.ours[0]))
	r.producer = (*uint64)(unsafe.Pointer(&r.theirs[0]))
	r.records = r.theirs[page:]
	return r, nil
}

func (r *Ring) close() error {
	var err error
	for _, each := range [][]byte{r.ours, r.theirs} {
		if each != nil {
			err = errors.Join(err, unix.Munmap(each))
		}
	}
	return err
}

// Lanes is how many lanes have the ring.
func (r *Ring) Lanes() int { return int(r.lanes.Load()) }

// Waits tells whether there is something to read.
func (r *Ring) Waits() bool { return atomic.LoadUint64(r.producer) != r.at }

// Read delivers what stands in the ring to its lanes, and returns how many packets that were. Some at a time, so that the
// memory which each will need is under way while the others are dealt with (see Lane).
func (r *Ring) Read() (packets int) {
	for {
		n := r.look()
		if n == 0 {
			return packets
		}
		for i := range r.batch[:n] {
			e := &r.batch[i]
			if e.lane != nil {
				e.lane.deliver(e.at, e.packet)
			}
			if e.packet != nil {
				packets++
			}
			atomic.StoreUint64(r.consumer, e.end)
			*e = entry{}
		}
	}
}

// entry is a record of a ring.
type entry struct {
	lane   *Lane // nil: it was given back
	at     int64
	packet []byte // nil: it was thrown away
	end    uint64 // where the next record begins
}

// look finds the next records and touches what they are for.
func (r *Ring) look() (n int) {
	end := atomic.LoadUint64(r.producer)
	for r.at != end && n < len(r.batch) {
		head := r.records[r.at%r.size:]
		size := atomic.LoadUint32((*uint32)(unsafe.Pointer(&head[0])))
		if size&busy != 0 {
			break // another processor is writing it
		}
		room := uint64(size &^ thrown)
		r.at += (headLen + room + 7) &^ 7
		e := &r.batch[n]
		if e.end = r.at; size&thrown == 0 {
			r.parse(e, head[headLen:headLen+room])
		}
		n++
	}
	return n
}

// parse reads a record: tag, slot, length of the packet, time, packet.
func (r *Ring) parse(e *entry, record []byte) {
	tag := *(*uint32)(unsafe.Pointer(&record[0]))
	slot := *(*uint16)(unsafe.Pointer(&record[4]))
	size := *(*uint16)(unsafe.Pointer(&record[6]))
	e.at = *(*int64)(unsafe.Pointer(&record[8]))
	e.packet = record[recordHead : recordHead+int(size)]
	if l := r.bypass.lanes[slot%lanesMost].Load(); l != nil && l.tag == tag {
		if e.lane = l; l.touch != nil {
			r.touched += l.touch()
		}
	}
}

// Clock is the time by which arrivals are told, ns: CLOCK_MONOTONIC.
func Clock() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		return 0 // cannot be: every Linux has that clock
	}
	return t.Nano()
}
