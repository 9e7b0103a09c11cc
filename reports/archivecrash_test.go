package reports

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"hotline"
)

// crashing is a Past whose power fails: the chapter being added is there for the next to open it, or not, and the fold is told of an
// error either way.
type crashing struct {
	*heap
	after int  // chapters
	kept  bool // what was being added is there
}

func (c *crashing) Add(blocks [][]byte) error {
	if c.after--; c.after >= 0 {
		return c.heap.Add(blocks)
	}
	if c.after == -1 && c.kept {
		if err := c.heap.Add(blocks); err != nil {
			return err
		}
	}
	return errors.New("power failed")
}

// TestArchiveCrash: wherever the power fails, the fold that is made next from the log and the chapters answers as one that never had
// any, and so does the one that had the error, which keeps in memory what it could not write.
func TestArchiveCrash(t *testing.T) {
	d := richDay(t, 77, 200)
	events := d.sorted()
	now := &clock{events[len(events)-1].At}
	plain := New(Config{Centre: simCentre(time.UTC), Now: now.now})
	for _, ev := range events {
		plain.Apply(ev)
	}
	plain.Tidy(t.Context())
	ids := []hotline.ContactID{"c0005", "c0050", "c0123", "oc0100"}
	want := everything(t, plain, d, now.t, ids)
	for after := range 6 {
		for _, kept := range []bool{false, true} {
			name := fmt.Sprintf("after %d chapters, kept %v", after, kept)
			p := &crashing{heap: &heap{}, after: after, kept: kept}
			f := archiveFold(p, now.now)
			for i, ev := range events {
				f.Apply(ev)
				if i%100 == 0 {
					f.Tidy(t.Context())
				}
			}
			differences(t, name+", with the error", want, everything(t, f, d, now.t, ids))
			anew := archiveFold(p.heap, now.now)
			for i, ev := range events {
				anew.Apply(ev)
				if i%777 == 0 {
					anew.Tidy(t.Context())
				}
			}
			anew.Tidy(t.Context())
			differences(t, name+", begun anew", want, everything(t, anew, d, now.t, ids))
			if n := anew.Archive(); n.Damaged+n.Strange > 0 || n.Chapters < 6 {
				t.Errorf("%s: %+v", name, n)
			}
		}
	}
}

// TestArchiveDamage: a block that is lost takes with it what stands in it and nothing else, and is counted.
func TestArchiveDamage(t *testing.T) {
	d := richDay(t, 5, 150)
	events := d.sorted()
	now := &clock{events[len(events)-1].At}
	disk := &heap{}
	f := archiveFold(disk, now.now)
	for _, ev := range events {
		f.Apply(ev)
	}
	f.Tidy(t.Context())
	all := pages(t, f, Search{})
	chapter := len(disk.chapters) / 2
	for block := range disk.chapters[chapter] {
		disk.lost = map[place]bool{{int32(chapter), int32(block)}: true}
		g := archiveFold(disk, now.now)
		n := len(pages(t, g, Search{}))
		memory := len(all) - 16*len(disk.chapters) // g has folded nothing: what is on disk is all it knows
		if lost := len(all) - memory - n; lost < 0 || lost > 16+16 {
			t.Errorf("block %d lost: %d contacts are missing", block, lost)
		}
		for i := range 150 {
			id := hotline.ContactID(fmt.Sprintf("c%04d", i+1))
			if c, ok := g.Contact(id); ok && c.ID != id {
				t.Errorf("block %d lost: %s is %s", block, id, c.ID)
			}
		}
		if _, err := g.Queues(QueueQuery{From: now.t.Add(-11 * time.Hour), To: now.t}); err != nil {
			t.Error(err)
		}
		second := block == 0 || block == len(disk.chapters[chapter])-1 // the contents stand there twice
		if n := g.Archive(); n.Damaged == 0 && !second && block != blockTasks {
			t.Errorf("block %d lost: nobody is told", block)
		}
	}
}

// TestArchiveHole: when a whole chapter is lost, what came after it is neither twice nor shifted when the log is folded again.
func TestArchiveHole(t *testing.T) {
	d := richDay(t, 6, 900)
	events := d.sorted()
	now := &clock{events[len(events)-1].At}
	disk := &heap{}
	f := archiveFold(disk, now.now)
	for i, ev := range events {
		f.Apply(ev)
		if i%50 == 0 {
			f.Tidy(t.Context())
		}
	}
	f.Tidy(t.Context())
	if n := len(f.closed.past); n < 3 || f.closed.past[1].chapter == f.closed.past[2].chapter || f.closed.past[0].chapter == f.closed.past[1].chapter {
		t.Fatalf("chunks of visits: %v: too few to test", f.closed.past)
	}
	whole := slices.Collect(f.closed.after(0))
	lost := f.closed.past[1].chapter
	disk.lost = map[place]bool{}
	for block := range disk.chapters[lost] {
		disk.lost[place{lost, int32(block)}] = true
	}
	anew := archiveFold(disk, now.now)
	for _, ev := range events {
		anew.Apply(ev)
	}
	some := slices.Collect(anew.closed.after(0))
	if want := len(whole) - chunkLen; len(some) != want || whole[len(whole)-1].id != some[len(some)-1].id || some[chunkLen].id != whole[2*chunkLen].id {
		t.Errorf("%d visits, without the lost chunk %d, want %d", len(whole), len(some), want)
	}
	if n := anew.Archive(); n.Damaged == 0 || n.Strange > 0 {
		t.Errorf("%+v", n)
	}
}

// TestArchiveBeside: chapters are made and questions are asked while facts come in; nothing is ever twice or missing.
func TestArchiveBeside(t *testing.T) {
	d := richDay(t, 31, 300)
	events := d.sorted()
	now := &clock{events[len(events)-1].At}
	plain := New(Config{Centre: simCentre(time.UTC), Now: now.now})
	f := archiveFold(&heap{}, now.now)
	over := make(chan struct{})
	var beside sync.WaitGroup
	beside.Go(func() {
		for {
			select {
			case <-over:
				return
			default:
				f.Tidy(t.Context())
			}
		}
	})
	beside.Go(func() {
		for {
			select {
			case <-over:
				return
			default:
			}
			seen := map[hotline.ContactID]bool{}
			for _, c := range pages(t, f, Search{To: At(events[len(events)/3].At)}) {
				if seen[c.ID] {
					t.Errorf("%s is listed twice", c.ID)
				}
				seen[c.ID] = true
			}
			for i := 1; i < 20; i++ {
				id := hotline.ContactID(fmt.Sprintf("c%04d", i))
				before := f.Seq()
				if c, ok := f.Contact(id); ok && c.ID != id || !ok && before > uint64(len(events)/2) {
					t.Errorf("%s: %v %v", id, c.ID, ok)
				}
			}
		}
	})
	for _, ev := range events {
		f.Apply(ev)
		plain.Apply(ev)
	}
	close(over)
	beside.Wait()
	f.Tidy(t.Context())
	plain.Tidy(t.Context())
	differences(t, "in the end", everything(t, plain, d, now.t, []hotline.ContactID{"c0007", "c0177"}), everything(t, f, d, now.t, []hotline.ContactID{"c0007", "c0177"}))
}
