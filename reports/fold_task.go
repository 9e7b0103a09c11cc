package reports

import (
	"cmp"
	"slices"
	"strconv"

	"hotline"
)

// TaskVoicemail is the kind of task that a message is: somebody has to hear it and see to what it asks.
const TaskVoicemail = "voicemail"

// Task is something that a person still has to do for a customer.
type Task struct {
	ID       hotline.TaskID    `json:"id"`
	Seq      uint64            `json:"seq"` // of its first event: the order of the list
	Kind     string            `json:"kind"`
	Contact  hotline.ContactID `json:"contact"`
	Visit    hotline.VisitID   `json:"visit,omitempty"` // of a missing wrap-up code
	Queue    hotline.QueueID   `json:"queue,omitempty"`
	From     hotline.Party     `json:"from"`
	Owner    string            `json:"owner,omitempty"` // an agent or a team; empty: anybody
	Left     Moment            `json:"left"`
	Due      Moment            `json:"due,omitzero"`
	OffsetMS int64             `json:"offset_ms"` // where the message begins in the contact's recording
	MS       int64             `json:"ms"`        // its length
	Recorded bool              `json:"has_recording"`
	Overdue  bool              `json:"overdue"`
	Closed   Moment            `json:"closed,omitzero"` // never: it is open
	By       string            `json:"by,omitempty"`    // who dealt with it
	Note     string            `json:"note,omitempty"`
	OpenedBy string            `json:"opened_by,omitempty"`
	Result   string            `json:"result,omitempty"` // what came of it
	Test     bool              `json:"test,omitempty"`   // left in a call that tried out a flow
}

// tasks are all tasks, in the order of the log, and those that are open.
type tasks struct {
	byID    map[hotline.TaskID]*Task
	order   []*Task
	open    map[hotline.TaskID]*Task
	changed uint64 // the last event about one
}

// TaskCounts is the open tasks. A list is out of date when Seq has changed.
type TaskCounts struct {
	Open    int    `json:"open"`
	Overdue int    `json:"overdue"`
	Seq     uint64 `json:"seq"`
}

func (f *Fold) voicemailLeft(ev hotline.Event, fact hotline.VoicemailLeft, rec *record, at int64) {
	if fact.Task == "" || f.tasks.byID[fact.Task] != nil {
		f.metrics.late.Inc()
		return
	}
	t := &Task{
		ID: fact.Task, Seq: ev.Seq, Kind: TaskVoicemail, Contact: ev.Contact, Queue: ev.Queue, From: fact.From, Owner: fact.Owner,
		Left: Moment(at), Due: At(fact.Due), OffsetMS: max(fact.OffsetMS, 0), MS: max(fact.MS, 0),
	}
	if rec != nil {
		t.Contact, t.Test = rec.c.ID, rec.c.Test
		if len(rec.tasks) < maxLegs {
			rec.tasks = append(rec.tasks, t)
		}
		if t.Queue == "" && len(rec.visits) > 0 { // a message from the flow belongs to the queue it was last in
			t.Queue = rec.visits[len(rec.visits)-1].queue
		}
	}
	f.openTask(t, nil)
}

// openTask puts a task on the list and, if one is given, into its contact's record.
func (f *Fold) openTask(t *Task, rec *record) {
	if f.tasks.byID[t.ID] != nil {
		f.metrics.late.Inc()
		return
	}
	if rec != nil && len(rec.tasks) < maxLegs {
		rec.tasks = append(rec.tasks, t)
	}
	f.tasks.byID[t.ID], f.tasks.open[t.ID] = t, t
	f.tasks.order = append(f.tasks.order, t)
	f.tasks.changed = t.Seq
}

func (f *Fold) taskClosed(ev hotline.Event, fact hotline.TaskClosed, at int64) {
	if !f.closeTask(fact.Task, fact.By, fact.Note, ev.Seq, at) {
		f.metrics.late.Inc()
	}
}

// closeTask takes a task from the list; false if it is not there.
func (f *Fold) closeTask(id hotline.TaskID, by, result string, seq uint64, at int64) bool {
	t := f.tasks.open[id]
	if t == nil {
		return false
	}
	t.Closed, t.By, t.Result = Moment(at), by, result
	delete(f.tasks.open, t.ID)
	f.tasks.changed = seq
	return true
}

// taskOpened is a task that a person has made.
func (f *Fold) taskOpened(ev hotline.Event, fact hotline.TaskOpened, rec *record, at int64) {
	if fact.Task == "" {
		f.metrics.late.Inc()
		return
	}
	t := &Task{
		ID: fact.Task, Seq: ev.Seq, Kind: fact.What, Contact: ev.Contact, Queue: ev.Queue, From: fact.From, Owner: fact.Owner,
		Left: Moment(at), Due: At(fact.Due), Note: fact.Note, OpenedBy: fact.By,
	}
	if rec != nil {
		t.Contact, t.Test = rec.c.ID, rec.c.Test
	}
	f.openTask(t, rec)
}

