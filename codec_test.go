package hotline_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	. "hotline"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden holds the encoding of every kind: what stands in a log today must be read for years. Files of an older
// version than CodecVersion are never written again, only read.
func TestGolden(t *testing.T) {
	for _, ev := range examples() {
		kind := ev.Fact.Kind()
		t.Run(kind, func(t *testing.T) {
			got, err := MarshalEvent(ev)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", fmt.Sprint("v", CodecVersion), kind+".json")
			if *update {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatalf("%v (a new fact? run go test . -update and look at what it writes)", err)
			}
			if !bytes.Equal(got, bytes.TrimSuffix(want, []byte("\n"))) {
				t.Errorf("the encoding changed:\n got %s\nwant %s", got, want)
			}
			back, err := UnmarshalEvent(want)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(ev, back); d != "" {
				t.Errorf("decoded (-want +got):\n%s", d)
			}
		})
	}
}

// TestGoldenFilesAreRead reads every file there is, of this version and of older ones: none may ever become unreadable.
func TestGoldenFilesAreRead(t *testing.T) {
	files, err := filepath.Glob("testdata/v*/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		ev, err := UnmarshalEvent(b)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		} else if kind := strings.TrimSuffix(filepath.Base(path), ".json"); ev.Fact.Kind() != kind {
			t.Errorf("%s decodes as %s", path, ev.Fact.Kind())
		}
	}
}

// TestExamplesAreWhole sees to it that the golden files show every field.
func TestExamplesAreWhole(t *testing.T) {
	for _, ev := range examples() {
		for _, path := range zeroFields(reflect.ValueOf(ev.Fact), ev.Fact.Kind()) {
			t.Errorf("the example leaves out %s", path)
		}
	}
}

func zeroFields(v reflect.Value, path string) (zero []string) {
	if v.Kind() != reflect.Struct || v.Type() == reflect.TypeFor[time.Time]() {
		if v.IsZero() {
			zero = append(zero, path)
		}
		return zero
	}
	for i := range v.NumField() {
		zero = append(zero, zeroFields(v.Field(i), path+"."+v.Type().Field(i).Name)...)
	}
	return zero
}

func TestMarshalEvent(t *testing.T) {
	shanghai := time.FixedZone("CST", 8*3600)
	got, err := MarshalEvent(Event{At: time.Date(2025, 11, 22, 17, 30, 0, 123_999_999, shanghai), Fact: LegRang{}})
	if want := `{"v":1,"at":"2025-11-22T09:30:00.123Z","kind":"leg_rang","fact":{}}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	for name, ev := range map[string]Event{
		"no fact": {At: clock(0)},
		"NaN":     {At: clock(0), Fact: LegEnded{Stats: MediaStats{JitterMS: math.NaN()}}},
		"year":    {At: time.Date(12025, 1, 1, 0, 0, 0, 0, time.UTC), Fact: LegRang{}},
	} {
		if b, err := MarshalEvent(ev); !errors.Is(err, ErrCodec) {
			t.Errorf("%s: %s, %v, want ErrCodec", name, b, err)
		}
	}
}

func TestUnmarshalEventRefuses(t *testing.T) {
	for name, line := range map[string]string{
		"nothing":       ``,
		"no JSON":       `{"v":1`,
		"null":          `null`,
		"two":           `{"v":1,"at":"2025-11-22T09:30:00Z","kind":"leg_rang","fact":{}}{}`,
		"no version":    `{"at":"2025-11-22T09:30:00Z","kind":"leg_rang","fact":{}}`,
		"later version": `{"v":2,"at":"2025-11-22T09:30:00Z","kind":"leg_rang","fact":{}}`,
		"no time":       `{"v":1,"kind":"leg_rang","fact":{}}`,
		"far time":      `{"v":1,"at":"9999-12-31T23:59:59-01:00","kind":"leg_rang","fact":{}}`,
		"unknown kind":  `{"v":1,"at":"2025-11-22T09:30:00Z","kind":"leg_sang","fact":{}}`,
		"no fact":       `{"v":1,"at":"2025-11-22T09:30:00Z","kind":"leg_rang"}`,
		"null fact":     `{"v":1,"at":"2025-11-22T09:30:00Z","kind":"leg_rang","fact":null}`,
		"wrong fact":    `{"v":1,"at":"2025-11-22T09:30:00Z","kind":"held","fact":{"on":"yes"}}`,
		"negative seq":  `{"v":1,"seq":-1,"at":"2025-11-22T09:30:00Z","kind":"leg_rang","fact":{}}`,
	} {
		if ev, err := UnmarshalEvent([]byte(line)); !errors.Is(err, ErrCodec) {
			t.Errorf("%s: %+v, %v, want ErrCodec", name, ev, err)
		}
	}
}

// TestUnmarshalEventOfALaterProgram: a field that a later program added is passed over, so that going back one release
// does not lose the log.
func TestUnmarshalEventOfALaterProgram(t *testing.T) {
	ev, err := UnmarshalEvent([]byte(
		`{"v":1,"seq":7,"at":"2025-11-22T09:30:00.5Z","mood":"good","kind":"held","fact":{"on":true,"why":"coffee"}}`))
	want := Event{Seq: 7, At: time.Date(2025, 11, 22, 9, 30, 0, 5e8, time.UTC), Fact: Held{On: true}}
	if d := cmp.Diff(want, ev); err != nil || d != "" {
		t.Errorf("%v\n%s", err, d)
	}
}

// FuzzUnmarshalEvent: whatever the bytes, an answer; and what decodes can be encoded and means the same again.
func FuzzUnmarshalEvent(f *testing.F) {
	for _, ev := range examples() {
		b, err := MarshalEvent(ev)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		ev, err := UnmarshalEvent(b)
		if err != nil {
			if !errors.Is(err, ErrCodec) {
				t.Fatalf("%v is no ErrCodec", err)
			}
			return
		}
		once, err := MarshalEvent(ev)
		if err != nil {
			t.Fatalf("decoded and cannot be encoded: %v", err)
		}
		again, err := UnmarshalEvent(once)
		if err != nil {
			t.Fatalf("encoded and cannot be decoded: %v: %s", err, once)
		}
		if twice, err := MarshalEvent(again); err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%v\nonce  %s\ntwice %s", err, once, twice)
		}
	})
}
