package staffing

import (
	"encoding/csv"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// vectors reads every erlang_vectors*.csv of $TESTKIT/kpi, or of the project's testdata.
func vectors(t *testing.T) []map[string]string {
	t.Helper()
	dirs := []string{"../testdata/kpi"}
	if kit := os.Getenv("TESTKIT"); kit != "" {
		dirs = append([]string{filepath.Join(kit, "kpi")}, dirs...)
	}
	var rows []map[string]string
	for _, dir := range dirs {
		names, err := fs.Glob(os.DirFS(dir), "erlang_vectors*.csv")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			f, err := os.Open(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			all, err := csv.NewReader(f).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range all[1:] {
				row := map[string]string{}
				for i, v := range line {
					row[all[0][i]] = v
				}
				if row["model"] != "" && row["model"] != "model" {
					rows = append(rows, row)
				}
			}
		}
		if len(rows) > 0 {
			return rows
		}
	}
	t.Fatal("no erlang_vectors*.csv")
	return nil
}

func number(t *testing.T, row map[string]string, key string) float64 {
	t.Helper()
	if row[key] == "" {
		return 0
	}
	v, err := strconv.ParseFloat(row[key], 64)
	if err != nil {
		t.Fatalf("%s: %s: %v", row["id"], key, err)
	}
	return v
}

func duration(s float64) time.Duration { return time.Duration(math.Round(s * float64(time.Second))) }

// TestVectors holds every figure of the verified rows to 1e-9.
func TestVectors(t *testing.T) {
	compared := 0
	for _, row := range vectors(t) {
		n := int(number(t, row, "agents"))
		l := Load{
			Calls: number(t, row, "calls"), Interval: duration(number(t, row, "interval_s")), AHT: duration(number(t, row, "aht_s")),
			Patience: duration(number(t, row, "patience_s")),
		}
		within := duration(number(t, row, "threshold_s"))
		got := map[string]float64{"traffic_erl": l.Erlangs()}
		switch row["model"] {
		case "B":
			b := B(n, l.Erlangs())
			got["p_block"], got["occupancy"] = b, l.Erlangs()*(1-b)/float64(n)
		case "C", "A":
			r := At(l, n, within)
			got = map[string]float64{
				"traffic_erl": l.Erlangs(), "pwait": r.Waits, "sl": r.SL, "asa_s": r.ASA, "mean_queue": r.Queue,
				"occupancy": r.Occupancy, "p_abandon": r.Abandoned, "sl_at_agents_minus_1": At(l, n-1, within).SL,
			}
			if row["model"] == "C" {
				got["asa_delayed_s"] = r.Delayed
			} else {
				got["mean_wait_all_s"], got["mean_wait_abandoned_s"] = r.WaitAll, r.WaitAbandoned
				got["abandoned_within_T"], got["sl_excl_short_ab"] = r.AbandonedUnder, r.SLWithout
				got["sl_positive"], got["sl_answered_only"] = r.SLPositive, r.SLAnswered
			}
		default:
			t.Fatalf("%s: model %q", row["id"], row["model"])
		}
		for key, v := range got {
			if row[key] == "" {
				continue
			}
			compared++
			if want := number(t, row, key); math.Abs(v-want) > 1e-9*math.Max(1, math.Abs(want)) {
				t.Errorf("%s: %s = %.15g, want %.15g", row["id"], key, v, want)
			}
		}
		if row["target_sl"] != "" {
			compared += staffRow(t, row, l, within)
		}
	}
	t.Logf("%d figures compared", compared)
}

func staffRow(t *testing.T, row map[string]string, l Load, within time.Duration) int {
	t.Helper()
	p, err := Staff(l, Target{
		Within: within, Ratio: number(t, row, "target_sl"), MaxOccupancy: number(t, row, "max_occ"), Shrinkage: number(t, row, "shrinkage"),
	})
	if err != nil {
		t.Errorf("%s: %v", row["id"], err)
		return 0
	}
	compared := 0
	for key, v := range map[string]int{"agents_for_sl": p.ForLevel, "agents": p.Agents, "scheduled": p.Scheduled} {
		if row[key] == "" {
			continue
		}
		compared++
		if want := int(number(t, row, key)); v != want {
			t.Errorf("%s: %s = %d, want %d", row["id"], key, v, want)
		}
	}
	return compared
}

// TestExact holds the fractions of kpi 3.1.
func TestExact(t *testing.T) {
	c := func(n int, a float64) float64 {
		return C(Load{Calls: a, Interval: time.Second, AHT: time.Second}, n, 0).Waits
	}
	for _, tc := range []struct{ got, want float64 }{
		{B(2, 1), 1.0 / 5},
		{B(5, 2), 4.0 / 109},
		{B(0, 3), 1},
		{c(1, 0.5), 1.0 / 2},
		{c(2, 1), 1.0 / 3},
		{c(3, 2), 4.0 / 9},
		{c(4, 3), 27.0 / 53},
		{c(14, 10), 976562500.0 / 5608175823},
	} {
		if math.Abs(tc.got-tc.want) > 1e-14 {
			t.Errorf("%.16g, want %.16g", tc.got, tc.want)
		}
	}
}

// TestEdges: too few agents, none at all, nobody calling, a huge centre: no NaN anywhere.
func TestEdges(t *testing.T) {
	for _, l := range []Load{
		{Calls: 100, Interval: 1800 * time.Second, AHT: 180 * time.Second},
		{Calls: 100, Interval: 1800 * time.Second, AHT: 180 * time.Second, Patience: time.Second},
		{Calls: 100, Interval: 1800 * time.Second, AHT: 180 * time.Second, Patience: 10000 * time.Hour},
		{Calls: 0, Interval: time.Hour, AHT: time.Minute},
		{Calls: 0, Interval: time.Hour, AHT: time.Minute, Patience: time.Minute},
		{Calls: 20000, Interval: 1800 * time.Second, AHT: 300 * time.Second, Patience: time.Minute},
	} {
		last := -1.0
		for n := range 40 {
			r := At(l, n, 20*time.Second)
			for _, v := range []float64{r.Waits, r.SL, r.ASA, r.Occupancy, r.Abandoned, r.AbandonedUnder, r.SLPositive, r.Queue} {
				if math.IsNaN(v) || v < -1e-9 {
					t.Fatalf("%+v with %d agents: %+v", l, n, r)
				}
			}
			if r.SL < last-1e-12 || r.SL > 1+1e-12 {
				t.Errorf("%+v: level %v with %d agents, %v with one less", l, r.SL, n, last)
			}
			last = r.SL
		}
	}
	if r := C(Load{Calls: 100, Interval: 1800 * time.Second, AHT: 180 * time.Second}, 10, 20*time.Second); r.SL != 0 || !math.IsInf(r.ASA, 1) {
		t.Errorf("as many agents as Erlangs: %+v, want level 0 and an endless wait", r)
	}
}

func TestRefuses(t *testing.T) {
	good, target := Load{Calls: 10, Interval: time.Hour, AHT: time.Minute}, Target{Within: 20 * time.Second, Ratio: 0.8}
	if _, err := Staff(good, target); err != nil {
		t.Fatal(err)
	}
	for _, l := range []Load{
		{Calls: -1, Interval: 1, AHT: 1},
		{Calls: math.NaN(), Interval: 1, AHT: 1},
		{Calls: math.Inf(1), Interval: 1, AHT: 1},
		{Calls: 1},
		{Calls: 1, Interval: 1, AHT: 1, Patience: -1},
		{Calls: 1e12, Interval: 1, AHT: time.Hour},
	} {
		if _, err := Staff(l, target); !errors.Is(err, ErrInput) {
			t.Errorf("%+v: %v", l, err)
		}
	}
	for _, tg := range []Target{
		{Ratio: 0}, {Ratio: 1}, {Ratio: math.NaN()}, {Ratio: 0.8, Within: -1}, {Ratio: 0.8, MaxOccupancy: 1.1}, {Ratio: 0.8, Shrinkage: 1},
	} {
		if _, err := Staff(good, tg); !errors.Is(err, ErrInput) {
			t.Errorf("%+v: %v", tg, err)
		}
	}
}
