package reports

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"hotline"
)

// Trunks makes the report on the use of trunks. It returns ErrQuery for a time or an interval that cannot be reported on.
func (f *Fold) Trunks(q Span) (*Report[TrunkRow], error) {
	now := f.cfg.Now()
	f.mu.Lock()
	ls, b, seq := f.lines.copy(), f.book, f.seq
	f.mu.Unlock()
	bs, err := bins(q.From, q.To, q.Interval, b.loc)
	if err != nil {
		return nil, err
	}
	rep := report[TrunkRow](q, now, seq)
	rows := map[string][]lineCell{}
	ls.gather(bs, now.UnixMilli(), func(i int, c lineCell) {
		if c.Trunk == every {
			return
		}
		if rows[c.Trunk] == nil {
			rows[c.Trunk] = make([]lineCell, len(bs))
		}
		rows[c.Trunk][i].merge(c)
	})
	if err := bounded(len(bs), len(rows), true); err != nil {
		return nil, err
	}
	for i, bin := range bs {
		for _, trunk := range slices.Sorted(maps.Keys(rows)) {
			c := rows[trunk][i]
			if bin.start > now.UnixMilli() {
				break
			}
			rep.Rows = append(rep.Rows, TrunkRow{
				Head: head(bin, now.UnixMilli(), b.loc), Trunk: trunk, In: c.In, Out: c.Out, Refused: c.Refused, Failed: c.Failed,
				Asked: c.Blocked + c.In, Blocked: c.Blocked,
				BusyMS: c.Busy, Peak: c.Peak, PeakAt: Moment(c.PeakAt),
			})
		}
	}
	return rep, nil
}

// gather hands out every cell with its bin; a quarter that only touches the first bin is the first bin's.
func (ls *lines) gather(bs []bin, now int64, take func(int, lineCell)) {
	for c := range ls.span(bs[0].start, bs[len(bs)-1].end, now) {
		if i := find(bs, max(c.At, bs[0].start)); i >= 0 {
			take(i, c)
		}
	}
}

// Peaks makes the report on how many calls and waiting callers there were at once.
func (f *Fold) Peaks(q Span) (*Report[PeakRow], error) {
	now := f.cfg.Now()
	f.mu.Lock()
	s, ls := f.snap(), f.lines.copy()
	f.mu.Unlock()
	bs, err := bins(q.From, q.To, q.Interval, s.book.loc)
	if err != nil {
		return nil, err
	}
	if err := bounded(len(bs), len(s.book.centre.Queues)+1, true); err != nil {
		return nil, err
	}
	rep := report[PeakRow](q, now, s.seq)
	calls := make([]lineCell, len(bs))
	ls.gather(bs, now.UnixMilli(), func(i int, c lineCell) {
		if c.Trunk == every {
			calls[i].merge(c)
		}
	})
	waits := s.crowds(q.query(), bs, now.UnixMilli())
	seen := map[hotline.QueueID]bool{}
	for id := range waits {
		seen[id] = id != ""
	}
	delete(seen, "")
	order := append([]hotline.QueueID{""}, s.book.queueOrder(seen)...)
	want := q.query()
	for i, bin := range bs {
		if bin.start > now.UnixMilli() {
			break
		}
		for _, id := range order {
			if id != "" && !want.wants(id) {
				continue
			}
			row := PeakRow{Head: head(bin, now.UnixMilli(), s.book.loc), Queue: id}
			if w := waits[id]; w != nil {
				row.Waiting = w[i]
			}
			if id == "" {
				row.Calls = &Peak{calls[i].Peak, Moment(calls[i].PeakAt)}
			} else {
				row.Name = s.book.queue(id).Name
			}
			rep.Rows = append(rep.Rows, row)
		}
	}
	return rep, nil
}

// turn is a wait's beginning or end.
type turn struct {
	at   int64
	step int
}

// crowds is the most that waited at once in every bin, by queue; "" is all of them.
func (s *snapshot) crowds(q QueueQuery, bs []bin, now int64) map[hotline.QueueID][]Peak {
	turns := map[hotline.QueueID][]turn{}
	s.visits(q.From.UnixMilli(), q.To.UnixMilli(), func(v *visit) {
		end := v.ended
		if v.waiting() {
			end = now
		}
		from, to := max(v.since, bs[0].start), min(end, bs[len(bs)-1].end)
		if v.blocked != "" || !q.wants(v.queue) || from >= to {
			return
		}
		turns[v.queue] = append(turns[v.queue], turn{from, 1}, turn{to, -1})
		if v.beside == "" {
			turns[""] = append(turns[""], turn{from, 1}, turn{to, -1})
		}
	})
	out := map[hotline.QueueID][]Peak{}
	for id, ts := range turns {
		out[id] = crowd(ts, bs)
	}
	return out
}

