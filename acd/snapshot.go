package acd

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"hotline"
	"hotline/centre"
)

// imageVersion is the version of a snapshot's encoding. Restore refuses any other: the log is then replayed from its start.
const imageVersion = 6

// image is a router's state as it stands in a snapshot. What can be built from the centre file is not in it.
type image struct {
	Version int           `json:"version"`
	Seq     uint64        `json:"seq"`
	Last    time.Time     `json:"last"`
	Gap     time.Duration `json:"gap,omitempty"`
	Agents  []agentImage  `json:"agents"`
	Queues  []queueImage  `json:"queues"`
	Visits  []visitImage  `json:"visits"`
	Pools   []poolImage   `json:"pools"`
	Talks   []talkedImage `json:"talks,omitempty"`
	Crew    crew          `json:"crew,omitzero"`
	livesImage

	Promised uint64            `json:"promised,omitempty"`
	Promises []promiseImage    `json:"promises,omitempty"`
	Switches map[string]toggle `json:"switches,omitempty"`
	Returns  []returnImage     `json:"returns,omitempty"`
}

type agentImage struct {
	ID        hotline.AgentID    `json:"id"`
	State     hotline.AgentState `json:"state"`
	Reason    string             `json:"reason,omitempty"`
	Source    hotline.Source     `json:"source,omitempty"`
	Since     time.Time          `json:"since"`
	Next      hotline.AgentState `json:"next,omitempty"`
	NextWhy   string             `json:"next_reason,omitempty"`
	NextBy    hotline.Source     `json:"next_source,omitempty"`
	Comeback  bool               `json:"comeback,omitempty"`
	Device    bool               `json:"device,omitempty"`
	Idle      time.Time          `json:"idle"`
	TalkMS    int64              `json:"talk_ms,omitempty"`
	Calls     int64              `json:"calls,omitempty"`
	BusyMS    int64              `json:"busy_ms,omitempty"`
	HereMS    int64              `json:"here_ms,omitempty"`
	Taken     load               `json:"taken,omitempty"`
	Left      time.Time          `json:"left,omitzero"`
	WrapUntil time.Time          `json:"wrap_until"`
	Talk      *talkImage         `json:"talk,omitempty"`
	lifeImage
}

type talkImage struct {
	Visit   hotline.VisitID   `json:"visit"`
	Contact hotline.ContactID `json:"contact"`
	Call    hotline.CallID    `json:"call"`
	Leg     hotline.LegID     `json:"leg,omitempty"`
	Queue   hotline.QueueID   `json:"queue"`
	At      time.Time         `json:"at"`
	RingMS  int64             `json:"ring_ms"`
	HoldMS  int64             `json:"hold_ms"`
	TalkMS  int64             `json:"talk_ms"`
	Lent    bool              `json:"lent,omitempty"`
	Code    string            `json:"code,omitempty"`
	Extends int               `json:"extends,omitempty"`
}

type queueImage struct {
	ID      hotline.QueueID      `json:"id"`
	Asked   hotline.AgentID      `json:"asked,omitempty"`
	Handle  mean                 `json:"handle"`
	Came    arrivals             `json:"came,omitzero"`
	Left    decayed              `json:"left"`
	WaitSum decayed              `json:"wait_sum"`
	Empty   map[string]time.Time `json:"empty,omitempty"` // see queue.empty
}

type visitImage struct {
	ID       hotline.VisitID   `json:"id"`
	Contact  hotline.ContactID `json:"contact"`
	Call     hotline.CallID    `json:"call"`
	Queue    hotline.QueueID   `json:"queue"`
	Priority int               `json:"priority"`
	Since    time.Time         `json:"since"`
	Entered  time.Time         `json:"entered"`
	Seq      uint64            `json:"seq"`
	Level    int               `json:"level,omitempty"`
	Attempts int               `json:"attempts,omitempty"`
	Last     hotline.AgentID   `json:"last,omitempty"`
	Offers   []offerImage      `json:"offers,omitempty"`

	From  hotline.Party     `json:"from,omitzero"`
	Attrs map[string]string `json:"attrs,omitempty"`
	Place time.Time         `json:"place,omitzero"` // zero: since

	Needs       string             `json:"needs,omitempty"`
	Prefer      hotline.AgentID    `json:"prefer,omitempty"`
	PreferUntil time.Time          `json:"prefer_until,omitzero"`
	Beside      hotline.VisitID    `json:"beside,omitempty"`
	Callback    hotline.CallbackID `json:"callback,omitempty"`
}

type offerImage struct {
	ID      hotline.OfferID `json:"id"`
	Agent   hotline.AgentID `json:"agent"`
	Attempt int             `json:"attempt"`
	At      time.Time       `json:"at"`
	Until   time.Time       `json:"until"`
}

// Snapshot returns the router's state, so that a later start need not replay the log from its beginning. Two routers of the
// same centre with equal snapshots decide alike for ever.
func (r *Router) Snapshot() ([]byte, error) {
	m := image{Version: imageVersion, Seq: r.seq, Last: r.last, Gap: r.gap, livesImage: r.life.image()}
	for _, a := range r.roster {
		if !a.gone || a.state != hotline.AgentSignedOut {
			m.Agents = append(m.Agents, a.image())
		}
	}
	for _, id := range slices.Sorted(maps.Keys(r.queues)) {
		q := r.queues[id]
		m.Queues = append(m.Queues, queueImage{id, q.asked, q.handle, q.came, q.left, q.waitSum, q.empty})
	}
	for _, v := range r.inOrder() {
		m.Visits = append(m.Visits, v.image())
	}
	m.Pools = r.poolImages()
	m.Talks, m.Crew = r.talks.image(), r.crew
	m.Promised, m.Promises, m.Returns = r.promised, r.promiseImages(), r.returns.listed()
	m.Switches = r.switches
	data, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("acd: snapshot: %w", err)
	}
	return data, nil
}

