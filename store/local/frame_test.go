package local

import (
	"math"
	"testing"
)

func TestRecordSynced(t *testing.T) {
	for _, c := range []struct{ seq, synced, want uint64 }{
		{1, 0, 0},
		{10, 9, 9},
		{10, 3, 3},
		{1 << 40, 1<<40 - 5, 1<<40 - 5},
		{1 << 40, 7, 0},            // so far behind that the header cannot say
		{math.MaxUint32 + 3, 3, 0}, // just as far
		{math.MaxUint32 + 3, 4, 4}, // and just not
	} {
		b := append(make([]byte, headerSize), "{}"...)
		sealRecord(b, c.seq, c.synced, 3)
		r, err := parseRecord(b, 100)
		if err != nil || r.seq != c.seq || r.more != 3 || r.off != 100 || string(r.body) != "{}" {
			t.Fatalf("%+v, %v", r, err)
		}
		if r.synced() != c.want {
			t.Errorf("%d written when %d was synced says %d, want %d", c.seq, c.synced, r.synced(), c.want)
		}
	}
}
