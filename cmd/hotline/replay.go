package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"hotline"
	"hotline/centre"
	"hotline/replay"
	"hotline/reports"
)

// replayCmd is `hotline replay`.
type replayCmd struct {
	at
	From   string `required:"" help:"Begin of the span: 2026-11-02, 2026-11-02T09:00 (the centre's time) or with an offset."`
	To     string `required:"" help:"End of the span; not part of it."`
	Centre string `help:"A centre file to be tried instead; default: the one that was in force." type:"path"`
}

// Run prints both sheets.
func (r *replayCmd) Run(ctx context.Context, out io.Writer) error {
	args := url.Values{"from": {r.From}, "to": {r.To}}
	if r.Centre != "" {
		file, err := os.ReadFile(r.Centre)
		if err != nil {
			return err
		}
		args.Set("name", r.Centre)
		args.Set("centre", string(file))
	}
	return r.on(func(c control) error { return c.run(ctx, taskReplay, args, out) })
}

// replay runs a span of the log through the router again and prints the figures of both.
func (e *engine) replay(ctx context.Context, args url.Values, out io.Writer) error {
	was := e.centre.now()
	from, err := spanTime(args.Get("from"), was.TimeZone)
	if err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	to, err := spanTime(args.Get("to"), was.TimeZone)
	if err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	if !from.Before(to) {
		return fmt.Errorf("--to %s is not after --from %s", args.Get("to"), args.Get("from"))
	}
	if err := e.goesBack(ctx, from); err != nil {
		return err
	}
	q := replay.Question{Log: kept{e.store}, Shard: shardID, From: from, To: to, Was: was}
	if old, err := e.inForceAt(ctx, from); err != nil {
		fmt.Fprintf(out, "The centre file of that time is not kept (%v): the present one stands for it.\n", err)
	} else if old != nil {
		q.Was = old
	}
	q.With = q.Was
	if text := args.Get("centre"); text != "" {
		with, bad := centre.Parse(args.Get("name"), []byte(text), os.LookupEnv)
		if bad != nil {
			return faults(bad)
		}
		q.With = with
	}
	a, err := replay.Run(ctx, q)
	if err != nil {
		return err
	}
	q.To = a.To
	return printReplay(out, q, a)
}

// spanTime reads a time of the command line; without an offset it is the centre's.
func spanTime(text string, zone *time.Location) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time: 2026-11-02, 2026-11-02T09:00 or 2026-11-02T09:00:00+08:00", text)
}

// fileAt is the hash of the centre file that was in force at a time, or of the first there was if that came later.
func fileAt(log iter.Seq2[hotline.Event, error], at time.Time) (sha string, err error) {
	for ev, err := range log {
		if err != nil {
			return "", err
		}
		if ev.At.After(at) && sha != "" {
			break
		}
		if f, ok := ev.Fact.(hotline.CentreApplied); ok {
			sha = f.SHA256
		}
	}
	return sha, nil
}

// inForceAt is the centre file that was in force at a time, or the first there was if that is later; nil if it is still in
// force.
func (e *engine) inForceAt(ctx context.Context, at time.Time) (*centre.Centre, error) {
	sha, err := fileAt(kept{e.store}.Read(ctx, 0), at)
	if err != nil {
		return nil, err
	}
	if e.store.First() > 1 { // the fact may be gone with the log
		all, err := e.centre.versions()
		if err != nil {
			return nil, err
		}
		for _, v := range all {
			if !v.At.After(at) {
				sha = v.SHA256
			}
		}
	}
	if sha == "" || sha == e.centre.now().SHA256 {
		return nil, nil
	}
	source, err := e.centre.version(sha)
	if err != nil {
		return nil, err
	}
	c, bad := centre.Parse("centre file "+sha[:min(len(sha), 12)], source, os.LookupEnv)
	if bad != nil {
		return nil, faults(bad)
	}
	return c, nil
}

