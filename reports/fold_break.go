package reports

import (
	"cmp"
	"slices"

	"hotline"
)

// breakLine is an agent's place in the line for a break.
type breakLine struct {
	reason string
	at     int64
	seq    uint64 // of the asking: the order of the line
}

// breakEnd is a request for a break that was answered.
type breakEnd struct {
	at, asked int64
	granted   bool
	taken     bool // back by the agent, or the line was left with its state
}

// applyBreak follows the line for breaks, recalls and hand-overs.
func (f *Fold) applyBreak(ev hotline.Event, at int64) {
	a := f.agent(ev.Agent)
	switch fact := ev.Fact.(type) {
	case hotline.BreakAsked:
		a.line = &breakLine{reason: fact.Reason, at: at, seq: ev.Seq}
	case hotline.BreakAnswered:
		asked := at
		if a.line != nil {
			asked = a.line.at
		}
		word := fact.Source == hotline.SourceLead || fact.Source == hotline.SourceAPI
		a.breaks.addSince(at, f.clock, breakEnd{at: at, asked: asked, granted: fact.Granted, taken: !word && !fact.Granted})
		a.line = nil
	case hotline.Recalled:
		if a.state == hotline.AgentNotReady {
			a.recall = Recall{Since: Moment(at), By: fact.By}
		}
	case hotline.SignOutAsked:
		if a.relief = fact.Relief; fact.Off {
			a.relief = ""
		}
	}
}

// breakLines says of everyone who stands in line for a break how many asked for the same before.
func (s *liveSnapshot) breakLines() {
	var line []agentLive
	for _, a := range s.agents {
		if a.view.Break != nil {
			line = append(line, a)
		}
	}
	slices.SortFunc(line, func(a, b agentLive) int { return cmp.Compare(a.asked, b.asked) })
	ahead := map[string]int{}
	for _, a := range line {
		b := a.view.Break // made for this snapshot
		b.Ahead = ahead[b.Reason]
		ahead[b.Reason]++
	}
}

// BreakCounts is the requests for a break that had to stand in line, where they were answered.
type BreakCounts struct {
	Granted   int   `json:"granted"`
	Refused   int   `json:"refused"`
	TakenBack int   `json:"taken_back"`
	WaitMS    int64 `json:"wait_ms"` // from the asking to the answer
}

func (c *BreakCounts) add(e breakEnd) {
	c.Granted += count(e.granted)
	c.TakenBack += count(e.taken)
	c.Refused += count(!e.granted && !e.taken)
	c.WaitMS += max(e.at-e.asked, 0)
}
