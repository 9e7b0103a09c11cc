package sdp

import (
	"net/netip"
	"strings"
)

// Kept is a Session as another process needs it to go on with it: what it was made with but for Check and Policy, and where it stands.
type Kept struct {
	ID, Version uint64
	Addr        netip.Addr
	Port        int
	Codecs      []string
	Loopback    bool
	Index       int    // which m= line is ours
	Text        string // what was said last, without its o= line
	Now         Terms
}

// Keep is the session as it is now, without its keys: they are secret, and new ones come with the next offer.
func (l *Session) Keep() Kept {
	now := l.now
	now.Shield.In.Key, now.Shield.Out.Key, now.Shield.ICE.Pwd = nil, nil, nil
	return Kept{
		ID: l.ID, Version: l.Version, Addr: l.Addr, Port: l.Port, Codecs: l.Codecs, Loopback: l.Loopback, Index: l.index, Text: withoutSecrets(l.text), Now: now,
	}
}

// Session goes on with what was kept. Check and Policy are to be set again.
func (k Kept) Session() Session {
	l := Session{
		ID: k.ID, Version: k.Version, Addr: k.Addr, Port: k.Port, Codecs: k.Codecs, Loopback: k.Loopback, index: k.Index, text: k.Text, now: k.Now,
	}
	for line := range strings.Lines(k.Text) { // ours repeats the peer's lines as they were (RFC 3264 §6)
		rest, ok := strings.CutPrefix(line, "m=")
		if f := strings.Fields(rest); ok && len(f) > 3 {
			l.lines = append(l.lines, Media{Kind: f[0], Proto: f[2], Formats: f[3:]})
		}
	}
	if len(l.lines) == 0 {
		l.index = 0
	}
	l.index = min(l.index, max(len(l.lines)-1, 0))
	return l
}
