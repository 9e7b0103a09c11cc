package sip

import (
	gosip "github.com/emiago/sipgo/sip"
)

// prove answers a trunk that asks who calls (RFC 3261 §22.2, §22.3): the INVITE goes again, with the next CSeq and the digest
// of the trunk's password. Only the trunk's own answer to our own request comes here (CVE-2021-41158).
func (l *leg) prove(b *branch, res *gosip.Response) bool {
	if l.phase != phaseNew || b.left || b.gate == nil {
		return false
	}
	t := b.gate.Trunk()
	req, ok := b.tried.Again(b.req, res, t.User, t.Password)
	if !ok {
		if res.StatusCode == 401 || res.StatusCode == 407 {
			l.log.Info("sip: a trunk asks for what we cannot give", "trunk", t.Name, "code", res.StatusCode)
		}
		return false
	}
	b.req, b.forks = req, nil
	l.dialled.heard, b.heard = true, true // it lives: it asked
	l.dialled.hunt.seq = max(l.dialled.hunt.seq, req.CSeq().SeqNo)
	l.send(b)
	return true
}
