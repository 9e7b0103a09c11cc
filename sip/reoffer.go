package sip

import (
	"math/rand/v2"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/media"
	"hotline/sip/digest"
	"hotline/sip/sdp"
	"hotline/sip/wire"
)

// offering is a re-INVITE of ours.
type offering struct {
	acks  map[string]ackSent // by To tag
	tried digest.Tries
	tx    *wire.ClientTx
	limit *timer    // who says "trying" and no more, for which RFC 3261 §17.1.1.2 has no timer, is given up
	late  bool      // it is
	at    wire.Path // where the peer was then

	rseq   uint64 // of the last reliable provisional answer (RFC 3262 §4); 0: none came
	agreed bool   // one of them has brought the answer
}

// notOffered gives a re-INVITE of ours up. What it was to agree on stays as it is.
func (l *leg) notOffered() {
	if o := l.offering; o != nil && o.tx != nil {
		o.tx.Cancel()
	}
}

// reoffer asks the peer to agree to our media anew (RFC 3261 §14.1): same port, same codec first, the Contact of now.
// While another INVITE is under way in the dialog it waits its turn.
func (l *leg) reoffer() {
	if l.phase != phaseUp || l.offering != nil || l.received != nil {
		return
	}
	if l.accepted != nil {
		l.after(l.glare(), l.reoffer)
		return
	}
	o := &offering{}
	l.offering = o
	req := l.dlg.request(gosip.INVITE, 0)
	for _, h := range wire.Abilities() {
		req.AppendHeader(h)
	}
	l.askAgain(req)
	setSDP(req, l.local.Offer())
	o.limit = l.after(l.sw.cfg.giveUp(), func() {
		if l.offering == o {
			o.late = true
			l.notOffered()
		}
	})
	l.followPhone(l.dlg)
	o.at = l.dlg.path
	way := l.dlg.wayTo(l.sw.wire)
	l.dlg.sign(l.sw.wire, req, way)
	l.offer(o, req, way)
}

// offer sends the re-INVITE, and once more where the trunk asks who it is from.
func (l *leg) offer(o *offering, req *gosip.Request, way wire.Path) {
	o.acks = make(map[string]ackSent, 1)
	o.tx = l.ask(wire.Outbound{Req: req, Path: way, Answer: func(res *gosip.Response) {
		if res.IsSuccess() {
			l.reACK(o, req, res)
		} else if res.StatusCode < 200 {
			l.offerHeard(o, req, res)
		}
	}}, func(res *gosip.Response, err error) {
		if l.phase == phaseUp && !o.late {
			if next := l.dlg.again(l.sw.wire, &o.tried, req, res, way); next != nil {
				l.offer(o, next, way)
				return
			}
		}
		l.reoffered(o, req, res, err)
	})
}

// glare is how long to wait after a 491, so that not both sides meet again (RFC 3261 §14.1): the owner of the Call-ID
// 2.1 to 4 s, the other 0 to 2 s, in steps of 10 ms.
func (l *leg) glare() time.Duration {
	unit := 10 * time.Millisecond
	if l.incoming {
		return time.Duration(rand.IntN(201)) * unit
	}
	return 2100*time.Millisecond + time.Duration(rand.IntN(191))*unit
}

func (l *leg) reoffered(o *offering, req *gosip.Request, res *gosip.Response, err error) {
	l.offering = nil
	o.limit.Stop()
	if err == nil && res.IsSuccess() {
		l.dlg.refresh(res.Contact(), wire.Path{})
		l.dlg.proved(res)
		l.reACK(o, req, res)
		if l.phase == phaseUp {
			l.timed(l.agreedTimer(res))
		}
	}
	if l.phase != phaseUp {
		return
	}
	switch {
	case l.dlg.path != o.at: // it has moved meanwhile: what was said where it was, or that nobody was there, says nothing
		l.reoffer()
	case err != nil:
		l.log.Info("sip: re-INVITE not answered", "error", err)
		l.notRefreshed(nil, err)
	case res.StatusCode == 491:
		l.after(l.glare(), l.reoffer)
	case !res.IsSuccess():
		l.log.Info("sip: re-INVITE refused", "code", res.StatusCode) // the session stays as it was
		l.notRefreshed(res, nil)
	case !o.agreed:
		l.offerAnswered(res)
	}
}

// offerAnswered takes the answer to the re-INVITE's offer; false: there is none that can be used.
func (l *leg) offerAnswered(res *gosip.Response) bool {
	lines, code := readBody(res)
	if code != 0 || lines == nil {
		return false
	}
	t, err := l.local.Accept(lines)
	if err != nil {
		l.log.Info("sip: the answer to a re-INVITE cannot be used", "error", err)
		return false
	}
	l.configure(t)
	l.tellHold()
	return true
}

// offerHeard takes a provisional answer to the re-INVITE. One that must be sure to arrive gets its PRACK: without, the peer would give the
// re-INVITE up (RFC 3262 §3, §4). What it says of the session is the answer then (RFC 6337 §3.1.1).
func (l *leg) offerHeard(o *offering, req *gosip.Request, res *gosip.Response) {
	rseq := reliableSeq(res)
	if l.phase != phaseUp || l.offering != o || rseq == 0 || o.rseq != 0 && rseq != o.rseq+1 {
		return
	}
	o.rseq = rseq
	o.agreed = o.agreed || l.offerAnswered(res)
	l.sendPRACK(l.dlg, l.dlg.request(gosip.PRACK, 0), req.CSeq().SeqNo, rseq)
}

// reACK acknowledges a 2xx to our re-INVITE, each time it comes.
func (l *leg) reACK(o *offering, req *gosip.Request, res *gosip.Response) {
	tag := toTag(res)
	a, ok := o.acks[tag]
	if !ok && len(o.acks) >= maxForks {
		return
	}
	if !ok {
		a = l.dlg.ack(l.sw.wire, req)
		o.acks[tag] = a
	}
	l.sendACK(a)
}

// configure gives the media engine what was agreed with the peer of the leg's dialog.
func (l *leg) configure(t sdp.Terms) {
	l.configureFor(l.dlg.path, t)
	l.received.configure(l.dlg.path)
}

func (l *leg) configureFor(way wire.Path, t sdp.Terms) {
	m := l.handle.media.Load()
	if m == nil {
		return
	}
	codec := codecOf(t.Codec)
	l.handle.speak(codec)
	p := media.Params{
		Remote: t.Remote, RemoteRTCP: t.RTCP, Source: way.Peer.Addr(),
		Codec: codec, PayloadType: t.PT, DTMFType: t.Event, DTMFClock: t.Rate, HeardType: t.Heard, HeardDTMF: t.HeardEvent, ComfortNoise: t.Noise, PTime: t.PTime, BitRate: t.Opus.BitRate, ConstantRate: t.Opus.Constant,
		Mux: t.Mux, Security: protection(t.Shield),
		Send: t.Dir.Sends() && !t.Remote.Addr().IsUnspecified(), Receive: t.Dir.Receives(),
	}
	if l.held && !t.Held() { // silence is counted from here on
		still := p
		still.Receive = false
		m.Configure(still)
	}
	m.Configure(p)
}

func codecOf(name string) media.Codec {
	codec, _ := media.CodecNamed(name)
	return codec
}

// tellHold raises HoldAsked when the peer began or ended to hold us.
func (l *leg) tellHold() {
	held := l.local.Now().Held()
	if l.phase != phaseUp || held == l.held {
		return
	}
	l.held = held
	l.handle.held.Store(held)
	l.handle.emit(hotline.HoldAsked{Leg: l.id, On: held})
	l.watchHold()
}
