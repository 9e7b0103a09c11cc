package reports

import (
	"cmp"
	"fmt"
	"time"

	"hotline"
)

// cell is one queue in one bin.
type cell struct {
	bin   int
	queue hotline.QueueID
}

// Queues makes the queue report. It returns ErrQuery for a time or an interval that cannot be reported on.
func (f *Fold) Queues(q QueueQuery) (*QueueReport, error) {
	q.By = cmp.Or(q.By, ByArrival)
	switch q.By {
	case ByArrival, ByWaitEnd, ByCompletion:
	default:
		return nil, fmt.Errorf("%w: attribution %q: want %s, %s or %s", ErrQuery, q.By, ByArrival, ByWaitEnd, ByCompletion)
	}
	now := f.cfg.Now()
	s := f.snapshot()
	bs, err := bins(q.From, q.To, q.Interval, s.book.loc)
	if err != nil {
		return nil, err
	}
	r := &QueueReport{
		From: At(q.From), To: At(q.To), AsOf: At(now), Seq: s.seq, By: q.By, Rows: []QueueRow{}, Totals: []QueueRow{},
	}
	if err := bounded(len(bs), len(s.book.centre.Queues), q.Queue == ""); err != nil {
		return nil, err
	}
	if err := q.check(); err != nil {
		return nil, err
	}
	t := tabulate(&s, q, bs, now)
	r.Overridden, r.HandOver = !q.Override.empty(), t.hand.export()
	t.beside(&s, q, bs)
	for i, b := range bs {
		if b.start > now.UnixMilli() && t.total[i].requested == 0 {
			break // the future
		}
		for _, id := range s.book.queueOrder(t.seen) {
			if !q.wants(id) {
				continue
			}
			def := q.Override.apply(s.book.queue(id))
			row := t.row(b, cmp.Or(t.cells[cell{i, id}], q.tally()), now, s.book.loc)
			t.more[cell{i, id}].export(&row)
			row.Queue, row.Name, row.TargetWithinMS, row.TargetRatio = id, def.Name, def.Within.Milliseconds(), def.Ratio
			row.Definition = def.rules()
			r.Rows = append(r.Rows, row)
		}
		row := t.row(b, t.total[i], now, s.book.loc)
		row.Calls = &CallFigures{t.calls[i], level(t.calls[i].Within, t.calls[i].Calls)}
		t.more[cell{i, ""}].export(&row)
		r.Totals = append(r.Totals, row)
	}
	return r, nil
}

// bounded refuses a report of more rows than anybody reads; each who queries would hold them all in memory.
func bounded(bins, rows int, all bool) error {
	if all && bins*rows > maxRows {
		return fmt.Errorf("%w: %d intervals of %d are more than %d rows", ErrQuery, bins, rows, maxRows)
	}
	return nil
}

// table is every cell of a report.
type table struct {
	cells map[cell]*tally
	total []*tally
	hand  handOver
	calls []CallCounts
	seen  map[hotline.QueueID]bool
	more  map[cell]*besides // without a queue: the total
}

// besides is what a cell counts beside visits.
type besides struct {
	callbacks CallbackCounts
	survey    SurveyCounts
	transfers TransferCounts
	codes     CodeCounts
	noted     int64 // when the last of it became known
}

// later notes when a part of it became known.
func (b *besides) later(at int64) { b.noted = max(b.noted, at) }

func (b *besides) export(row *QueueRow) {
	if b == nil {
		b = &besides{}
	}
	b.survey.finish()
	b.transfers.finish(row.Handled)
	row.Callbacks, row.Survey, row.Transfers, row.Codes = b.callbacks, b.survey, b.transfers, b.codes
	if !row.Open && b.noted > int64(max(row.End, row.settled))+settleMS {
		row.Restated = Moment(b.noted)
	}
}

