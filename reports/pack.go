package reports

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"hotline"
)

// packAfterMS is how long after its end a contact is still expected to get facts: its recording, the wrap-up.
const packAfterMS = 60_000

// packPace is how often the packer looks for work.
const packPace = 500 * time.Millisecond

// parts are the lists of a record that only its own page shows. They make up most of its size, so they are packed once
// the contact is over. The first line of the packed text is this struct as JSON, each further line an event.
type parts struct {
	Offers []Offer    `json:"o,omitempty"`
	Legs   []Leg      `json:"l,omitempty"`
	Flow   []FlowStep `json:"f,omitempty"`
}

// packer packs records beside the fold, on a goroutine of its own (Run starts it): packing takes several times as long
// as applying all of a contact's facts.
type packer struct{ fold *Fold }

// tidyEvery is after how many events Run looks whether too much is in line.
const tidyEvery = 1024

// behind says that much more is in line to leave memory than one chapter.
func (f *Fold) behind() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.due)+len(f.leaving) > 8*f.cfg.Chapter
}

// tidy packs and binds what is due until ctx is done.
func (f *Fold) tidy(ctx context.Context) {
	tick := time.NewTicker(packPace)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			f.Tidy(ctx)
		}
	}
}

// drain packs every record that is due.
func (p *packer) drain(ctx context.Context) {
	for ctx.Err() == nil {
		r, c, more := p.fold.dueForPacking()
		if !more {
			return
		}
		if r == nil {
			continue
		}
		if packed, err := p.pack(&c); err != nil { // kept as it is: larger, not worse
			p.fold.cfg.Logger.Error("contact record cannot be packed", "contact", c.ID, "err", err)
		} else {
			p.fold.packed(r, &c, packed)
		}
	}
}

// packLater puts the record in line. The caller holds the lock.
func (f *Fold) packLater(r *record) {
	if !r.due {
		r.due = true
		f.due = append(f.due, r)
	}
}

// packAfter puts the record in line if nothing of it is under way any more. The caller holds the lock.
func (f *Fold) packAfter(r *record) {
	if r.settled() {
		f.packLater(r)
	}
}

// dueForPacking takes the first record in line, with a copy of its lists; more is false when nothing is due.
func (f *Fold) dueForPacking() (r *record, c Contact, more bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.due) == 0 || f.clock-int64(f.due[0].c.Ended) < packAfterMS {
		return nil, Contact{}, false
	}
	r = f.due[0]
	f.due[0] = nil
	f.due = f.due[1:]
	r.due = false
	if !r.settled() {
		return nil, Contact{}, true // called again, or an agent still writes about it: the next end, of the call or the visit, puts it in line again
	}
	if r.was != 0 && r.rev == r.was && r.may() { // folded again, and now as it is on disk
		if f.same = append(f.same, r); len(f.same) >= f.cfg.Chapter {
			f.dropSame()
		}
		return nil, Contact{}, true
	}
	c = Contact{
		ID: r.c.ID, Cut: r.c.Cut, Offers: slices.Clone(r.c.Offers), Legs: slices.Clone(r.c.Legs), Flow: slices.Clone(r.c.Flow),
		Timeline: slices.Clone(r.c.Timeline),
	}
	return r, c, true
}

// packed puts the packed lists in the place of the others, unless a fact came meanwhile.
func (f *Fold) packed(r *record, c *Contact, packed []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !r.settled() || len(r.c.Timeline) != len(c.Timeline) || r.c.Cut != c.Cut {
		f.packLater(r)
		return
	}
	r.packed = packed
	r.c.Offers, r.c.Legs, r.c.Flow, r.c.Timeline = nil, nil, nil, nil
	f.leaveLater(r)
}

// settled says that nothing of the record is open.
func (r *record) settled() bool {
	if r.up > 0 || r.c.Ended == 0 || r.packed != nil {
		return false
	}
	for _, v := range r.visits {
		if v.closed == 0 {
			return false
		}
	}
	return true
}

func (p *packer) pack(c *Contact) ([]byte, error) {
	text, err := writeParts(c)
	if err != nil {
		return nil, err
	}
	packed, err := p.fold.squeeze.pack(text)
	return bytes.Clone(packed), err
}

// unpack fills the lists of c from packed text.
func (f *Fold) unpack(packed []byte, c *Contact) error {
	text, err := f.squeeze.unpack(packed)
	if err != nil {
		return err
	}
	return readParts(text, c)
}

// readParts fills the lists of c from text.
func readParts(text []byte, c *Contact) error {
	head, rest, _ := bytes.Cut(text, []byte("\n"))
	var p parts
	if err := json.Unmarshal(head, &p); err != nil {
		return fmt.Errorf("reports: unpack %s: %w", c.ID, err)
	}
	c.Offers, c.Legs, c.Flow, c.Timeline = p.Offers, p.Legs, p.Flow, nil
	for len(rest) > 0 {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
		ev, err := hotline.UnmarshalEvent(line)
		if err != nil {
			return fmt.Errorf("reports: unpack %s: %w", c.ID, err)
		}
		c.Timeline = append(c.Timeline, Entry{
			Seq: ev.Seq, At: At(ev.At), Kind: ev.Fact.Kind(), Leg: ev.Leg, Agent: ev.Agent, Queue: ev.Queue, Fact: ev.Fact,
		})
	}
	return nil
}
