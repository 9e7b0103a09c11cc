package reports

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"hotline"
)

// What became of a call in the flow.
const (
	IVRAsked     = "asked"     // it asked for a person
	IVRVoicemail = "voicemail" // it left a message
	IVRCallback  = "callback"  // it was promised a call
	IVRAbandoned = "abandoned" // the caller hung up, without any of these
	IVREnded     = "ended"     // the flow was through
)

// Nodes of the graph beside the steps.
const (
	nodeStart = "start"
	nodeQueue = "queue:"
	nodeExit  = "exit:"
)

// ivrCell is how often calls that began in one quarter of an hour went from one node to another, and how long they had
// been at the first. Without From it is how often To became of a call, and how long it had been in the flow. Cells add up.
type ivrCell struct {
	At   int64  `json:"at"` // start of the quarter, UTC
	Flow string `json:"flow,omitempty"`
	From string `json:"from,omitempty"`
	To   string `json:"to"`
	N    int64  `json:"n"`
	MS   int64  `json:"ms"`
}

// ivrKey is what cells add up by.
type ivrKey struct {
	at             int64
	flow, from, to string
}

// paths is how calls go through the flows. The fold owns it.
type paths struct {
	now  map[ivrKey]*ivrCell // since the quarter that is not over began
	at   int64
	over history[ivrCell]
}

// path is one call's way so far.
type path struct {
	began int64
	flow  string
	node  string
	since int64
	fate  string // "": not known yet
}

// maxNodes bounds the nodes that are told apart: a flow has some hundred steps at most.
const maxNodes = 5000

func (p *paths) add(c ivrCell, clock int64) {
	if quarter := clock - clock%quarterMS; quarter != p.at {
		for _, old := range slices.SortedFunc(maps.Values(p.now), (*ivrCell).inOrder) {
			p.over.addSince(old.At, clock, *old)
		}
		clear(p.now)
		p.at = quarter
	}
	key := ivrKey{c.At, c.Flow, c.From, c.To}
	if len(p.now) >= maxNodes && p.now[key] == nil {
		key.from, key.to, c.From, c.To = nodeStart, nodeExit+"other", nodeStart, nodeExit+"other"
	}
	if p.now[key] == nil {
		p.now[key] = &ivrCell{At: c.At, Flow: c.Flow, From: c.From, To: c.To}
	}
	p.now[key].N += c.N
	p.now[key].MS += c.MS
}

// applyPaths follows a call from step to step until an agent has it.
func (f *Fold) applyPaths(ev hotline.Event, at int64) {
	c := f.calls[ev.Call]
	if c == nil || c.path == nil {
		if s, ok := ev.Fact.(hotline.CallStarted); ok && c != nil && c.rec != nil && s.Direction == hotline.Inbound && s.Flow != "" && !s.Test {
			c.path = &path{began: at, flow: s.Flow, node: nodeStart, since: at}
		}
		return
	}
	p := c.path
	switch fact := ev.Fact.(type) {
	case hotline.FlowStepped:
		f.walk(p, fact.Path+" "+fact.Step, at)
	case hotline.Queued:
		if fact.Beside == "" {
			f.fate(p, IVRAsked, at)
			f.walk(p, nodeQueue+string(ev.Queue), at)
		}
	case hotline.Blocked:
		f.fate(p, IVRAsked, at)
		f.walk(p, nodeQueue+string(ev.Queue), at)
	case hotline.VoicemailLeft:
		f.fate(p, IVRVoicemail, at)
	case hotline.CallbackAsked:
		f.fate(p, IVRCallback, at)
	case hotline.Connected:
		c.path = nil
	}
}

// walk counts a way between two nodes.
func (f *Fold) walk(p *path, to string, at int64) {
	f.paths.add(ivrCell{
		At: p.began - p.began%quarterMS, Flow: p.flow, From: p.node, To: to, N: 1, MS: max(at-p.since, 0),
	}, f.clock)
	p.node, p.since = to, at
}

// fate counts what became of the call, once.
func (f *Fold) fate(p *path, what string, at int64) {
	if p.fate != "" {
		return
	}
	p.fate = what
	f.paths.add(ivrCell{At: p.began - p.began%quarterMS, Flow: p.flow, To: what, N: 1, MS: max(at-p.began, 0)}, f.clock)
}

// pathEnded is the end of a call that no agent had.
func (f *Fold) pathEnded(c *liveCall, e hotline.CallEnded, at int64) {
	p := c.path
	if p == nil {
		return
	}
	what := IVREnded
	if e.By == hotline.RoleCustomer {
		what = IVRAbandoned
	}
	f.fate(p, what, at)
	if !strings.HasPrefix(p.node, nodeQueue) { // how a wait ended is told by the queue's own figures
		f.walk(p, nodeExit+what, at)
	}
}

// span yields the cells of calls that began in a quarter that touches [from, to).
func (p *paths) span(from, to int64) iter.Seq[ivrCell] {
	return func(yield func(ivrCell) bool) {
		for c := range p.over.span(from, to) {
			if c.At+quarterMS > from && c.At < to && !yield(c) {
				return
			}
		}
		for _, c := range p.now {
			if c.At+quarterMS > from && c.At < to && !yield(*c) {
				return
			}
		}
	}
}

func (p *paths) copy() paths {
	c := paths{now: make(map[ivrKey]*ivrCell, len(p.now)), at: p.at, over: p.over}
	for k, v := range p.now {
		one := *v
		c.now[k] = &one
	}
	return c
}
