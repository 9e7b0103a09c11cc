package reports

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"hotline"
)

// IVRReport is how calls went through the flows: a graph of steps, and what became of them there.
// Calls = Asked + Voicemail + Callback + Abandoned + Ended. A call is of the quarter of an hour in which it began, and is
// counted when an agent has it or it is over.
type IVRReport struct {
	From Moment `json:"from"`
	To   Moment `json:"to"`
	AsOf Moment `json:"as_of"`
	Seq  uint64 `json:"seq"`
	Open bool   `json:"open"` // calls that began then are still in a flow, or may come

	Flow      string    `json:"flow,omitempty"`
	Flows     []string  `json:"flows"` // in which calls began
	Calls     int64     `json:"calls"`
	Asked     int64     `json:"asked"` // for a person
	Voicemail int64     `json:"voicemail"`
	Callback  int64     `json:"callback"`
	Abandoned int64     `json:"abandoned"` // the caller hung up in the flow
	Ended     int64     `json:"ended"`     // the flow was through
	FlowMS    *float64  `json:"avg_flow_ms"`
	AskedMS   *float64  `json:"avg_to_asked_ms"` // from the call's beginning to the request
	Nodes     []IVRNode `json:"nodes"`           // start first, then by depth
	Links     []IVRLink `json:"links"`
}

// IVRNode is a step of a flow, a queue, the start or an exit.
type IVRNode struct {
	ID        string `json:"id"`
	Kind      string `json:"kind"` // start, step, queue, exit
	Flow      string `json:"flow,omitempty"`
	Path      string `json:"path,omitempty"`
	Step      string `json:"step,omitempty"` // what it does: play, menu …; the queue's id; how it ended
	Count     int64  `json:"count"`          // comings; of the start: calls
	Abandoned int64  `json:"abandoned"`      // callers who hung up there
	// AvgMS is how long calls stayed that went on from there.
	AvgMS *float64 `json:"avg_ms"`
	Depth int      `json:"depth"` // fewest steps from the start

	left, stay int64
}

// IVRLink is a way from one node to another.
type IVRLink struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Count int64  `json:"count"`
}

// IVR makes the report; flow "" is all flows.
func (f *Fold) IVR(q Span, flow string) (*IVRReport, error) {
	now := f.cfg.Now()
	f.mu.Lock()
	p, b, seq := f.paths.copy(), f.book, f.seq
	open := now.Before(q.To)
	for _, c := range f.calls {
		if c.path != nil && c.path.began >= q.From.UnixMilli() && c.path.began < q.To.UnixMilli() {
			open = true
		}
	}
	f.mu.Unlock()
	if _, err := bins(q.From, q.To, Whole, b.loc); err != nil {
		return nil, err
	}
	r := &IVRReport{From: At(q.From), To: At(q.To), AsOf: At(now), Seq: seq, Open: open, Flow: flow, Flows: []string{}}
	links, flows := map[[2]string]*IVRLink{}, map[string]bool{}
	nodes := map[string]*IVRNode{nodeStart: {ID: nodeStart, Kind: nodeStart}}
	var spent, toAsked int64
	for c := range p.span(q.From.UnixMilli(), q.To.UnixMilli()) {
		flows[c.Flow] = true
		if flow != "" && c.Flow != flow {
			continue
		}
		if c.From == "" {
			r.became(c)
			spent += c.MS
			if c.To == IVRAsked {
				toAsked += c.MS
			}
			continue
		}
		link := links[[2]string{c.From, c.To}]
		if link == nil {
			link = &IVRLink{From: c.From, To: c.To}
			links[[2]string{c.From, c.To}] = link
		}
		link.Count += c.N
		from, to := nodeOf(nodes, c.From), nodeOf(nodes, c.To)
		to.Count += c.N
		from.left, from.stay = from.left+c.N, from.stay+c.MS
		if c.To == nodeExit+IVRAbandoned {
			from.Abandoned += c.N
		}
	}
	r.Flows = slices.Sorted(maps.Keys(flows))
	r.FlowMS, r.AskedMS = ratio(spent, r.Calls), ratio(toAsked, r.Asked)
	nodes[nodeStart].Count = r.Calls
	r.graph(nodes, links)
	return r, nil
}

func (r *IVRReport) became(c ivrCell) {
	r.Calls += c.N
	switch fate(c.To) {
	case IVRAsked:
		r.Asked += c.N
	case IVRVoicemail:
		r.Voicemail += c.N
	case IVRCallback:
		r.Callback += c.N
	case IVRAbandoned:
		r.Abandoned += c.N
	default:
		r.Ended += c.N
	}
}

func nodeOf(nodes map[string]*IVRNode, id string) *IVRNode {
	n := nodes[id]
	if n != nil {
		return n
	}
	n = &IVRNode{ID: id, Kind: "step"}
	switch {
	case strings.HasPrefix(id, nodeQueue):
		n.Kind, n.Step = "queue", strings.TrimPrefix(id, nodeQueue)
	case strings.HasPrefix(id, nodeExit):
		n.Kind, n.Step = "exit", strings.TrimPrefix(id, nodeExit)
	default:
		n.Path, n.Step, _ = strings.Cut(id, " ")
		n.Flow, _, _ = strings.Cut(n.Path, ".")
	}
	nodes[id] = n
	return n
}

// graph puts the nodes in order of their distance from the start.
func (r *IVRReport) graph(nodes map[string]*IVRNode, links map[[2]string]*IVRLink) {
	r.Nodes, r.Links = []IVRNode{}, []IVRLink{}
	next := map[string][]string{}
	for _, l := range links {
		next[l.From] = append(next[l.From], l.To)
		r.Links = append(r.Links, *l)
	}
	slices.SortFunc(r.Links, func(a, b IVRLink) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	seen, line := map[string]bool{nodeStart: true}, []string{nodeStart}
	for len(line) > 0 {
		id := line[0]
		line = line[1:]
		for _, to := range next[id] {
			if !seen[to] {
				seen[to] = true
				nodes[to].Depth = nodes[id].Depth + 1
				line = append(line, to)
			}
		}
	}
	for _, n := range nodes {
		n.AvgMS = ratio(n.stay, n.left)
		r.Nodes = append(r.Nodes, *n)
	}
	slices.SortFunc(r.Nodes, func(a, b IVRNode) int {
		return cmp.Or(cmp.Compare(a.Depth, b.Depth), cmp.Compare(b.Count, a.Count), cmp.Compare(a.ID, b.ID))
	})
}

// HeatRow is one slot of one weekday in one queue, summed over all such days of the time asked for.
type HeatRow struct {
	Queue     hotline.QueueID `json:"queue"`
	Name      string          `json:"name"`
	Weekday   int             `json:"weekday"` // 1 is Monday, 7 is Sunday
	Minute    int             `json:"minute"`  // of the day by the clock on the wall, where the slot begins
	Days      int             `json:"days"`    // such days in the time asked for
	Requested int             `json:"requested"`
	Offered   int             `json:"offered"`
	Answered  int             `json:"answered"`
	Abandoned int             `json:"abandoned"`
	Level     Level           `json:"level"` // by the queue's own definition
	Abandon   Level           `json:"abandon"`
	WaitMS    *float64        `json:"avg_wait_ms"`
}
