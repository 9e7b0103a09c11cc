package recorder

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"hotline"
)

// Open opens a recording's audio and reads its sidecar. The file is the one named in RecordingStored; nothing outside the
// folder can be reached by it. A recording that still runs has audio and no spans yet.
func (r *Recorder) Open(file string) (io.ReadSeekCloser, Info, error) {
	if path.Ext(file) != wavExt {
		return nil, Info{}, fmt.Errorf("%w: %q", ErrNotFound, file)
	}
	f, err := r.root.Open(file)
	if err != nil {
		return nil, Info{}, fmt.Errorf("%w: %q: %w", ErrNotFound, file, err)
	}
	info, err := r.Info(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, Info{}, errors.Join(err, f.Close())
	}
	return f, info, nil
}

// Sidecar reads a recording's sidecar as it stands: JSON of an Info.
func (r *Recorder) Sidecar(file string) ([]byte, error) {
	b, err := fs.ReadFile(r.root.FS(), strings.TrimSuffix(file, wavExt)+jsonExt)
	if err != nil {
		return nil, fmt.Errorf("recorder: sidecar: %w", err)
	}
	return b, nil
}

// Info reads a recording's sidecar.
func (r *Recorder) Info(file string) (Info, error) {
	b, err := r.Sidecar(file)
	if err != nil {
		return Info{}, err
	}
	var info Info
	if err := json.Unmarshal(b, &info); err != nil {
		return Info{}, fmt.Errorf("recorder: sidecar of %q: %w", file, err)
	}
	return info, nil
}

// Verify holds a recording against its record: nil, or ErrNotFound, or ErrAltered with what differs.
func (r *Recorder) Verify(stored hotline.RecordingStored) error {
	sum, size, err := r.hash(stored.File)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	case size != stored.Bytes:
		return fmt.Errorf("%w: %d bytes, stored were %d", ErrAltered, size, stored.Bytes)
	case sum != stored.SHA256:
		return fmt.Errorf("%w: SHA-256 %s, stored was %s", ErrAltered, sum, stored.SHA256)
	}
	info, err := r.Info(stored.File)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	if info.SHA256 != stored.SHA256 {
		return fmt.Errorf("%w: the sidecar names another SHA-256, %s", ErrAltered, info.SHA256)
	}
	return nil
}
