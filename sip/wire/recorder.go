package wire

import (
	"fmt"
	"slices"
	"strings"
	"sync"
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

// newRecorder is what stands for the trunk's recorder: it is asked whether it lives as servers are, a connection to it is kept, its name looked
// up. nil: there is none.
func (t *trunk) newRecorder() *trunk {
	s, _, ok := t.recorder()
	if !ok {
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
	if !ok || t.tapes == nil {
		return uri, Path{}, fmt.Errorf("%w: trunk %q has no recorder", ErrNoPath, name)
	}
	for _, g := range t.tapes.ways(time.Now()) {
		if p, ok := w.wayTo(g); ok {
			return uri, p, nil
		}
	}
	return uri, Path{}, fmt.Errorf("%w: there is no way to the recorder", ErrNoPath)
}

// recorderTold is how long a recording session that failed counts against a recorder that answers otherwise. Sessions that fail are tried again
// more often, so while a call waits for one it does not end.
const recorderTold = 2 * time.Minute

// taping is what became of the recording sessions of a trunk's calls.
type taping struct {
	mu      sync.Mutex
	problem string    // of the last, if it failed
	failed  time.Time // when
	took    time.Time // when one began last
}

// forgive forgets a failure: the recorder is there again.
func (t *taping) forgive() {
	t.mu.Lock()
	t.problem = ""
	t.mu.Unlock()
}

// RecorderState is how the recorder of a trunk's calls is just now.
type RecorderState struct {
	Trunk   string
	To      string // as it is configured
	Up      bool   // calls can be duplicated, as far as is known
	Problem string // why not
	// Until is when a problem counts no more unless it is seen again; zero: when the recorder shows that it is there.
	Until time.Time
}

// RecorderTook notes that a recording session with the trunk's recorder stands.
func (w *Wire) RecorderTook(name string, now time.Time) { w.recorderSaid(name, "", now) }

// RecorderFailed notes that one could not be had, or ended before its call, and why.
func (w *Wire) RecorderFailed(name, problem string, now time.Time) {
	w.recorderSaid(name, problem, now)
}

func (w *Wire) recorderSaid(name, problem string, now time.Time) {
	t := w.trunks.named(name)
	if t == nil {
		return
	}
	t.taping.mu.Lock()
	changed := problem != t.taping.problem || t.tapes != nil && !t.tapes.up()
	t.taping.problem = problem
	if problem == "" {
		t.taping.took = now
	} else {
		t.taping.failed = now
	}
	t.taping.mu.Unlock()
	if changed {
		w.cfg.TrunkNews()
	}
}

// Recorders are the states of the trunks' recorders, in the order of the config.
func (w *Wire) Recorders(now time.Time) []RecorderState {
	var all []RecorderState
	for _, t := range w.trunks.all() {
		if t.tapes != nil {
			all = append(all, t.recorderState(now))
		}
	}
	return all
}

func (t *trunk) recorderState(now time.Time) RecorderState {
	st := RecorderState{Trunk: t.Name, To: t.RecordTo}
	t.taping.mu.Lock()
	problem, until, took := t.taping.problem, t.taping.failed.Add(recorderTold), t.taping.took
	t.taping.mu.Unlock()
	lives, asked, why := t.tapes.recorderLives(took)
	switch {
	case !lives:
		st.Problem = why
	case problem == "" || asked && !now.Before(until):
		st.Up = true
	default:
		if st.Problem = problem; asked {
			st.Until = until
		}
	}
	return st
}

// recorderLives says whether one of the recorder's addresses answers. A recorder that takes sessions although it answers no OPTIONS does.
func (t *trunk) recorderLives(took time.Time) (lives, asked bool, why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.gateways) == 0 {
		return false, true, "its name leads nowhere"
	}
	for _, g := range t.gateways {
		asked = asked || g.pulse != nil || g.network != "udp"
		lives = lives || !g.dead || g.network == "udp" && took.After(g.since)
		if why = g.refused; why == "" {
			why = "it does not answer"
		}
	}
	return lives, asked, why
}
