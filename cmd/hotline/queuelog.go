package main

import (
	"fmt"
	"strings"
	"unicode"

	"hotline"
	"hotline/centre"
	"hotline/centre/strict"
	"hotline/notify"
	"hotline/notify/queuelog"
)

// queueLogConfig is the file that Asterisk's report tools read.
type queueLogConfig struct {
	Path    string // empty: none is written
	Start   bool
	Agent   string
	Numbers bool
	DID     bool
	Logins  queuelog.Logins
}

func (r configReader) queueLog(v strict.Value) (c queueLogConfig) {
	if !v.Present() {
		return c
	}
	m := v.Map("file", "from", "agent", "numbers", "did", "logins")
	c = queueLogConfig{
		Path: r.path(m.Get("file").Need(), ""), Start: r.from(m.Get("from")), Agent: m.Get("agent").Text("PJSIP/{id}"),
		Numbers: m.Get("numbers").Bool(false), DID: m.Get("did").Bool(false),
		Logins: queuelog.Logins(m.Get("logins").OneOf(string(queuelog.LoginsMembers), string(queuelog.LoginsMembers), string(queuelog.LoginsAgents), string(queuelog.LoginsBoth))),
	}
	if !strings.Contains(c.Agent, "{id}") && !strings.Contains(c.Agent, "{name}") || strings.ContainsFunc(c.Agent, func(r rune) bool { return r == '|' || unicode.IsControl(r) }) {
		m.Get("agent").Fault(fmt.Sprintf("%s does not tell agents apart", strict.Quote(c.Agent)), "such as PJSIP/{id} or {name}")
	}
	return c
}

// openQueueLog begins to write the file.
func (e *engine) openQueueLog() (err error) {
	c := e.cfg.Out.QueueLog
	if c.Path == "" {
		return nil
	}
	e.out.queueLog, err = notify.NewQueueFile(notify.QueueFileConfig{
		Path: c.Path, Start: c.Start, Log: e.store, Places: e.store.Bucket("queue_log"), Append: e.append, Raised: e.raised, Logger: e.log,
		Lines: queuelog.Config{
			Agent: c.Agent, Numbers: c.Numbers, DID: c.DID, Logins: c.Logins, Name: e.agentName, Queues: e.queuesOf, Mask: hotline.Party.Masked,
		},
	})
	if err != nil {
		return err
	}
	e.group.run("queue_log", e.out.queueLog.Run)
	return nil
}

func (e *engine) agentOf(id hotline.AgentID) (centre.Agent, bool) {
	for _, a := range e.centre.now().Agents {
		if a.ID == id {
			return a, true
		}
	}
	return centre.Agent{}, false
}

func (e *engine) agentName(id hotline.AgentID) string {
	a, _ := e.agentOf(id)
	return a.Name
}

func (e *engine) queuesOf(id hotline.AgentID) (all []hotline.QueueID) {
	a, ok := e.agentOf(id)
	for _, q := range e.centre.now().Queues {
		if ok && q.ServedBy(a, nil) {
			all = append(all, q.ID)
		}
	}
	return all
}
