package wire

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"hotline/sip/syntax"
)

// openTCP binds the listener of a socket that is not udp.
func (s *socket) openTCP() error {
	ln, err := s.w.handed.listenTCP(s.addr)
	if err != nil {
		return err
	}
	s.addr = netip.AddrPortFrom(s.addr.Addr(), uint16(ln.Addr().(*net.TCPAddr).Port))
	s.ln = ln
	return nil
}

// accept takes connections until ctx is done and hands those that may come in to serve, each on a goroutine of its own.
func (s *socket) accept(ctx context.Context, serve func(net.Conn)) {
	stop := context.AfterFunc(ctx, func() { s.ln.Close() })
	defer stop()
	for {
		c, err := s.ln.Accept()
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return
			}
			s.w.log.Error("connection not accepted", "socket", s.String(), "error", err) // no descriptors left, most likely
			select {
			case <-ctx.Done():
			case <-time.After(50 * time.Millisecond):
			}
			continue
		}
		from := unmapped(c.RemoteAddr().(*net.TCPAddr).AddrPort())
		if !s.w.guard.admit(from.Addr(), time.Now()) || !s.w.conns.enter(from.Addr()) {
			s.w.cfg.Metrics.FlowsRefused.Add(1)
			c.Close()
			continue
		}
		s.w.wg.Go(func() {
			defer s.w.conns.leave(from.Addr())
			defer c.Close()
			serve(c)
		})
	}
}

// serveTLS is serveTCP behind a handshake: over TLS messages are cut from the stream as over tcp (RFC 3261 §18.3).
func (s *socket) serveTLS(ctx context.Context, c net.Conn) {
	if t := s.shake(ctx, c); t != nil {
		s.serveStream(ctx, t, c, nil)
	}
}

// serveTCP reads one connection to its end.
func (s *socket) serveTCP(ctx context.Context, c net.Conn) { s.serveStream(ctx, c, c, nil) }

// serveStream reads c, which travels over the tcp connection raw, to its end. It is raw that is closed: TLS would first
// say goodbye to a peer that perhaps does not read. to is the trunk's server that we made the connection to, nil for one that
// was made to us.
func (s *socket) serveStream(ctx context.Context, c, raw net.Conn, to *Gateway) {
	f := &flow{
		sock:  s,
		peer:  unmapped(c.RemoteAddr().(*net.TCPAddr).AddrPort()),
		local: unmapped(c.LocalAddr().(*net.TCPAddr).AddrPort()).Addr(),
		shut:  func() { raw.Close() },
		half:  func() { _ = c.(interface{ CloseWrite() error }).CloseWrite() },
	}
	f.send = func(b []byte) error {
		if err := c.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
			return err
		}
		_, err := c.Write(b)
		return err
	}
	s.w.flowOpened(f)
	stop := context.AfterFunc(ctx, f.shut)
	defer stop()
	p := Path{sock: s, flow: f, Peer: f.peer}
	defer f.close()
	if to != nil {
		s.w.linkUp(to, f)
	}
	r := stream{limit: s.w.cfg.ReadTimeout}
	buf := make([]byte, 4096)
	for {
		if err := c.SetReadDeadline(r.deadline(time.Now(), f.known.Load())); err != nil {
			return
		}
		n, err := c.Read(buf)
		if n > 0 {
			f.listened()
			if !s.w.streamed(p, &r, buf[:n]) {
				linger(c, f)
				return
			}
		}
		if err != nil && !(errors.Is(err, os.ErrDeadlineExceeded) && f.known.Load() && len(r.buf) == 0) {
			return // it became known while the deadline of a stranger ran
		}
	}
}

// Times of a connection that is about to be closed by us.
const (
	lastWords = 200 * time.Millisecond // for answers to what came before
	lastReads = time.Second            // for the peer to take them
)

// linger lets the last answers reach a peer that is still sending: closing with unread data would reset the connection
// and take the answers with it.
func linger(c net.Conn, f *flow) {
	for _, d := range [...]time.Duration{lastWords, lastReads} {
		if err := c.SetReadDeadline(time.Now().Add(d)); err != nil {
			return
		}
		if _, err := io.CopyN(io.Discard, c, syntax.MaxMessage); !errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		f.finish()
	}
}

