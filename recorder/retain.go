package recorder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"hotline"
)

// Retain deletes the recordings of days that ended longer ago than keep (UTC; by the folders' dates), with their sidecars
// and the folders that become empty, and returns how many recordings it deleted. A keep of 0 keeps for ever. Recordings that
// run or are not stored yet, and files of other kinds, are never touched. What cannot be deleted is reported and the others
// go on; it is safe at any time, also while a recording is being played, and is meant to be called about once an hour.
func (r *Recorder) Retain(ctx context.Context, keep time.Duration, now time.Time) (removed int, err error) {
	if keep <= 0 {
		return 0, nil
	}
	open, err := r.unstored()
	if err != nil {
		return 0, err
	}
	days, err := fs.Glob(r.root.FS(), "[0-9][0-9][0-9][0-9]/[0-9][0-9]/[0-9][0-9]")
	if err != nil {
		return 0, fmt.Errorf("recorder: %w", err)
	}
	slices.Sort(days) // the oldest first
	var errs []error
	for _, day := range days {
		began, err := time.Parse(dayLayout, day)
		if err != nil || now.Sub(began.AddDate(0, 0, 1)) < keep {
			continue
		}
		n, err := r.clear(ctx, day, open)
		removed += n
		if err != nil {
			errs = append(errs, err)
		}
		if ctx.Err() != nil {
			break
		}
		for dir := day; dir != "."; dir = path.Dir(dir) {
			if r.root.Remove(dir) != nil { // not empty: that is all right
				break
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return removed, fmt.Errorf("recorder: %w", err)
	}
	return removed, nil
}

// Expired says whether Retain would have deleted the recording, so that its absence is no fault.
func Expired(file string, keep time.Duration, now time.Time) bool {
	began, err := time.Parse(dayLayout, path.Dir(file))
	return keep > 0 && err == nil && now.Sub(began.AddDate(0, 0, 1)) >= keep
}

// Unstored is how many recordings run or are not stored yet, and when the first of them began: the zero time, if one does not say it.
func (r *Recorder) Unstored() (n int, began time.Time, err error) {
	notes, err := r.notes.all()
	for i, note := range notes {
		if i == 0 || note.Began.Before(began) {
			began = note.Began
		}
	}
	return len(notes), began, err
}

// unstored is the names of the recordings that run or are not stored yet.
func (r *Recorder) unstored() (map[string]bool, error) {
	notes, err := r.notes.all()
	if err != nil {
		return nil, err
	}
	open := map[string]bool{}
	for _, n := range notes {
		open[path.Base(n.File)] = true
	}
	return open, nil
}

// clear deletes the recordings of one day, but for the open ones.
func (r *Recorder) clear(ctx context.Context, day string, open map[string]bool) (removed int, err error) {
	entries, err := fs.ReadDir(r.root.FS(), day)
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, e := range entries {
		if ctx.Err() != nil {
			return removed, errors.Join(append(errs, ctx.Err())...)
		}
		base, ext := ours(e.Name())
		if ext == "" || e.IsDir() || open[base+wavExt] {
			continue
		}
		if err := r.root.Remove(path.Join(day, e.Name())); err != nil {
			errs = append(errs, err)
		} else if ext == wavExt {
			removed++
		}
	}
	return removed, errors.Join(errs...)
}

// ours splits a file name of ours; the extension of any other is empty.
func ours(name string) (base, ext string) {
	for _, ext := range []string{wavExt, jsonExt + tmpExt, jsonExt} {
		if base, ok := strings.CutSuffix(name, ext); ok && safeName(hotline.ContactID(base)) {
			return base, ext
		}
	}
	return "", ""
}
