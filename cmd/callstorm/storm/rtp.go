package storm

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	frameLen  = 160 // 20 ms of G.711
	frameTime = 20 * time.Millisecond
	slots     = 4 // a socket's streams are sent in so many groups, 5 ms apart, so that they do not come in one burst
)

// audio is one RTP socket shared by many calls. The engine gives every leg a port of its own, so the source of a packet
// tells whose it is.
type audio struct {
	sock *socket // owner: the pump

	mu       sync.Mutex // guards all below
	streams  map[endpoint]*stream
	groups   [slots][]*stream
	next     int
	delay    *hdrhistogram.Histogram // one way through the engine, µs
	talking  *atomic.Bool            // all calls are up
	settled  *hdrhistogram.Histogram // delay while they are
	expected uint64                  // packets that streams which are over should have received
	received uint64
	holes    uint64
}

// hole is a silence in a stream that a listener hears.
const hole = 60 * time.Millisecond

func newAudio(local netip.Addr, talking *atomic.Bool) (*audio, error) {
	sock, err := openSocket(local)
	if err != nil {
		return nil, err
	}
	return &audio{sock: sock, streams: map[endpoint]*stream{}, delay: newHistogram(), settled: newHistogram(), talking: talking}, nil
}

// local is where the socket's phones receive.
func (a *audio) local() netip.AddrPort { return a.sock.local }

// add starts a stream. A stream is added once.
func (a *audio) add(s *stream) {
	s.start()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.streams[s.to] = s
	g := &a.groups[a.next%slots]
	a.next++
	*g = append(*g, s)
}

// remove ends a stream; what it heard counts from now on. Removing one that is not there is harmless.
func (a *audio) remove(s *stream) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.streams[s.to] == s {
		delete(a.streams, s.to)
	}
	for i, g := range a.groups {
		for j, x := range g {
			if x != s {
				continue
			}
			g[j] = g[len(g)-1]
			g[len(g)-1] = nil
			a.groups[i] = g[:len(g)-1]
			if s.got > 0 {
				n := s.last - s.first + 1
				a.expected += n
				a.received += min(s.got, n)
			}
			return
		}
	}
}

// pump moves the packets of some sockets: every 5 ms it sends one group of each, and now and then it takes what has come.
// Nothing waits for a packet, because waking up for each would cost more than all else; the kernel's stamps tell when it
// came.
type pump struct {
	audio []*audio
	stop  atomic.Bool
	done  chan struct{}
	group []*stream // owner: the goroutine
	heard []first
}

// first is what is to be told of a stream's first packet.
type first struct {
	tell func(at time.Time)
	at   int64
}

// perPump is how many sockets one pump serves: enough for some thousand streams on one core.
const perPump = 4

func newPump(as []*audio) *pump {
	p := &pump{audio: as, done: make(chan struct{})}
	go p.run()
	return p
}

// close ends the pump and closes its sockets.
func (p *pump) close() {
	p.stop.Store(true)
	<-p.done
}

func (p *pump) run() {
	defer close(p.done)
	due := time.Now()
	for turn := 0; !p.stop.Load(); turn++ {
		parts := p.parts()
		for part := range parts {
			for i, a := range p.audio {
				few := p.give(a, turn%slots, part, parts)
				if !few || part == 0 && turn%slots == i%slots { // a socket's buffer has room for 20 ms of a few streams
					p.take(a)
				}
			}
			due = due.Add(frameTime / slots / time.Duration(parts)) // a schedule that does not drift
			if late := time.Since(due); late > time.Second {
				due = due.Add(late) // this process was stopped: what it did not say then, nobody says now
			}
			time.Sleep(time.Until(due))
		}
	}
	for _, a := range p.audio {
		a.sock.close()
	}
}

// parts is in how many parts a group is sent: with many streams the cost of waking up is shared by many, and shorter bursts
// do not measure themselves as delay.
func (p *pump) parts() int {
	const streams, most = 300, 4
	n := 0
	for _, a := range p.audio {
		a.mu.Lock()
		n += len(a.streams)
		a.mu.Unlock()
	}
	return min(1+n/streams, most)
}

// give sends the packets of one part of a group. It says whether the socket has few streams.
func (p *pump) give(a *audio, group, part, parts int) (few bool) {
	a.mu.Lock()
	g := a.groups[group]
	p.group = append(p.group[:0], g[len(g)*part/parts:len(g)*(part+1)/parts]...)
	few = len(a.streams) <= batchIn
	a.mu.Unlock()
	for todo := p.group; len(todo) > 0; {
		n := min(len(todo), batchOut)
		now := time.Now().UnixNano()
		for i, s := range todo[:n] {
			a.sock.sized(i, s.packet(a.sock.outgoing(i, s.to), now))
		}
		a.sock.send(n)
		todo = todo[n:]
	}
	return few
}

// take receives all that has come.
func (p *pump) take(a *audio) {
	for n := batchIn; n == batchIn; {
		if n = a.sock.receive(); n == 0 {
			return
		}
		now := time.Now().UnixNano()
		p.heard = p.heard[:0]
		a.mu.Lock()
		for i := range n {
			b, from, at := a.sock.datagram(i, now)
			s := a.streams[from]
			if s == nil {
				continue
			}
			delay, tell := s.receive(b, at)
			if delay >= 0 {
				if s.heardAt > 0 && time.Duration(at-s.heardAt) > hole {
					a.holes++
				}
				s.heardAt = at
			}
			if delay >= 0 {
				record(a.delay, delay)
				if a.talking.Load() {
					record(a.settled, delay)
				}
			}
			if tell != nil {
				p.heard = append(p.heard, first{tell, at})
			}
		}
		a.mu.Unlock()
		for _, f := range p.heard {
			f.tell(time.Unix(0, f.at))
		}
	}
}
