package reports

import (
	"math"
	"time"

	"hotline"
	"hotline/reports/staffing"
)

// BreakEffect is what one agent less would do to a queue that it serves, if calls keep coming as in the last 30 minutes.
type BreakEffect struct {
	Queue   hotline.QueueID `json:"queue"`
	Name    string          `json:"name"`
	Offered int             `json:"offered" doc:"Calls of the last 30 minutes."`
	AHTMS   float64         `json:"aht_ms" doc:"Talk, hold and after-call work of a call: of these 30 minutes, else of 24 hours."`
	Target  Target          `json:"target"`
	Agents  float64         `json:"agents" doc:"At work for it; who serves several queues counts in each by its share of their load."`
	Now     float64         `json:"now" doc:"Share answered in time with them, 0–1, by Erlang C."`
	Without float64         `json:"without" doc:"The same without the agent."`
}

// BreakEffects predicts what a break of the agent would do. A queue without calls of late, or whose calls nobody has handled
// within 24 hours, is not listed: nothing is known of it.
func (f *Fold) BreakEffects(id hotline.AgentID, now time.Time) ([]BreakEffect, error) {
	rows, err := f.loads(now)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	book := f.book
	f.mu.Unlock()
	agents := f.View(now).Agents
	serving := f.serving(book, agents)
	// part is the share of an agent's time that a queue may reckon with.
	part := func(a hotline.AgentID, q hotline.QueueID) float64 {
		sum := 0.0
		for _, other := range serving.queues(a) {
			sum += rows[other].Erlangs()
		}
		if sum == 0 {
			return 0
		}
		return rows[q].Erlangs() / sum
	}
	atWork := map[hotline.AgentID]bool{id: true}
	for _, a := range agents {
		switch a.State {
		case hotline.AgentSignedOut, hotline.AgentNotReady, stateUnknown:
		default:
			atWork[a.ID] = true
		}
	}
	out := []BreakEffect{}
	for _, qid := range serving.queues(id) {
		l, q := rows[qid], book.queue(qid)
		if l.Erlangs() == 0 {
			continue
		}
		n := 0.0
		for _, a := range serving.agents(qid) {
			if atWork[a] {
				n += part(a, qid)
			}
		}
		out = append(out, BreakEffect{
			Queue: qid, Name: q.Name, Offered: int(l.Calls), AHTMS: float64(l.AHT.Milliseconds()), Agents: math.Round(n*100) / 100,
			Target: Target{WithinMS: q.Within.Milliseconds(), Ratio: q.Ratio},
			Now:    predicted(l, n, q.Within), Without: predicted(l, n-part(id, qid), q.Within),
		})
	}
	return out, nil
}

// predicted is Erlang C for a number of agents that need not be whole: between its neighbours.
func predicted(l staffing.Load, n float64, within time.Duration) float64 {
	n = max(0, n)
	low, part := math.Modf(n)
	at := func(n float64) float64 { return staffing.C(l, int(n), within).SL }
	return math.Round(1000*(at(low)*(1-part)+at(low+1)*part)) / 1000
}

// loads is what came to each queue in the last 30 minutes.
func (f *Fold) loads(now time.Time) (map[hotline.QueueID]staffing.Load, error) {
	from := now.Add(-windowMS * time.Millisecond)
	late, err := f.Queues(QueueQuery{From: from, To: now, Interval: Whole})
	if err != nil {
		return nil, err
	}
	whole, err := f.Queues(QueueQuery{From: now.Add(-24 * time.Hour), To: now, Interval: Whole})
	if err != nil {
		return nil, err
	}
	aht := map[hotline.QueueID]time.Duration{}
	for _, rows := range [][]QueueRow{whole.Rows, late.Rows} {
		for _, r := range rows {
			if r.AHTMS != nil && *r.AHTMS > 0 {
				aht[r.Queue] = time.Duration(*r.AHTMS) * time.Millisecond
			}
		}
	}
	loads := map[hotline.QueueID]staffing.Load{}
	for _, r := range late.Rows {
		loads[r.Queue] = staffing.Load{Calls: float64(r.Offered), Interval: windowMS * time.Millisecond, AHT: aht[r.Queue]}
	}
	return loads, nil
}
