package local

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"time"

	"hotline"
)

func clockForTests() time.Time { return time.Date(2025, 11, 22, 8, 0, 0, 0, time.UTC) }

// TestPowerCut cuts the power under busy writers, again and again: of every 512 bytes that were not synced the platter has
// the old or the new, files may be of any size between, and a new file may be missing. What Durable promised is there;
// what is there is a beginning of what was appended, in whole Appends; and the log goes on.
func TestPowerCut(t *testing.T) {
	cuts := 60
	if testing.Short() {
		cuts = 10
	}
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	kept := 0
	for i := range cuts {
		kept += powerCut(t, rand.New(rand.NewPCG(seed, uint64(i))))
	}
	t.Logf("%d cuts, %d files in quarantine", cuts, kept)
}

func powerCut(t *testing.T, rnd *rand.Rand) (kept int) {
	f := &faults{platter: map[string][]byte{}}
	dir := t.TempDir()
	s := mustOpen(t, dir, f.config(Config{SegmentSize: 8 << 10, Reserve: -1, Patience: time.Minute}))
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for w := range 3 {
		seed := rnd.Uint64()
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(seed, 0))
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				n := 1 + rnd.IntN(3)
				evs := make([]hotline.Event, n)
				for k := range evs {
					evs[k] = fact(w, k+1)
					evs[k].Leg = hotline.LegID(fmt.Sprintf("%d/%d", k+1, n))
				}
				if _, err := s.Append(evs); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for s.Last() < uint64(rnd.IntN(200)) {
		_ = s.Durable(t.Context(), s.Last()+1)
	}
	gate := make(chan struct{})
	f.set(func() { f.halt = gate }) // the platter falls behind
	for at := s.Last() + uint64(rnd.IntN(100)); s.Last() < at; {
		time.Sleep(10 * time.Microsecond)
	}
	durable := s.DurableSeq()
	image := t.TempDir()
	f.set(func() { cutPower(t, rnd, dir, image, f.platter) })
	close(stop)
	close(gate)
	wg.Wait()
	want := collect(t, s)
	if d := s.Damage(); len(d) > 0 {
		t.Fatal("the running log is damaged:", d)
	}
	mustClose(t, s)

	s = mustOpen(t, image, Config{})
	got := collect(t, s)
	if d := s.Damage(); len(d) > 0 {
		t.Fatal("taken for damage:", d)
	}
	if len(got) < int(durable) {
		t.Fatalf("%d events are left, %d were durable", len(got), durable)
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("what is left is no beginning of what was appended: in place of\n%+v stands\n%+v", want[i], got[i])
		}
	}
	if len(got) > 0 {
		var k, n int
		fmt.Sscanf(string(got[len(got)-1].Leg), "%d/%d", &k, &n)
		if k != n {
			t.Fatalf("the log ends inside an Append: %d of %d", k, n)
		}
	}
	if seq, err := s.Append([]hotline.Event{fact(0, 0)}); err != nil || seq != uint64(len(got)+1) {
		t.Fatal(seq, err)
	}
	mustClose(t, s)
	return len(quarantined(t, image))
}

// cutPower copies what the disk might have after a power cut.
func cutPower(t *testing.T, rnd *rand.Rand, dir, image string, platter map[string][]byte) {
	if err := os.MkdirAll(filepath.Join(image, "log"), 0o750); err != nil {
		t.Error(err)
	}
	for _, path := range segmentFiles(t, dir) {
		name := filepath.Base(path)
		now, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
		}
		old, synced := platter[name]
		if !synced && rnd.IntN(3) == 0 {
			continue // its name never came to the platter
		}
		size := len(old) + rnd.IntN(len(now)-len(old)+1)
		left := make([]byte, size)
		copy(left, now)
		for page := 0; page < size; page += 512 {
			if end := min(page+512, size); end > len(old) && rnd.IntN(4) == 0 {
				clear(left[page:end])
				copy(left[page:end], old[min(page, len(old)):])
			}
		}
		if err := os.WriteFile(filepath.Join(image, "log", name), left, 0o640); err != nil {
			t.Error(err)
		}
	}
}

func collect(t *testing.T, s *Store) []hotline.Event {
	t.Helper()
	var evs []hotline.Event
	for ev, err := range s.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		evs = append(evs, ev)
	}
	return evs
}
