package reports

import (
	"time"

	"hotline"
)

// agentSnapshot is one agent's history and what is not over yet.
type agentSnapshot struct {
	id        hotline.AgentID
	spans     history[span]
	attempts  history[attempt]
	answers   history[int64]
	handled   history[*Segment]
	breaks    history[breakEnd]
	surveys   history[surveyStep]
	transfers history[transferStep]
	codes     history[codeStep]
	owns      history[ownStep]
	open      span
	isOpen    bool
	busy      Moment // a segment that is not over was joined then
}

func (f *Fold) agentSnapshots(now int64) (map[hotline.AgentID]agentSnapshot, *book, uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make(map[hotline.AgentID]agentSnapshot, len(f.agents))
	for id, a := range f.agents {
		s := agentSnapshot{id: id, spans: a.spans, attempts: a.attempts, answers: a.answers, handled: a.handled, breaks: a.breaks, surveys: a.surveys, transfers: a.transfers, codes: a.codes, owns: a.owns}
		s.open, s.isOpen = a.open(now)
		if a.segment != nil {
			s.busy = a.segment.Connected
		}
		all[id] = s
	}
	return all, f.book, f.seq
}

// Agents makes the agent report. It returns ErrQuery for a time or an interval that cannot be reported on. Agents who
// have left the centre are listed when they have a figure.
func (f *Fold) Agents(q AgentQuery) (*AgentReport, error) {
	now := f.cfg.Now()
	all, b, seq := f.agentSnapshots(now.UnixMilli())
	bs, err := bins(q.From, q.To, q.Interval, b.loc)
	if err != nil {
		return nil, err
	}
	if err := bounded(len(bs), max(len(all), len(b.centre.Agents)), q.Agent == ""); err != nil {
		return nil, err
	}
	r := &AgentReport{From: At(q.From), To: At(q.To), AsOf: At(now), Seq: seq, Rows: []AgentRow{}}
	seen := make([]hotline.AgentID, 0, len(all))
	for id := range all {
		seen = append(seen, id)
	}
	rows := map[hotline.AgentID][]AgentRow{}
	order := b.agentOrder(seen)
	for _, id := range order {
		def := b.agent(id)
		if (q.Agent != "" && q.Agent != id) || (q.Team != "" && q.Team != def.Team) {
			continue
		}
		s := all[id]
		s.id = id
		rows[id] = s.rows(bs, b, now.UnixMilli(), q.Plan[id])
	}
	for i, bin := range bs {
		if bin.start > now.UnixMilli() {
			break
		}
		for _, id := range order {
			if rows[id] == nil {
				continue
			}
			row := rows[id][i]
			if _, ok := b.agents[id]; ok || !row.empty() {
				r.Rows = append(r.Rows, row)
			}
		}
	}
	return r, nil
}

// Agent is one agent now and its figures since midnight; false if neither the centre nor the log knows it.
func (f *Fold) Agent(id hotline.AgentID, now time.Time) (AgentView, AgentRow, bool) {
	s := f.live(now.UnixMilli())
	_, known := s.book.agents[id]
	if _, seen := s.agents[id]; !known && !seen {
		return AgentView{}, AgentRow{}, false
	}
	start, next := today(now, s.book.loc)
	all, b, _ := f.agentSnapshots(now.UnixMilli())
	one := all[id]
	one.id = id
	rows := one.rows([]bin{{start.UnixMilli(), next.UnixMilli()}}, b, now.UnixMilli(), nil)
	return s.view(id, now.UnixMilli()), rows[0], true
}

// rows is the agent in every bin.
func (s *agentSnapshot) rows(bs []bin, b *book, now int64, plan []Planned) []AgentRow {
	def := b.agent(s.id)
	rows := make([]AgentRow, len(bs))
	for i, bin := range bs {
		rows[i] = AgentRow{
			Start: Moment(bin.start), End: Moment(bin.end), Label: label(bin.start, b.loc), Agent: s.id, Name: def.Name,
			Team: def.Team, Reasons: map[string]int64{}, Open: now < bin.end,
		}
	}
	from, to := bs[0].start, bs[len(bs)-1].end
	for sp := range s.spans.span(from, to) {
		if sp.start >= to {
			break
		}
		clip(rows, bs, sp)
	}
	if s.isOpen {
		clip(rows, bs, s.open)
	}
	if i := find(bs, int64(s.busy)); s.busy != 0 && i >= 0 {
		rows[i].Open = true
	}
	for at := range s.answers.span(from, to) {
		if i := find(bs, at); i >= 0 {
			rows[i].Answered++
		}
	}
	for a := range s.attempts.span(from, to) {
		if i := find(bs, a.at); i >= 0 {
			rows[i].Rings.add(a.result, 1)
			rows[i].RingMS += a.ring
		}
	}
	for seg := range s.handled.span(from, to) {
		if i := find(bs, int64(max(seg.Released, seg.Wrapped))); i >= 0 {
			rows[i].Handled++
			rows[i].TalkMS += seg.TalkMS
			rows[i].HoldMS += seg.HoldMS
			rows[i].ACWMS += seg.WrapMS
			rows[i].Held += count(seg.HoldMS > 0)
			rows[i].ghosts += count(seg.TalkMS < b.queue(seg.Queue).Ghost.Milliseconds())
		}
	}
	s.adhere(rows, bs, plan, now)
	s.stepRows(rows, bs)
	s.ownRows(rows, bs)
	for i := range rows {
		rows[i].Transfers.finish(rows[i].Handled)
		rows[i].Survey.finish()
		rows[i].finish()
		rows[i].restate()
	}
	return rows
}

