package local

import (
	"os"
	"path/filepath"
	"sync"
)

// faults makes the disks of one store fail, hang and remember what is on the platter. The zero value is a sound disk.
type faults struct {
	mu      sync.Mutex
	write   error         // of WriteAt, which then writes only the first half
	room    error         // of Allocate
	cut     error         // of Truncate
	sync    error         // of Datasync
	hang    chan struct{} // writes and cuts wait until it is closed
	halt    chan struct{} // syncs wait until it is closed
	opening error         // of opening a file
	hung    chan struct{} // told of every write that begins to hang

	platter map[string][]byte // contents of each file, by path, as of its last sync
	writes  []span            // all writes that succeeded
}

type span struct {
	path     string
	from, to int64
}

// config is cfg on these disks.
func (f *faults) config(cfg Config) Config {
	cfg.open = f.open
	return cfg
}

func (f *faults) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *faults) open(path string) (disk, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.opening != nil {
		return nil, wrapPath("open", path, f.opening)
	}
	d, err := openDisk(path)
	if err != nil {
		return nil, err
	}
	return &faultyDisk{f, d, path}, nil
}

type faultyDisk struct {
	f    *faults
	disk disk
	path string
}

func (d *faultyDisk) WriteAt(b []byte, off int64) (int, error) {
	d.wait(func() chan struct{} { return d.f.hang })
	d.f.mu.Lock()
	defer d.f.mu.Unlock()
	if d.f.write != nil {
		n, _ := d.disk.WriteAt(b[:len(b)/2], off)
		return n, wrapPath("write", d.path, d.f.write)
	}
	d.f.writes = append(d.f.writes, span{d.path, off, off + int64(len(b))})
	return d.disk.WriteAt(b, off)
}

func (d *faultyDisk) Truncate(size int64) error {
	d.wait(func() chan struct{} { return d.f.hang })
	d.f.mu.Lock()
	defer d.f.mu.Unlock()
	if d.f.cut != nil {
		return wrapPath("truncate", d.path, d.f.cut)
	}
	return d.disk.Truncate(size)
}

func (d *faultyDisk) Allocate(off, size int64) error {
	d.f.mu.Lock()
	defer d.f.mu.Unlock()
	if d.f.room != nil {
		return wrapPath("fallocate", d.path, d.f.room)
	}
	return d.disk.Allocate(off, size)
}

// Datasync syncs what was written when it was called.
func (d *faultyDisk) Datasync() error {
	d.f.mu.Lock()
	now, err := os.ReadFile(d.path)
	d.f.mu.Unlock()
	if err != nil {
		return err
	}
	d.wait(func() chan struct{} { return d.f.halt })
	d.f.mu.Lock()
	defer d.f.mu.Unlock()
	if d.f.sync != nil {
		return wrapPath("fdatasync", d.path, d.f.sync)
	}
	if d.f.platter != nil {
		d.f.platter[filepath.Base(d.path)] = now
	}
	return nil
}

func (d *faultyDisk) Close() error { return d.disk.Close() }

// wait hangs until the gate that there is now is opened.
func (d *faultyDisk) wait(gate func() chan struct{}) {
	d.f.mu.Lock()
	ch := gate()
	if ch != nil && d.f.hung != nil {
		select {
		case d.f.hung <- struct{}{}:
		default:
		}
	}
	d.f.mu.Unlock()
	if ch != nil {
		<-ch
	}
}
