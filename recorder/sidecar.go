package recorder

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"hotline"
)

const (
	wavExt  = ".wav"
	jsonExt = ".json"
	openExt = ".open" // stands beside a WAV until its RecordingStored is in the log
	// patience is how long a closed recording waits for the end of its story.
	patience = 3 * time.Second
)

// Span is one stretch of the recording's time line, in milliseconds from its start.
type Span struct {
	Kind   string `json:"kind"` // ivr, queue, ring, agent, hold, gap
	FromMS int64  `json:"from_ms"`
	ToMS   int64  `json:"to_ms"`
	Side   string `json:"side,omitempty"`  // of a gap: left, right
	Queue  string `json:"queue,omitempty"` // of queue, ring, agent, hold
	Agent  string `json:"agent,omitempty"` // of ring, agent, hold
}

// Info is the sidecar of a recording.
type Info struct {
	Version  int               `json:"version"`
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
	Spans    []Span            `json:"spans"`
}

// seal hashes the finished file, writes its sidecar, tells the log and takes the open note away: in this order, so that a
// crash in between is repaired into the same end.
func (r *Recorder) seal(name string, info *Info, repaired bool) error {
	sum, size, err := r.hash(name + wavExt)
	if err != nil {
		return err
	}
	info.Version, info.SHA256, info.Bytes, info.Repaired = 1, sum, size, repaired
	info.MS = (size - headLen) * 1000 / (rate * channels)
	if info.Spans == nil {
		info.Spans = []Span{}
	}
	b, err := json.MarshalIndent(info, "", " ")
	if err != nil {
		return err
	}
	if err := r.writeFile(name+jsonExt, b); err != nil {
		return err
	}
	gaps := 0
	for _, s := range info.Spans {
		if s.Kind == "gap" {
			gaps++
		}
	}
	stored := hotline.RecordingStored{File: name + wavExt, SHA256: sum, MS: info.MS, Bytes: size, Gaps: gaps, Repaired: repaired}
	if r.tell(info.Contact, info.Call, stored) {
		return r.root.Remove(name + openExt)
	}
	return nil
}

func (r *Recorder) hash(name string) (sum string, size int64, err error) {
	f, err := r.root.Open(name)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	size, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), size, err
}

// writeFile writes a small file whole or not at all.
func (r *Recorder) writeFile(name string, b []byte) error {
	tmp := name + ".tmp"
	f, err := r.root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return r.root.Rename(tmp, name)
}

// story is what the log told of a contact, as the spans of its time line. The zero pointer is an untold story.
type story struct {
	list []told
	done bool
}

// told is a span between two instants; to is zero while it lasts.
type told struct {
	Span
	from, to time.Time
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
		if f.Role == hotline.RoleCustomer {
			st.open(ev.At, Span{Kind: "ivr"})
		}
	case hotline.Queued:
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
	case hotline.Held:
		if f.On {
			st.open(ev.At, Span{Kind: "hold", Queue: q, Agent: a})
		} else {
			st.close(ev.At, "hold")
		}
	case hotline.Released:
		st.close(ev.At, "hold", "agent")
	case hotline.CallEnded:
		st.close(ev.At, "ivr", "queue", "ring", "hold", "agent")
		st.done = true
	}
}

func (st *story) open(at time.Time, s Span) { st.list = append(st.list, told{Span: s, from: at}) }

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
	if st == nil {
		return nil
	}
	out := make([]Span, 0, len(st.list))
	for _, t := range st.list {
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
