//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// truthCentre has two queues that are served and one that never is, a flow with a way out, and short times.
func truthCentre(agents int) string {
	var b strings.Builder
	b.WriteString("time_zone: Asia/Shanghai\nagents:\n")
	for i := range agents {
		fmt.Fprintf(&b, "  - {id: \"%d\", name: 坐席%d, password: pw-%d, skills: {claims: 5, sales: %d}}\n", 8001+i, i+1, 8001+i, 1+i%9)
	}
	b.WriteString(`  - {id: "7001", name: 夜班, password: pw-7001, skills: {night: 5}}
not_ready_reasons: [{id: rest, name: 小休}]
queues:
  - {id: claims, name: 报案, needs: claims, target: {within: 2s, ratio: 0.8}, short_abandon: 500ms, ring_timeout: 2s, wrap_up: {mode: timed, after: 1s}, max_wait: {after: 8s, then: {queue: sales}}}
  - {id: sales, name: 销售, needs: sales >= 3, target: {within: 1s, ratio: 0.8}, ring_timeout: 2s, wrap_up: {mode: none}, max_waiting: {count: 12, then: busy}}
  - {id: night, name: 夜班, needs: night, max_wait: {after: 1500ms, then: hangup}}
flows:
  main: [{answer: {}}, {menu: {prompt: main-menu, keys: {"1": {queue: claims}, "2": {queue: sales}, "3": {queue: night}, "4": {play: address}}, timeout: 3s, otherwise: {queue: claims}}}]
numbers: {"95500": main}
`)
	return b.String()
}

// counts is what one source says of the day.
type counts map[string]int

// told is a contact as the list has it.
type told struct {
	ID      string
	Outcome string
	By      string `json:"ended_by"`
	From    struct{ Number string }
	TalkMS  int64 `json:"talk_ms"`
	Ended   string
}

// everyContact is the whole list, page by page.
func (e *engine) everyContact() (all []told) {
	e.t.Helper()
	for cursor := ""; ; {
		var page struct {
			Items []told
			Next  string
		}
		e.json("/api/v1/contacts?limit=500&cursor="+cursor, &page)
		all = append(all, page.Items...)
		if cursor = page.Next; cursor == "" {
			return all
		}
	}
}

// TestTruth: two thousand callers with every kind of end, the engine killed in the midst of them. Then contact records, queue report,
// metrics and wallboard say the same to the call, each call of the load has its contact, and what its caller lived is what the record says.
func TestTruth(t *testing.T) {
	const calls = 2000
	e := startEngine(t, "127.0.0.81", truthCentre(24)) // fewer than the load needs on any machine: some callers must give up
	each := filepath.Join(t.TempDir(), "each")
	storm := exec.Command(os.Getenv("CALLSTORM_BIN"), e.ip+":5060", "--domain", domain, "--agents", "24", "--rate", "25", "--calls", fmt.Sprint(calls), "--duration", "5m",
		"--keys", "1,1,1,2,2,3,4", "--key-delay", "exp:300ms", "--patience", "logn:4s", "--hold", "exp:700ms", "--caller-ends", "0.5", "--answer", "exp:150ms",
		"--reject", "0.04", "--ignore", "0.03", "--recover", "1s", "--seed", "6", "--each", each)
	storm.Stderr = os.Stderr
	out := make(chan []byte, 1)
	go func() {
		b, err := storm.Output()
		if err != nil {
			t.Errorf("callstorm: %v", err)
		}
		out <- b
	}()
	e.eventually(2*time.Minute, "half of the calls have come", func() bool {
		b, err := os.ReadFile(each)
		return err == nil && bytes.Count(b, []byte("\n")) >= calls/2
	})
	e.kill()
	e.start()
	var res struct {
		Calls, Connected, Abandoned, Unjoined int
		Failed                                map[string]int
	}
	if err := json.Unmarshal(<-out, &res); err != nil {
		t.Fatal(err)
	}
	t.Logf("the load: %+v", res)
	e.eventually(30*time.Second, "no call is open", func() bool { return e.metric("hotline_calls") == 0 })
	e.eventually(10*time.Second, "all wrap-up is over", func() bool { return e.metric("hotline_agents", `state="wrap_up"`) == 0 })
	first := e.sameEverywhere(t)
	e.asLived(t, each, res.Calls)
	e.kill() // the figures are those of the log, not of the process
	e.start()
	if again := e.sameEverywhere(t); !maps.Equal(first, again) {
		t.Errorf("after another crash: %v, before %v", again, first)
	}
}