// beside counts promises and surveys, in the interval in which they began.
func (t *table) beside(s *snapshot, q QueueQuery, bs []bin) {
	t.more = map[cell]*besides{}
	add := func(queue hotline.QueueID, at int64, count func(*besides)) {
		i := find(bs, at)
		if i < 0 || !q.wants(queue) {
			return
		}
		t.seen[queue] = true
		for _, c := range []cell{{i, queue}, {i, ""}} {
			if t.more[c] == nil {
				t.more[c] = &besides{}
			}
			count(t.more[c])
			if queue == "" {
				break
			}
		}
	}
	for c := range s.kept.span(bs[0].start, bs[len(bs)-1].end) {
		add(c.Queue, int64(c.Asked), func(b *besides) { b.callbacks.add(c); b.later(int64(c.Ended)) })
	}
	for i := range s.promises {
		add(s.promises[i].Queue, int64(s.promises[i].Asked), func(b *besides) { b.callbacks.add(&s.promises[i]) })
	}
	for st := range s.surveys.span(bs[0].start, bs[len(bs)-1].end) {
		add(st.queue, st.at, func(b *besides) { b.survey.add(st); b.later(st.noted) })
	}
	for x := range s.transfers.span(bs[0].start, bs[len(bs)-1].end) {
		add(x.queue, x.at, func(b *besides) { b.transfers.add(x) })
	}
	for x := range s.codes.span(bs[0].start, bs[len(bs)-1].end) {
		add(x.queue, x.at, func(b *besides) { b.codes.add(x); b.later(x.noted) })
	}
}

func tabulate(s *snapshot, q QueueQuery, bs []bin, now time.Time) table {
	t := table{
		cells: map[cell]*tally{}, total: make([]*tally, len(bs)), calls: make([]CallCounts, len(bs)),
		seen: map[hotline.QueueID]bool{},
	}
	for i := range t.total {
		t.total[i] = q.tally()
	}
	asOf := now.UnixMilli()
	defs := map[hotline.QueueID]Queue{}
	s.visits(q.From.UnixMilli(), q.To.UnixMilli(), func(v *visit) {
		if !q.wants(v.queue) {
			return
		}
		if i := find(bs, v.first); i >= 0 {
			t.calls[i].add(v, s.book)
		}
		i := find(bs, v.when(q.By))
		if i < 0 {
			return
		}
		def, known := defs[v.queue]
		if !known {
			def = q.Override.apply(s.book.queue(v.queue))
			defs[v.queue] = def
		}
		c := cell{i, v.queue}
		if t.cells[c] == nil {
			t.cells[c] = q.tally()
			t.seen[v.queue] = true
		}
		t.cells[c].add(v, def, asOf)
		t.total[i].add(v, def, asOf)
		t.hand.add(v)
	})
	return t
}

// maxThresholds bounds what one report counts beside the target.
const maxThresholds = 10

func (q *QueueQuery) check() error {
	if len(q.Within) > maxThresholds {
		return fmt.Errorf("%w: %d thresholds: at most %d", ErrQuery, len(q.Within), maxThresholds)
	}
	for _, d := range q.Within {
		if d < 0 || d > 24*time.Hour {
			return fmt.Errorf("%w: threshold %s: want 0s to 24h", ErrQuery, d)
		}
	}
	return nil
}

// tally is an empty one that counts what is asked for.
func (q *QueueQuery) tally() *tally {
	t := &tally{keep: true}
	for _, d := range q.Within {
		t.marks = append(t.marks, mark{within: d.Milliseconds()})
	}
	if q.Curve {
		t.answers, t.gaveUps = make([]int, curveTo+1), make([]int, curveTo+1)
	}
	return t
}

func (t *table) row(b bin, c *tally, now time.Time, loc *time.Location) QueueRow {
	row := QueueRow{Start: Moment(b.start), End: Moment(b.end), Label: label(b.start, loc)}
	row.settled = Moment(c.closed)
	row.Open = now.UnixMilli() < b.end || c.unclosed > 0
	c.row(&row)
	return row
}
