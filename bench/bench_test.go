package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestBenchLines(t *testing.T) {
	out := "goos: linux\nBenchmarkSettled-2   \t  637416\t       572.7 ns/op\t     144 B/op\t       2 allocs/op\nBenchmarkRelay/bare/1000 \t 1\t 6.7 µs/packet\nPASS\n"
	want := [][2]string{{"Settled-2", "572.7 ns/op, 144 B/op, 2 allocs/op"}, {"Relay/bare/1000", "6.7 µs/packet"}}
	if got := benchLines(out); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestTable(t *testing.T) {
	tab := &table{head: "a machine"}
	tab.setup("Hotline", 50, measured{Calls: 500, Connected: 499, Setup: latency{P50: 2.14, P99: 4.96, Max: 7.4}, CPUPerCall: 2.5, CPUPerS: 0.125, Seconds: 10, OwnCPU: 1})
	tab.setup("Asterisk", 50, measured{Seconds: 10})
	tab.register(20, measured{PerSecond: 7}, measured{PerSecond: 8})
	file := filepath.Join(t.TempDir(), "results.md")
	if err := tab.write(file); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"a machine", "## Set-ups", "| Hotline | 50 | 499 of 500 | 2.1 / 5.0 / 7 | 2.50 | 12 % | 0 | 10 % |\n| Asterisk | 50 |", "| all once | 20 | 7 |", "| again and again | 20 | 8 |",
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %q in\n%s", want, b)
		}
	}
}

func TestLists(t *testing.T) {
	if got, err := numbers("50, 200,325"); err != nil || !slices.Equal(got, []int{50, 200, 325}) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := numbers("50,x"); err == nil {
		t.Error("x is no number")
	}
	if !contains("setup, go", "go") || contains("setup", "set") {
		t.Error("contains")
	}
	for agents, queue := range map[int]int{10: 10, 11: 100, 300: 300, 301: 1200} {
		if got := rivalQueue(agents); got != queue {
			t.Errorf("%d agents: a queue of %d", agents, got)
		}
	}
}

func TestKitLine(t *testing.T) {
	m, v, ok := kitLine(`metric=rtpengine_rec_200_pps_per_core value=62000 unit=pps cond="extrapolated"`)
	if !ok || m != "rtpengine_rec_200_pps_per_core" || v != "62000" {
		t.Errorf("%s, %s, %v", m, v, ok)
	}
	if _, _, ok := kitLine("# not quiet"); ok {
		t.Error("that is no figure")
	}
}
