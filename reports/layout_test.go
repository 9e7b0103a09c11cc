package reports

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"hotline"
)

// filled sets every field of v to something, so that one that a layout leaves out is seen.
func filled(rng *rand.Rand, v reflect.Value) {
	if v.CanAddr() && !v.CanSet() {
		v = reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			filled(rng, v.Field(i))
		}
	case reflect.Int, reflect.Int64:
		v.SetInt(rng.Int64N(3)*rng.Int64N(1<<uint(1+rng.IntN(50))) - 1)
	case reflect.Uint64:
		v.SetUint(rng.Uint64())
	case reflect.Bool:
		v.SetBool(rng.IntN(2) == 0)
	case reflect.String:
		v.SetString([]string{"", "a", "8001", "contact-1", "contact-1.2", "客户\x00"}[rng.IntN(6)])
	}
}

// sameAfter writes values of one kind and reads them again.
func sameAfter[S any](t *testing.T, name string, l layout[S], mend func(*S)) {
	t.Helper()
	rng := rand.New(rand.NewChaCha8([32]byte{3}))
	for _, n := range []int{0, 1, 2, 255, 256} {
		items := make([]S, n)
		for i := range items {
			filled(rng, reflect.ValueOf(&items[i]).Elem())
			if mend != nil {
				mend(&items[i])
			}
		}
		var w columnWriter
		l.encode(&w, n, func(i int) *S { return &items[i] })
		var r columnReader
		got, err := l.decode(&r, w.buf)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d := cmp.Diff(items, got, cmp.Exporter(func(reflect.Type) bool { return true })); n > 0 && d != "" {
			t.Fatalf("%s: not all of it comes back (a field without a column?):\n%s", name, d)
		}
	}
}

// TestLayouts holds every field of what goes to disk against what comes back.
func TestLayouts(t *testing.T) {
	sameAfter(t, "visit", visitLayout(), nil)
	sameAfter(t, "callback", callbackLayout(), nil)
	sameAfter(t, "survey", surveyLayout(), nil)
	sameAfter(t, "code", codeLayout(), nil)
	sameAfter(t, "transfer", transferLayout(), nil)
	sameAfter(t, "span", spanLayout(), nil)
	sameAfter(t, "break", breakLayout(), nil)
	sameAfter(t, "own", ownLayout(), nil)
	sameAfter(t, "segment", segmentLayout(), nil)
	sameAfter(t, "line", lineLayout(), nil)
	sameAfter(t, "path", pathLayout(), nil)
	sameAfter(t, "heard", heardLayout(), nil)
}

// TestAttemptLayout: of an attempt that was let go everything that Missed shows comes back, of another whose visit it was.
func TestAttemptLayout(t *testing.T) {
	v := &visit{id: "c1.2", contact: "c1", queue: "claims", from: hotline.Party{Number: "138", Name: "王"}, outcome: "answered", agent: "a2", closed: 1}
	items := []attempt{
		{at: 10, result: hotline.OfferNoAnswer, ring: 5, visit: v}, {at: 12, result: hotline.OfferAnswered, ring: 7, visit: v},
	}
	c := attemptCodec()
	var w columnWriter
	c.encode(&w, items)
	var r columnReader
	got, err := c.decode(&r, w.buf)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range got {
		want := items[i]
		end := want.end()
		if !want.missed() {
			end = rung{contact: "c1", visit: "c1.2", queue: "claims"}
		}
		if x.at != want.at || x.result != want.result || x.ring != want.ring || x.end() != end {
			t.Errorf("attempt %d: %+v of %+v", i, x, want)
		}
	}
	if c.ripe(attempt{visit: &visit{}}) {
		t.Error("an attempt may leave while its visit is open")
	}
}

// FuzzColumns: whatever stands in a block, reading it ends, with an error or without, and asks for no memory that it does not hold.
func FuzzColumns(f *testing.F) {
	var w columnWriter
	visits := []visit{{id: "c.1", contact: "c", since: 1e12, wait: 5}, {id: "d.1", contact: "d", since: 2e12}}
	l := visitLayout()
	l.encode(&w, len(visits), func(i int) *visit { return &visits[i] })
	f.Add(w.buf)
	f.Add([]byte{1, 2, 40, columnDict, 2, 255, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		var r columnReader
		if got, err := l.decode(&r, b); err == nil && len(got) != r.rows {
			t.Fatal("rows")
		}
		_, _ = attemptCodec().decode(&r, b)
	})
}

// FuzzBlocks: whatever stands in the other blocks of a chapter, reading them ends, and leads nowhere outside of them.
func FuzzBlocks(f *testing.F) {
	d := richDay(f, 1, 60)
	disk := &heap{}
	fold := archiveFold(disk, (&clock{}).now)
	d.apply(fold)
	fold.Tidy(f.Context())
	for _, b := range disk.chapters[0] {
		f.Add(b)
	}
	sq := &squeezer{}
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := decodeChapter(3, b); err == nil && (c.n < 0 || c.n > maxColumnRows) {
			t.Fatal("contacts")
		}
		var fs filters
		if fs.decode(b) == nil {
			fs.ids.may("c0001")
			fs.grams.may("13800138000")
			fs.has("aa1")
		}
		idTable(b).find("c0001")
		if _, postings, err := searchColumns(b); err == nil {
			lists, _ := posted(postings, 16, []string{"aa1", "qclaims"})
			for _, l := range lists {
				for _, i := range l {
					if i < 0 || i >= 16 {
						t.Fatal("a posting outside of the chapter")
					}
				}
			}
		}
		if packed, err := sq.pack(b); err == nil {
			if h, err := decodeHeads(sq, packed); err == nil {
				_, _ = h.record(0)
				_, _ = h.record(70)
			}
			if text, err := decodeText(sq, packed, 2); err == nil {
				_ = readParts(text, &Contact{})
			}
		}
		_, _ = decodeHeads(sq, b)
	})
}
