package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"hotline"
	"hotline/recorder"
)

var _ control = (*engine)(nil)

// apply puts a centre file in force.
func (e *engine) apply(name string, source []byte) (string, error) {
	c, err := e.centre.apply(name, source)
	if err != nil {
		return "", err
	}
	fact := hotline.CentreApplied{SHA256: c.SHA256, By: "command line"}
	if _, err := e.store.Append([]hotline.Event{{At: time.Now(), Fact: fact}}); err != nil {
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
	if rec == nil {
		var err error
		rec, err = recorder.New(recorder.Config{Dir: filepath.Join(e.cfg.Data, "recordings"), Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			return err
		}
	}
	good, bad := 0, 0
	for ev, err := range e.store.Read(ctx, 0) {
		if err != nil {
			return err
		}
		stored, ok := ev.Fact.(hotline.RecordingStored)
		if !ok || recorder.Expired(stored.File, e.cfg.Keep, time.Now()) {
			continue
		}
		if err := rec.Verify(stored); err != nil {
			bad++
			fmt.Fprintf(out, "%s %s: %v\n", ev.Contact, stored.File, err)
		} else {
			good++
		}
	}
	fmt.Fprintf(out, "%d recordings are whole, %d are not\n", good, bad)
	if bad > 0 {
		return fmt.Errorf("%d recordings are not as they were stored", bad)
	}
	return nil
}
