package sip

import (
	"slices"
	"strings"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/media"
	"hotline/sip/sdp"
	"hotline/sip/siprec"
	"hotline/sip/syntax"
	"hotline/sip/wire"
)

// maxReceived bounds the streams that are taken from one recording session.
const maxReceived = 8

// received is a recording session that a trunk sends us, of which we are the server (RFC 7866 §6.2). Its dialog and its
// first stream are those of a leg like any other; what it has more of stands here. Which lines are used is settled by the
// first offer: a line that comes later is refused.
type received struct {
	line    int              // of the offer: the leg's own stream
	more    []receivedStream // the others, in the offer's order; not changed once the leg is known
	version uint64
}

// receivedStream is one further stream. Its session and terms are owned by the leg's mailbox.
type receivedStream struct {
	line  int
	media *media.Leg
	local sdp.Session
	terms sdp.Terms
}

// wantsRecorder says whether the INVITE begins a recording session (RFC 7866 §6.1.1).
func wantsRecorder(req *gosip.Request) bool {
	for _, h := range req.GetHeaders("require") {
		for tag := range strings.SplitSeq(h.Value(), ",") {
			if strings.EqualFold(strings.TrimSpace(tag), "siprec") {
				return true
			}
		}
	}
	return false
}

// takesRecordings says whether recording sessions are taken from the trunk.
func (s *Switch) takesRecordings(trunk string) bool {
	t := s.wire.TrunkNamed(trunk)
	return trunk != "" && t != nil && t.Records
}

// receive makes the leg one of a recording session: the first line of the offer that can be used is its own stream.
func (l *leg) receive(offer []sdp.Media) error {
	s, in := l.sw, l.incomed.in
	r := &received{line: -1, version: sessionID()}
	var err error
	for i := range offer {
		if r.line < 0 {
			if _, _, err = l.local.Answer(offer[i : i+1]); err == nil {
				r.line = i
			}
			continue
		}
		if len(r.more) == maxReceived-1 {
			break
		}
		m, full := s.cfg.Media.NewLeg(in.Path.Bind(), silent{})
		if full != nil {
			l.log.Warn("sip: no media for a stream of a recording session", "line", i, "error", full)
			break
		}
		one := receivedStream{line: i, media: m, local: s.localMedia(in.Path, m, s.cfg.Codecs)}
		one.local.Policy = s.answering(in)
		if _, _, bad := one.local.Answer(offer[i : i+1]); bad != nil {
			m.Close()
			continue
		}
		r.more = append(r.more, one)
	}
	if r.line < 0 {
		return err
	}
	l.received = r
	return nil
}

// agree answers an offer with what the leg can do: one stream, or those of a recording session.
func (l *leg) agree(offer []sdp.Media) ([]byte, sdp.Terms, error) {
	r := l.received
	if r == nil {
		return l.local.Answer(offer)
	}
	if r.line >= len(offer) {
		return nil, sdp.Terms{}, sdp.ErrSyntax // RFC 3264 §8: lines never become fewer
	}
	_, own, err := l.local.Answer(offer[r.line : r.line+1])
	if err != nil {
		return nil, sdp.Terms{}, err
	}
	d := siprec.Description{ID: r.version, Version: r.version, Addr: l.local.Addr}
	r.version++
	for i, m := range offer {
		local, t := &l.local, own
		if i != r.line {
			local, t = r.answer(i, offer[i:i+1])
		}
		one := siprec.Stream{Pause: !t.Dir.Receives(), Label: m.Label, Codec: t.Codec, Type: t.PT, Proto: m.Proto, Kind: m.Kind, Other: m.Formats}
		if local != nil {
			one.Port = local.Port
			_, one.Lines = local.Protected(false)
		}
		d.Streams = append(d.Streams, one)
	}
	return d.Bytes(), own, nil
}

// answer is what a further stream agrees to, nil for a line that is not used.
func (r *received) answer(line int, offer []sdp.Media) (*sdp.Session, sdp.Terms) {
	i := slices.IndexFunc(r.more, func(s receivedStream) bool { return s.line == line })
	if i < 0 {
		return nil, sdp.Terms{}
	}
	s := &r.more[i]
	_, t, err := s.local.Answer(offer)
	s.terms = t
	if err != nil {
		return nil, sdp.Terms{}
	}
	return &s.local, t
}

// configure opens the further streams as agreed. Nothing is ever sent on them.
func (r *received) configure(way wire.Path) {
	if r == nil {
		return
	}
	for i := range r.more {
		t := r.more[i].terms
		r.more[i].media.Configure(media.Params{
			Remote: t.Remote, RemoteRTCP: t.RTCP, Source: way.Peer.Addr(), Codec: codecOf(t.Codec), PayloadType: t.PT, DTMFType: t.Event, DTMFClock: t.Rate,
			Mux: t.Mux, Security: protection(t.Shield),
			Receive: t.Codec != "" && t.Dir.Receives(),
		})
	}
}

func (r *received) close() {
	if r == nil {
		return
	}
	for _, s := range r.more {
		s.media.Close()
	}
}

// tap lets the recording hear the further streams, all on the right.
func (r *received) tap(rec Recording) {
	if r == nil {
		return
	}
	for i := range r.more { // by index: the call's lane is here, and the rest of a stream is the mailbox's
		if rec == nil {
			r.more[i].media.SetTap(nil)
		} else {
			r.more[i].media.SetTap(rec.Right())
		}
	}
}

// described is the Incoming of a recording session: who the metadata says is heard in its first stream, and to whom that
// one speaks. Without metadata it is who the INVITE names.
func (l *leg) described(in hotline.Incoming, offer []sdp.Media) hotline.Incoming {
	in.Recording = true
	parts, code := bodyParts(l.incomed.in.Req)
	if code != 0 || parts.Metadata == nil {
		return in
	}
	meta, err := siprec.Parse(parts.Metadata)
	if err != nil {
		l.log.Info("sip: metadata of a recording session", "error", err)
		return in
	}
	if p, ok := meta.Of(offer[l.received.line].Label); ok {
		in.From = hotline.Party{Number: aorNumber(p.AOR), Name: syntax.SafeText(p.Name)}
	}
	for _, s := range l.received.more {
		if p, ok := meta.Of(offer[s.line].Label); ok {
			in.To = aorNumber(p.AOR)
			break
		}
	}
	return in
}

// aorNumber is the user part of an address of record, or the number of a tel URI.
func aorNumber(aor string) string {
	var u gosip.Uri
	if scheme, rest, ok := strings.Cut(aor, ":"); ok && strings.EqualFold(scheme, "tel") {
		number, _, _ := strings.Cut(rest, ";")
		return syntax.SafeText(number)
	}
	if gosip.ParseUri(aor, &u) != nil {
		return ""
	}
	return syntax.NumberOf(u)
}
