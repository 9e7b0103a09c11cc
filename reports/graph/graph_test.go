package graph

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

type animal interface{ name() string }

type dog struct{ n string }

func (d dog) name() string { return d.n }

type id string

type node struct {
	ID     id
	n      int32
	u      uint8
	f      float64
	on     bool
	at     time.Time
	raw    []byte
	list   []leaf
	next   *node
	peers  map[id]*node
	counts map[key]int
	fixed  [3]int16
	pet    animal
	mu     sync.Mutex
	do     func()
	any    any
}

type key struct {
	a string
	b int
}

type leaf struct {
	n    int
	back *node
}

func config() Config {
	return Config{
		Skip:      func(t reflect.Type) bool { return t.PkgPath() == "sync" },
		Interface: reflect.TypeFor[animal](),
		Encode:    func(v any) ([]byte, error) { return []byte(v.(animal).name()), nil },
		Decode:    func(b []byte) (any, error) { return dog{string(b)}, nil },
	}
}

func sample() *node {
	n := &node{
		ID: "a", n: -7, u: 200, f: 1.5, on: true, at: time.Date(2026, 3, 1, 2, 3, 4, 5, time.UTC), raw: []byte{0, 255}, fixed: [3]int16{1, -2, 3},
		peers: map[id]*node{}, counts: map[key]int{{"x", 1}: 2, {"y", 3}: 4}, pet: dog{"rex"}, do: func() {}, any: 3,
	}
	n.next = &node{ID: "b", raw: []byte{}, next: n, list: []leaf{}}
	n.list = []leaf{{1, n}, {2, n.next}, {3, nil}}
	n.mu.Lock() // one that was used: it is not carried
	n.peers["b"], n.peers["self"] = n.next, n
	n.mu.Unlock()
	return n
}

// TestRoundTrip: the same values, the same sharing, nil apart from empty; what is skipped stays as it was.
func TestRoundTrip(t *testing.T) {
	in := sample()
	b, err := Encode(in, config())
	if err != nil {
		t.Fatal(err)
	}
	out := &node{any: "kept"}
	if err := Decode(b, out, config()); err != nil {
		t.Fatal(err)
	}
	if out.any != "kept" || out.do != nil {
		t.Error("what is skipped was touched")
	}
	// The root is no object of its own: who points to it from within has a copy.
	a := out.next.next
	if a.peers["b"] != out.next || a.list[1].back != out.next || a.peers["self"] != a || a.list[0].back != a {
		t.Error("what was one is two")
	}
	plain := func(n *node) string {
		return fmt.Sprintf("%v %v %v %v %v %v %v %v %v %v %d", n.ID, n.n, n.u, n.f, n.on, n.at, n.raw, n.counts, n.fixed, n.pet, len(n.list))
	}
	if d := cmp.Diff(plain(in), plain(out)); d != "" {
		t.Error(d)
	}
	if out.next.raw == nil || out.next.list == nil || out.next.peers != nil || out.next.pet != nil {
		t.Error("nil and empty are mixed up")
	}
}

// TestClone: a clone is written as its original is, shares nothing with it that changes, and what is settled with it.
func TestClone(t *testing.T) {
	type entry struct{ at int64 }
	type row struct {
		name string
		all  []entry
	}
	type held struct {
		root     *node
		rows     []row
		set      map[string]*row
		pair     [2]*row
		done     *row
		words    []string
		self     *held
		any      any
		callback func()
	}
	cfg := config()
	cfg.Shared = func(s reflect.Type) bool { return s.Elem() == reflect.TypeFor[entry]() }
	cfg.Settled = func(t reflect.Type, p unsafe.Pointer) bool {
		return t == reflect.TypeFor[row]() && (*row)(p).name == "done"
	}
	in := &held{root: sample(), rows: []row{{"a", []entry{{1}, {2}}}, {"b", nil}}, words: []string{"x", "y"}, any: 5, callback: func() {}}
	in.done = &row{"done", []entry{{7}}}
	in.set = map[string]*row{"first": &in.rows[0], "done": in.done}
	in.pair = [2]*row{in.set["first"], nil}
	in.self = in
	was, err := Encode(in, cfg)
	if err != nil {
		t.Fatal(err)
	}
	out := Clone(in, cfg)
	if out.done != in.done || out.set["done"] != in.done || &out.rows[0].all[0] != &in.rows[0].all[0] {
		t.Error("what is settled was copied")
	}
	if out.pair[0] == in.pair[0] || out.pair[0] != out.set["first"] || out.root == in.root || &out.words[0] == &in.words[0] || out.self == in || out.self.self != out.self {
		t.Error("what changes is shared, or what was one is two")
	}
	if out.callback != nil || out.any != nil {
		t.Error("what is not written was copied")
	}
	in.words[0], in.rows[0].name, in.set["new"], in.pair[1] = "changed", "changed", &row{}, &row{}
	in.root.next.ID, in.root = "changed", nil
	in.rows[0].all = append(in.rows[0].all, entry{3})
	in.rows[1].all = []entry{{9}}
	if now, err := Encode(out, cfg); err != nil || len(now) != len(was) {
		t.Errorf("the clone has changed: %d bytes, were %d: %v", len(now), len(was), err)
	}
	again := new(held)
	if err := Decode(mustEncode(t, out, cfg), again, cfg); err != nil || again.words[0] != "x" || again.rows[0].name != "a" || len(again.rows[0].all) != 2 || again.rows[1].all != nil {
		t.Errorf("%+v %v", again, err)
	}
}

func mustEncode(t *testing.T, v any, cfg Config) []byte {
	t.Helper()
	b, err := Encode(v, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestOtherProgram: fields by their names: what is new is left alone, what is gone is passed over, what has changed is an error.
func TestOtherProgram(t *testing.T) {
	type was struct {
		A    int
		Gone map[string]*was
		B    string
		Old  *was
	}
	type is struct {
		B   string
		New int
		A   int64
		Old *is
	}
	type changed struct{ A string }
	w := &was{A: 5, B: "b", Gone: map[string]*was{"x": {A: 9}, "y": nil}}
	w.Old = &was{A: 6, B: "b", Gone: map[string]*was{}}
	b, err := Encode(w, Config{})
	if err != nil {
		t.Fatal(err)
	}
	got := is{New: 3}
	if err := Decode(b, &got, Config{}); err != nil || got.A != 5 || got.B != "b" || got.New != 3 || got.Old.A != 6 || got.Old.B != "b" {
		t.Errorf("%+v, %v", got, err)
	}
	if err := Decode(b, &changed{}, Config{}); !errors.Is(err, ErrGraph) {
		t.Errorf("a number read as text: %v", err)
	}
}

// TestDamage: whatever is done to the bytes, there is an error or a value, never a panic or endless memory.
func TestDamage(t *testing.T) {
	whole, err := Encode(sample(), config())
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		b := append([]byte{}, whole...)
		for range 1 + r.IntN(4) {
			b[r.IntN(len(b))] = byte(r.Uint32())
		}
		if r.IntN(3) == 0 {
			b = b[:r.IntN(len(b))]
		}
		if err := Decode(b, &node{}, config()); err != nil && !errors.Is(err, ErrGraph) {
			t.Fatal(err)
		}
	}
}
