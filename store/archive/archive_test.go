package archive

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func open(t testing.TB, dir string, d Disk) *Archive {
	t.Helper()
	a, err := Open(Config{Dir: dir, Disk: d})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func blocksOf(n int) [][]byte {
	return [][]byte{fmt.Appendf(nil, "contents %d", n), bytes.Repeat([]byte{byte(n)}, 5000), []byte("x"), fmt.Appendf(nil, "last %d", n)}
}

func same(t *testing.T, a *Archive, n int) {
	t.Helper()
	for i, want := range blocksOf(n) {
		if got, err := a.Block(n, i); err != nil || !bytes.Equal(got, want) {
			t.Errorf("chapter %d block %d: %.20q, %v", n, i, got, err)
		}
	}
	if got, err := a.Block(n, -1); err != nil || string(got) != fmt.Sprint("last ", n) {
		t.Errorf("chapter %d, the last block: %q, %v", n, got, err)
	}
}

// TestChapters: what was added is read, also by who opens the folder later.
func TestChapters(t *testing.T) {
	dir := t.TempDir()
	a := open(t, dir, nil)
	for n := range 300 { // more than are held open
		if err := a.Add(blocksOf(n)); err != nil {
			t.Fatal(err)
		}
	}
	b := open(t, dir, nil)
	if a.Chapters() != 300 || b.Chapters() != 300 || a.Bytes() != b.Bytes() {
		t.Fatalf("%d and %d chapters, %d and %d bytes", a.Chapters(), b.Chapters(), a.Bytes(), b.Bytes())
	}
	for n := range 300 {
		same(t, a, n)
		same(t, b, n)
	}
	if err := a.Add([][]byte{{}}); err == nil {
		t.Error("an empty block was taken")
	}
	if _, err := a.Block(300, 0); err == nil {
		t.Error("a chapter was read that there is none of")
	}
	if len(b.Damage()) > 0 {
		t.Errorf("damage: %v", b.Damage())
	}
}

var errCut = errors.New("cut")

// cutDisk does the first steps alone; the step at which it stops is done, not done, or done by half.
type cutDisk struct {
	machine
	steps int
	half  bool
}

func (c *cutDisk) step() error {
	if c.steps--; c.steps < 0 {
		return errCut
	}
	return nil
}

func (c *cutDisk) Write(path string, b []byte) error {
	if err := c.step(); err != nil {
		if c.half {
			return errors.Join(err, c.machine.Write(path, b[:len(b)/2]))
		}
		return err
	}
	return c.machine.Write(path, b)
}

func (c *cutDisk) Append(path string, b []byte) error {
	if err := c.step(); err != nil {
		if c.half {
			return errors.Join(err, c.machine.Append(path, b[:len(b)/2]))
		}
		return err
	}
	return c.machine.Append(path, b)
}

func (c *cutDisk) Rename(from, to string) error {
	if err := c.step(); err != nil {
		return err
	}
	return c.machine.Rename(from, to)
}

func (c *cutDisk) Sync(dir string) error {
	if err := c.step(); err != nil {
		return err
	}
	return c.machine.Sync(dir)
}

// TestCut: wherever the making of a chapter is cut short, the next to open the folder finds the whole chapter or nothing of it, all
// chapters before, and can go on; and the same one may be added again at once.
func TestCut(t *testing.T) {
	for steps := range 5 {
		for _, half := range []bool{false, true} {
			name := fmt.Sprintf("after %d steps, half %v", steps, half)
			dir := t.TempDir()
			a := open(t, dir, nil)
			for n := range 2 {
				if err := a.Add(blocksOf(n)); err != nil {
					t.Fatal(err)
				}
			}
			d := &cutDisk{steps: steps, half: half}
			a = open(t, dir, d)
			err := a.Add(blocksOf(2))
			if (err != nil) != (steps < 4) {
				t.Fatalf("%s: %v", name, err)
			}
			if err != nil && a.Chapters() != 2 {
				t.Errorf("%s: %d chapters after an error", name, a.Chapters())
			}
			b := open(t, dir, nil)
			whole := b.Chapters() == 3
			if whole != (steps >= 2) || len(b.Damage()) > 0 {
				t.Errorf("%s: %d chapters, damage %v", name, b.Chapters(), b.Damage())
			}
			if whole {
				same(t, b, 2)
			} else if err := b.Add(blocksOf(2)); err != nil {
				t.Errorf("%s: again: %v", name, err)
			}
			for n := range 3 {
				same(t, b, n)
			}
			if err := b.Add(blocksOf(3)); err != nil {
				t.Errorf("%s: a further one: %v", name, err)
			}
			c := open(t, dir, nil)
			if c.Chapters() != 4 || len(c.Damage()) > 0 {
				t.Errorf("%s: in the end %d chapters, damage %v", name, c.Chapters(), c.Damage())
			}
			same(t, c, 3)
			if left, _ := filepath.Glob(filepath.Join(dir, "*"+unfinished)); len(left) > 0 {
				t.Errorf("%s: left behind: %v", name, left)
			}
			d.steps = 100 // the disk is back: the engine tries again without a restart
			if steps < 4 {
				dir := t.TempDir()
				d := &cutDisk{steps: steps, half: half}
				a := open(t, dir, d)
				_ = a.Add(blocksOf(0))
				d.steps = 100
				if err := a.Add(blocksOf(0)); err != nil {
					t.Errorf("%s: at once again: %v", name, err)
				}
				same(t, a, 0)
				e := open(t, dir, nil)
				same(t, e, 0)
				if e.Chapters() != 1 || len(e.Damage()) > 0 {
					t.Errorf("%s: at once again: %d chapters, %v", name, e.Chapters(), e.Damage())
				}
			}
		}
	}
}

// TestDamage: whichever byte of a chapter is spoilt, at most the block that it stands in is lost, it is named, and no wrong byte is
// ever handed out.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	a := open(t, dir, nil)
	for n := range 2 {
		if err := a.Add(blocksOf(n)); err != nil {
			t.Fatal(err)
		}
	}
	path := a.path(0)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(good); at += 1 + at%7 {
		bad := bytes.Clone(good)
		bad[at] ^= 0x55
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		b := open(t, dir, nil)
		lost := 0
		for i, want := range blocksOf(0) {
			got, err := b.Block(0, i)
			if err != nil {
				lost++
			} else if !bytes.Equal(got, want) {
				t.Fatalf("byte %d spoilt: block %d is handed out wrong", at, i)
			}
		}
		if lost > 1 {
			t.Errorf("byte %d spoilt: %d blocks lost: %v", at, lost, b.Damage())
		}
		if lost > 0 && len(b.Damage()) == 0 {
			t.Errorf("byte %d spoilt: nobody is told", at)
		}
		same(t, b, 1)
		b.Close()
	}
	for _, size := range []int{0, 5, headSize, len(good) / 2, len(good) - 1} {
		if err := os.WriteFile(path, good[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		b := open(t, dir, nil)
		if len(b.Damage()) == 0 {
			t.Errorf("cut to %d bytes: nobody is told", size)
		}
		same(t, b, 1)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	b := open(t, dir, nil)
	if b.Chapters() != 2 || len(b.Damage()) != 1 {
		t.Errorf("without its file: %d chapters, damage %v", b.Chapters(), b.Damage())
	}
	if _, err := b.Block(0, 0); !errors.Is(err, ErrMissing) {
		t.Errorf("without its file: %v", err)
	}
	same(t, b, 1)
}

// FuzzChapter: whatever a file holds, opening it ends, and no block is handed out whose checksum does not hold.
func FuzzChapter(f *testing.F) {
	good, err := encode(blocksOf(1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)-7])
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		if spans, err := table(r, int64(len(b))); err == nil {
			for _, s := range spans {
				if s.at+frameSize+int64(s.len) > int64(len(b)) {
					t.Fatal("a block outside of the file")
				}
			}
		}
		_, _ = walk(r, int64(len(b)))
	})
}

