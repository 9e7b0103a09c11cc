package queuelog

import (
	"bufio"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"hotline"
	"hotline/bench/past"
	"hotline/reports"
)

// figures is what a reader of a queue_log finds out about one queue. It knows the file and nothing else.
type figures struct {
	offered, answered, within20, abandoned, withdrawn, timeout, key, empty, missed, agent, caller, handedOn int
	hold, talk                                                                                              int64
}

// readQueueLog is such a reader: one line after the other, as report tools do.
func readQueueLog(t *testing.T, text string) map[string]*figures {
	t.Helper()
	all := map[string]*figures{}
	waits := map[string]string{} // call → queue
	for s := bufio.NewScanner(strings.NewReader(text)); s.Scan(); {
		p := strings.Split(s.Text(), "|")
		if len(p) < 6 {
			t.Fatalf("%q has %d fields", s.Text(), len(p))
		}
		call, queue, verb, data := p[1], p[2], p[4], p[5:]
		if queue == "NONE" {
			continue
		}
		if all[queue] == nil {
			all[queue] = &figures{}
		}
		f := all[queue]
		n := func(i int) int64 { v, _ := strconv.ParseInt(data[i], 10, 64); return v }
		switch verb {
		case "ENTERQUEUE":
			if was := waits[call]; was != "" {
				t.Errorf("%s waits in %s and %s", call, was, queue)
			}
			waits[call] = queue
			f.offered++
		case "CONNECT":
			f.answered++
			f.hold += n(0)
			if n(0) <= 20 {
				f.within20++
			}
		case "RINGNOANSWER":
			f.missed++
		case "COMPLETEAGENT":
			f.agent++
			f.talk += n(1)
		case "COMPLETECALLER":
			f.caller++
			f.talk += n(1)
		case "BLINDTRANSFER", "ATTENDEDTRANSFER":
			f.handedOn++
			f.talk += n(3)
		case "ABANDON":
			f.abandoned++
		case "WITHDRAW":
			f.withdrawn++
		case "EXITWITHTIMEOUT":
			f.timeout++
		case "EXITWITHKEY":
			f.key++
		case "EXITEMPTY":
			f.empty++
		}
		switch verb {
		case "CONNECT", "ABANDON", "WITHDRAW", "EXITWITHTIMEOUT", "EXITWITHKEY", "EXITEMPTY":
			if waits[call] != queue {
				t.Errorf("%s leaves %s and waits in %q", call, queue, waits[call])
			}
			delete(waits, call)
		}
	}
	if len(waits) != 0 {
		t.Errorf("%d calls never leave", len(waits))
	}
	return all
}

// TestReadersFindWhatTheReportSays: ten days of four queues, with overflows, transfers, callbacks, phones that are not picked up: what a tool
// computes from the file is what our queue report says. Stopping anywhere and going on from the state changes nothing.
func TestReadersFindWhatTheReportSays(t *testing.T) {
	cfg := past.Config{Seed: 11, Contacts: 6000, Days: 10, Queues: 4}
	last := time.Time{}
	fold := reports.New(reports.Config{Centre: past.Centre(cfg), Version: "test", Now: func() time.Time { return last.Add(time.Hour) }})
	names := Config{Agent: "PJSIP/{id}", Logins: LoginsMembers, Queues: func(hotline.AgentID) []hotline.QueueID { return []hotline.QueueID{"claims", "inquiry"} }}
	state := &State{}
	l := New(names, state)
	var text strings.Builder
	n := 0
	for ev := range past.Events(cfg) {
		last = ev.At
		fold.Apply(ev)
		for _, line := range l.Lines(ev) {
			text.WriteString(line)
		}
		if n++; n%997 == 0 { // a restart
			data, err := json.Marshal(state)
			if err != nil {
				t.Fatal(err)
			}
			state = &State{}
			if err := json.Unmarshal(data, state); err != nil {
				t.Fatal(err)
			}
			l = New(names, state)
		}
	}
	if len(state.Visits) != 0 || len(state.Calls) > 5 {
		t.Errorf("%d visits and %d calls are kept for ever", len(state.Visits), len(state.Calls))
	}
	read := readQueueLog(t, text.String())
	begin := last.AddDate(0, 0, -15)
	r, err := fold.Queues(reports.QueueQuery{From: begin, To: last.Add(time.Hour), Interval: reports.Day})
	if err != nil {
		t.Fatal(err)
	}
	type sum struct{ offered, answered, in20, abandoned, flowOut, lost, missed, waiting int }
	want := map[string]*sum{}
	for _, row := range r.Rows {
		s := want[string(row.Queue)]
		if s == nil {
			s = &sum{}
			want[string(row.Queue)] = s
		}
		s.offered += row.Offered
		s.answered += row.Answered
		s.in20 += row.AnsweredIn20
		s.abandoned += row.Abandoned
		s.flowOut += row.FlowOutAll
		s.lost += row.Lost
		s.waiting += row.Waiting
		s.missed += row.Rings.NoAnswer + row.Rings.Rejected + row.Rings.Unreachable + row.Rings.Busy
	}
	if len(read) != 4 || len(want) != 4 {
		t.Fatalf("%d queues in the file, %d in the report", len(read), len(want))
	}
	for id, w := range want {
		f := read[id]
		got := sum{f.offered, f.answered, f.within20, f.abandoned, f.withdrawn + f.timeout + f.key + f.empty - w.lost, w.lost, f.missed, w.waiting}
		if got != *w || w.offered == 0 {
			t.Errorf("%s: the file says %+v, the report %+v", id, got, *w)
		}
		if f.agent+f.caller+f.handedOn != f.answered {
			t.Errorf("%s: %d answered, %d ended", id, f.answered, f.agent+f.caller+f.handedOn)
		}
		t.Logf("%s: %+v", id, *f)
	}
}

// TestTheFormIsAsterisks: each verb that a real Asterisk 22 wrote has the same number of fields, and numbers where it has numbers.
func TestTheFormIsAsterisks(t *testing.T) {
	data, err := os.ReadFile("testdata/asterisk-22.queue_log")
	if err != nil {
		t.Fatal(err)
	}
	form := func(line string) (verb, form string) {
		p := strings.Split(line, "|")
		for i, f := range p {
			switch _, err := strconv.ParseFloat(f, 64); {
			case i == 3 || i == 4 || i == 2: // names
			case f == "" || err == nil && i != 1:
				p[i] = "0"
			case err == nil:
				p[i] = "call"
			case i > 4:
				p[i] = "0" // a reason, a URL
			case f == "CLI" || f == "MANAGER":
				p[i] = "NONE"
			}
		}
		p[2], p[3] = strings.ReplaceAll(p[2], "NONE", "-"), strings.ReplaceAll(p[3], "NONE", "-")
		if p[2] != "-" {
			p[2] = "queue"
		}
		if p[3] != "-" {
			p[3] = "agent"
		}
		return p[4], strings.Join(p, "|")
	}
	real := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSuffix(line, "\n"); !strings.Contains(line, "Wang|Fang") { // it does nothing about bars
			verb, f := form(line)
			real[verb] = f
		}
	}
	seen := map[string]bool{}
	for _, line := range everyVerb() {
		verb, f := form(strings.TrimSuffix(line, "\n"))
		if seen[verb] = true; real[verb] != "" && real[verb] != f {
			t.Errorf("%s is %s, Asterisk's %s", line, f, real[verb])
		}
	}
	for verb := range real {
		if !seen[verb] {
			t.Errorf("%s is never written", verb)
		}
	}
}
