package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// table is the result: sections of rows, in Markdown.
type table struct {
	head     string
	sections []section
}

type section struct {
	title, note string
	columns     []string
	rows        [][]string
}

// newTable names the machine, the day and the commit.
func newTable(ctx context.Context, o options) *table {
	text := func(name string, args ...string) string {
		out, err := exec.CommandContext(ctx, name, args...).Output()
		if err != nil {
			return "?"
		}
		return strings.TrimSpace(string(out))
	}
	cpu := "?"
	for line := range strings.SplitSeq(text("lscpu"), "\n") {
		if v, ok := strings.CutPrefix(line, "Model name:"); ok {
			cpu = strings.TrimSpace(v)
		}
	}
	return &table{head: fmt.Sprintf("%s, commit %s, %s. %s, %d processors, kernel %s; what is measured on processor %d, the load on %d.",
		time.Now().UTC().Format("2006-01-02 15:04 UTC"), text("git", "rev-parse", "--short", "HEAD"), runtime.Version(), cpu, runtime.NumCPU(),
		text("uname", "-r"), o.engine, o.load)}
}

// add puts a row under a title, and prints it.
func (t *table) add(title, note string, columns []string, row ...string) {
	fmt.Println(title+":", strings.Join(row, " | "))
	for i := range t.sections {
		if t.sections[i].title == title {
			t.sections[i].rows = append(t.sections[i].rows, row)
			return
		}
	}
	t.sections = append(t.sections, section{title, note, columns, [][]string{row}})
}

// setup adds a row of set-ups.
func (t *table) setup(name string, rate int, m measured) {
	t.add("Set-ups", "Calls of one second, recorded, with audio, at random; answered, queued, an agent's phone rings and answers at once.",
		[]string{"", "calls/s", "connected", "INVITE → agent's INVITE p50 / p99 / max, ms", "CPU ms a call", "core", "resent", "load's core"},
		name, num(rate), fmt.Sprintf("%d of %d", m.Connected, m.Calls), fmt.Sprintf("%.1f / %.1f / %.0f", m.Setup.P50, m.Setup.P99, m.Setup.Max),
		fmt.Sprintf("%.2f", m.CPUPerCall), share(m.CPUPerS), num(m.Resent), share(m.OwnCPU/m.Seconds))
}

// waiting adds a row of freed agents.
func (t *table) waiting(name string, m measured) {
	t.add("A freed agent's next call", "10 agents, 110 callers at 50/s; agents hang up after 3 s on average. From the agent's BYE to the next INVITE at its phone.",
		[]string{"", "n", "p50 / p99 / max, ms", "order inversions", "connected"},
		name, num(int(m.Next.N)), fmt.Sprintf("%.1f / %.1f / %.0f", m.Next.P50, m.Next.P99, m.Next.Max), num(m.Inversions), fmt.Sprintf("%d of %d", m.Connected, m.Calls))
}

// media adds a row of talking calls.
func (t *table) media(name string, calls int, m measured) {
	delay := func(l latency) string { return fmt.Sprintf("%.2f / %.2f / %.0f", l.P50, l.P99, l.Max) }
	whole, connected, memory := fmt.Sprintf("%.4f", m.CPUPerMin), num(m.Connected), num(int(m.RSSPerCall>>10))
	if m.Calls == 0 { // packets only
		whole, connected, memory = "", "", ""
	}
	t.add("Talking calls", "PCMU, 20 ms, both ways, recorded. The first figures are those of talk alone, from 2 s after the last call came to the end of the first; then those with "+
		"set-ups and ends. A bare loop only receives and sends: no calls, no recording, one party known for each port. The load's processor does the kernel's part of what it sends, so what is "+
		"passed on there costs the engine nothing: the second figure has both.",
		[]string{
			"", "calls", "CPU s a call-minute", "with the load's", "one way p50 / p99 / max, ms", "packets a core-second", "with set-ups: connected", "CPU s a call-minute",
			"one way, ms", "loss", "holes > 60 ms", "KiB a call", "load's core",
		},
		name, num(calls), fmt.Sprintf("%.4f", m.TalkPerMin), fmt.Sprintf("%.4f", m.TalkPerMin+m.TalkOwn), delay(m.TalkOneWay), fmt.Sprintf("%.0f", float64(m.TalkOneWay.N)/max(m.TalkCPU, 0.01)),
		connected, whole, delay(m.OneWay), fmt.Sprintf("%.4f %%", 100*m.Loss), num(int(m.Holes)), memory, share(m.OwnCPU/m.Seconds))
}

// register adds the rows of registrations.
func (t *table) register(phones int, first, again measured) {
	columns := []string{"", "phones", "registrations/s", "a core-second", "REGISTER → 200 p50 / p99, ms", "memory"}
	note := "Digest (MD5), a new challenge each time: two requests and two answers a registration."
	for i, m := range []measured{first, again} {
		t.add("Registrations", note, columns, [...]string{"all once", "again and again"}[i], num(phones), fmt.Sprintf("%.0f", m.PerSecond), fmt.Sprintf("%.0f", m.PerCore),
			fmt.Sprintf("%.1f / %.1f", m.Took.P50, m.Took.P99), fmt.Sprintf("%d MiB (%d MiB before)", m.RSS>>20, m.RSSBefore>>20))
	}
}

func num(n int) string { return fmt.Sprint(n) }

func share(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) }

// write writes the table.
func (t *table) write(file string) error {
	if len(t.sections) == 0 {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# What was measured last\n\n%s\n", t.head)
	for _, s := range t.sections {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| %s |\n|%s\n", s.title, s.note, strings.Join(s.columns, " | "), strings.Repeat("---|", len(s.columns)))
		for _, r := range s.rows {
			fmt.Fprintf(&b, "| %s |\n", strings.Join(r, " | "))
		}
	}
	return os.WriteFile(file, []byte(b.String()), 0o644)
}
