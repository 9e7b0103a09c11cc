package centre

import (
	"maps"
	"slices"
	"strings"

	"hotline/centre/strict"
)

// edge says that a caller can come from one place to another without any time passing. Places are "flow ID" and "queue ID".
type edge struct {
	to string
	at strict.Value // what to blame
}

// cycles refuses flows and queues that pass a caller round without anything that takes time: the caller would never be served
// and the engine never rest.
func (p *parser) cycles() {
	edges := map[string][]edge{}
	for _, id := range slices.Sorted(maps.Keys(p.c.Flows)) {
		instantly(p.c.Flows[id].Steps, func(to string) {
			edges["flow "+id] = append(edges["flow "+id], edge{to, p.flowAt[id]})
		})
	}
	for _, q := range p.c.Queues {
		m, from := p.rules[q.ID], "queue "+string(q.ID)
		add := func(rule string, actions Actions) {
			instantly(actions, func(to string) { edges[from] = append(edges[from], edge{to, m.Get(rule)}) })
		}
		add("max_waiting", q.MaxWaiting.Then)
		add("long_wait", q.LongWait.Then)
		add("closing", q.Closing.Join)
		if q.NoAgents.At != AtWaiting || q.NoAgents.After == 0 {
			add("no_agents", q.NoAgents.Then)
		}
	}
	rounds := components(edges)
	for from, list := range edges {
		for _, e := range list {
			if rounds[from] != rounds[e.to] || from != e.to && rounds[from] == 0 {
				continue
			}
			if flow, isFlow := strings.CutPrefix(from, "flow "); isFlow {
				e.at.Fault("comes back to flow "+strict.Quote(flow)+" without anything that takes time", "a play or a menu on the way, or hangup")
			} else {
				e.at.Fault("comes back to this queue at once", "end the chain with hangup, busy or a message")
			}
		}
	}
}

// instantly calls to with every flow and queue that the steps can come to before anything takes time. It says whether what
// follows the steps can be reached so as well.
func instantly(steps []Step, to func(place string)) bool {
	for _, s := range steps {
		switch s.Kind {
		case StepFlow:
			to("flow " + s.Flow)
			return false
		case StepQueue:
			to("queue " + string(s.Queue))
			return false
		case StepStay, StepBusy, StepHangup, StepMenu, StepCollect, StepVoicemail, StepRate:
			return false
		case StepPlay:
			if strings.Trim(strings.TrimPrefix(s.Prompt, "silence:"), "0") != "" {
				return false
			}
		case StepLookup: // goes on after an answer
			instantly(s.Else, to)
		case StepIf, StepHours, StepSwitch:
			yes, no := instantly(s.Then, to), instantly(s.Else, to)
			if !yes && !no {
				return false
			}
		}
	}
	return true
}

// components numbers, from 1, the sets of places that can be reached from each other (Tarjan's algorithm); 0: a set of one.
func components(edges map[string][]edge) map[string]int {
	type mark struct {
		index, low int
		onStack    bool
	}
	var (
		marks = map[string]*mark{}
		stack []string
		found = map[string]int{}
		sets  int
		visit func(string) *mark
	)
	visit = func(at string) *mark {
		m := &mark{index: len(marks), low: len(marks), onStack: true}
		marks[at] = m
		stack = append(stack, at)
		for _, e := range edges[at] {
			if n := marks[e.to]; n == nil {
				m.low = min(m.low, visit(e.to).low)
			} else if n.onStack {
				m.low = min(m.low, n.index)
			}
		}
		if m.low != m.index {
			return m
		}
		first := slices.Index(stack, at)
		if len(stack)-first > 1 {
			sets++
		}
		for _, x := range stack[first:] {
			marks[x].onStack = false
			if len(stack)-first > 1 {
				found[x] = sets
			}
		}
		stack = stack[:first]
		return m
	}
	for at := range edges {
		if marks[at] == nil {
			visit(at)
		}
	}
	return found
}
