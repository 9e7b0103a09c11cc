package sip

import (
	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/siprec"
	"hotline/sip/syntax"
	"hotline/sip/wire"
)

// heard takes a request of the recorder inside the recording session.
func (f *forwarding) heard(in wire.Inbound) {
	s := f.call.sw
	if in.Tx == nil { // the ACK of an answer of ours: the wire repeated it until now
		return
	}
	if f.dlg == nil || !f.dlg.owns(in.Req) {
		s.answer(in.Tx, 481, "Call/Transaction Does Not Exist")
		return
	}
	if !f.dlg.inOrder(in.Req) {
		s.answer(in.Tx, 500, "CSeq out of order") // RFC 3261 §12.2.2
		return
	}
	switch in.Req.Method {
	case gosip.BYE:
		s.answer(in.Tx, 200, "OK")
		f.lost("the recorder has ended the session", 0, nil)
	case gosip.OPTIONS:
		s.answer(in.Tx, 200, "OK", gosip.NewHeader("Allow", wire.Allow))
	case gosip.INVITE, gosip.UPDATE:
		f.reoffered(in)
	default:
		s.answer(in.Tx, 405, "Method Not Allowed", gosip.NewHeader("Allow", wire.Allow))
	}
}

// reoffered takes what the recorder wants otherwise: it pauses a stream or moves it (RFC 3264 §8), or asks for the whole
// metadata (RFC 7866 §7.1.2), which follows in an INVITE of ours.
func (f *forwarding) reoffered(in wire.Inbound) {
	s := f.call.sw
	if f.tx != nil {
		s.answer(in.Tx, 491, "Request Pending")
		return
	}
	parts, code := bodyParts(in.Req)
	if code != 0 {
		s.answer(in.Tx, code, phraseOf(code), bodyHeaders(code)...)
		return
	}
	f.again = f.again || parts.Snapshot
	var body []byte
	switch {
	case parts.SDP == nil && in.Req.Method == gosip.INVITE:
		body = f.describe()
	case parts.SDP != nil:
		d := f.description()
		lines, code := readBody(in.Req)
		if code != 0 || len(lines) != len(f.streams) {
			s.answer(in.Tx, 488, "Not Acceptable Here")
			return
		}
		for i, m := range f.streams {
			_, t, err := f.local[i].Answer(lines[i : i+1])
			if err != nil || m == nil {
				d.Streams[i] = siprec.Stream{Kind: lines[i].Kind, Proto: lines[i].Proto, Other: lines[i].Formats}
				continue
			}
			d.Streams[i].Codec, d.Streams[i].Type, d.Streams[i].Pause = t.Codec, t.PT, !t.Dir.Sends()
			d.Streams[i].Proto, d.Streams[i].Lines = f.local[i].Protected(false)
			f.open(m, t)
		}
		body = f.say(d)
	}
	f.dlg.refresh(in.Req.Contact(), wire.Path{})
	res := in.Tx.Reply(200, "OK")
	res.AppendHeader(&gosip.ContactHeader{Address: *f.dlg.contact.Clone(), Params: gosip.HeaderParams{{K: "+sip.src"}}})
	if body != nil {
		setSDP(res, body)
	}
	if err := in.Tx.Respond(res); err != nil {
		f.log.Info("sip: answer to the recorder not sent", "error", err)
	}
	f.update()
}

// notAsked gives the INVITE under way up. What is answered all the same is ended when it comes.
func (f *forwarding) notAsked() {
	if f.limit != nil {
		f.limit.Stop()
	}
	if f.tx != nil {
		f.tx.Cancel()
	}
}

// bodyParts is what a message carries: a session description alone, or several parts with metadata among them.
func bodyParts(msg gosip.Message) (siprec.Parts, int) {
	kind := syntax.HeaderValue(msg, "content-type", "c")
	if !siprec.IsMultipart(kind) {
		if kind == siprec.TypeRequest {
			return siprec.Parts{Snapshot: true}, 0
		}
		body, code := sdpBody(msg)
		return siprec.Parts{SDP: body}, code
	}
	p, err := siprec.Split(kind, msg.Body())
	if err != nil {
		return p, 400
	}
	return p, 0
}