// crowd goes through the turns in order of time. At one moment who goes makes room before who comes.
func crowd(ts []turn, bs []bin) []Peak {
	slices.SortFunc(ts, func(a, b turn) int {
		if a.at != b.at {
			return cmp.Compare(a.at, b.at)
		}
		return a.step - b.step
	})
	out := make([]Peak, len(bs))
	level, i := 0, 0
	for b := range bs {
		for ; i < len(ts) && ts[i].at <= bs[b].start; i++ {
			level += ts[i].step
		}
		if level > 0 {
			out[b] = Peak{level, Moment(bs[b].start)}
		}
		for ; i < len(ts) && ts[i].at < bs[b].end; i++ {
			if level += ts[i].step; level > out[b].Most {
				out[b] = Peak{level, Moment(ts[i].at)}
			}
		}
	}
	return out
}

// Quality makes the report on how lines sounded, by days or wider, for each of a group: GroupTrunk, GroupAgent or
// GroupCodec.
func (f *Fold) Quality(q Span, group string) (*Report[QualityRow], error) {
	switch group {
	case GroupTrunk, GroupAgent, GroupCodec:
	default:
		return nil, fmt.Errorf("%w: group %q: want trunk, agent or codec", ErrQuery, group)
	}
	switch q.Interval {
	case Quarter, Half, Hour:
		return nil, fmt.Errorf("%w: interval %q: lines are told by days: want 1d, 1w, 1M or 1y", ErrQuery, q.Interval)
	}
	now := f.cfg.Now()
	f.mu.Lock()
	h, b, seq := f.heard.copy(), f.book, f.seq
	f.mu.Unlock()
	from, _ := today(q.From, b.loc) // whole days
	bs, err := bins(from, q.To, q.Interval, b.loc)
	if err != nil {
		return nil, err
	}
	rep := report[QualityRow](q, now, seq)
	rows := map[string][]heardCell{}
	for c := range h.span(bs[0].start, bs[len(bs)-1].end) {
		id, ok := c.of(group, q, b)
		i := find(bs, c.At)
		if !ok || i < 0 {
			continue
		}
		if rows[id] == nil {
			rows[id] = make([]heardCell, len(bs))
		}
		rows[id][i].merge(c)
	}
	if err := bounded(len(bs), len(rows), true); err != nil {
		return nil, err
	}
	for i, bin := range bs {
		for _, id := range slices.Sorted(maps.Keys(rows)) {
			if c := rows[id][i]; c.Legs > 0 {
				rep.Rows = append(rep.Rows, c.row(head(bin, now.UnixMilli(), b.loc), group, id, b))
			}
		}
	}
	return rep, nil
}

// of is what the cell belongs to in the group; false: not in it, or not asked for.
func (c *heardCell) of(group string, q Span, b *book) (string, bool) {
	mine := q.Agent == "" && q.Of.Team == ""
	if c.Agent != "" {
		mine = q.agents(b.agent(hotline.AgentID(c.Agent)))
	}
	switch {
	case !mine:
		return "", false
	case group == GroupTrunk:
		return c.Trunk, c.Agent == ""
	case group == GroupAgent:
		return c.Agent, c.Agent != ""
	}
	return strings.ToLower(c.Codec), true
}

func (c *heardCell) row(h Head, group, id string, b *book) QualityRow {
	r := QualityRow{
		Head: h, Group: group, ID: id, Legs: c.Legs, Rated: c.Rated, MOS: ratio(c.MOS, c.Rated), Bands: c.Bands,
		Lost: ratio(c.Lost, c.Got+c.Lost), JitterMS: ratio(c.Jitter, c.Legs), Silent: c.Silent,
	}
	if group == GroupAgent {
		r.Name = b.agent(hotline.AgentID(id)).Name
	}
	for _, v := range []*float64{r.MOS, r.JitterMS} {
		if v != nil {
			*v /= 1000
		}
	}
	if c.Rated > 0 {
		worst := float64(c.Worst) / 1000
		r.Worst = &worst
	}
	return r
}