// TestReplace: a chapter that is written anew is read so, also by who has it open and by who opens the folder later; cut short at any
// step it is as it was or as it is to be, and no damage.
func TestReplace(t *testing.T) {
	anew := []byte("a longer last block than the one before")
	for steps := range 6 {
		for _, half := range []bool{false, true} {
			dir := t.TempDir()
			a := open(t, dir, nil)
			for n := range 3 {
				if err := a.Add(blocksOf(n)); err != nil {
					t.Fatal(err)
				}
			}
			same(t, a, 1)
			a.disk = &cutDisk{steps: steps, half: half}
			err := a.Replace(1, map[int][]byte{3: anew})
			b := open(t, dir, nil)
			got, err2 := b.Block(1, 3)
			was := string(got) == "last 1"
			if err2 != nil || !was && !bytes.Equal(got, anew) || err == nil && was {
				t.Errorf("cut after %d steps (%v): %.50q, %v", steps, err, got, err2)
			}
			if steps == 5 && err != nil {
				t.Errorf("not cut: %v", err)
			}
			if got, _ := a.Block(1, -1); err == nil && !bytes.Equal(got, anew) {
				t.Errorf("who has it open reads %.50q", got)
			}
			same(t, b, 0)
			same(t, b, 2)
			if len(b.Damage()) > 0 || b.Chapters() != 3 {
				t.Errorf("cut after %d steps: %d chapters, %v", steps, b.Chapters(), b.Damage())
			}
			if err == nil && a.Bytes() != b.Bytes() {
				t.Errorf("%d bytes, opened again %d", a.Bytes(), b.Bytes())
			}
		}
	}
}
