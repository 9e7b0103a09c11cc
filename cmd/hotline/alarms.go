package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"hotline"
	"hotline/notify"
	"hotline/reports"
)

// openAlarms begins to tell channels of alarms.
func (e *engine) openAlarms() (err error) {
	e.out.alarms, err = notify.NewAlerter(notify.AlerterConfig{
		Channels: e.cfg.Out.Alarms, Open: e.openAlarmsNow, Mail: e.out.mail.Send, Places: e.store.Bucket("alarms"),
		Zone: e.centre.now().TimeZone, Agent: "Hotline/" + version, Logger: e.log,
	})
	if err != nil {
		return err
	}
	e.group.run("alarms", e.out.alarms.Run)
	return nil
}

// openAlarmsNow is what the pages show as wrong, with names instead of ids.
func (e *engine) openAlarmsNow(now time.Time) []notify.Alarm {
	open, _ := e.fold.Alarms(now)
	c := e.centre.now()
	queues, agents := map[hotline.QueueID]string{}, map[hotline.AgentID]string{}
	for _, q := range c.Queues {
		queues[q.ID] = q.Name
	}
	for _, a := range c.Agents {
		agents[a.ID] = strings.TrimSpace(a.Name + " " + string(a.ID))
	}
	reasons := map[string]string{}
	for _, r := range c.Reasons {
		reasons[r.ID] = r.Name
	}
	out := make([]notify.Alarm, 0, len(open))
	for _, a := range open {
		one := notify.Alarm{
			Kind: a.Kind, Alarm: a.Alarm, Severity: a.Severity, Since: time.UnixMilli(int64(a.Since)), Queue: a.Queue, QueueName: queues[a.Queue],
			Agent: a.Agent, AgentName: agents[a.Agent], Reason: a.Reason, Detail: a.Detail, Value: a.Value, Limit: a.Limit,
			ValueMS: a.ValueMS, LimitMS: a.LimitMS, Momentary: reports.Momentary(a.Alarm),
		}
		if name := reasons[a.Reason]; name != "" {
			one.Reason = name
		}
		if a.Acknowledged != nil {
			one.Taken = a.Acknowledged.By
		}
		out = append(out, one)
	}
	return out
}

// alarmsCmd is `hotline alarms`.
type alarmsCmd struct {
	Test alarmTestCmd `cmd:"" help:"Send a test message to a channel and say what came back."`
}

type alarmTestCmd struct {
	at
	Channel string `arg:"" help:"Its name in hotline.yaml; 'all': one after the other."`
}

// Run sends the message from here, whether the engine runs or not.
func (c *alarmTestCmd) Run(ctx context.Context, out io.Writer) error {
	cfg, err := c.read()
	if err != nil {
		return err
	}
	a, err := notify.NewAlerter(notify.AlerterConfig{
		Channels: cfg.Out.Alarms, Places: nowhere{}, Zone: time.Local, Agent: "Hotline/" + version,
		Mail: func(ctx context.Context, m notify.Mail) error { return cfg.Out.Mail.Try(ctx, m) },
	})
	if err != nil {
		return err
	}
	var names, bad []string
	for _, one := range cfg.Out.Alarms {
		if c.Channel == "all" || c.Channel == one.Name {
			names = append(names, one.Name)
		}
	}
	if len(names) == 0 {
		return fmt.Errorf("%s names no channel of alarms called %s", cfg.File, c.Channel)
	}
	for _, name := range names {
		said, err := a.Test(ctx, name)
		if err != nil {
			bad = append(bad, name)
			said = "NOT TAKEN: " + err.Error()
		}
		if _, err := fmt.Fprintf(out, "%s: %s\n", name, said); err != nil {
			return err
		}
	}
	if len(bad) > 0 {
		return errors.New("not taken by " + strings.Join(bad, ", "))
	}
	return nil
}

// nowhere keeps no places: a test leaves no trace.
type nowhere struct{}

func (nowhere) Get(string) ([]byte, error)                   { return nil, nil }
func (nowhere) Put(string, []byte) error                     { return nil }
func (nowhere) Delete(string) error                          { return nil }
func (nowhere) Each(string, func(string, []byte) bool) error { return nil }
