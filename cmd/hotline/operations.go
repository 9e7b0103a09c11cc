package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"path/filepath"
	"time"

	"hotline"
	"hotline/recorder"
	"hotline/reports"
)

var _ control = (*engine)(nil)

// apply puts a centre file in force.
func (e *engine) apply(name string, source []byte) (string, error) {
	c, err := e.centre.apply(name, source)
	if err != nil {
		return "", err
	}
	fact := hotline.CentreApplied{SHA256: c.SHA256, By: "command line"}
	if _, err := e.store.Append([]hotline.Event{{At: e.clock.Now(), Fact: fact}}); err != nil {
		return "", fmt.Errorf("the centre is in force, but not in the log: %w", err)
	}
	return fmt.Sprintf("%s is in force: %d agents, %d queues, %d flows", name, len(c.Agents), len(c.Queues), len(c.Flows)), nil
}

// export is the centre in force as a file, or an earlier version of it.
func (e *engine) export(version string) ([]byte, error) {
	if version == "" {
		return e.centre.now().Export(), nil
	}
	return e.centre.version(version)
}

// versions lists the centre files that were in force, the latest last.
func (e *engine) versions(out io.Writer) error {
	all, err := e.centre.versions()
	if err != nil {
		return err
	}
	for _, v := range all {
		mark := ""
		if v.SHA256 == e.centre.now().SHA256 {
			mark = "  in force"
		}
		fmt.Fprintf(out, "%s  %s%s\n", v.At.Format(time.RFC3339), v.SHA256[:12], mark)
	}
	return nil
}

// verify holds every recording that the log names against its file.
func (e *engine) verify(ctx context.Context, out io.Writer) error {
	rec := e.recorder
	var err error
	if rec == nil {
		rec, err = recorder.New(recorder.Config{Dir: filepath.Join(e.cfg.Data, "recordings"), Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			return err
		}
	}
	good, bad := 0, 0
	for contact, stored := range e.storedRecordings(ctx, &err) {
		if recorder.Expired(stored.File, e.cfg.Keep, time.Now()) {
			continue
		}
		if err := rec.Verify(stored); err != nil {
			bad++
			fmt.Fprintf(out, "%s %s: %v\n", contact, stored.File, err)
		} else {
			good++
		}
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d recordings are whole, %d are not\n", good, bad)
	if bad > 0 {
		return fmt.Errorf("%d recordings are not as they were stored", bad)
	}
	return nil
}

// storedRecordings is every recording that was ever stored: of the log, and of the contacts' records where the log is gone. err says
// why they are not all.
func (e *engine) storedRecordings(ctx context.Context, err *error) iter.Seq2[hotline.ContactID, hotline.RecordingStored] {
	return func(yield func(hotline.ContactID, hotline.RecordingStored) bool) {
		var first time.Time
		told := map[hotline.ContactID]bool{} // of the contacts about the log's beginning, so that none is told of twice
		for ev, e := range (kept{e.store}).Read(ctx, 0) {
			if *err = e; e != nil {
				return
			}
			if first.IsZero() {
				first = ev.At
			}
			stored, ok := ev.Fact.(hotline.RecordingStored)
			if !ok {
				continue
			}
			if ev.At.Sub(first) < 2*24*time.Hour {
				told[ev.Contact] = true
			}
			if !yield(ev.Contact, stored) {
				return
			}
		}
		if e.store.First() > 1 {
			*err = e.archivedRecordings(first, func(c *reports.Contact) bool {
				r := c.Recording
				return r == nil || r.File == "" || told[c.ID] || yield(c.ID, hotline.RecordingStored{
					File: r.File, SHA256: r.SHA256, MS: r.MS, Bytes: r.Bytes, Gaps: r.Gaps, Repaired: r.Repaired,
				})
			})
		}
	}
}

// archivedRecordings calls f with every contact that began before the time, until it returns false.
func (e *engine) archivedRecordings(before time.Time, f func(*reports.Contact) bool) error {
	if e.fold == nil { // there is no engine
		if err := e.openPast(); err != nil {
			return err
		}
		defer e.past.Close()
		e.resumeFold()
	}
	for s := (reports.Search{To: reports.At(before), Limit: 500}); ; {
		page, err := e.fold.Contacts(s)
		if err != nil {
			return err
		}
		for i := range page.Items {
			if !f(&page.Items[i]) {
				return nil
			}
		}
		if s.Cursor = page.Next; s.Cursor == "" {
			return nil
		}
	}
}
