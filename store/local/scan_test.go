package local

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
)

// segmentOfBodies is a segment whose records have those lengths of body.
func segmentOfBodies(first uint64, sizes []int) []byte {
	b := segmentHead(first, clockForTests())
	for i, n := range sizes {
		rec := append(make([]byte, headerSize), bytes.Repeat([]byte("x"), n)...)
		sealRecord(rec, first+uint64(i), first, 0)
		b = append(b, rec...)
	}
	return b
}

// counter counts what is read.
type counter struct {
	io.ReaderAt
	n int
}

func (c *counter) ReadAt(b []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(b, off)
	c.n += n
	return n, err
}

// TestSeek: from any number the first record after it is found, near, in small and big records, and past damage.
func TestSeek(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	sizes := make([]int, 5_000)
	for i := range sizes {
		sizes[i] = 1 + rnd.IntN(1000)
		if i%500 == 250 {
			sizes[i] = 300 << 10
		}
	}
	const first = 1_000_000
	sound := segmentOfBodies(first, sizes)
	damaged := bytes.Clone(sound)
	for range 30 {
		damaged[headSize+rnd.IntN(len(damaged)-headSize)] ^= 1
	}
	clear(damaged[len(damaged)/2:][:200<<10])
	for name, seg := range map[string][]byte{"sound": sound, "damaged": damaged} {
		for range 50 {
			after := first - 1 + uint64(rnd.IntN(len(sizes)))
			src := &counter{ReaderAt: bytes.NewReader(seg)}
			sc := newScanner(src, first, int64(len(seg)))
			if err := sc.seek(after); err != nil {
				t.Fatal(err)
			}
			var rec record
			for rec.seq <= after {
				var err error
				if rec, err = sc.next(); errors.Is(err, errBad) {
					_, err = sc.resync()
				}
				if errors.Is(err, io.EOF) {
					break
				}
			}
			if name == "sound" && rec.seq != after+1 {
				t.Fatalf("%s: after %d comes %d", name, after, rec.seq)
			}
			if rec.seq != after+1 && !slices.Contains(badSince(t, seg, first, after), rec.seq) {
				t.Fatalf("%s: after %d comes %d", name, after, rec.seq)
			}
			if src.n > 2<<20 {
				t.Fatalf("%s: %d bytes were read to find %d", name, src.n, after+1)
			}
		}
	}
}

// badSince is the first sound number after the given one, found the slow way.
func badSince(t *testing.T, seg []byte, first, after uint64) []uint64 {
	t.Helper()
	sc := newScanner(bytes.NewReader(seg), first, int64(len(seg)))
	for {
		rec, err := sc.next()
		if errors.Is(err, errBad) {
			_, err = sc.resync()
		} else if err == nil && rec.seq > after {
			return []uint64{rec.seq}
		}
		if err != nil {
			return []uint64{0}
		}
	}
}

// FuzzScanner: whatever stands in a segment, the scanner comes to its end and yields only records that are sound.
func FuzzScanner(f *testing.F) {
	seg := segmentOfBodies(7, []int{3, 100, 1, 40})
	f.Add(seg[headSize:], uint64(8))
	f.Add(seg[headSize+5:], uint64(0))
	f.Add(append(bytes.Repeat([]byte{1, 0, 0, 0}, 20), seg[headSize:]...), uint64(9))
	f.Add(make([]byte, 100), uint64(7))
	f.Fuzz(func(t *testing.T, b []byte, after uint64) {
		b = append(segmentHead(7, clockForTests()), b...)
		var all []uint64
		sc := newScanner(bytes.NewReader(b), 7, int64(len(b)))
		for at := int64(0); ; {
			rec, err := sc.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if errors.Is(err, errBad) {
				_, err = sc.resync()
			} else if err == nil {
				if whole := b[rec.off:rec.end()]; checksum(whole[8:]) != uint32(whole[4])|uint32(whole[5])<<8|uint32(whole[6])<<16|uint32(whole[7])<<24 {
					t.Fatal("a record that is not sound")
				}
				all = append(all, rec.seq)
			}
			if err != nil {
				t.Fatal(err)
			}
			if sc.off <= at {
				t.Fatalf("stands still at %d", at)
			}
			at = sc.off
		}
		sc = newScanner(bytes.NewReader(b), 7, int64(len(b)))
		if err := sc.seek(after); err != nil {
			t.Fatal(err)
		}
		if slices.IsSorted(all) { // only then is there a place to seek
			for {
				rec, err := sc.next()
				if err == nil && rec.seq > after || errors.Is(err, io.EOF) {
					break
				}
				if errors.Is(err, errBad) {
					_, _ = sc.resync()
				}
			}
		}
	})
}
