package sip

import (
	"hash/maphash"
	"slices"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/sdp"
	"hotline/sip/wire"
)

// Resume keeps, for each leg, what another process needs to go on with it: see legRecord. Neither method may block: what
// is written down is written behind.
type Resume interface {
	// Put replaces what is kept of the leg. state is the caller's again on return.
	Put(leg string, state []byte)
	// Delete forgets the leg: it is over and nothing more has to be said to its peer.
	Delete(leg string)
}

// keeping is what a leg remembers of its record. Owned by the mailbox.
type keeping struct {
	on   bool   // there is a record
	sum  uint64 // of what it says, but for what moves with every packet
	gone bool   // the leg is forgotten: no record any more

	// As they were written last: they hardly ever change, and a record is made after everything that is done on the leg.
	local, remote, target, contact uriText
	path                           pathText
}

// uriText is a URI and its text.
type uriText struct {
	uri  gosip.Uri
	text string
}

// of is the text of u, made anew only where it is not the URI it was.
func (t *uriText) of(u *gosip.Uri) string {
	if t.text == "" || !sameURI(&t.uri, u) {
		t.uri, t.text = *u.Clone(), wire.URIText(u)
	}
	return t.text
}

// sameURI says whether two URIs are written alike.
func sameURI(a, b *gosip.Uri) bool {
	return a.User == b.User && a.Host == b.Host && a.Port == b.Port && a.Scheme == b.Scheme && a.Password == b.Password && a.Raw() == b.Raw() &&
		a.Wildcard == b.Wildcard && a.HierarhicalSlashes == b.HierarhicalSlashes && slices.Equal(a.UriParams, b.UriParams) && slices.Equal(a.Headers, b.Headers)
}

// pathText is a way and its text.
type pathText struct {
	path wire.Path
	text string
}

func (t *pathText) of(p wire.Path) string {
	if t.text == "" || t.path != p {
		t.path, t.text = p, p.String()
	}
	return t.text
}

// keep writes the leg's record if it says something new. It is called in one place, after everything that was done on the
// leg's mailbox (Switch.guard), so that no change of a dialog or its media can be forgotten.
func (l *leg) keep() {
	s := l.sw
	if s.cfg.Resume == nil || l.kept.gone {
		return
	}
	r := l.record()
	buf := s.bufs.Get().(*[]byte)
	b := r.appendSignalling((*buf)[:0])
	if sum := maphash.Bytes(s.seed, b); !l.kept.on || sum != l.kept.sum {
		l.kept.on, l.kept.sum = true, sum
		b = r.appendMedia(b)
		s.cfg.Resume.Put(string(l.id), b)
	}
	*buf = b
	s.bufs.Put(buf)
}

// recordBuffers are what records are written into before it is known whether they say something new.
func recordBuffers() *sync.Pool {
	return &sync.Pool{New: func() any { b := make([]byte, 0, 2048); return &b }}
}

// unkeep deletes the record: the dialog is forgotten.
func (l *leg) unkeep() {
	if l.kept.on {
		l.sw.cfg.Resume.Delete(string(l.id))
	}
	l.kept.on, l.kept.gone = false, true
}

// record is the leg as it is now.
func (l *leg) record() legRecord {
	r := legRecord{
		Leg: string(l.id), Call: string(l.call.id), Agent: string(l.agent), Incoming: l.incoming, Phase: uint64(l.phase),
		CallID: l.sipID, LocalTag: l.localTag, Cause: string(l.bye), Held: l.held,
	}
	if d := l.dialled; d != nil {
		if t := d.hunt.trunk(); t != nil {
			r.Trunk = t.Name
		}
		if l.phase == phaseNew {
			r.Branches = l.branchRecords()
		}
	}
	if v := l.incomed; v != nil {
		r.Trunk = v.in.Trunk
		if l.phase == phaseNew {
			r.Invite = v.in.Tx.Echo()
		}
	}
	if a := l.accepted; a != nil {
		r.Unacked = uint64(a.seq) + 1
	}
	if d := l.dlg; d != nil {
		r.dialog(d, &l.kept)
	}
	r.SessionSeconds, r.SessionOurs = uint64(l.timing.seconds), l.timing.ours
	r.session(l.local.Keep())
	if m := l.handle.media.Load(); m != nil {
		v := m.Session()
		r.Port, r.Latched, r.SSRC, r.RemoteSSRC = uint64(v.Port), v.Latched, uint64(v.SSRC), uint64(v.RemoteSSRC)
		r.Seq, r.Timestamp, r.At = uint64(v.Seq), uint64(v.Timestamp), v.At.UnixMilli()
	}
	return r
}

// dialog copies a dialog into the record.
func (r *legRecord) dialog(d *dialog, k *keeping) {
	r.RemoteTag, r.LocalSeq, r.RemoteSeq, r.Heard, r.Pinned = d.remoteTag, uint64(d.localSeq), uint64(d.remoteSeq), d.heard, d.pinned
	r.LocalName, r.LocalURI, r.RemoteName, r.RemoteURI = d.local.name, k.local.of(&d.local.uri), d.remote.name, k.remote.of(&d.remote.uri)
	r.Target, r.Contact, r.Path = k.target.of(&d.target), k.contact.of(&d.contact), k.path.of(d.path)
	r.Routes = uriTexts(d.routes)
}

