package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hotline"
	"hotline/acd"
	"hotline/replay"
	"hotline/reports"
)

// recent is how long ago a moment still counts as now.
const recent = time.Second

// explainer answers "why" from the shard for now, and for the past from a router rebuilt from the log.
type explainer struct{ e *engine }

// ExplainContact says why this agent, or why the contact still waits, or how it ended; at zero: now. The error wraps
// hotline.ErrUnknown for a contact that there was none of.
func (x explainer) ExplainContact(ctx context.Context, id hotline.ContactID, at time.Time) (hotline.Explanation, error) {
	c, ok := x.e.fold.Contact(id)
	if !ok {
		return hotline.Explanation{}, fmt.Errorf("%w: contact %q", hotline.ErrUnknown, id)
	}
	if x.past(at) {
		r, err := x.router(ctx, at)
		if err != nil {
			return hotline.Explanation{}, err
		}
		if open := r.Open(id); len(open) > 0 {
			return r.ExplainVisit(at, open[0])
		}
		return explainRecord(c, at), nil
	}
	for _, v := range c.Visits {
		if v.Outcome != "" {
			continue
		}
		got, err := x.e.shard.ExplainVisit(ctx, v.ID)
		if !errors.Is(err, hotline.ErrUnknown) { // answered in this moment: the record tells
			return got, err
		}
	}
	return explainRecord(c, time.Now()), nil
}

// ExplainAgent says why the agent gets no call, or which one it has; at zero: now.
func (x explainer) ExplainAgent(ctx context.Context, id hotline.AgentID, at time.Time) (hotline.Explanation, error) {
	if !x.past(at) {
		return x.e.shard.ExplainAgent(ctx, id)
	}
	r, err := x.router(ctx, at)
	if err != nil {
		return hotline.Explanation{}, err
	}
	return r.ExplainAgent(at, id)
}

func (x explainer) past(at time.Time) bool { return !at.IsZero() && time.Since(at) > recent }

// router is the router of a moment, under the centre file of that time if it is kept.
func (x explainer) router(ctx context.Context, at time.Time) (*acd.Router, error) {
	c, err := x.e.inForceAt(ctx, at)
	if err != nil {
		x.e.log.Warn("the centre file of that time is not kept: the past is explained under the present one", "at", at, "error", err)
	}
	if err != nil || c == nil {
		c = x.e.centre.now()
	}
	if err := x.e.goesBack(ctx, at); err != nil {
		return nil, err
	}
	return replay.RouterAt(ctx, kept{x.e.store}, shardID, c, at)
}

// explainRecord says from its record why a contact was given to its agent, or how its wait ended, as known at a moment.
func explainRecord(c reports.Contact, at time.Time) hotline.Explanation {
	x := hotline.Explanation{At: hotline.Millis(at), Contact: c.ID, Verdict: hotline.Reason{Code: hotline.WhyEnded, Text: c.Outcome, MS: c.WaitMS}}
	if c.Outcome == "" {
		x.Verdict = hotline.Reason{Code: hotline.WhyInFlow}
	}
	for _, v := range c.Visits {
		if v.Since.Time().After(at) {
			break
		}
		if v.Outcome == hotline.OutcomeDequeued { // how another of its visits ended says more
			continue
		}
		x.Visit, x.Queue = v.ID, v.Queue
		x.Verdict = hotline.Reason{Code: hotline.WhyEnded, Text: string(v.Outcome), MS: v.WaitMS}
	}
	for _, o := range c.Offers {
		if o.At.Time().After(at) {
			break
		}
		if o.Result == hotline.OfferAnswered {
			x.Visit, x.Queue = o.Visit, o.Queue
			x.Verdict = hotline.Reason{
				Code: hotline.WhyAnswered, Agent: o.Agent, Queue: o.Queue, Visit: o.Visit, Text: o.Pick.Rule, N: max(1, o.Pick.Ready), Of: o.Pick.Line,
			}
			if x.Verdict.Text == "" { // of a log before the rule was kept as data
				x.Verdict.Text = o.Why
			}
			continue
		}
		x.Because = append(x.Because, hotline.Reason{
			Code: hotline.WhyOffers, Agent: o.Agent, Queue: o.Queue, Visit: o.Visit, Text: string(o.Result), MS: o.RingMS,
		})
	}
	return x
}
