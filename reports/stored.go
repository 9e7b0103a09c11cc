package reports

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"

	"hotline"
)

// perBlock is how many contacts stand in one block of heads, or of texts: enough for their likeness to pay, few enough to be read for
// one of them.
const perBlock = 64

// storedHead is a contact's record without its visits, and without the lists that only its own page shows: those are its text.
type storedHead struct {
	C        Contact         `json:"c"` // with Segments, Callbacks, Tasks and Surveys
	Rev      uint64          `json:"rev"`
	Asked    int64           `json:"asked,omitempty"`
	AskedIn  hotline.QueueID `json:"asked_in,omitempty"`
	Answered bool            `json:"answered,omitempty"`
	Reached  bool            `json:"reached,omitempty"`
	Parts    []storedPart    `json:"parts,omitempty"`
	Counted  []string        `json:"counted,omitempty"` // of each of C.Coded
	Seen     [][]string      `json:"seen,omitempty"`    // of each of C.Surveys
}

type storedPart struct {
	Visit hotline.VisitID `json:"v,omitempty"`
	Agent hotline.AgentID `json:"a"`
	Queue hotline.QueueID `json:"q,omitempty"`
	Call  hotline.CallID  `json:"c,omitempty"`

	Beside bool `json:"b,omitempty"`
}

// storedRecord is what is copied of a record, to be written beside the fold.
type storedRecord struct {
	head   storedHead
	visits []*visit
	text   []byte   // packed; nil: none
	from   standing // where an older copy stands, if copied is set
	copied bool
}

// store copies the record, which is over: what it points to changes no more, but for surveys. The caller holds the lock.
func (r *record) store() storedRecord {
	h := storedHead{
		C: r.c, Rev: r.rev, Asked: r.asked, AskedIn: r.askedIn, Answered: r.answered, Reached: r.reached,
	}
	h.C.Coded = slices.Clone(r.c.Coded)
	for _, c := range r.c.Coded {
		h.Counted = append(h.Counted, c.counted)
	}
	for _, p := range r.parts {
		h.Parts = append(h.Parts, storedPart{p.visit, p.agent, p.queue, p.call, p.beside})
	}
	for _, s := range r.segments {
		h.C.Segments = append(h.C.Segments, *s)
	}
	for _, p := range r.promises {
		h.C.Callbacks = append(h.C.Callbacks, *p)
	}
	for _, t := range r.tasks {
		h.C.Tasks = append(h.C.Tasks, *t)
	}
	for _, s := range r.surveys {
		c := *s
		c.seen = nil
		h.C.Surveys = append(h.C.Surveys, c)
		var seen []string
		for stage := range s.seen {
			seen = append(seen, stage)
		}
		slices.Sort(seen)
		h.Seen = append(h.Seen, seen)
	}
	return storedRecord{head: h, visits: slices.Clone(r.visits), text: r.packed, from: r.from, copied: r.copied}
}

// record makes the record again. Its lists are in the text.
func (h *storedHead) record(visits []*visit) *record {
	r := &record{
		c: h.C, visits: visits, rev: h.Rev, asked: h.Asked, askedIn: h.AskedIn, answered: h.Answered, reached: h.Reached,
	}
	for i := range h.C.Segments {
		r.segments = append(r.segments, &h.C.Segments[i])
	}
	for i := range h.C.Callbacks {
		r.promises = append(r.promises, &h.C.Callbacks[i])
	}
	for i := range h.C.Tasks {
		r.tasks = append(r.tasks, &h.C.Tasks[i])
	}
	for i := range h.C.Surveys {
		s := &h.C.Surveys[i]
		s.seen = map[string]bool{}
		if i < len(h.Seen) {
			for _, stage := range h.Seen[i] {
				s.seen[stage] = true
			}
		}
		r.surveys = append(r.surveys, s)
	}
	for i := range r.c.Coded {
		if i < len(h.Counted) {
			r.c.Coded[i].counted = h.Counted[i]
		}
	}
	for _, p := range h.Parts {
		r.parts = append(r.parts, part{p.Visit, p.Agent, p.Queue, p.Call, p.Beside})
	}
	r.c.Segments, r.c.Callbacks, r.c.Tasks, r.c.Surveys = nil, nil, nil, nil
	return r
}

