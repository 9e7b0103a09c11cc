package storm

import (
	"testing"
	"time"
)

func TestInversions(t *testing.T) {
	at := func(ms int) time.Time { return time.UnixMilli(int64(ms)) }
	for _, c := range []struct {
		name  string
		stays []stay
		want  int
	}{
		{"nobody", nil, 0},
		{"in order", []stay{{at(0), at(100), true}, {at(20), at(110), true}, {at(40), at(200), true}}, 0},
		{"one is overtaken by two", []stay{{at(0), at(300), true}, {at(20), at(110), true}, {at(40), at(200), true}}, 2},
		{"it is overtaken, then gives up", []stay{{at(0), at(300), false}, {at(20), at(110), true}}, 1},
		{"it has given up before", []stay{{at(0), at(100), false}, {at(20), at(110), true}}, 0},
		{"who gives up overtakes nobody", []stay{{at(0), at(300), true}, {at(20), at(110), false}}, 0},
		{"they come at the same time", []stay{{at(0), at(300), true}, {at(5), at(110), true}}, 0},
		{"two phones ring at the same time", []stay{{at(0), at(104), true}, {at(20), at(100), true}}, 0},
	} {
		l := line{stays: c.stays}
		if n := l.inversions(); n != c.want {
			t.Errorf("%s: %d, want %d", c.name, n, c.want)
		}
	}
	l := line{all: []*caller{{began: at(0)}}, stays: []stay{{at(20), at(110), true}}}
	if n := l.inversions(); n != 1 {
		t.Errorf("one still waits: %d", n)
	}
}
