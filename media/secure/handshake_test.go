package secure_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline/media/secure"
)

func certificate(t testing.TB) *secure.Certificate {
	t.Helper()
	c, err := secure.NewCertificate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// shake lets two sides make a handshake with each other; lose drops a datagram.
func shake(t *testing.T, client, server secure.Handshake, lose func(n int) bool) (a, b *secure.Association, errA, errB error) {
	t.Helper()
	peer := netip.MustParseAddrPort("127.0.0.1:5000")
	var left, right *secure.Link
	var mu sync.Mutex
	n := 0
	lost := func() bool {
		mu.Lock()
		defer mu.Unlock()
		n++
		return lose != nil && lose(n)
	}
	left = secure.NewLink(peer, func(b []byte) error {
		if !lost() {
			right.Put(b)
		}
		return nil
	})
	right = secure.NewLink(peer, func(b []byte) error {
		if !lost() {
			left.Put(b)
		}
		return nil
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var both sync.WaitGroup
	both.Go(func() {
		if a, errA = client.Do(ctx, left); errA != nil {
			cancel()
		}
	})
	both.Go(func() {
		if b, errB = server.Do(ctx, right); errB != nil {
			cancel()
		}
	})
	both.Wait()
	for _, x := range []*secure.Association{a, b} {
		if x != nil {
			t.Cleanup(x.Close)
		}
	}
	return a, b, errA, errB
}

func TestHandshakeGivesKeys(t *testing.T) {
	for name, lose := range map[string]func(int) bool{"clean": nil, "a datagram of each flight lost": func(n int) bool { return n == 2 || n == 4 || n == 6 }} {
		t.Run(name, func(t *testing.T) {
			x, y := certificate(t), certificate(t)
			a, b, errA, errB := shake(t,
				secure.Handshake{Certificate: x, Peer: []secure.Fingerprint{y.Fingerprint}, Client: true},
				secure.Handshake{Certificate: y, Peer: []secure.Fingerprint{{Hash: "sha-1", Value: "00"}, {Hash: "SHA-256", Value: strings.ToLower(x.Fingerprint.Value)}}}, lose)
			if errA != nil || errB != nil {
				t.Fatal(errA, errB)
			}
			if !a.In.Equal(b.Out) || !a.Out.Equal(b.In) || a.In.Equal(a.Out) {
				t.Error("the keys do not fit")
			}
			out, _ := pair(t, a.Out)
			in, err := secure.NewInbound(b.In)
			if err != nil {
				t.Fatal(err)
			}
			p, _ := out.RTP(packet(1, 2))
			if _, err := in.RTP(p); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestFingerprintIsHeldTo: whoever is on the path but not in the SDP gets no keys, whichever side it plays.
func TestFingerprintIsHeldTo(t *testing.T) {
	x, y, stranger := certificate(t), certificate(t), certificate(t)
	a, b, errA, errB := shake(t,
		secure.Handshake{Certificate: stranger, Peer: []secure.Fingerprint{y.Fingerprint}, Client: true},
		secure.Handshake{Certificate: y, Peer: []secure.Fingerprint{x.Fingerprint}}, nil)
	if b != nil || errB == nil {
		t.Error("a stranger as client", a, errA)
	}
	a, _, errA, _ = shake(t,
		secure.Handshake{Certificate: x, Peer: []secure.Fingerprint{y.Fingerprint}, Client: true},
		secure.Handshake{Certificate: stranger, Peer: []secure.Fingerprint{x.Fingerprint}}, nil)
	if a != nil || !errors.Is(errA, secure.ErrFingerprint) && errA == nil {
		t.Error("a stranger as server", errA)
	}
	if (secure.Fingerprint{Hash: "sha-1", Value: "A9:99"}).Of([]byte("abc")) || (secure.Fingerprint{Hash: "sha-256"}).Of(nil) {
		t.Error("a weak or empty fingerprint")
	}
}

// TestReadHello: a browser's hello comes in two datagrams, of which only the first begins it.
func TestReadHello(t *testing.T) {
	b := append([]byte{22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 54, 1, 0, 5, 42, 0, 0, 0, 0, 0, 0, 0, 42, 0xfe, 0xfd}, make([]byte, 40)...)
	b[27] = 7
	if h, ok := secure.ReadHello(b); !ok || !h.First || h.Random[0] != 7 {
		t.Error(h, ok)
	}
	b[18] = 1
	if h, ok := secure.ReadHello(b); !ok || h.First {
		t.Error("one with a cookie", h, ok)
	}
	b[21] = 200
	if _, ok := secure.ReadHello(b); ok {
		t.Error("a fragment")
	}
	for n := range 59 {
		if _, ok := secure.ReadHello(b[:n]); ok {
			t.Error("cut")
		}
	}
}

func TestHandshakeGivesUp(t *testing.T) {
	own := certificate(t)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	sent := 0
	l := secure.NewLink(netip.MustParseAddrPort("127.0.0.1:5000"), func([]byte) error { sent++; return nil })
	for range 1000 {
		l.Put(make([]byte, 1000)) // nobody reads: it is lost and blocks nobody
	}
	_, err := secure.Handshake{Certificate: own, Client: true}.Do(ctx, l)
	if err == nil || sent == 0 {
		t.Error(err, sent)
	}
}
