package reports

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"hotline"
)

// fixedLog reads testdata/name: one event a line, as the log holds them.
func fixedLog(t testing.TB, name string) []hotline.Event {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var evs []hotline.Event
	for sc := bufio.NewScanner(f); sc.Scan(); {
		ev, err := hotline.UnmarshalEvent(sc.Bytes())
		if err != nil {
			t.Fatalf("%s line %d: %v", name, len(evs)+1, err)
		}
		evs = append(evs, ev)
	}
	return evs
}

func morningCentre(loc *time.Location) Centre {
	half := 0.5
	return Centre{
		Location: loc,
		Queues: []Queue{
			{ID: "claims", Name: "报案", Within: 20 * time.Second, Ratio: 0.8, Short: 5 * time.Second, Agents: []hotline.AgentID{"8001", "8002"}},
			{ID: "rescue", Name: "救援", Within: 10 * time.Second, Ratio: 0.8, Short: 5 * time.Second, Agents: []hotline.AgentID{"8003"}},
		},
		Agents:  []Agent{{"8001", "王芳", "a"}, {"8002", "李雷", "a"}, {"8003", "韩梅", "b"}, {"8004", "赵磊", "b"}},
		Teams:   []Team{{"a", "一组"}, {"b", "二组"}},
		Reasons: []Reason{{"rest", "小休", 4 * time.Minute}},
		KPI:     []KPITarget{{ID: KPIAbandon, Max: &half}},
	}
}

// TestMorning folds a fixed log, decoded by the real codec, and compares everything that can be asked of it.
func TestMorning(t *testing.T) {
	now := &clock{instant(t, "2026-03-10T01:05:00Z")} // 09:05 in Shanghai
	f := New(Config{Centre: morningCentre(zone(t, "Asia/Shanghai")), Now: now.now})
	for _, ev := range fixedLog(t, "morning.jsonl") {
		f.Apply(ev)
	}
	var b strings.Builder
	put := func(name string, v any, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text, err := json.MarshalIndent(v, "", " ")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		b.WriteString("# " + name + "\n" + string(text) + "\n")
	}
	from, to := instant(t, "2026-03-09T16:00:00Z"), instant(t, "2026-03-10T16:00:00Z")
	put("live", f.View(now.t), nil)
	qs, err := f.Queues(QueueQuery{From: instant(t, "2026-03-10T00:30:00Z"), To: to, Interval: Half})
	put("queues", qs, err)
	as, err := f.Agents(AgentQuery{From: from, To: to})
	put("agents", as, err)
	k, err := f.KPI(2026, time.March)
	put("kpi", k, err)
	page, err := f.Contacts(Search{Limit: 5})
	put("contacts", page, err)
	next, err := f.Contacts(Search{Limit: 5, Cursor: page.Next})
	put("contacts, next page", next, err)
	for _, id := range []hotline.ContactID{"c1", "c3", "c4"} {
		c, ok := f.Contact(id)
		if !ok {
			t.Fatalf("no contact %s", id)
		}
		put("contact "+string(id), c, nil)
	}
	golden(t, "morning.golden", b.String())
	if _, ok := f.Contact("star"); ok {
		t.Error("an agent's star code became a contact")
	}
}

// TestTwice holds that events that come again change nothing.
func TestTwice(t *testing.T) {
	now := &clock{instant(t, "2026-03-10T01:05:00Z")}
	evs := fixedLog(t, "morning.jsonl")
	once := New(Config{Centre: morningCentre(time.UTC), Now: now.now})
	twice := New(Config{Centre: morningCentre(time.UTC), Now: now.now})
	for i, ev := range evs {
		once.Apply(ev)
		twice.Apply(ev)
		for _, again := range evs[:i+1] {
			twice.Apply(again)
		}
	}
	a, _ := json.Marshal(once.View(now.t))
	b, _ := json.Marshal(twice.View(now.t))
	if string(a) != string(b) {
		t.Errorf("once  %s\ntwice %s", a, b)
	}
	if n, want := scrape(t, twice)["hotline_events_late_total"], float64(len(evs)*(len(evs)+1)/2); n != want {
		t.Errorf("late %v, want %v", n, want)
	}
}
