package sip

import (
	"errors"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/wire"
)

// bye ends a session with the recorder (RFC 3261 §15.1.1). Nothing is asked of the call any more: it may be over before.
func (f *forwarding) bye(d *dialog) { f.bid(d, 1) }

// bid sends the BYE. One that finds the connection to the recorder gone goes when there is another: a recorder that is not told keeps a session, and
// its room, that nobody knows of. Tries follow each other, so the dialog has one owner at a time.
func (f *forwarding) bid(d *dialog, try int) {
	s := f.call.sw
	failed := func(err error) {
		f.log.Info("sip: BYE to the recorder not sent", "error", err)
		if errors.Is(err, wire.ErrSend) && try < byeTries && d.path.Kept() && s.ctx.Err() == nil {
			time.AfterFunc(byeFirst<<(try-1), func() { f.bid(d, try+1) })
		}
	}
	_, err := s.wire.Request(s.ctx, wire.Outbound{Req: d.bye(hotline.CauseHangup), Path: d.wayTo(s.wire), Answer: func(*gosip.Response) {}, Failed: failed})
	if err != nil {
		failed(err)
	}
}
