package table

import (
	"io"
	"runtime"
	"testing"
)

// A file of 100,000 rows is never in memory as a whole.
func TestManyRows(t *testing.T) {
	const rows, most = 100_000, 64 << 20
	tab := sample(t)
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var peak uint64
	one := hostile(t)[0]
	row := func(i int) []Cell {
		if i%10_000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapAlloc-min(before.HeapAlloc, now.HeapAlloc))
		}
		return []Cell{At(one.at + int64(i)*1000), T(one.name), I(one.number), N(i), D(one.ms), DF(nil), R(one.share), Yes(i%2 == 0)}
	}
	tab.Rows = func(yield func([]Cell, error) bool) {
		for i := range rows {
			if !yield(row(i), nil) {
				return
			}
		}
	}
	for name, write := range map[string]func(io.Writer, string) (int, error){"xlsx": tab.XLSX, "csv": tab.CSV, "html": tab.HTML} {
		peak = 0
		n, err := write(io.Discard, Chinese)
		if err != nil || n != rows || peak > most {
			t.Errorf("%s: %d rows, %v, %d MiB at most held", name, n, err, peak>>20)
		}
		t.Logf("%s: %d MiB held", name, peak>>20)
	}
}
