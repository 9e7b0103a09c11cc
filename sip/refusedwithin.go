package sip

import (
	"errors"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/wire"
)

// extent is how much ends with a refusal of a request inside a dialog (RFC 5057 §5.1).
type extent uint8

const (
	endsTransaction extent = iota // the request alone
	endsUsage                     // what the request belongs to: the call, or the subscription of a REFER
	endsDialog                    // all that shares the dialog
)

// extentOf reads a status (RFC 5057 §5.1). 405 and 501 end nothing here: they speak of a method, and no call of ours hangs on one.
func extentOf(code int) extent {
	switch code {
	case 404, 410, 416, 482, 483, 484, 485, 502, 604: // there is no way to the target that the peer has named itself
		return endsDialog
	case 408, 480, 481, 489:
		return endsUsage
	}
	return endsTransaction
}

// extentBy is extentOf for what became of a request. None that could not be sent says anything of the peer, and no answer at all is 408
// (RFC 3261 §8.1.3.1, §12.2.1.2).
func extentBy(res *gosip.Response, err error) extent {
	switch {
	case errors.Is(err, wire.ErrTimeout):
		return endsUsage
	case err != nil:
		return endsTransaction
	}
	return extentOf(res.StatusCode)
}

// weigh ends the leg when the answer to a request inside its dialog says that the peer has no call any more (RFC 3261 §12.2.1.2): to whom it is
// up would else be heard by nobody until the sound is missed. Not every request speaks of the call: OPTIONS belongs to none (RFC 5057 §4.4),
// NOTIFY to the subscription (§4.2), a PRACK of what has been acknowledged already gets 481 (RFC 3262 §3), and after a BYE there is none.
func (l *leg) weigh(d *dialog, method gosip.RequestMethod, res *gosip.Response, err error) {
	switch method {
	case gosip.OPTIONS, gosip.NOTIFY, gosip.PRACK, gosip.BYE:
		return
	}
	if l.phase != phaseUp || d != l.dlg || extentBy(res, err) == endsTransaction {
		return
	}
	code := 0
	if res != nil {
		code = res.StatusCode
	}
	l.log.Info("sip: the peer no longer knows the dialog", "method", method, "code", code, "error", err)
	l.hangup(hotline.CauseUnreachable)
}
