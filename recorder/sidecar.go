package recorder

import (
	"time"

	"hotline"
)

const (
	wavExt  = ".wav"
	jsonExt = ".json"
	tmpExt  = ".tmp"
	// patience is how long a closed recording waits for the end of its story.
	patience = 3 * time.Second
)

// Span is one stretch of the recording's time line, in milliseconds from its start.
type Span struct {
	Kind   string `json:"kind"` // ivr, queue, ring, agent, hold, supervised, gap
	FromMS int64  `json:"from_ms"`
	ToMS   int64  `json:"to_ms"`
	Side   string `json:"side,omitempty"`  // of a gap: left, right
	Queue  string `json:"queue,omitempty"` // of queue, ring, agent, hold
	Agent  string `json:"agent,omitempty"` // of ring, agent, hold, supervised
	By     string `json:"by,omitempty"`    // of supervised: the supervisor's login
	Mode   string `json:"mode,omitempty"`  // and what it did
}

// Info is the sidecar of a recording.
type Info struct {
	Version  int               `json:"version"`
	File     string            `json:"file"` // relative to the recordings' folder
	Contact  hotline.ContactID `json:"contact"`
	Call     hotline.CallID    `json:"call"`
	Began    time.Time         `json:"began"`
	Codec    string            `json:"codec"`
	MS       int64             `json:"ms"`
	Bytes    int64             `json:"bytes"`
	SHA256   string            `json:"sha256"`
	Late     int64             `json:"late_frames,omitempty"`    // came when their place was already written
	Dropped  uint64            `json:"dropped_frames,omitempty"` // no room: the writer was held up
	Repaired bool              `json:"repaired,omitempty"`
	Error    string            `json:"error,omitempty"` // why parts are missing, other than by loss on the way
	Spans    []Span            `json:"spans"`
}

// story is what the log told of a contact, as the spans of its time line. The zero pointer is an untold story.
type story struct {
	list    []told
	parties int  // who speak with each other, where that is told
	queued  bool // its way to a queue is over
	done    bool
}

// told is a span between two instants; to is zero while it lasts. Without instants the span says its place itself.
type told struct {
	Span
	from, to time.Time

	line hotline.LegID // of a supervisor
}

// Apply takes one event of the log's tail. Only contacts that are being recorded are remembered.
func (r *Recorder) Apply(ev hotline.Event) {
	if ev.Contact == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	st := r.stories[ev.Contact]
	if st == nil {
		if _, first := ev.Fact.(hotline.CallStarted); !first {
			return
		}
		st = new(story)
		r.stories[ev.Contact] = st
	}
	st.apply(ev)
	if st.done && r.sessions[ev.Contact] == nil {
		delete(r.stories, ev.Contact) // never recorded
	}
}

// told says whether the contact's call has ended in the log.
func (r *Recorder) told(id hotline.ContactID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	st := r.stories[id]
	return st != nil && st.done
}

