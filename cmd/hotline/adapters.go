package main

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"hotline"
	"hotline/centre"
	"hotline/media"
	"hotline/recorder"
	"hotline/reports"
	"hotline/sip"
)

// accounts are the agents, who log in to the pages with their phone's password.
type accounts struct{ c *centreKeeper }

// HA1 implements auth.Accounts.
func (a accounts) HA1(user string) (string, bool) {
	h, ok := a.c.ha1s()[user]
	return h, ok
}

// phones gives the switch the phones that may register: those of agents and of desks.
type phones struct{ c *centreKeeper }

// HA1 implements sip.Accounts.
func (p phones) HA1(user string) (string, bool) {
	if h, ok := p.c.ha1s()[user]; ok {
		return h, true
	}
	h, ok := p.c.current.Load().desks[user]
	return h, ok
}

// strong is sip.Config.Strong.
func (p phones) strong(user string) (string, bool) {
	_, known := p.HA1(user)
	return p.c.current.Load().strong.of(user, known)
}

// ha1 is the hash of a password that digest needs (RFC 2617 §3.2.2.2).
func ha1(user, realm, password string) string {
	sum := md5.Sum([]byte(user + ":" + realm + ":" + password))
	return hex.EncodeToString(sum[:])
}

// recordings lets the switch record without knowing the recorder.
type recordings struct{ r *recorder.Recorder }

// Start implements sip.Recorder.
func (r recordings) Start(what hotline.Record, codec media.Codec) (sip.Recording, error) {
	return r.r.Start(what.Contact, what.Call, codec)
}

// reportsCentre is the centre as the figures need it.
func reportsCentre(c *centre.Centre) reports.Centre {
	rc := reports.Centre{Location: c.TimeZone, Holidays: holidays(c)}
	for _, q := range c.Queues {
		row := reports.Queue{ID: q.ID, Name: q.Name, Within: q.Target.Within, Ratio: q.Target.Ratio, Short: q.ShortAbandon}
		l := q.ServiceLevel
		row.SL = reports.Definition{Abandons: l.Abandons, FlowOuts: l.FlowOuts, Blocked: l.Blocked, Positive: l.Positive, Clock: l.Clock}
		if q.WrapUp.Mode != centre.WrapNone {
			row.Wrap = q.WrapUp.After
		}
		row.Codes, row.Extend, row.Extends = q.WrapUp.Codes, q.WrapUp.Extend, q.WrapUp.Extends
		for _, a := range c.Agents {
			if q.ServedBy(a, nil) {
				row.Agents = append(row.Agents, a.ID)
			}
		}
		rc.Queues = append(rc.Queues, row)
	}
	for _, a := range c.Agents {
		rc.Agents = append(rc.Agents, reports.Agent{ID: a.ID, Name: a.Name, Team: a.Team})
	}
	for _, t := range c.Teams {
		rc.Teams = append(rc.Teams, reports.Team{ID: t.ID, Name: t.Name})
	}
	for _, s := range c.Switches {
		rc.Switches = append(rc.Switches, reports.Switch{ID: s.ID, Name: s.Name})
	}
	for _, r := range c.Reasons {
		rc.Reasons = append(rc.Reasons, reports.Reason{ID: r.ID, Name: r.Name, Allowance: r.Allowance})
	}
	return rc
}

// holidays are the dates of the centre's calendars that are not as their weekday: closed, or open beyond it.
func holidays(c *centre.Centre) []string {
	var out []string
	for _, h := range c.Hours {
		for _, run := range slices.Concat(h.Closed, h.Also) {
			day, err := time.Parse(time.DateOnly, run.First)
			for n := 0; err == nil && n < 366 && day.Format(time.DateOnly) <= run.Last; n++ {
				out = append(out, day.Format(time.DateOnly))
				day = day.AddDate(0, 0, 1)
			}
		}
	}
	return out
}

// servesNow are the queues that the agent may serve with what is lent to it.
func servesNow(c *centre.Centre, id hotline.AgentID, lent map[string]int) (queues []hotline.QueueID) {
	a, ok := c.Agent(id)
	if !ok {
		return nil
	}
	for _, q := range c.Queues {
		if q.ServedBy(a, lent) {
			queues = append(queues, q.ID)
		}
	}
	return queues
}

// deviceQueue brings registrations to the shard in their order, without ever holding up the switch. Of several changes of
// one phone that wait, the last counts: there are never more than there are agents.
type deviceQueue struct {
	submit func(context.Context, hotline.Request) error
	log    *slog.Logger

	mu    sync.Mutex // guards next and order
	next  map[hotline.AgentID]hotline.SetDevice
	order []hotline.AgentID
	wake  chan struct{}
}

func newDeviceQueue(submit func(context.Context, hotline.Request) error, logger *slog.Logger) *deviceQueue {
	return &deviceQueue{submit: submit, log: logger, next: map[hotline.AgentID]hotline.SetDevice{}, wake: make(chan struct{}, 1)}
}

func (q *deviceQueue) put(d hotline.SetDevice) {
	q.mu.Lock()
	if _, waiting := q.next[d.Agent]; !waiting {
		q.order = append(q.order, d.Agent)
	}
	q.next[d.Agent] = d
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *deviceQueue) take() (hotline.SetDevice, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.order) == 0 {
		return hotline.SetDevice{}, false
	}
	d := q.next[q.order[0]]
	delete(q.next, q.order[0])
	q.order = q.order[1:]
	return d, true
}

func (q *deviceQueue) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-q.wake:
		}
		for d, ok := q.take(); ok && ctx.Err() == nil; d, ok = q.take() {
			err := q.submit(ctx, d)
			switch {
			case err == nil || errors.Is(err, hotline.ErrUnknown): // a phone whose agent left the centre file
			case errors.Is(err, hotline.ErrRefused):
				q.log.Info("phone's change was refused", "agent", d.Agent, "up", d.Up, "error", err)
			default: // the log cannot be written just now: the phone stays as it was said to be
				q.log.Warn("phone's change waits", "agent", d.Agent, "up", d.Up, "error", err)
				q.retry(ctx, d)
			}
		}
	}
}

// retry puts a change back after a second, unless a newer one came.
func (q *deviceQueue) retry(ctx context.Context, d hotline.SetDevice) {
	select {
	case <-ctx.Done():
		return
	case <-time.After(time.Second):
	}
	q.mu.Lock()
	_, newer := q.next[d.Agent]
	q.mu.Unlock()
	if !newer {
		q.put(d)
	}
}

// lateSwitch is the engine's switch for the hub, which is made before it.
type lateSwitch struct{ e *engine }

func (l lateSwitch) Do(ctx context.Context, a hotline.Action) error { return l.e.sip.Do(ctx, a) }
