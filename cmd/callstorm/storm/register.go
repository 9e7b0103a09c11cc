package storm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"
)

var (
	// errRegister is returned when a phone could not register.
	errRegister = errors.New("storm: registration failed")
	// errSilent is returned when nothing answers at the engine's address.
	errSilent = errors.New("storm: the engine does not answer")
)

// pingTime is how long the engine may take to answer the first request of a storm.
const pingTime = 5 * time.Second

// ping asks whether anybody is there, so that a storm at a wrong address ends soon, not after N time-outs.
func (u *ua) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, pingTime, errSilent)
	defer cancel()
	id := tag() + tag()
	var b bytes.Buffer
	fmt.Fprintf(&b, "OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s;rport\r\nMax-Forwards: 70\r\n", u.server, u.local, branch())
	fmt.Fprintf(&b, "From: <sip:%s@%s>;tag=%s\r\nTo: <sip:%s>\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\n", userName, u.local, tag(), u.server, id)
	if _, err := u.ask(ctx, id, 1, "OPTIONS", finish(&b, nil)); err != nil {
		return fmt.Errorf("%s over UDP: %w", u.server, err)
	}
	return nil
}

// ask sends a request that is no INVITE until a final answer to it comes.
func (u *ua) ask(ctx context.Context, callID string, cseq int, method string, req []byte) (*message, error) {
	answers := make(chan *message, 1)
	d := &dialog{ua: u, callID: callID, peer: u.server, phase: over, stop: func() {}}
	d.onAnswer = func(m *message) {
		if n, of := m.cseq(); m.code < 200 || n != cseq || of != method {
			return
		}
		select {
		case answers <- m:
		default:
		}
	}
	u.add(d)
	defer u.remove(d)
	late := make(chan struct{})
	stop := u.repeat(req, u.server, t2, func() { close(late) })
	defer stop()
	select {
	case m := <-answers:
		return m, nil
	case <-late:
		return nil, errSilent
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// register registers the account for the given time; 0 takes it back.
func (u *ua) register(ctx context.Context, acc account, expires time.Duration) error {
	r := &registration{ua: u, acc: acc, callID: tag() + tag(), tag: tag(), expires: expires}
	auth := ""
	for n := range 3 { // a challenge, and one more if the nonce went stale meanwhile
		m, err := u.ask(ctx, r.callID, n+1, "REGISTER", r.request(n+1, auth))
		switch {
		case err != nil:
			return fmt.Errorf("%w: %s: %w", errRegister, acc.user, err)
		case m.code == 401 || m.code == 407:
			auth = "Authorization: " + authorization(m.get("www-authenticate"), "REGISTER", "sip:"+u.domain, acc.user, acc.password, tag()) + "\r\n"
		case m.code < 300:
			return nil
		default:
			return fmt.Errorf("%w: %s: status %d", errRegister, acc.user, m.code)
		}
	}
	return fmt.Errorf("%w: %s: wrong password", errRegister, acc.user)
}

type registration struct {
	ua          *ua
	acc         account
	callID, tag string
	expires     time.Duration
}

func (r *registration) request(cseq int, auth string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "REGISTER sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s;rport\r\nMax-Forwards: 70\r\n", r.ua.domain, r.ua.local, branch())
	aor := fmt.Sprintf("<sip:%s@%s>", r.acc.user, r.ua.domain)
	fmt.Fprintf(&b, "From: %s;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d REGISTER\r\n", aor, r.tag, aor, r.callID, cseq)
	fmt.Fprintf(&b, "Contact: <sip:%s@%s>;expires=%d\r\nUser-Agent: %s\r\n%s", r.acc.user, r.ua.local, int(r.expires/time.Second), userName, auth)
	return finish(&b, nil)
}