func (a *agent) image() agentImage {
	m := agentImage{
		ID: a.id, State: a.state, Reason: a.reason, Source: a.source, Since: a.since, Next: a.next.state, NextWhy: a.next.reason,
		NextBy: a.next.source, Comeback: a.comeback, Device: a.life.ownPhone, Idle: a.idle, TalkMS: a.talkMS, Calls: a.calls,
		BusyMS: a.occupancy.busy, HereMS: a.occupancy.here, Taken: a.work.taken, Left: a.work.left, WrapUntil: a.wrapUntil, lifeImage: a.life.image(),
	}
	if t := a.talk; t != nil {
		m.Talk = &talkImage{t.visit, t.contact, t.call, t.leg, "", t.at, t.ringMS, t.holdMS, t.talkMS, t.lent, t.code, t.extends}
		if t.queue != nil {
			m.Talk.Queue = t.queue.id
		}
	}
	return m
}

func (v *visit) image() visitImage {
	m := visitImage{
		ID: v.id, Contact: v.contact, Call: v.call, Queue: v.queue.id, Priority: v.priority, Since: v.since, Entered: v.entered,
		Seq: v.seq, Level: v.level, Attempts: v.attempts, Last: v.last, From: v.from, Attrs: v.attrs,
	}
	if !v.place.Equal(v.since) {
		m.Place = v.place
	}
	m.Needs, m.PreferUntil = v.needs, v.preferUntil
	if v.prefer != nil {
		m.Prefer = v.prefer.id
	}
	m.Callback = v.callback
	if v.first != nil {
		m.Beside = v.first.id
	}
	for _, o := range v.offers {
		m.Offers = append(m.Offers, offerImage{o.id, o.agent.id, o.attempt, o.at, o.until})
	}
	return m
}

// Restore returns the router that Snapshot was taken of. Another centre file than at that time is taken over as SetCentre
// does, but without facts: what follows from it becomes true with the next steps.
func Restore(id hotline.ShardID, c *centre.Centre, data []byte) (*Router, error) {
	var m image
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("acd: snapshot: %w", err)
	}
	if m.Version != imageVersion {
		return nil, fmt.Errorf("acd: snapshot: version %d, want %d", m.Version, imageVersion)
	}
	r := NewRouter(id, c)
	r.seq, r.last, r.gap, r.crew = m.Seq, m.Last, m.Gap, m.Crew
	for _, q := range m.Queues {
		line := r.line(q.ID)
		line.empty = q.Empty
		line.asked, line.handle, line.came, line.left, line.waitSum = q.Asked, q.Handle, q.Came, q.Left, q.WaitSum
	}
	for _, t := range m.Talks {
		r.talks.note(t.At, t.Queue, t.Number, t.Agent)
	}
	r.restoreLives(m.livesImage)
	for _, a := range m.Agents {
		r.restoreAgent(a)
	}
	for _, v := range m.Visits {
		r.restoreVisit(v)
	}
	for _, v := range m.Visits {
		if first := r.visits[v.Beside]; first != nil {
			r.visits[v.ID].first = first
			first.beside = append(first.beside, r.visits[v.ID])
		}
	}
	r.promised = m.Promised
	for _, p := range m.Promises {
		r.restorePromise(p)
	}
	maps.Copy(r.switches, m.Switches)
	for _, l := range m.Returns {
		r.returns.note(l.comer, l.absence)
	}
	r.adopt(c)
	for _, p := range m.Pools {
		if err := r.restorePool(p); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *Router) restoreAgent(m agentImage) {
	a := r.someone(m.ID)
	a.state, a.reason, a.source, a.since = m.State, m.Reason, m.Source, m.Since
	a.next = asked{m.Next, m.NextWhy, m.NextBy}

	a.comeback, a.life.ownPhone, a.idle, a.wrapUntil = m.Comeback, m.Device, m.Idle, m.WrapUntil
	a.talkMS, a.calls, a.work = m.TalkMS, m.Calls, work{m.Taken, m.Left}
	a.occupancy = occupancy{m.BusyMS, m.HereMS}
	if t := m.Talk; t != nil {
		line := (*queue)(nil)
		if t.Queue != "" {
			line = r.line(t.Queue)
		}
		r.joinCall(a, &talk{t.Visit, t.Contact, t.Call, t.Leg, line, t.At, t.RingMS, t.HoldMS, t.TalkMS, t.Lent, t.Code, t.Extends})
	}
	r.restoreLife(a, m.lifeImage)
	r.countAway(a, +1)
}

func (r *Router) restoreVisit(m visitImage) {
	v := &visit{
		id: m.ID, contact: m.Contact, call: m.Call, queue: r.line(m.Queue), priority: m.Priority, since: m.Since,
		entered: m.Entered, seq: m.Seq, level: m.Level, attempts: m.Attempts, last: m.Last, from: m.From, attrs: m.Attrs,
		place: m.Place,
	}
	if v.place.IsZero() {
		v.place = v.since
	}
	v.needs, v.preferUntil = m.Needs, m.PreferUntil
	if m.Prefer != "" {
		v.prefer = r.someone(m.Prefer)
	}
	v.callback = m.Callback
	v.queue.inside++
	r.visits[v.id] = v
	r.life.onVisit(v)
	for _, o := range m.Offers {
		v.offers = append(v.offers, &offer{o.ID, v, r.someone(o.Agent), o.Attempt, o.At, o.Until})
		r.open(v.offers[len(v.offers)-1])
	}
}
