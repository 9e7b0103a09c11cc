package storm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"
)

// errRegister is returned when a phone could not register.
var errRegister = errors.New("storm: registration failed")

// register registers the account for the given time, 0 takes it back, and returns the time granted.
func (u *ua) register(ctx context.Context, acc account, expires time.Duration) (time.Duration, error) {
	r := &registration{ua: u, acc: acc, callID: tag() + tag(), tag: tag(), expires: expires}
	answers := make(chan *message, 4)
	d := &dialog{ua: u, callID: r.callID, stop: func() {}}
	d.phase = over
	u.mu.Lock()
	u.dialogs[r.callID] = d
	u.mu.Unlock()
	defer u.remove(d)
	d.onRegister = func(m *message) {
		select {
		case answers <- m:
		default:
		}
	}
	auth := ""
	for range 3 { // a challenge, and one more if the nonce went stale meanwhile
		r.cseq++
		late := make(chan struct{})
		stop := u.repeat(r.request(auth), t2, func() { close(late) })
		m, err := r.await(ctx, answers, late)
		stop()
		switch {
		case err != nil:
			return 0, err
		case m.code == 401 || m.code == 407:
			auth = "Authorization: " + authorization(m.get("www-authenticate"), "REGISTER", "sip:"+u.domain, acc.user, acc.password, tag()) + "\r\n"
		case m.code >= 200 && m.code < 300:
			return expires, nil
		default:
			return 0, fmt.Errorf("%w: %s: status %d", errRegister, acc.user, m.code)
		}
	}
	return 0, fmt.Errorf("%w: %s: wrong password", errRegister, acc.user)
}

type registration struct {
	ua          *ua
	acc         account
	callID, tag string
	cseq        int
	expires     time.Duration
}

func (r *registration) request(auth string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "REGISTER sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s;rport\r\nMax-Forwards: 70\r\n", r.ua.domain, r.ua.local, branch())
	aor := fmt.Sprintf("<sip:%s@%s>", r.acc.user, r.ua.domain)
	fmt.Fprintf(&b, "From: %s;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d REGISTER\r\n", aor, r.tag, aor, r.callID, r.cseq)
	fmt.Fprintf(&b, "Contact: <sip:%s@%s>;expires=%d\r\nUser-Agent: %s\r\n%s", r.acc.user, r.ua.local, int(r.expires/time.Second), userName, auth)
	return finish(&b, nil)
}

func (r *registration) await(ctx context.Context, answers <-chan *message, late <-chan struct{}) (*message, error) {
	for {
		select {
		case m := <-answers:
			if n, method := m.cseq(); m.code >= 200 && n == r.cseq && method == "REGISTER" {
				return m, nil
			}
		case <-late:
			return nil, fmt.Errorf("%w: %s: no answer", errRegister, r.acc.user)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
