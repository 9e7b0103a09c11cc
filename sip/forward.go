package sip

import (
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/media"
	"hotline/sip/sdp"
	"hotline/sip/siprec"
	"hotline/sip/syntax"
	"hotline/sip/wire"
)

// The streams of a recording session and their labels (RFC 4574): the customer's, and everybody's who speaks with it.
const (
	customerStream = 0
	othersStream   = 1
)

// Times between attempts to reach a recorder: they double from the first to the last while the call lasts.
const (
	forwardPauseFirst = 2 * time.Second
	forwardPauseLast  = time.Minute
)

// forwarding duplicates a call to a third party's recorder: a recording session of which we are the client (RFC 7866
// §6.1). It lives from Record to StopRecord, so what may not be recorded is not sent away either. Whatever becomes of the
// recorder, the call does not feel it. All of it is owned by the call's lane: what the wire hears is put there.
type forwarding struct {
	call  *call
	trunk *wire.Trunk // whose calls are duplicated
	to    gosip.Uri
	way   wire.Path
	log   *slog.Logger
	began time.Time

	streams [2]*media.Leg // they hear the call and send to the recorder
	people  []siprec.Participant

	dialogID dialogKey // of the attempt under way
	local    [2]sdp.Session
	kinds    []sdp.Kind // of protection that may be asked for: that of the INVITE now, then the others
	session  uint64
	version  uint64 // of what was said last
	said     string
	req      *gosip.Request // the INVITE under way; nil: none
	tx       *wire.ClientTx
	limit    *time.Timer            // of its waiting
	acks     map[forwardAck]ackSent // of this attempt: its last INVITE and the one before
	dlg      *dialog                // nil while there is no session
	told     []siprec.Participant
	again    bool // the recorder asks for the whole metadata
	retry    *time.Timer
	tries    int
	over     bool
}

// forwardAck names the ACK of a 2xx: the INVITE's number and who answered.
type forwardAck struct {
	seq uint32
	tag string
}

// silent hears what a stream that only sends has to say: nothing.
type silent struct{}

func (silent) MediaUp(time.Time)             {}
func (silent) Digit(byte)                    {}
func (silent) PlayEnded(string, bool, error) {}
func (silent) MediaLost(time.Duration)       {}

// startForward begins to duplicate the call if the customer's trunk wants that.
func (c *call) startForward(customer *leg) {
	t := customer.recordedTrunk()
	if t == nil || c.forward != nil {
		return
	}
	id := sessionID()
	f := &forwarding{call: c, trunk: t, began: time.Now(), session: id, version: id, log: c.sw.log.With("call", c.id, "recorder", t.RecordTo)}
	c.forward = f
	c.followForward()
	f.guard(f.invite)
}

// recordedTrunk is the leg's trunk if its calls are duplicated to a recorder, else nil.
func (l *leg) recordedTrunk() *wire.Trunk {
	var t *wire.Trunk
	switch {
	case l.incomed != nil:
		t = l.sw.wire.TrunkNamed(l.incomed.in.Trunk)
	case l.dialled != nil:
		t = l.dialled.hunt.trunk()
	}
	if t == nil || t.RecordTo == "" {
		return nil
	}
	return t
}

// close gives the streams back.
func (f *forwarding) close() {
	for i, m := range f.streams {
		if m != nil {
			m.Close()
			f.streams[i] = nil
		}
	}
}

