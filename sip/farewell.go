package sip

import (
	"errors"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/wire"
)

// Tries of a BYE while the connection to its trunk is being made anew.
const (
	byeFirst = 500 * time.Millisecond // to the second, doubled with each
	byeTries = 7                      // in half a minute
)

// sendBye ends a dialog (RFC 3261 §15.1.1). Whatever the answer, it is over.
func (l *leg) sendBye(d *dialog, cause hotline.Cause) { l.bid(d, cause, 1) }

// bid sends the BYE. One that finds the connection to its trunk gone goes when there is another: a carrier that is not told charges for a
// call that nobody has.
func (l *leg) bid(d *dialog, cause hotline.Cause, try int) {
	l.within(d, d.bye(cause), func(_ *gosip.Response, err error) {
		if !errors.Is(err, wire.ErrSend) || try == byeTries || !d.path.Kept() || l.bidding != nil {
			return
		}
		l.pending++ // the leg is not forgotten before
		l.bidding = l.after(byeFirst<<(try-1), func() {
			l.bidding = nil
			l.bid(d, cause, try+1)
			l.pending--
			l.drop()
		})
	})
}

// unbid ends the waiting.
func (l *leg) unbid() {
	if l.bidding == nil {
		return
	}
	l.bidding.Stop()
	l.bidding = nil
	l.pending--
	l.drop()
}
