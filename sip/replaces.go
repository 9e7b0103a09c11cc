package sip

import (
	"strings"

	"hotline"
	"hotline/sip/syntax"
	"hotline/sip/wire"
)

// replaces is a Replaces header field (RFC 3891 §6.1): the dialog that is to be replaced, as its far end names it.
type replaces struct {
	callID, toTag, fromTag string
	early                  bool // only if it is not confirmed yet
}

// readReplaces reads a Replaces. Its tags are those of whom it is sent to, us: our own is the to-tag.
func readReplaces(s string) (r replaces, ok bool) {
	id, rest, _ := strings.Cut(s, ";")
	r.callID = strings.TrimSpace(id)
	if r.callID == "" || len(s) > maxReplaces || strings.ContainsFunc(s, syntax.IsControl) {
		return r, false
	}
	ps, err := syntax.ReadParams(";" + rest)
	if err != nil {
		return r, false
	}
	tos, froms := 0, 0
	for _, p := range ps {
		switch strings.ToLower(p.Name) {
		case "to-tag":
			r.toTag = p.Value
			tos++
		case "from-tag":
			r.fromTag = p.Value
			froms++
		case "early-only":
			r.early = true
		}
	}
	return r, tos == 1 && froms == 1 && r.toTag != "" && r.fromTag != ""
}

const maxReplaces = 1024

// face is what other mailboxes may know of a leg's dialog.
type face struct {
	remoteTag string
	up        bool // it is confirmed
}

// replaced finds the leg of the dialog; nil: there is none (any more). code is the status of an INVITE that wants to replace it
// (RFC 3891 §3): 0, 481 for a dialog that there is not or that is not ours to give away, 486 for one that should be early and
// is not, 603 for one that is over.
func (s *Switch) replaced(r replaces) (l *leg, code int) {
	if l = s.find(r.callID, r.toTag); l == nil {
		return nil, 481
	}
	f := l.face.Load()
	switch {
	case f == nil || f.remoteTag != r.fromTag:
		return nil, 481
	case s.leg(l.id) != l:
		return nil, 603
	case !f.up:
		return l, 481 // an early dialog that we did not begin
	case r.early:
		return l, 486
	}
	return l, 0
}

// replacing reads the Replaces of an INVITE. A status says why it is refused.
func (s *Switch) replacing(in wire.Inbound) (leg hotline.LegID, code int, phrase string) {
	headers := in.Req.GetHeaders("replaces")
	if len(headers) == 0 {
		return "", 0, ""
	}
	r, ok := readReplaces(headers[0].Value())
	switch {
	case !ok || len(headers) > 1:
		return "", 400, "Bad Request: malformed Replaces" // RFC 3891 §3
	case in.Agent == "":
		return "", 403, "Forbidden" // §5: only whom we know may take a call over
	}
	l, code := s.replaced(r)
	switch code {
	case 0:
		return l.id, 0, ""
	case 486:
		return "", code, "Busy Here"
	case 603:
		return "", code, "Decline"
	}
	return "", code, "Call/Transaction Does Not Exist"
}

// shows lets other mailboxes know of the dialog.
func (l *leg) shows(d *dialog, up bool) {
	l.face.Store(&face{d.remoteTag, up})
}
