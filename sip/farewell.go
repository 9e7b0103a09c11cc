package sip

import (
	"errors"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/wire"
)

// Tries of a BYE while the connection to its trunk or phone is being made anew.
const (
	byeFirst = 500 * time.Millisecond // to the second, doubled with each
	byeTries = 7                      // in half a minute
)

// sendBye ends a dialog (RFC 3261 §15.1.1). Whatever the answer, it is over.
func (l *leg) sendBye(d *dialog, cause hotline.Cause) { l.bid(d, cause, 1) }

// bid sends the BYE. One that finds the connection to its trunk or phone gone goes when there is another: a carrier that is not told charges
// for a call that nobody has, and a browser that lost its network for a moment goes on showing it.
func (l *leg) bid(d *dialog, cause hotline.Cause, try int) {
	l.within(d, d.bye(cause), func(_ *gosip.Response, err error) {
		if !errors.Is(err, wire.ErrSend) || try == byeTries || !d.path.Kept() && !d.path.Gone() || l.bidding != nil {
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

// followPhone finds the way to an agent's phone whose connection has ended since and that has registered by another: a browser that lost
// its network, under the same Contact (RFC 5626 §5.3 has the last hop do the same).
func (l *leg) followPhone(d *dialog) {
	if l.agent == "" || !d.path.Gone() {
		return
	}
	for _, c := range l.sw.wire.Contacts(l.agent) { // the newest first
		if c.URI.User == d.target.User && strings.EqualFold(c.URI.Host, d.target.Host) && !c.Path.Gone() {
			d.path = c.Path
			return
		}
	}
}