func (st *story) apply(ev hotline.Event) {
	q, a := string(ev.Queue), string(ev.Agent)
	switch f := ev.Fact.(type) {
	case hotline.LegAnswered:
		if f.Role == hotline.RoleCustomer && !st.queued {
			st.open(ev.At, Span{Kind: "ivr"})
		}
	case hotline.Queued:
		st.queued = true
		st.close(ev.At, "ivr")
		st.open(ev.At, Span{Kind: "queue", Queue: q})
	case hotline.Offered:
		st.open(ev.At, Span{Kind: "ring", Queue: q, Agent: a})
	case hotline.OfferLost:
		st.close(ev.At, "ring")
	case hotline.Connected:
		st.close(ev.At, "ring", "queue")
		st.open(ev.At, Span{Kind: "agent", Queue: q, Agent: a})
	case hotline.Abandoned, hotline.Left:
		st.close(ev.At, "ring", "queue")
	case hotline.Joined:
		st.close(ev.At, "hold", "transfer")
		st.open(ev.At, Span{Kind: "agent", Queue: q, Agent: a})
	case hotline.Transferred:
		if f.How == hotline.TransferConference { // its agent is no party of it any more
			st.confers(ev, st.parties-1)
		}
		if f.Result == hotline.TransferDone && (f.Target == hotline.TargetNumber || f.Target == hotline.TargetSupervisor) { // who speaks with the customer from now on
			st.open(ev.At, Span{Kind: "transfer", Queue: q})
		}
	case hotline.Held:
		switch {
		case f.By == hotline.RoleCustomer:
		case f.Away && f.On: // the others of the conference speak on
			st.open(ev.At, Span{Kind: "away", Queue: q, Agent: a})
		case f.Away:
			st.closeOf(ev.At, "away", a)
		case f.On:
			st.open(ev.At, Span{Kind: "hold", Queue: q, Agent: a})
		default:
			st.close(ev.At, "hold")
		}
	case hotline.Released:
		st.part(ev.At, a)
	case hotline.VoicemailLeft: // told when it is over, with its place
		st.list = append(st.list, told{Span: Span{Kind: "message", FromMS: f.OffsetMS, ToMS: f.OffsetMS + f.MS}})
	case hotline.Supervised:
		st.supervised(ev, f)
	case hotline.Conferred:
		st.confers(ev, f.Parties)
	case hotline.PartyLeft:
		st.confers(ev, f.Parties)
	case hotline.SurveyStepped:
		if f.Stage == "invited" {
			st.open(ev.At, Span{Kind: "survey", Queue: q, Agent: a})
		}
	case hotline.CallEnded:
		st.close(ev.At, "ivr", "queue", "ring", "hold", "away", "agent", "transfer", "survey", "supervised", "conference")
		st.done = true
	}
}

// confers follows how many speak with each other: three and more are a conference.
func (st *story) confers(ev hotline.Event, parties int) {
	switch was := st.parties; {
	case parties >= 3 && was < 3:
		st.open(ev.At, Span{Kind: "conference", Queue: string(ev.Queue), Agent: string(ev.Agent)})
	case parties < 3 && was >= 3:
		st.close(ev.At, "conference")
	}
	st.parties = parties
}

func (st *story) open(at time.Time, s Span) { st.list = append(st.list, told{Span: s, from: at}) }

// supervised follows what a supervisor does: a span for each mode.
func (st *story) supervised(ev hotline.Event, f hotline.Supervised) {
	for i := range st.list {
		if s := &st.list[i]; s.line == ev.Leg && s.line != "" && s.to.IsZero() {
			s.to = ev.At
		}
	}
	if f.On && f.Mode != hotline.ModeTakeOver { // then it has the customer
		st.list = append(st.list, told{
			Span: Span{Kind: "supervised", Queue: string(ev.Queue), Agent: string(ev.Agent), By: f.By, Mode: string(f.Mode)}, from: ev.At, line: ev.Leg,
		})
	}
}

// part ends the agent's span, and the hold that was its own. Who took the customer over has one of its own.
func (st *story) part(at time.Time, agent string) {
	for _, kind := range [...]string{"agent", "hold", "away"} {
		st.closeOf(at, kind, agent)
	}
}

func (st *story) closeOf(at time.Time, kind, agent string) {
	for i := range st.list {
		if s := &st.list[i]; s.Kind == kind && s.Agent == agent && s.to.IsZero() {
			s.to = at
		}
	}
}

func (st *story) close(at time.Time, kinds ...string) {
	for i := range st.list {
		for _, k := range kinds {
			if st.list[i].Kind == k && st.list[i].to.IsZero() {
				st.list[i].to = at
			}
		}
	}
}

// spans lays the story on a recording that began at began and is ms long.
func (st *story) spans(began time.Time, ms int64) []Span {
	out := make([]Span, 0, len(st.list))
	for _, t := range st.list {
		if t.from.IsZero() {
			if t.FromMS, t.ToMS = min(t.FromMS, ms), min(t.ToMS, ms); t.ToMS > t.FromMS {
				out = append(out, t.Span)
			}
			continue
		}
		t.FromMS, t.ToMS = min(max(t.from.Sub(began).Milliseconds(), 0), ms), ms
		if !t.to.IsZero() {
			t.ToMS = min(max(t.to.Sub(began).Milliseconds(), 0), ms)
		}
		if t.ToMS > t.FromMS {
			out = append(out, t.Span)
		}
	}
	return out
}