// printReplay prints the sheets beside each other.
func printReplay(out io.Writer, q replay.Question, a *replay.Answer) error {
	zone := q.Was.TimeZone
	fmt.Fprintf(out, "%s — %s (%s), %d contacts\n", q.From.In(zone).Format("2006-01-02 15:04:05"),
		q.To.In(zone).Format("2006-01-02 15:04:05"), zone, a.Contacts)
	switch {
	case a.Same:
		fmt.Fprintln(out, "结果与记录完全一致。 Every fact is as it was recorded.")
	case q.With.SHA256 == q.Was.SHA256:
		fmt.Fprintf(out, "同一策略下出现差异,首个为: The same policy decides otherwise first here:\n  %s\n  %s\n", factLine(a.Differ.Was), factLine(a.Differ.Would))
	default:
		fmt.Fprintf(out, "首个差异: The first difference:\n  recorded  %s\n  replayed  %s\n", factLine(a.Differ.Was), factLine(a.Differ.Would))
	}
	if a.Changes > 0 {
		fmt.Fprintf(out, "时段内换过 %d 次配置,回放未计入。 %d centre files were applied within the span; the replay stays with the first.\n", a.Changes, a.Changes)
	}
	was, err := spanSheet(q.Was, q, a.Was)
	if err != nil {
		return err
	}
	would, err := spanSheet(q.With, q, a.Would)
	if err != nil {
		return err
	}
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "\n\t实际 recorded\t回放 replayed\t")
	for i, r := range was {
		if name := kpiName(r.ID); name != "" {
			fmt.Fprintf(tw, "  %s\t%s\t%s\t\n", name, figure(r.Unit, r.This), figure(would[i].Unit, would[i].This))
		}
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	return printReplayQueues(out, q, a)
}

// spanFold folds events up to the end of the span.
func spanFold(c *centre.Centre, q replay.Question, evs []hotline.Event) *reports.Fold {
	f := reports.New(reports.Config{Centre: reportsCentre(c), Version: version, Now: func() time.Time { return q.To }})
	for _, ev := range evs {
		f.Apply(ev)
	}
	return f
}

func spanSheet(c *centre.Centre, q replay.Question, evs []hotline.Event) ([]reports.KPIRow, error) {
	return spanFold(c, q, evs).KPISpan(q.From, q.To)
}

func printReplayQueues(out io.Writer, q replay.Question, a *replay.Answer) error {
	rows := func(c *centre.Centre, evs []hotline.Event) (map[hotline.QueueID]reports.QueueRow, []hotline.QueueID, error) {
		rep, err := spanFold(c, q, evs).Queues(reports.QueueQuery{From: q.From, To: q.To, Interval: reports.Whole})
		if err != nil {
			return nil, nil, err
		}
		m, order := map[hotline.QueueID]reports.QueueRow{}, []hotline.QueueID{}
		for _, r := range rep.Rows {
			m[r.Queue] = r
			order = append(order, r.Queue)
		}
		return m, order, nil
	}
	was, order, err := rows(q.Was, a.Was)
	if err != nil {
		return err
	}
	would, _, err := rows(q.With, a.Would)
	if err != nil {
		return err
	}
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(tw, "\n  队列 Queue\toffered\t→\tanswered\t→\tabandoned\t→\twithin target\t→\tASA\t→\t\n")
	for _, id := range order {
		x, y := was[id], would[id]
		fmt.Fprintf(tw, "  %s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%s\t%s\t\n", x.Name, x.Offered, y.Offered, x.Answered, y.Answered,
			x.Abandoned, y.Abandoned, figure("ratio", x.Levels.V1.Ratio), figure("ratio", y.Levels.V1.Ratio), figure("ms", x.ASAMS), figure("ms", y.ASAMS))
	}
	return tw.Flush()
}

// factLine is a fact as one line, hostile text quoted by JSON.
func factLine(ev hotline.Event) string {
	if ev.Fact == nil {
		return "—"
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(ev.Fact); err != nil {
		return ev.Fact.Kind()
	}
	return fmt.Sprintf("%s %s %s %s %s", ev.At.Format("15:04:05.000"), ev.Fact.Kind(), ev.Contact, ev.Agent, strings.TrimSpace(b.String()))
}