// invite begins an attempt: a dialog of its own (RFC 7866 §6.1, §7.1.1).
func (f *forwarding) invite() {
	s := f.call.sw
	f.forget()
	if !f.reach() {
		return
	}
	if f.kinds == nil {
		f.kinds = s.askedFor(f.way, s.srtpOf(f.trunk))
	}
	f.dialogID, f.acks = dialogKey{wire.NewDialogID(), wire.NewDialogID()}, make(map[forwardAck]ackSent, 1)
	s.mu.Lock()
	s.forwards[f.dialogID] = f
	s.mu.Unlock()
	for i, m := range f.streams {
		f.local[i] = s.localMedia(f.way, m, narrow(s.cfg.Codecs))
		f.local[i].Policy = s.policy(f.way, s.srtpOf(f.trunk))
		f.local[i].Policy.Offer = f.kinds[0]
	}
	req := gosip.NewRequest(gosip.INVITE, *f.to.Clone())
	id := gosip.CallIDHeader(f.dialogID.callID)
	req.AppendHeader(&gosip.FromHeader{
		Address: gosip.Uri{Scheme: "sip", User: wire.OurUser, Host: s.cfg.Domain}, Params: syntax.TagParam(f.dialogID.localTag),
	})
	req.AppendHeader(&gosip.ToHeader{Address: *f.to.Clone()})
	req.AppendHeader(&id)
	req.AppendHeader(&gosip.CSeqHeader{SeqNo: 1, MethodName: gosip.INVITE})
	req.AppendHeader(&gosip.ContactHeader{
		Address: f.way.Contact(wire.OurUser, f.to.Scheme == "sips"),
		Params:  gosip.HeaderParams{{K: "+sip.src"}}, // RFC 7866 §6.1.1
	})
	req.AppendHeader(gosip.NewHeader("Require", "siprec")) // §6.1.1
	req.AppendHeader(gosip.NewHeader("Accept", siprec.TypeSDP+", "+siprec.TypeRequest))
	f.ask(req, 1)
}

// ask sends an INVITE, first or further, with the session description and who speaks.
func (f *forwarding) ask(req *gosip.Request, seq uint32) {
	kind, body := siprec.Join(f.describe(), f.metadata())
	req.AppendHeader(gosip.NewHeader("Allow", wire.Allow))
	req.AppendHeader(gosip.NewHeader("Content-Type", kind))
	req.SetBody(body)
	f.told, f.again = f.people, false
	f.req = req
	maps.DeleteFunc(f.acks, func(k forwardAck, _ ackSent) bool { return k.seq+1 < seq })
	way := f.way
	if f.dlg != nil {
		way = f.dlg.wayTo(f.call.sw.wire)
	}
	tx, err := f.call.sw.wire.Request(f.call.sw.ctx, wire.Outbound{
		Req: req, Path: way,
		Answer: func(res *gosip.Response) { f.call.do(func() { f.guard(func() { f.answered(req, seq, res) }) }) },
		Failed: func(err error) { f.call.do(func() { f.guard(func() { f.refused(req, 0, err) }) }) },
	})
	f.tx = tx
	if err != nil {
		f.refused(req, 0, err)
		return
	}
	f.limit = time.AfterFunc(f.call.sw.cfg.giveUp(), func() { tx.Cancel() }) // a recorder that says "trying" and no more
}

// answered takes a response to an INVITE of ours.
func (f *forwarding) answered(req *gosip.Request, seq uint32, res *gosip.Response) {
	switch {
	case res.StatusCode < 200:
		return
	case !res.IsSuccess():
		f.refused(req, res.StatusCode, nil)
		return
	}
	same := req.CallID().Value() == f.dialogID.callID // the attempt of now
	key := forwardAck{seq, toTag(res)}
	if a, ok := f.acks[key]; ok && same {
		f.sendACK(a) // it came again
		return
	}
	d, ours := f.dlg, same && f.dlg != nil && f.dlg.remoteTag == key.tag
	if ours {
		d.refresh(res.Contact(), wire.Path{})
	} else {
		d = dialogUAC(req, res, f.way, false)
	}
	a := ackSent{d.request(gosip.ACK, seq), d.wayTo(f.call.sw.wire)}
	f.sendACK(a)
	if same {
		f.acks[key] = a
	}
	if late := f.over || f.req != req || f.tx == nil; late || f.dlg != nil && !ours {
		if !ours { // another fork's, or too late: nobody is recorded there
			f.bye(d)
		}
		return
	}
	if f.dlg == nil {
		f.call.sw.cfg.Metrics.Recorders.Add(1)
	}
	f.dlg, f.tries, f.tx = d, 0, nil
	f.call.sw.wire.RecorderTook(f.trunk.Name, time.Now())
	f.configure(res)
	f.update()
}

