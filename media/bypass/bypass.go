//go:build linux && (amd64 || arm64)

package bypass

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

const lanesMost = 1 << 14

// The size of a ring: 4 MiB is what 1,000 calls send in 200 ms. Many rings, of many processors, are smaller: they share the calls.
const (
	ringLeast = 1 << 20
	ringMost  = 4 << 20
	ringsMost = 16 << 20 // of all together, as long as none is smaller than ringLeast
)

// sizeOf is how large each of so many rings is, a power of two.
func sizeOf(rings int) int {
	size := ringMost
	for size > ringLeast && size*rings > ringsMost {
		size /= 2
	}
	return size
}

// Bypass is the program in the kernel and what it shares with us. Its methods may be called from any goroutine.
type Bypass struct {
	names, spots *ebpf.Map
	rings        []*Ring
	memory       []byte // spots
	closers      []func() error
	roads        roads

	lanes [lanesMost]atomic.Pointer[Lane]

	mu   sync.Mutex
	free []uint16 // slots; the one that was given back last is lent last
	tag  uint32
	over bool
}

// Open puts the program before all interfaces that are up and have an IPv4 address, with so many rings. It takes Linux 6.6 and
// the right to (CAP_BPF and CAP_NET_ADMIN); the error says what failed.
func Open(rings int) (*Bypass, error) {
	b := &Bypass{}
	for i := range lanesMost {
		b.free = append(b.free, uint16(i))
	}
	if err := b.open(rings); err != nil {
		b.Close() // what was made of it; the reason is the other error
		switch {
		case errors.Is(err, unix.EPERM):
			return nil, fmt.Errorf("it takes root or CAP_BPF and CAP_NET_ADMIN: %w", err)
		case errors.Is(err, ebpf.ErrNotSupported):
			return nil, fmt.Errorf("it takes Linux 6.6: %w", err)
		}
		return nil, err
	}
	return b, nil
}

func (b *Bypass) open(rings int) (err error) {
	if b.names, err = b.mapOf(&ebpf.MapSpec{Type: ebpf.Hash, KeySize: nameLen, ValueSize: 4, MaxEntries: lanesMost}); err != nil {
		return err
	}
	b.spots, err = b.mapOf(&ebpf.MapSpec{
		Type: ebpf.Array, KeySize: 4, ValueSize: uint32(spotLen), MaxEntries: lanesMost, Flags: unix.BPF_F_MMAPABLE,
	})
	if err != nil {
		return err
	}
	b.memory, err = unix.Mmap(b.spots.FD(), 0, lanesMost*int(spotLen), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("bypass: lanes: %w", err)
	}
	b.closers = append(b.closers, func() error { return unix.Munmap(b.memory) })
	size := sizeOf(rings)
	ring := &ebpf.MapSpec{Type: ebpf.RingBuf, MaxEntries: uint32(size)}
	all := &ebpf.MapSpec{Type: ebpf.ArrayOfMaps, KeySize: 4, ValueSize: 4, MaxEntries: uint32(rings), InnerMap: ring}
	for i := range rings {
		m, err := b.mapOf(ring)
		if err != nil {
			return err
		}
		r, err := openRing(b, m, size)
		if err != nil {
			return err
		}
		b.closers = append(b.closers, r.close)
		b.rings = append(b.rings, r)
		all.Contents = append(all.Contents, ebpf.MapKV{Key: uint32(i), Value: m})
	}
	outer, err := b.mapOf(all)
	if err != nil {
		return err
	}
	prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Name: "hotline_bypass", Type: ebpf.SchedCLS, License: "MIT", Instructions: program(b.names.FD(), b.spots.FD(), outer.FD()),
	})
	if err != nil {
		return fmt.Errorf("bypass: program: %w", err)
	}
	b.closers = append(b.closers, prog.Close)
	return b.attach(prog)
}

func (b *Bypass) mapOf(spec *ebpf.MapSpec) (*ebpf.Map, error) {
	m, err := ebpf.NewMap(spec)
	if err != nil {
		return nil, fmt.Errorf("bypass: %s: %w", spec.Type, err)
	}
	b.closers = append(b.closers, m.Close)
	return m, nil
}

// attach puts the program before the interfaces. An interface that will not have it has no lanes.
func (b *Bypass) attach(prog *ebpf.Program) error {
	all, err := net.Interfaces()
	if err != nil {
		return fmt.Errorf("bypass: interfaces: %w", err)
	}
	var refused error
	for _, i := range all {
		if !usable(i) {
			continue
		}
		l, err := link.AttachTCX(link.TCXOptions{Interface: i.Index, Program: prog, Attach: ebpf.AttachTCXIngress})
		if err != nil {
			refused = errors.Join(refused, fmt.Errorf("bypass: %s: %w", i.Name, err))
			continue
		}
		b.closers = append(b.closers, l.Close)
		b.roads.has(i)
	}
	if b.roads.none() {
		return errors.Join(refused, errors.New("bypass: no interface"))
	}
	return nil
}

// usable tells whether the program understands what an interface brings: Ethernet, or loopback, which looks the same.
func usable(i net.Interface) bool {
	if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagLoopback == 0 && len(i.HardwareAddr) != 6 {
		return false
	}
	addrs, err := i.Addrs()
	if err != nil {
		return false
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil {
			return true
		}
	}
	return false
}

// Ring is the n-th ring, whose Read one goroutine calls.
func (b *Bypass) Ring(n int) *Ring { return b.rings[n] }

// Rings is how many there are.
func (b *Bypass) Rings() int { return len(b.rings) }

// Close takes the program out of the kernel and all lanes back. Nobody may read a ring any more.
func (b *Bypass) Close() error {
	b.mu.Lock()
	over := b.over
	b.over = true
	b.mu.Unlock()
	if over {
		return nil
	}
	for i := range b.lanes {
		if l := b.lanes[i].Load(); l != nil {
			l.Close()
		}
	}
	var err error
	for i := len(b.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, b.closers[i]())
	}
	return err
}

// spot is the slot's place in memory.
func (b *Bypass) spot(slot uint16) *spot {
	return (*spot)(unsafe.Pointer(&b.memory[uintptr(slot)*spotLen]))
}