// encodeHeads writes a block of heads: the visits of all as columns, how many each has, then the heads as JSON.
func encodeHeads(w *columnWriter, sq *squeezer, records []storedRecord) ([]byte, error) {
	var visits []*visit
	for _, r := range records {
		visits = append(visits, r.visits...)
	}
	l := visitLayout()
	l.encode(w, len(visits), func(i int) *visit { return visits[i] })
	out := binary.AppendUvarint([]byte{columnsVersion}, uint64(len(records)))
	out = append(binary.AppendUvarint(out, uint64(len(w.buf))), w.buf...)
	for _, r := range records {
		out = binary.AppendUvarint(out, uint64(len(r.visits)))
	}
	for i := range records {
		b, err := json.Marshal(&records[i].head)
		if err != nil {
			return nil, fmt.Errorf("reports: %s: %w", records[i].head.C.ID, err)
		}
		out = append(binary.AppendUvarint(out, uint64(len(b))), b...)
	}
	return sq.pack(out)
}

// heads is a block of heads, read.
type heads struct {
	visits [][]*visit
	json   [][]byte
	bytes  int
}

func decodeHeads(sq *squeezer, b []byte) (*heads, error) {
	text, err := sq.unpack(b)
	if err != nil {
		return nil, err
	}
	if len(text) == 0 || text[0] != columnsVersion {
		return nil, fmt.Errorf("%w: heads", errColumns)
	}
	d := bytesReader{b: text[1:]}
	n := d.uvarint()
	columns := d.bytes()
	if d.bad || n > uint64(len(d.b)) {
		return nil, fmt.Errorf("%w: heads", errColumns)
	}
	l := visitLayout()
	var r columnReader
	visits, err := l.decode(&r, columns)
	if err != nil {
		return nil, err
	}
	h := &heads{visits: make([][]*visit, n), json: make([][]byte, n), bytes: len(text) + 600*len(visits)}
	for i := range h.visits {
		of := d.uvarint()
		if d.bad || of > uint64(len(visits)) {
			return nil, fmt.Errorf("%w: heads", errColumns)
		}
		for j := range visits[:of] {
			h.visits[i] = append(h.visits[i], &visits[j])
		}
		visits = visits[of:]
	}
	for i := range h.json {
		h.json[i] = d.bytes()
	}
	if d.bad {
		return nil, fmt.Errorf("%w: heads", errColumns)
	}
	return h, nil
}

// record is the i-th record of the block.
func (h *heads) record(i int) (*record, error) {
	if i >= len(h.json) {
		return nil, fmt.Errorf("%w: no head %d", errColumns, i)
	}
	var head storedHead
	if err := json.Unmarshal(h.json[i], &head); err != nil {
		return nil, fmt.Errorf("%w: %w", errColumns, err)
	}
	return head.record(slices.Clone(h.visits[i])), nil
}

// encodeTexts writes a block of texts, those of the records given.
func encodeTexts(sq *squeezer, records []storedRecord) ([]byte, error) {
	out := binary.AppendUvarint([]byte{columnsVersion}, uint64(len(records)))
	for _, r := range records {
		var text []byte
		if r.text != nil {
			var err error
			if text, err = sq.unpack(r.text); err != nil {
				return nil, err
			}
		}
		out = append(binary.AppendUvarint(out, uint64(len(text))), text...)
	}
	return sq.pack(out)
}

// decodeText is the i-th text of a block.
func decodeText(sq *squeezer, b []byte, i int) ([]byte, error) {
	all, err := sq.unpack(b)
	if err != nil {
		return nil, err
	}
	return textOf(all, i)
}

// textOf is the i-th text of a block that is unpacked.
func textOf(all []byte, i int) ([]byte, error) {
	if len(all) == 0 || all[0] != columnsVersion {
		return nil, fmt.Errorf("%w: texts", errColumns)
	}
	d := bytesReader{b: all[1:]}
	n := d.uvarint()
	if d.bad || uint64(i) >= n {
		return nil, fmt.Errorf("%w: no text %d", errColumns, i)
	}
	var text []byte
	for range i + 1 {
		text = d.bytes()
	}
	if d.bad {
		return nil, fmt.Errorf("%w: texts", errColumns)
	}
	return text, nil
}
