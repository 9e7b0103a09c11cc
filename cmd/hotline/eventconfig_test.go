package main

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"hotline/centre/strict"
)

func TestEventConfig(t *testing.T) {
	name := write(t, "hotline.yaml", `events:
  file: out
  rotate: {size: 50MB, every: 1h}
  keep: 400d
  from: start
  webhooks: [{name: lake, url: "https://lake.example/x", secret: 0123456789abcdef, kinds: [queued, answered], batch: 100}]
`)
	c, faults := readConfig(name, noEnv)
	if e := c.Out.Events; len(faults) != 0 || e.Dir != filepath.Join(filepath.Dir(name), "out") || e.Size != 50e6 || e.Every != time.Hour || e.Keep != 400*24*time.Hour || !e.Start || e.Numbers ||
		len(e.Hooks) != 1 || e.Hooks[0].Batch != 100 || e.Hooks[0].Timeout != 10*time.Second {
		t.Errorf("%v %+v", faults, e)
	}
}

func TestEveryFaultOfEventsIsNamed(t *testing.T) {
	for text, key := range map[string]string{
		`{keep: 1d}`:                           "events",
		`{file: x, rotate: {size: 10}}`:        "events.rotate.size",
		`{file: x, rotate: {size: 10kB}}`:      "events.rotate.size",
		`{file: x, rotate: {every: 1s}}`:       "events.rotate.every",
		`{file: x, from: yesterday}`:           "events.from",
		`{webhooks: [{name: a, secret: "x"}]}`: "events.webhooks[0].url",
		`{webhooks: [{name: a, url: "http://x", secret: 0123456789abcdef, kinds: [queueed]}]}`: "events.webhooks[0].kinds[0]",
		`{webhooks: [{name: a, url: "http://x", secret: 0123456789abcdef, batch: 0}]}`:         "events.webhooks[0].batch",
	} {
		_, faults := readConfig(write(t, "hotline.yaml", "events: "+text+"\n"), noEnv)
		if !slices.ContainsFunc(faults, func(f strict.Fault) bool { return f.Key == key }) {
			t.Errorf("%s: %v", text, faults)
		}
	}
}

func TestQueueLogConfig(t *testing.T) {
	c, faults := readConfig(write(t, "hotline.yaml", "queue_log: {file: /var/log/asterisk/queue_log, agent: \"{name}\", did: true, logins: both}\n"), noEnv)
	if q := c.Out.QueueLog; len(faults) != 0 || q.Path != "/var/log/asterisk/queue_log" || q.Agent != "{name}" || q.Start || !q.DID || q.Numbers || q.Logins != "both" {
		t.Errorf("%v %+v", faults, q)
	}
	for text, key := range map[string]string{"{from: now}": "queue_log.file", "{file: x, agent: PJSIP}": "queue_log.agent", "{file: x, logins: none}": "queue_log.logins"} {
		_, faults := readConfig(write(t, "hotline.yaml", "queue_log: "+text+"\n"), noEnv)
		if !slices.ContainsFunc(faults, func(f strict.Fault) bool { return f.Key == key }) {
			t.Errorf("%s: %v", text, faults)
		}
	}
}
