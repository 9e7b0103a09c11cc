package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// packages runs the packages' own benchmarks of what a call and a packet cost.
func (b *bench) packages(ctx context.Context) error {
	for _, g := range []struct{ pkg, match, time string }{
		{"./recorder", "Relay", "1x"}, // a bare loop, the relay, and the relay with recording, in one run
		{"./media", "Packet|Mix$", "0.5s"},
		{"./sip", "InboundLeg|Parse|Register", "0.5s"},
		{"./acd", "Busy|Shard", "0.5s"},
		{"./store/local", "AppendDurable|Append$", "0.5s"},
		{".", "Settled|MarshalEvent", "0.5s"},
	} {
		cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", g.match, "-benchtime", g.time, "-benchmem", g.pkg)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("go test -bench %s %s: %w\n%s", g.match, g.pkg, err, out)
		}
		for _, row := range benchLines(string(out)) {
			b.table.add("Packages", "`go test -bench`, figures as it prints them.", []string{"", "benchmark", "figures"}, g.pkg, row[0], row[1])
		}
	}
	return nil
}

// benchLines picks name and figures out of the output of go test -bench.
func benchLines(out string) (rows [][2]string) {
	for lines := bufio.NewScanner(strings.NewReader(out)); lines.Scan(); {
		f := strings.Fields(lines.Text())
		if len(f) < 4 || !strings.HasPrefix(f[0], "Benchmark") {
			continue
		}
		var figures []string
		for i := 2; i+1 < len(f); i += 2 {
			figures = append(figures, f[i]+" "+f[i+1])
		}
		rows = append(rows, [2]string{strings.TrimPrefix(f[0], "Benchmark"), strings.Join(figures, ", ")})
	}
	return rows
}
