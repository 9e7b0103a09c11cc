package sip

import (
	"fmt"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
)

// press sends keys to the leg's phone: as telephone events where it has agreed to them, else by INFO, a request for each key, as
// devices without events understand it (its payload is of custom, not of an RFC).
func (l *leg) press(keys string) {
	m := l.handle.media.Load()
	if m == nil || l.phase != phaseUp || l.dlg == nil || m.SendDigits(keys) {
		return
	}
	for _, k := range keys {
		req := l.dlg.request(gosip.INFO, 0)
		req.AppendHeader(gosip.NewHeader("Content-Type", "application/dtmf-relay"))
		req.SetBody(fmt.Appendf(nil, "Signal=%c\r\nDuration=160\r\n", k))
		l.ask(outbound{req: req, path: l.dlg.wayTo(l.sw.wire)}, func(*gosip.Response, error) {}) // refused: the phone takes no keys at all
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
