//go:build linux && (amd64 || arm64)

package bypass

import (
	"bytes"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// world is three machines: ours, with a cable to a phone's and one to an agent's.
type world struct {
	t                 *testing.T
	ours, phone, desk netns.NsHandle
}

// newWorld makes them. The test's goroutine stands on our machine from here on: its thread ends with it.
func newWorld(t *testing.T) *world {
	runtime.LockOSThread()
	w := &world{t: t}
	for _, ns := range []*netns.NsHandle{&w.phone, &w.desk, &w.ours} {
		n, err := netns.New()
		if err != nil {
			t.Skip(err)
		}
		t.Cleanup(func() { n.Close() })
		*ns = n
	}
	w.cable("phone", "10.77.1.1/24", w.phone, "10.77.1.2/24")
	w.cable("desk", "10.77.2.1/24", w.desk, "10.77.2.2/24")
	return w
}

func (w *world) do(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// cable ties our machine to another. Checksums are made and proved by software at both ends.
func (w *world) cable(name, near string, there netns.NsHandle, far string) {
	w.t.Helper()
	if err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: name}, PeerName: "up"}); err != nil {
		w.t.Skip("no cables: ", err)
	}
	up, err := netlink.LinkByName("up")
	w.do(err)
	w.do(netlink.LinkSetNsFd(up, int(there)))
	w.plug(name, near)
	w.at(there, func() { w.plug("up", far) })
}

func (w *world) plug(name, address string) {
	w.t.Helper()
	l, err := netlink.LinkByName(name)
	w.do(err)
	a, err := netlink.ParseAddr(address)
	w.do(err)
	w.do(netlink.AddrAdd(l, a))
	w.do(softSums(name))
	w.do(netlink.LinkSetUp(l))
}

// softSums has an interface send datagrams with their checksums made, as a network card does (SIOCETHTOOL, ETHTOOL_STXCSUM).
func softSums(name string) error {
	value := struct{ cmd, data uint32 }{cmd: 0x17}
	var req struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte
	}
	copy(req.name[:], name)
	req.data = unsafe.Pointer(&value)
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	if _, _, no := unix.Syscall(unix.SYS_IOCTL, uintptr(s), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&req))); no != 0 {
		return no
	}
	return nil
}

// at does something on another machine.
func (w *world) at(there netns.NsHandle, f func()) {
	w.t.Helper()
	w.do(netns.Set(there))
	f()
	w.do(netns.Set(w.ours))
}

// Between machines: the packets leave by the agent's cable with checksums that its machine finds right.
func TestBetweenMachines(t *testing.T) {
	w := newWorld(t)
	r := &rig{t: t, seq: 10, ts: 1000}
	w.at(w.phone, func() { r.phone = bound(t, "10.77.1.2:0") })
	w.at(w.desk, func() { r.agent = bound(t, "10.77.2.2:0") })
	r.at, r.out = bound(t, "10.77.1.1:0"), bound(t, "10.77.2.1:0")
	r.bypass = opened(t, 1)
	r.begin()
	for _, size := range []int{160, 1, 33, 480, 160} {
		r.passes(r.packet(size))
	}
	for range 300 {
		r.passes(r.packet(160))
	}
	r.comes(append(r.packet(160), make([]byte, 400)...))

	back := Way{From: addr(r.agent), At: addr(r.out), Out: addr(r.at), To: addr(r.phone)}
	if road, ok := r.bypass.Reach(back); !ok || road.out == 0 {
		t.Errorf("back: %+v %v", road, ok)
	}
	lo, err := netlink.LinkByName("lo")
	w.do(err)
	w.do(netlink.LinkSetUp(lo))
	mixed := r.way
	mixed.To = netip.MustParseAddrPort("127.0.0.1:9")
	if road, ok := r.bypass.Reach(mixed); ok {
		t.Errorf("from another machine to this one: %+v", road)
	}
	nowhere := r.way
	nowhere.To = netip.MustParseAddrPort("192.0.2.1:9")
	if road, ok := r.bypass.Reach(nowhere); ok {
		t.Errorf("to where no cable leads: %+v", road)
	}
}

// What the kernel cannot bring to the agent's machine any more is lost as it would be from a socket, and no more than that.
func TestCableIsPulled(t *testing.T) {
	w := newWorld(t)
	r := &rig{t: t, seq: 10, ts: 1000}
	w.at(w.phone, func() { r.phone = bound(t, "10.77.1.2:0") })
	w.at(w.desk, func() { r.agent = bound(t, "10.77.2.2:0") })
	r.at, r.out = bound(t, "10.77.1.1:0"), bound(t, "10.77.2.1:0")
	r.bypass = opened(t, 1)
	r.begin()
	r.passes(r.packet(160))
	cable, err := netlink.LinkByName("desk")
	w.do(err)
	w.do(netlink.LinkDel(cable))
	for range 10 {
		r.send(r.packet(160))
	}
	r.agent.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if n, _, err := r.agent.ReadFromUDPAddrPort(make([]byte, 2048)); err == nil {
		t.Errorf("%d bytes", n)
	}
	if n := r.bypass.Ring(0).Read(); n != 10 {
		t.Errorf("%d copies", n)
	}
	r.bypass.roads.ways = nil // what was known is too old
	if road, ok := r.bypass.Reach(r.way); ok {
		t.Errorf("%+v", road)
	}
}

func TestUsable(t *testing.T) {
	newWorld(t)
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	var names [][]byte
	for _, i := range all {
		if usable(i) {
			names = append(names, []byte(i.Name))
		}
	}
	if got := string(bytes.Join(names, []byte(" "))); got != "phone desk" && got != "desk phone" { // loopback is down
		t.Error(got)
	}
}
