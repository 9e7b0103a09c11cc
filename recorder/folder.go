package recorder

import (
	"os"
	"path"
)

// folder keeps the folder of the day open, so that a file in it is one step away and not four. Owner: one goroutine.
type folder struct {
	root *os.Root
	day  string
	dir  *os.Root // nil: none is open
}

// at opens the folder of a path of ours, made if missing.
func (f *folder) at(name string) (*os.Root, error) {
	day := path.Dir(name)
	if f.dir != nil && f.day == day {
		return f.dir, nil
	}
	f.close()
	if err := f.root.MkdirAll(day, 0o750); err != nil {
		return nil, err
	}
	dir, err := f.root.OpenRoot(day)
	if err != nil {
		return nil, err
	}
	f.day, f.dir = day, dir
	return dir, nil
}

// close forgets the folder; it is called after an error too, because the folder may have been replaced.
func (f *folder) close() {
	if f.dir != nil {
		f.dir.Close() // nothing is written by it
		f.dir = nil
	}
}

// sync brings the names in the folder to the disk.
func (f *folder) sync(name string) error {
	dir, err := f.at(name)
	if err != nil {
		return err
	}
	d, err := dir.Open(".")
	if err != nil {
		return err
	}
	err = d.Sync()
	d.Close() // nothing was written by it
	return err
}
