package boards

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"hotline"
)

// shelfMap is a bucket in memory.
type shelfMap struct {
	mu sync.Mutex
	m  map[string][]byte
}

func newShelfMap() *shelfMap { return &shelfMap{m: map[string][]byte{}} }

func (b *shelfMap) Get(k string) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.m[k]), nil
}

func (b *shelfMap) Put(k string, v []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.m[k] = slices.Clone(v)
	return nil
}

func (b *shelfMap) Delete(k string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.m, k)
	return nil
}

func (b *shelfMap) Each(prefix string, f func(string, []byte) bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for k, v := range b.m {
		if strings.HasPrefix(k, prefix) && !f(k, v) {
			break
		}
	}
	return nil
}

func one(tiles ...Tile) *Wallboard {
	return &Wallboard{Name: "x", Pages: []Sheet{{Tiles: tiles}}}
}

func TestCheck(t *testing.T) {
	if err := Standard().Check(); err != nil {
		t.Errorf("the standard board: %v", err)
	}
	waiting := Tile{Kind: kindWaiting, W: 3, H: 2}
	for want, b := range map[string]*Wallboard{
		TextName:    {Name: "No Name", Pages: []Sheet{{}}},
		TextPages:   {Name: "x"},
		TextTurn:    {Name: "x", Turn: 4, Pages: []Sheet{{}}},
		TextLook:    {Name: "x", Theme: "pink", Pages: []Sheet{{}}},
		TextLong:    {Name: "x", Title: strings.Repeat("屏", 61), Pages: []Sheet{{}}},
		TextQueues:  {Name: "x", Queues: make([]hotline.QueueID, 101), Pages: []Sheet{{}}},
		TextKind:    one(Tile{Kind: "rocket", W: 3, H: 2}),
		TextSmall:   one(Tile{Kind: kindDay, W: 3, H: 2}),
		TextPlace:   one(Tile{Kind: kindWaiting, X: 22, W: 3, H: 2}),
		TextOverlap: one(waiting, Tile{Kind: kindWaiting, X: 2, Y: 1, W: 3, H: 2}),
		TextTiles:   one(make([]Tile, 41)...),
	} {
		var f *Fault
		if err := b.Check(); !errors.As(err, &f) || f.Format != want {
			t.Errorf("%+v: %v, want %q", b, err, want)
		}
	}
	for _, at := range []Tile{
		{Kind: kindWaiting, X: -1, W: 3, H: 2},
		{Kind: kindWaiting, Y: 15, W: 3, H: 2},
		{Kind: kindWaiting, X: 1 << 62, W: 1 << 62, H: 1 << 62},
		{Kind: kindWaiting, W: -1 << 63, H: 2},
	} {
		if one(at).Check() == nil {
			t.Errorf("%+v is let through", at)
		}
	}
}

// However tiles are thrown on a page: what Check lets through stands within it, and no two stand on one another.
func TestCheckAgainstPairs(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	good := 0
	for range 20000 {
		var tiles []Tile
		for range 1 + rng.IntN(3) {
			tiles = append(tiles, Tile{Kind: kindText, X: rng.IntN(28) - 2, Y: rng.IntN(19) - 2, W: 2 + rng.IntN(12), H: 1 + rng.IntN(8)})
		}
		want := true
		for i, a := range tiles {
			want = want && a.X >= 0 && a.Y >= 0 && a.X+a.W <= Columns && a.Y+a.H <= Rows
			for _, b := range tiles[:i] {
				want = want && (a.X+a.W <= b.X || b.X+b.W <= a.X || a.Y+a.H <= b.Y || b.Y+b.H <= a.Y)
			}
		}
		if got := one(tiles...).Check() == nil; got != want {
			t.Fatalf("%+v: %v, want %v", tiles, got, want)
		}
		if want {
			good++
		}
	}
	if good < 500 {
		t.Errorf("only %d pages were good: the test holds little", good)
	}
}

func TestTidy(t *testing.T) {
	b := one(Tile{Kind: kindText, Text: " a\x00b \n\n  c\u202e ", Title: "x\n y", Group: 7}, Tile{Kind: kindWaiting, Text: "nobody reads it"})
	b.Title = "\u2066 two\twords \x1b[31m"
	b.Tidy()
	if b.Title != "two words [31m" || b.Pages[0].Tiles[0].Text != "ab\n\nc" || b.Pages[0].Tiles[0].Title != "x y" || b.Pages[0].Tiles[0].Group != 0 || b.Pages[0].Tiles[1].Text != "" {
		t.Errorf("%+v", b)
	}
}

func TestShelf(t *testing.T) {
	s := NewShelf(newShelfMap())
	yes := func(*Wallboard) error { return nil }
	if b, err := s.Get(Main); err != nil || b.Version != 0 || len(b.Pages) != 1 {
		t.Fatalf("main: %+v, %v", b, err)
	}
	if _, err := s.Get("door"); !errors.Is(err, ErrUnknown) {
		t.Errorf("door: %v", err)
	}
	door := one(Tile{Kind: kindWaiting, W: 3, H: 2})
	door.Name = "door"
	if err := s.Put(door, yes); err != nil || door.Version != 1 {
		t.Fatalf("%v, version %d", err, door.Version)
	}
	stale := *door
	stale.Version = 0
	if err := s.Put(&stale, yes); !errors.Is(err, ErrVersion) {
		t.Errorf("made from an older one: %v", err)
	}
	refused := errors.New("no")
	if err := s.Put(door, func(old *Wallboard) error {
		if old == nil || old.Version != 1 {
			t.Errorf("asked about %+v", old)
		}
		return refused
	}); !errors.Is(err, refused) {
		t.Errorf("%v", err)
	}
	if b, _ := s.Get("door"); b.Version != 1 {
		t.Errorf("what was refused was kept: %+v", b)
	}
	rev := s.Rev()
	if err := s.Delete("door", 0, yes); !errors.Is(err, ErrVersion) {
		t.Errorf("another version deleted: %v", err)
	}
	if err := s.Delete("door", 1, yes); err != nil || s.Rev() == rev {
		t.Errorf("%v, revision %d", err, s.Rev())
	}
	if all, err := s.List(); err != nil || len(all) != 1 || all[0].Name != Main {
		t.Errorf("%+v, %v", all, err)
	}
	for i := range MaxBoards {
		b := one()
		b.Name = "b" + string(rune('a'+i/26)) + string(rune('a'+i%26))
		if err := s.Put(b, yes); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Put(door, yes); !errors.Is(err, ErrVersion) && !errors.Is(err, ErrMany) {
		t.Errorf("one more than there can be: %v", err)
	}
}

// Of many who change one version at once, one wins and the others are told.
func TestShelfOneWins(t *testing.T) {
	s := NewShelf(newShelfMap())
	var won, lost int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			b := Standard()
			err := s.Put(b, func(*Wallboard) error { return nil })
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case errors.Is(err, ErrVersion):
				lost++
			}
		})
	}
	wg.Wait()
	if won != 1 || lost != 19 {
		t.Errorf("%d won, %d lost", won, lost)
	}
}
