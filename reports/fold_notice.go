package reports

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"hotline"
)

// What a notice is to who reads the board today.
const (
	NoticeNew     = "new"
	NoticeChanged = "changed"
	NoticeRemoved = "removed"
)

// Notice is something that everybody, or every agent of some teams, has to read.
type Notice struct {
	ID      string   `json:"id"`
	Rev     int      `json:"rev"`
	Title   string   `json:"title"`
	Text    string   `json:"text,omitempty"`
	State   string   `json:"state"` // new, changed, removed
	Teams   []string `json:"teams,omitempty"`
	Posted  Moment   `json:"posted"`
	Changed Moment   `json:"changed,omitzero"` // last; also when it was removed
	Until   Moment   `json:"until,omitzero"`
	By      string   `json:"by,omitempty"` // who wrote it last, or removed it
	Read    Moment   `json:"read,omitzero" doc:"When who asks has read it as it is now; missing: not yet."`

	Readers []Reader `json:"readers,omitempty" doc:"Who has read it as it is now; for who may post."`
	Waiting []Reader `json:"waiting,omitempty" doc:"Agents who have not; for who may post."`
}

// Reader is one who has read a notice, or has not.
type Reader struct {
	User string `json:"user"`
	Name string `json:"name,omitempty"`
	At   Moment `json:"at,omitzero"`
}

// NoticeCounts is the notices that hang. A list is out of date when Seq has changed.
type NoticeCounts struct {
	Seq   uint64 `json:"seq"`
	Count int    `json:"count"`
}

// notice is one notice with who has read it. The fold owns it.
type notice struct {
	Notice
	removed Moment
	readers []Reader // of this Rev
}

// notices are all that were ever posted, by id and in order.
type notices struct {
	byID    map[string]*notice
	order   []*notice
	changed uint64
}

func (f *Fold) applyNotice(ev hotline.Event, at int64) {
	ns := &f.notices
	switch fact := ev.Fact.(type) {
	case hotline.NoticePosted:
		n := ns.byID[fact.Notice]
		if n == nil {
			n = &notice{Notice: Notice{ID: fact.Notice, Posted: Moment(at), State: NoticeNew}}
			ns.byID[n.ID] = n
			ns.order = append(ns.order, n)
		} else {
			n.State, n.Changed, n.readers = NoticeChanged, Moment(at), nil
		}
		n.Rev, n.Title, n.Text, n.Teams, n.Until, n.By = fact.Rev, fact.Title, fact.Text, fact.Teams, At(fact.Until), fact.By
	case hotline.NoticeRead:
		n := ns.byID[fact.Notice]
		if n == nil || n.Rev != fact.Rev || n.readBy(fact.By) != 0 {
			return
		}
		n.readers = append(n.readers, Reader{User: fact.By, At: Moment(at)})
	case hotline.NoticeRemoved:
		n := ns.byID[fact.Notice]
		if n == nil || n.removed != 0 {
			return
		}
		n.State, n.Changed, n.removed, n.By = NoticeRemoved, Moment(at), Moment(at), fact.By
	}
	ns.changed = ev.Seq
}

func (n *notice) readBy(user string) Moment {
	for _, r := range n.readers {
		if r.User == user {
			return r.At
		}
	}
	return 0
}

// hangs says whether the notice is to be read at now.
func (n *notice) hangs(now int64) bool {
	return n.removed == 0 && (n.Until == 0 || int64(n.Until) > now)
}

// NoticeQuery says for whom the board is.
type NoticeQuery struct {
	User  string // who reads
	Team  string // of an agent: only what is for it; empty with All false: what is for everybody
	All   bool   // what is for any team
	Names bool   // with who has read it and who has not
}

// Notices is the board: what hangs now, and what was removed today, the newest first.
func (f *Fold) Notices(q NoticeQuery) []Notice {
	now := f.cfg.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	day, _ := today(now, f.book.loc)
	out := []Notice{}
	for _, n := range slices.Backward(f.notices.order) {
		gone := !n.hangs(now.UnixMilli())
		if gone && (n.removed == 0 || n.removed < At(day)) || !q.All && len(n.Teams) > 0 && !slices.Contains(n.Teams, q.Team) {
			continue
		}
		e := n.Notice
		e.Read = n.readBy(q.User)
		if q.Names && !gone {
			e.Readers, e.Waiting = f.readers(n)
		}
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(a, b Notice) int {
		return cmp.Compare(max(b.Posted, b.Changed), max(a.Posted, a.Changed))
	})
	return out
}

// Notice is one notice that hangs; false if there is none of that id.
func (f *Fold) Notice(id string) (Notice, bool) {
	now := f.cfg.Now().UnixMilli()
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.notices.byID[id]
	if n == nil || !n.hangs(now) {
		return Notice{}, false
	}
	return n.Notice, true
}

// readers is who has read the notice, and the agents it is for who have not. The caller holds the lock.
func (f *Fold) readers(n *notice) (read, waiting []Reader) {
	for _, r := range n.readers {
		if a, ok := f.book.agents[hotline.AgentID(r.User)]; ok {
			r.Name = a.Name
		}
		read = append(read, r)
	}
	for _, a := range f.book.centre.Agents {
		if n.readBy(string(a.ID)) == 0 && (len(n.Teams) == 0 || slices.Contains(n.Teams, a.Team)) {
			waiting = append(waiting, Reader{User: string(a.ID), Name: a.Name})
		}
	}
	slices.SortFunc(read, func(a, b Reader) int { return cmp.Or(cmp.Compare(a.At, b.At), strings.Compare(a.User, b.User)) })
	return read, waiting
}

// noticeCounts counts what hangs. The caller holds the lock.
func (f *Fold) noticeCounts(now time.Time) NoticeCounts {
	c := NoticeCounts{Seq: f.notices.changed}
	for _, n := range f.notices.order {
		c.Count += count(n.hangs(now.UnixMilli()))
	}
	return c
}