// stepRows counts what happened beside talks, and when its last part became known.
func (s *agentSnapshot) stepRows(rows []AgentRow, bs []bin) {
	from, to := bs[0].start, bs[len(bs)-1].end
	for e := range s.breaks.span(from, to) {
		if i := find(bs, e.at); i >= 0 {
			rows[i].Breaks.add(e)
		}
	}
	for st := range s.surveys.span(from, to) {
		if i := find(bs, st.at); i >= 0 {
			rows[i].Survey.add(st)
			rows[i].noted = max(rows[i].noted, st.noted)
		}
	}
	for x := range s.transfers.span(from, to) {
		if i := find(bs, x.at); i >= 0 {
			rows[i].Transfers.add(x)
		}
	}
	for x := range s.codes.span(from, to) {
		if i := find(bs, x.at); i >= 0 {
			rows[i].Codes.add(x)
			rows[i].noted = max(rows[i].noted, x.noted)
		}
	}
}

// clip shares a span out among the bins it touches.
func clip(rows []AgentRow, bs []bin, sp span) {
	i := find(bs, max(sp.start, bs[0].start))
	for ; i >= 0 && i < len(bs) && bs[i].start < sp.end; i++ {
		ms := min(sp.end, bs[i].end) - max(sp.start, bs[i].start)
		if ms <= 0 {
			continue
		}
		r := &rows[i]
		r.SignedInMS += ms
		*r.States.of(sp.state) += ms
		if sp.state == hotline.AgentNotReady {
			r.Reasons[sp.reason] += ms
		}
	}
}

func (t *StateTimes) of(s hotline.AgentState) *int64 {
	switch s {
	case hotline.AgentReady:
		return &t.ReadyMS
	case hotline.AgentReserved:
		return &t.ReservedMS
	case hotline.AgentRinging:
		return &t.RingingMS
	case hotline.AgentTalking:
		return &t.TalkingMS
	case hotline.AgentHeld:
		return &t.HeldMS
	case hotline.AgentConsult:
		return &t.ConsultingMS
	case hotline.AgentConfer:
		return &t.ConferenceMS
	case hotline.AgentWrapUp:
		return &t.WrapUpMS
	case hotline.AgentNotReady:
		return &t.NotReadyMS
	case hotline.AgentOutbound:
		return &t.OutboundMS
	}
	return &t.UnknownMS
}

// finish makes the ratios.
func (r *AgentRow) finish() {
	n := int64(r.Handled)
	r.AvgTalkMS, r.AvgHoldMS, r.AvgACWMS = ratio(r.TalkMS, n), ratio(r.HoldMS, n), ratio(r.ACWMS, n)
	r.AHTMS = ratio(r.TalkMS+r.HoldMS+r.ACWMS, n)
	r.RONA = r.Rings.rona()
	t := r.States
	handle := t.handle()
	r.Occupancy = ratio(t.busy(), t.busy()+t.ReadyMS)
	r.OccupancyInbound = ratio(handle, handle+t.ReadyMS)
	known := r.SignedInMS - t.UnknownMS
	r.StaffedMS = known - t.NotReadyMS
	r.HoldRate, r.ShortTalk = level(r.Held, r.Handled), level(r.ghosts, r.Handled)
	r.PerHour = perHour(r.Handled, r.StaffedMS)
	r.HandleOverLogin = ratio(handle+t.OutboundMS, known)
	r.StaffedOverLogin = ratio(known-t.NotReadyMS, known)
	r.Adherence = ratio(r.AdherentMS, r.PlannedMS)
}

// settleMS is how long after an interval's end codes and ratings are still no correction but the rest of its work.
const settleMS = 60 * 60_000

// restate notes the last correction of a row that was final.
func (r *AgentRow) restate() {
	if !r.Open && r.noted > int64(r.End)+settleMS {
		r.Restated = Moment(r.noted)
	}
}

// perHour is calls an hour of time at work; nil when there was none.
func perHour(calls int, ms int64) *float64 {
	if ms <= 0 {
		return nil
	}
	v := float64(calls) * 3_600_000 / float64(ms)
	return &v
}

func (r *AgentRow) empty() bool {
	return r.SignedInMS == 0 && r.Answered == 0 && r.Handled == 0 && r.Rings.all() == 0 && r.Outbound == (OutboundCounts{}) && r.PlannedMS == 0
}