// sameEverywhere holds the report, the records, the metrics and the wallboard against each other.
func (e *engine) sameEverywhere(t *testing.T) counts {
	t.Helper()
	report, records, metrics, board := counts{}, counts{}, counts{}, counts{}
	var rep struct{ Rows []map[string]any }
	span := "from=" + time.Now().Add(-time.Hour).UTC().Format(time.RFC3339) + "&to=" + time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	e.json("/api/v1/reports/queues?"+span, &rep)
	for _, row := range rep.Rows {
		n := func(k string) int { v, _ := row[k].(float64); return int(v) }
		q := fmt.Sprint(row["queue"])
		if n("requested") != n("blocked")+n("offered") || n("offered") != n("answered")+n("abandoned")+n("flow_out")+n("lost")+n("waiting") {
			t.Errorf("%s: the identities do not hold: %v", q, row)
		}
		for _, k := range []string{"offered", "answered", "abandoned", "lost", "blocked", "answered_within", "abandoned_short"} {
			report[q+" "+k] = n(k)
		}
	}
	for _, c := range e.everyContact() {
		var full struct {
			Visits []struct {
				Queue, Outcome string
				Short          bool
				Met            *bool `json:"target_met"`
			}
			Blocked []struct{ Queue string }
		}
		e.json("/api/v1/contacts/"+c.ID, &full)
		for _, v := range full.Visits {
			records[v.Queue+" offered"]++
			switch v.Outcome {
			case "answered", "abandoned", "lost":
				records[v.Queue+" "+v.Outcome]++
			}
			if v.Short {
				records[v.Queue+" abandoned_short"]++
			}
			if v.Met != nil && *v.Met {
				records[v.Queue+" answered_within"]++
			}
		}
		for _, b := range full.Blocked {
			records[b.Queue+" blocked"]++
		}
	}
	var live struct {
		Queues []struct {
			ID    string
			Today map[string]any
		}
	}
	e.json("/api/v1/live", &live)
	for _, q := range live.Queues {
		for _, k := range []string{"offered", "answered", "abandoned", "lost"} {
			v, ok := q.Today[k].(float64)
			if !ok {
				t.Fatalf("the wallboard says nothing of %s: %v", k, q.Today)
			}
			board[q.ID+" "+k] = int(v)
		}
		one := func(name string, labels ...string) int {
			return int(e.metric(name, append(labels, `queue="`+q.ID+`"`)...))
		}
		metrics[q.ID+" offered"] = one("hotline_queue_visits_total")
		metrics[q.ID+" blocked"] = one("hotline_queue_blocked_total")
		metrics[q.ID+" answered_within"] = one("hotline_queue_answered_within_target_total")
		metrics[q.ID+" abandoned_short"] = one("hotline_queue_abandoned_short_total")
		for _, o := range []string{"answered", "abandoned", "lost"} {
			metrics[q.ID+" "+o] = one("hotline_queue_visits_ended_total", `outcome="`+o+`"`)
		}
	}
	for k, want := range report {
		_, shown := board[k]
		if records[k] != want || metrics[k] != want || shown && board[k] != want {
			t.Errorf("%s: report %d, records %d, metrics %d, wallboard %d", k, want, records[k], metrics[k], board[k])
		}
	}
	t.Logf("%v", report)
	if report["claims answered"] < 100 || report["claims abandoned"] < 20 || report["sales answered"] < 100 || report["night offered"] < 50 {
		t.Errorf("the load has too little of everything: %v", report)
	}
	return report
}

// asLived holds each call of the load to its contact. What the caller and the engine may see differently is named: they part within
// the time that a message takes, or the engine died between them.
func (e *engine) asLived(t *testing.T, file string, calls int) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lived := map[string]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		number, end, _ := strings.Cut(lines.Text(), " ")
		lived[number] = end
	}
	all := e.everyContact()
	if len(lived) != calls || len(all) != calls {
		t.Errorf("%d calls were made, %d ended, there are %d contacts", calls, len(lived), len(all))
	}
	fits := map[string][]string{
		"connected": {"answered"},
		"abandoned": {"abandoned", "ivr", "blocked"}, // in the menu, or hearing that nobody can come
		"unjoined":  {"timeout", "ivr", "blocked"},
		"failed":    {"blocked"},
	}
	crossed, died := 0, 0
	for _, c := range all {
		end, ok := lived[c.From.Number]
		switch {
		case !ok:
			t.Errorf("contact %s of %s: nobody called", c.ID, c.From.Number)
		case slices.Contains(fits[end], c.Outcome):
		case c.Outcome == "lost" || e.cut(c.ID):
			died++
		case end == "abandoned" && c.Outcome == "answered" && c.TalkMS < 1500, end == "abandoned" && c.Outcome == "timeout":
			crossed++ // the caller hung up in the moment in which somebody came, or the queue sent them off
		default:
			t.Errorf("contact %s: the caller lived %q, the record says %s, %d ms talk", c.ID, end, c.Outcome, c.TalkMS)
		}
	}
	t.Logf("%d contacts; %d were cut off by the crash, %d crossed their end", len(all), died, crossed)
	if crossed > calls/50 {
		t.Errorf("%d calls crossed their end", crossed)
	}
	if died == 0 || died > calls/10 {
		t.Errorf("%d calls were cut off by the crash", died)
	}
}

// cut says whether the engine's death ended the contact.
func (e *engine) cut(id string) bool {
	e.t.Helper()
	var full struct {
		Legs []struct{ Cause string }
	}
	e.json("/api/v1/contacts/"+id, &full)
	for _, l := range full.Legs {
		if l.Cause == "restart" {
			return true
		}
	}
	return false
}