// streamed takes what was read from a stream and handles the messages that are whole. It returns false when the stream
// cannot be followed any more.
func (w *Wire) streamed(p Path, r *stream, data []byte) (ok bool) {
	defer w.catch(p, data)
	r.add(data, time.Now())
	for {
		h, pong, err := r.next(time.Now())
		for range pong {
			_ = p.Write([]byte("\r\n")) // RFC 5626 §4.4.1
		}
		if err != nil {
			w.garbage(p, data, err)
			if h != nil && h.Code == 0 {
				h.Broken = strings.TrimPrefix(err.Error(), "sip: ")
				w.receive(h, p)
			}
			return false
		}
		if h == nil {
			return true
		}
		if !w.guard.admit(p.Peer.Addr(), time.Now()) {
			w.cfg.Metrics.Dropped.Add(1)
			return false
		}
		w.cfg.Metrics.Received.Add(1)
		w.receive(h, p)
	}
}

// stream cuts a byte stream into messages (RFC 3261 §18.3). It holds no more than one message and what came with its
// end. Owned by the connection's reader.
type stream struct {
	limit time.Duration // for a message from its first octet to its last
	buf   []byte
	since time.Time // when the first octet of buf came
	seen  int       // octets of buf in which there is no end of a header and no bare line break: not looked at again

	head      *syntax.Head // of the message whose body is still coming
	from, end int          // where that body begins and ends in buf
}

// Errors of framing: the stream cannot be followed behind them, so the connection ends.
var (
	errFraming  = errors.New("sip: Content-Length missing or malformed")
	errBareLine = errors.New("sip: bare line break")
)

func (r *stream) add(data []byte, now time.Time) {
	if len(r.buf) == 0 {
		r.since = now
	}
	r.buf = append(r.buf, data...)
}

// deadline is when the next octets must be there at the latest; the zero time: never.
func (r *stream) deadline(now time.Time, known bool) time.Time {
	switch {
	case len(r.buf) > 0:
		return r.since.Add(r.limit)
	case known:
		return time.Time{}
	}
	return now.Add(r.limit)
}

// next returns the next whole message, nil if more octets are needed. pong counts the keep-alives before it. An error is
// final; the message that it was found in comes with it if it can be answered.
func (r *stream) next(now time.Time) (h *syntax.Head, pong int, err error) {
	if r.head == nil {
		for len(r.buf) >= 2 && r.buf[0] == '\r' && r.buf[1] == '\n' {
			if len(r.buf) >= 4 && r.buf[2] == '\r' && r.buf[3] == '\n' {
				r.buf = r.buf[2:]
				pong++
			}
			r.buf, r.seen = r.buf[2:], 0
		}
		if h, err := r.readHead(); r.head == nil {
			return h, pong, err
		}
	}
	if len(r.buf) < r.end {
		return nil, pong, nil
	}
	h, r.head = r.head, nil
	h.Body = append([]byte(nil), r.buf[r.from:r.end]...)
	h.Size = r.end
	r.buf = append(r.buf[:0:0], r.buf[r.end:]...)
	r.since, r.seen = now, 0
	return h, pong, nil
}

// readHead reads the header if it is all there, finds out how long the message is and sets r.head.
func (r *stream) readHead() (*syntax.Head, error) {
	end := bytes.Index(r.buf[r.seen:], []byte("\r\n\r\n"))
	fresh := r.buf[r.seen:]
	if end >= 0 {
		fresh = fresh[:end]
		end += r.seen
	}
	if bareLine(fresh, r.seen) {
		return nil, errBareLine
	}
	if end < 0 {
		if r.seen = max(0, len(r.buf)-3); len(r.buf) > syntax.MaxHead {
			return nil, syntax.ErrTooLong
		}
		return nil, nil
	}
	h, err := syntax.ReadHead(r.buf[:end+4])
	if err != nil {
		return nil, err
	}
	n, err := strconv.ParseUint(h.Get(syntax.KindContentLength), 10, 31)
	if err != nil || h.Count[syntax.KindContentLength] != 1 {
		return h, errFraming
	}
	if n > syntax.MaxMessage {
		return h, syntax.ErrTooLong
	}
	r.head, r.from, r.end = h, end+4, end+4+int(n)
	return h, nil
}

// bareLine says whether a line ends in LF alone: the next line would be read differently by different elements. An LF
// that b begins with is looked at only if nothing is in front of b: else it has been.
func bareLine(b []byte, before int) bool {
	for i := bytes.IndexByte(b, '\n'); i >= 0; {
		if i == 0 && before == 0 || i > 0 && b[i-1] != '\r' {
			return true
		}
		j := bytes.IndexByte(b[i+1:], '\n')
		if j < 0 {
			return false
		}
		i += 1 + j
	}
	return false
}