func (f *forwarding) sendACK(a ackSent) {
	if err := f.call.sw.wire.Send(a.req, a.way); err != nil {
		f.log.Info("sip: ACK to the recorder not sent", "error", err)
	}
}

// refused takes that an INVITE failed: a further one leaves the session as it is, the first is tried again later.
func (f *forwarding) refused(req *gosip.Request, code int, err error) {
	if f.req != req || f.tx == nil && err == nil || f.over {
		return
	}
	f.tx = nil
	if f.dlg == nil && len(f.kinds) > 1 && (code == 488 || code == 415 || code == 606) { // RFC 3261 §21.4.26: with another protection, or without
		f.kinds = f.kinds[1:]
		f.notAsked()
		f.invite()
		return
	}
	gone := err != nil || extentOf(code) != endsTransaction // RFC 3261 §14.1
	if f.dlg != nil && !gone {
		f.log.Info("sip: the recorder does not take what has changed", "code", code)
		if code == 491 {
			f.told = nil
			f.later((&leg{}).glare(), f.update)
		}
		return
	}
	if f.dlg != nil {
		f.bye(f.dlg) // RFC 3261 §12.2.1.2: if it does know it, it hears that we do not go on
	}
	f.lost("no answer", code, err)
}

// lost tries again later: a recorder that is restarted gets the rest of the call.
func (f *forwarding) lost(why string, code int, err error) {
	m := f.call.sw.cfg.Metrics
	m.RecorderFailures.Add(1)
	if f.dlg != nil {
		m.Recorders.Add(-1)
	}
	f.notAsked()
	f.dlg, f.tx = nil, nil
	for _, s := range f.streams {
		if s != nil {
			s.Configure(media.Params{})
		}
	}
	pause := min(forwardPauseFirst<<min(f.tries, 10), forwardPauseLast)
	f.tries++
	f.log.Warn("sip: a call is not duplicated to its recorder for now", "why", why, "code", code, "error", err, "again", pause)
	switch {
	case err != nil:
		why += ": " + err.Error()
	case code != 0:
		why = "it answered " + strconv.Itoa(code)
	}
	f.call.sw.wire.RecorderFailed(f.trunk.Name, why, time.Now())
	f.later(pause, f.invite)
}

func (f *forwarding) later(d time.Duration, do func()) {
	if f.retry != nil {
		f.retry.Stop()
	}
	f.retry = time.AfterFunc(d, func() {
		f.call.do(func() {
			if !f.over {
				f.guard(do)
			}
		})
	})
}

// update tells the recorder who speaks, if that has changed (RFC 7866 §7.1.2, by re-INVITE).
func (f *forwarding) update() {
	if f.over || f.dlg == nil || f.tx != nil || !f.again && slices.EqualFunc(f.told, f.people, same) {
		return
	}
	req := f.dlg.request(gosip.INVITE, 0)
	req.AppendHeader(gosip.NewHeader("Require", "siprec"))
	f.ask(req, f.dlg.localSeq)
}

func same(a, b siprec.Participant) bool { return a.ID == b.ID }

// end is over with it: BYE, or CANCEL where there is no session yet.
func (f *forwarding) end() {
	f.over = true
	if f.retry != nil {
		f.retry.Stop()
	}
	if f.dlg != nil {
		f.call.sw.cfg.Metrics.Recorders.Add(-1)
		f.bye(f.dlg)
	}
	f.notAsked()
	f.forget()
	f.close()
}

// guard runs do. A fault of ours in the recording session ends that session: the call talks on.
func (f *forwarding) guard(do func()) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		f.call.sw.cfg.Metrics.Panics.Add(1)
		f.log.Error("sip: duplicating a call panicked and is given up", "panic", v, "stack", string(debug.Stack()))
		f.over = true
		f.forget()
		f.close()
	}()
	do()
}

// forwardOf finds the recording session of a dialog.
func (s *Switch) forwardOf(callID, localTag string) *forwarding {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.forwards[dialogKey{callID, localTag}]
}

// forget takes the dialog of the attempt off the table.
func (f *forwarding) forget() {
	s := f.call.sw
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.forwards[f.dialogID] == f {
		delete(s.forwards, f.dialogID)
	}
}