// session copies what both sides said of the media.
func (r *legRecord) session(k sdp.Kept) {
	r.SDPID, r.SDPVersion, r.SDPText, r.SDPIndex = k.ID, k.Version, k.Text, uint64(k.Index)
	r.Addr, r.Codecs, r.Loopback = k.Addr, k.Codecs, k.Loopback
	t := &k.Now
	r.Remote, r.RemoteRTCP, r.Codec, r.PayloadType, r.EventType = t.Remote, t.RTCP, t.Codec, uint64(t.PT), uint64(t.Event)
	r.Noise, r.EventRate = t.Noise, uint64(t.Rate)
	r.HeardType, r.HeardEventType = uint64(t.Heard), uint64(t.HeardEvent)
	r.OpusRate, r.OpusConstant = uint64(t.Opus.BitRate), t.Opus.Constant
	r.PTime, r.Direction = uint64(t.PTime/time.Millisecond), uint64(t.Dir)
	r.Secured = uint64(t.Shield.Kind)
}

// kept is the session description's part of the record.
func (r *legRecord) kept() sdp.Kept {
	return sdp.Kept{
		ID: r.SDPID, Version: r.SDPVersion, Addr: r.Addr, Port: int(r.Port), Codecs: r.Codecs, Loopback: r.Loopback, Index: int(r.SDPIndex), Text: r.SDPText,
		Now: sdp.Terms{
			Remote: r.Remote, RTCP: r.RemoteRTCP, Codec: r.Codec, PT: uint8(r.PayloadType), Event: uint8(r.EventType), Rate: int(r.EventRate), Noise: r.Noise,
			Heard: uint8(r.HeardType), HeardEvent: uint8(r.HeardEventType),
			Opus:  sdp.OpusFormat{BitRate: int(r.OpusRate), Constant: r.OpusConstant},
			PTime: time.Duration(r.PTime) * time.Millisecond, Dir: sdp.Direction(r.Direction), Shield: sdp.Shield{Kind: sdp.Kind(r.Secured)},
		},
	}
}

// branchRecords are the INVITEs that have no final answer: what a CANCEL needs (RFC 3261 §9.1).
func (l *leg) branchRecords() []branchRecord {
	var all []branchRecord
	for _, b := range l.dialled.branches {
		if b.over || b.tx == nil {
			continue
		}
		all = append(all, branchRecord{Branch: b.tx.Branch(), Target: wire.URIText(&b.uri), To: wire.URIText(&b.to), Routes: uriTexts(b.routes), Path: b.path.String()})
	}
	return all
}

func uriTexts(uris []gosip.Uri) []string {
	var texts []string
	for i := range uris {
		texts = append(texts, wire.URIText(&uris[i]))
	}
	return texts
}

// dialogOf makes the dialog that a record was made of, on the sockets of this process.
func dialogOf(w *wire.Wire, r *legRecord) (*dialog, error) {
	d := &dialog{
		callID: r.CallID, localTag: r.LocalTag, remoteTag: r.RemoteTag, localSeq: uint32(r.LocalSeq), remoteSeq: uint32(r.RemoteSeq),
		heard: r.Heard, pinned: r.Pinned, local: nameAddr{name: r.LocalName}, remote: nameAddr{name: r.RemoteName},
	}
	var err error
	if d.path, err = w.PathFrom(r.Path); err != nil {
		return nil, err
	}
	for _, f := range []struct {
		text string
		into *gosip.Uri
	}{{r.LocalURI, &d.local.uri}, {r.RemoteURI, &d.remote.uri}, {r.Target, &d.target}, {r.Contact, &d.contact}} {
		if err := gosip.ParseUri(f.text, f.into); err != nil {
			return nil, errRecord
		}
	}
	for _, text := range r.Routes {
		var u gosip.Uri
		if err := gosip.ParseUri(text, &u); err != nil {
			return nil, errRecord
		}
		d.routes = append(d.routes, u)
	}
	return d, nil
}

// Kept reads what Resume was given, after a restart: which legs of which calls were up. A record that cannot be read is
// handed to bad, which is to put it where it harms nobody; it never stops the others.
func Kept(each func(func(leg string, state []byte) bool) error, bad func(leg string, state []byte, err error)) ([]KeptLeg, error) {
	var legs []KeptLeg
	err := each(func(leg string, state []byte) bool {
		r, err := readLegRecord(state)
		if err == nil && r.Leg != leg {
			err = errRecord
		}
		if err != nil {
			bad(leg, slices.Clone(state), err)
			return true
		}
		legs = append(legs, KeptLeg{
			Leg: hotline.LegID(r.Leg), Call: hotline.CallID(r.Call), Agent: hotline.AgentID(r.Agent), Trunk: r.Trunk, Incoming: r.Incoming,
			Talking: r.Phase == uint64(phaseUp), Port: int(r.Port),
		})
		return true
	})
	return legs, err
}

// KeptLeg is a leg that a former process was serving when it ended.
type KeptLeg struct {
	Leg      hotline.LegID
	Call     hotline.CallID
	Agent    hotline.AgentID // whose phone it is; empty for a trunk's
	Trunk    string
	Incoming bool
	Talking  bool // answered and acknowledged
	Port     int  // its RTP port
}
