package sip

import (
	"errors"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/wire"
)

// A peer that holds us may send nothing, so its silence says nothing. What asks for a phone that died meanwhile, in seconds: customers wait
// for it. A trunk that refreshes no session is asked much later, since some let no OPTIONS through.
const (
	holdAskPhone = 60
	holdAskTrunk = 1800
)

// watchHold asks a peer that holds us from time to time whether it still knows the dialog, for as long as it holds us. Any answer but that it
// does not is a sign of life (RFC 3261 §11, §12.2.1.2); none at all is the end. A session timer does the same for trunks.
func (l *leg) watchHold() {
	l.unwatchHold()
	every := holdAskPhone
	if l.agent == "" {
		every = holdAskTrunk
	}
	if !l.held || l.phase != phaseUp || l.received != nil || l.agent == "" && l.timing.seconds > 0 {
		return
	}
	l.holding = l.after(time.Duration(every)*l.sw.cfg.second, func() {
		if l.phase != phaseUp || !l.held {
			return
		}
		l.within(l.dlg, l.dlg.request(gosip.OPTIONS, 0), func(res *gosip.Response, err error) {
			switch {
			case l.phase != phaseUp || !l.held:
			case errors.Is(err, wire.ErrTimeout), err == nil && (res.StatusCode == 481 || res.StatusCode == 408):
				l.log.Info("sip: the peer that holds us is gone", "error", err)
				l.hangup(hotline.CauseMediaLost)
			default: // a connection that is gone for a moment comes back, or the session ends otherwise
				l.watchHold()
			}
		})
	})
}

// unwatchHold ends the asking.
func (l *leg) unwatchHold() {
	if l.holding != nil {
		l.holding.Stop()
		l.holding = nil
	}
}
