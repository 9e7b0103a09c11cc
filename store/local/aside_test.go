package local

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

// Files are synced aside, by several goroutines too, and what the kernel says of a sync comes back.
func TestDatasyncAside(t *testing.T) {
	d, err := openDisk(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	file := d.(*diskFile)
	for range asideFrom {
		if err := d.Datasync(); err != nil {
			t.Fatal(err)
		}
	}
	if file.aside == nil {
		t.Skip("no asynchronous input and output on this machine")
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 20 {
				if _, err := d.WriteAt([]byte("audible"), int64(i*100+n)); err != nil {
					t.Error(err)
				}
				if begun, err := file.aside.datasync(int(file.Fd())); !begun || err != nil {
					t.Errorf("begun: %v, %v", begun, err)
				}
			}
		})
	}
	all.Wait()
	if begun, err := file.aside.datasync(1 << 20); begun || err != nil {
		t.Errorf("a file that is not open: begun: %v, %v", begun, err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if begun, err := file.aside.datasync(int(w.Fd())); begun && !errors.Is(err, syscall.EINVAL) {
		t.Errorf("a pipe is synced: %v", err)
	}
	if err := d.Datasync(); err != nil {
		t.Errorf("after that: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// Where the kernel does not sync aside, it is done in the ordinary way.
func TestDatasyncWithoutAside(t *testing.T) {
	d, err := openDisk(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	file := d.(*diskFile)
	file.aside = newAside()
	if file.aside != nil {
		file.aside.close() // its context is gone: nothing can be begun
	}
	defer func() { _ = file.File.Close() }() // without giving it back twice
	if err := d.Datasync(); err != nil {
		t.Error(err)
	}
	file.aside = nil
	if err := d.Datasync(); err != nil {
		t.Error(err)
	}
}