func (f *Fold) taskChanged(ev hotline.Event, fact hotline.TaskChanged) {
	t := f.tasks.open[fact.Task]
	if t == nil {
		f.metrics.late.Inc()
		return
	}
	t.Owner, t.Due, t.Note = fact.Owner, At(fact.Due), fact.Note
	f.tasks.changed = ev.Seq
}

// export is the task as of now. The caller holds the lock.
func (f *Fold) export(t *Task, now int64) Task {
	e := *t
	e.Overdue = e.Closed == 0 && e.Due != 0 && now > int64(e.Due)
	if r := f.contacts.byID[t.Contact]; r != nil {
		e.Recorded = r.c.Recording != nil && r.c.Recording.File != ""
	}
	return e
}

// TaskQuery asks for tasks. Open ones come in the order of their due times, closed ones the newest first.
type TaskQuery struct {
	Closed bool // else those that are open
	Owner  string
	Queue  hotline.QueueID
	Limit  int    // 1–500, default 50; closed ones only
	Cursor string // from TaskPage.Next
}

// TaskPage is one page of the list. Next is empty on the last page.
type TaskPage struct {
	Items []Task `json:"items"`
	Next  string `json:"next"`
}

// Tasks lists tasks. It returns ErrQuery for a cursor or limit that cannot be served.
func (f *Fold) Tasks(q TaskQuery) (TaskPage, error) {
	before, limit, err := cursor(q.Cursor, q.Limit)
	if err != nil {
		return TaskPage{}, err
	}
	now := f.cfg.Now().UnixMilli()
	p := TaskPage{Items: []Task{}}
	fits := func(t *Task) bool {
		return (q.Owner == "" || t.Owner == q.Owner) && (q.Queue == "" || t.Queue == q.Queue)
	}
	if !q.Closed {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, t := range f.tasks.open {
			if fits(t) {
				p.Items = append(p.Items, f.export(t, now))
			}
		}
		slices.SortFunc(p.Items, func(a, b Task) int {
			return cmp.Or(cmp.Compare(due(a), due(b)), cmp.Compare(a.Seq, b.Seq))
		})
		return p, nil
	}
	found, disk := f.closedTasks(before, limit+1, now, fits)
	for t := range disk.tasks(before) {
		for len(found) > 0 && found[0].Seq > t.Seq {
			p.Items, found = append(p.Items, found[0]), found[1:]
		}
		if len(p.Items) > limit {
			break
		}
		if fits(&t) {
			p.Items = append(p.Items, t)
		}
	}
	p.Items = append(p.Items, found...)
	if len(p.Items) > limit {
		p.Items = p.Items[:limit]
		p.Next = strconv.FormatUint(p.Items[limit-1].Seq, 10)
	}
	return p, nil
}

// closedTasks is those in memory, the newest first, and what is on disk at the same moment.
func (f *Fold) closedTasks(before uint64, limit int, now int64, fits func(*Task) bool) (found []Task, disk stacks) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range slices.Backward(f.tasks.order) {
		if len(found) == limit {
			break
		}
		if t.Seq < before && t.Closed != 0 && fits(t) {
			found = append(found, f.export(t, now))
		}
	}
	return found, f.stacks.share()
}

// due is when the task stands in the list: without a due time, last.
func due(t Task) Moment {
	if t.Due == 0 {
		return 1 << 62
	}
	return t.Due
}

// Task is one task; false if there is none of that id.
func (f *Fold) Task(id hotline.TaskID) (Task, bool) {
	now := f.cfg.Now().UnixMilli()
	f.mu.Lock()
	if t := f.tasks.byID[id]; t != nil {
		defer f.mu.Unlock()
		return f.export(t, now), true
	}
	disk := f.stacks.share()
	f.mu.Unlock()
	for _, r := range disk.copies(string(id)) {
		for _, t := range r.tasks {
			if t.ID == id {
				return r.closedTask(t), true
			}
		}
	}
	return Task{}, false
}

// taskCounts counts the open tasks, of each queue and of all. The caller holds the lock.
func (f *Fold) taskCounts(now int64) (map[hotline.QueueID]int, TaskCounts) {
	n := TaskCounts{Seq: f.tasks.changed}
	queues := map[hotline.QueueID]int{}
	for _, t := range f.tasks.open {
		if !t.Test {
			n.Open++
			n.Overdue += count(t.Due != 0 && now > int64(t.Due))
			queues[t.Queue]++
		}
	}
	return queues, n
}
