package wire

import (
	"fmt"
	"slices"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/syntax"
)

// recorder is where the trunk's recorder is (RFC 7866); false: it has none, or nothing that could be one.
func (t *Trunk) recorder() (s Server, uri gosip.Uri, ok bool) {
	u, err := syntax.ReadURI(t.RecordTo)
	if err != nil || u.Header != "" || gosip.ParseUri(t.RecordTo, &uri) != nil {
		return s, uri, false
	}
	s = Server{Host: strings.Trim(u.Host, "[]"), Port: uint16(u.Port)}
	network, said := u.Params.Get("transport")
	if s.Network = strings.ToLower(network); u.Scheme == "sips" { // RFC 3261 §26.2.2: TLS by itself
		if said && s.Network != "tcp" && s.Network != "tls" {
			return s, uri, false
		}
		s.Network = "tls"
	}
	return s, uri, slices.Contains([]string{"", "udp", "tcp", "tls"}, s.Network)
}

// newRecorder is what stands for the trunk's recorder where there is a connection to be kept, or a name to be looked up; nil: there is not.
func (t *trunk) newRecorder() *trunk {
	s, _, ok := t.recorder()
	if _, plain := s.addr(); !ok || plain && orUDP(s.Network) == "udp" {
		return nil
	}
	return &trunk{Trunk: Trunk{Name: t.Name, Servers: []Server{s}, CA: t.RecordCA}, room: t.room, stands: t}
}

// WayToRecorder is how the recording sessions of the trunk's calls leave, and to where. ErrNoPath: they cannot just now.
func (w *Wire) WayToRecorder(name string) (gosip.Uri, Path, error) {
	t := w.trunks.named(name)
	if t == nil {
		return gosip.Uri{}, Path{}, fmt.Errorf("%w: no trunk %q", ErrNoPath, name)
	}
	_, uri, ok := t.recorder()
	switch {
	case !ok:
		return uri, Path{}, fmt.Errorf("%w: trunk %q has no recorder", ErrNoPath, name)
	case t.tapes == nil:
		p, err := w.PathTo(uri, Path{})
		return uri, p, err
	}
	for _, g := range t.tapes.ways(time.Now()) {
		if p, ok := w.wayTo(g); ok {
			return uri, p, nil
		}
	}
	return uri, Path{}, fmt.Errorf("%w: there is no connection to the recorder", ErrNoPath)
}
