package main

import (
	"errors"
	"testing"
)

func TestTight(t *testing.T) {
	const gib = 1 << 30
	for _, c := range []struct {
		free, all float64
		was, want bool
	}{
		{0.9, 10, false, true}, // less than 1 GiB
		{1.1, 10, false, false},
		{1.1, 10, true, true}, // still: a fifth more is wanted
		{1.3, 10, true, false},
		{49, 1000, false, true}, // less than 5 %
		{51, 1000, false, false},
		{61, 1000, true, false},
	} {
		if got := tight(uint64(c.free*gib), uint64(c.all*gib), c.was); got != c.want {
			t.Errorf("%v of %v GiB, was %t: %t", c.free, c.all, c.was, got)
		}
	}
	if free, all, ok := spaceOf(t.TempDir()); ok && (all == 0 || free > all) {
		t.Errorf("%d of %d free", free, all)
	}
}

// TestStorageTrouble: recordings that cannot be written are trouble though there is space.
func TestStorageTrouble(t *testing.T) {
	dir, broken := t.TempDir(), errors.New("input/output error")
	free, all, ok := spaceOf(dir)
	if !ok || tight(free, all, false) {
		t.Skip("this machine's own disk is nearly full, or does not tell")
	}
	if got, full := storageTrouble(dir, false, func() error { return nil }); got != "" || full {
		t.Errorf("in health: %q", got)
	}
	if got, full := storageTrouble(dir, false, func() error { return broken }); got != "input/output error" || full {
		t.Errorf("recordings cannot be written: %q", got)
	}
}
