package sip

import (
	"fmt"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
)

// press sends keys to the leg's phone: as telephone events where it has agreed to them, else by INFO, a request for each key, as
// devices without events understand it (its payload is of custom, not of an RFC). One that refuses these takes no keys at all.
func (l *leg) press(a hotline.Press) {
	say := func(refused bool) {
		l.handle.emit(hotline.Pressed{Leg: l.id, Press: a.Press, Refused: refused})
	}
	m := l.handle.media.Load()
	switch {
	case m == nil || l.phase != phaseUp || l.dlg == nil || l.keyless:
		say(true)
		return
	case m.SendDigits(a.Keys):
		say(false)
		return
	}
	left, told := len(a.Keys), false
	for _, k := range a.Keys {
		req := l.dlg.request(gosip.INFO, 0)
		req.AppendHeader(gosip.NewHeader("Content-Type", "application/dtmf-relay"))
		req.SetBody(fmt.Appendf(nil, "Signal=%c\r\nDuration=160\r\n", k))
		l.within(l.dlg, req, func(res *gosip.Response, err error) {
			left--
			refused := err != nil || res.StatusCode >= 300
			if err == nil && (res.StatusCode == 405 || res.StatusCode == 415 || res.StatusCode == 501) { // RFC 3261 §21.4.6, §21.4.13, §21.5.2
				l.keyless = true
			}
			if !told && (refused || left == 0) {
				told = true
				say(refused)
			}
		})
	}
}

// sayAutoAnswer asks the phone to pick up by itself: by the standard (RFC 5373 §3) and by the two ways that phones know (Call-Info:
// RFC 3261 §20.9 with the parameter of custom; Alert-Info: §20.4).
func sayAutoAnswer(req *gosip.Request, d hotline.Dial, host string) {
	if !d.AutoAnswer {
		return
	}
	req.AppendHeader(gosip.NewHeader("Answer-Mode", "Auto"))
	req.AppendHeader(gosip.NewHeader("Call-Info", "<sip:"+host+">;answer-after=0"))
	req.AppendHeader(gosip.NewHeader("Alert-Info", "<http://"+host+">;info=alert-autoanswer;delay=0"))
}
