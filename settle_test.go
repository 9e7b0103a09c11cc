package hotline_test

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	. "hotline"
)

// TestSettledIsWhatIsRead: for every kind of fact, with whatever in it, Settled gives what a reader of the log gets.
func TestSettledIsWhatIsRead(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 2))
	for _, ev := range examples() {
		t.Run(ev.Fact.Kind(), func(t *testing.T) {
			for n := range 200 {
				if n > 0 {
					fact := reflect.New(reflect.TypeOf(ev.Fact)).Elem()
					scatter(rng, fact)
					ev.Fact = fact.Interface().(Fact)
					ev.Contact, ev.Queue = ContactID(text(rng)), QueueID(text(rng))
				}
				b, err := MarshalEvent(ev)
				if err != nil {
					continue // not one that can stand in a log
				}
				want, err := UnmarshalEvent(b)
				if err != nil {
					t.Fatal(err)
				}
				got, err := Settled(ev)
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(want, got); d != "" || !reflect.DeepEqual(want, got) {
					t.Fatalf("%s\nread (-want +got):\n%s", b, d)
				}
			}
		})
	}
}

// TestSettledSharesWhatCannotChange: most facts are texts and numbers, and cost nothing.
func TestSettledSharesWhatCannotChange(t *testing.T) {
	ev := Event{At: time.Unix(1, 0).UTC(), Call: "c", Fact: CallStarted{Direction: Inbound, From: Party{Number: "13800001111", Name: "李雷"}}}
	if n := testing.AllocsPerRun(100, func() {
		if _, err := Settled(ev); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// text is a text that need not be UTF-8.
func text(rng *rand.Rand) string {
	all := []string{"", "a", "<b>&\"\\", "报案", "\xff\xfe", "x\x80y", "\u2028", "0123456789", "\x00\n"}
	return all[rng.IntN(len(all))]
}

// scatter fills a value at random.
func scatter(rng *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text(rng))
	case reflect.Bool:
		v.SetBool(rng.IntN(2) == 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(rng.IntN(100)) - 50)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(rng.IntN(100)))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(rng.Float64() * 10)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			at := []time.Time{{}, time.Unix(1, 5).UTC(), time.Unix(1e9, 123456789), time.Unix(5, 0).In(time.FixedZone("x", 3600))}
			v.Set(reflect.ValueOf(at[rng.IntN(len(at))]))
			return
		}
		for i := range v.NumField() {
			scatter(rng, v.Field(i))
		}
	case reflect.Slice:
		if n := rng.IntN(4) - 1; n >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n+1))
			for i := range n {
				scatter(rng, v.Index(i))
			}
		}
	case reflect.Map:
		if n := rng.IntN(4) - 1; n >= 0 {
			v.Set(reflect.MakeMap(v.Type()))
			for range n {
				key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
				scatter(rng, key)
				scatter(rng, value)
				v.SetMapIndex(key, value)
			}
		}
	case reflect.Pointer:
		if rng.IntN(2) == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			scatter(rng, v.Elem())
		}
	}
}

// TestSettledSharesNothing: what its owner does to an event later is not seen by readers.
func TestSettledSharesNothing(t *testing.T) {
	ev := Event{Fact: Queued{Attrs: map[string]string{"a": "1"}}}
	got, err := Settled(ev)
	if err != nil {
		t.Fatal(err)
	}
	ev.Fact.(Queued).Attrs["a"] = "2"
	if a := got.Fact.(Queued).Attrs["a"]; a != "1" {
		t.Errorf("a is %s", a)
	}
}

func BenchmarkSettled(b *testing.B) {
	evs := examples()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := Settled(evs[i%len(evs)]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMarshalEvent(b *testing.B) {
	evs := examples()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := MarshalEvent(evs[i%len(evs)]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnmarshalEvent(b *testing.B) {
	var lines [][]byte
	for _, ev := range examples() {
		l, err := MarshalEvent(ev)
		if err != nil {
			b.Fatal(err)
		}
		lines = append(lines, l)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := UnmarshalEvent(lines[i%len(lines)]); err != nil {
			b.Fatal(err)
		}
	}
}
