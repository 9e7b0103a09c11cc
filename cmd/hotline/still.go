package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"hotline"
	"hotline/reports"
	"hotline/sip/wire"
	"hotline/store/archive"
)

// A snapshot is what the engine's folds had become by an event: a line of JSON, then the figures'. The two latest are kept, so that one
// that a bad disk has hurt costs a little reading and nothing else; the log is kept from the older one on.
const (
	stillFile  = "figures.still"
	stillOlder = "figures.still.1"
	// stillEvents and stillPause are how often one is made, if something has happened.
	stillEvents = 100_000
	stillPause  = 15 * time.Minute
	stillLook   = 10 * time.Second
)

// stillHead is the first line: what stands beside the figures. From is the last event that everything in the snapshot has seen;
// to apply a later one again changes nothing.
type stillHead struct {
	From     uint64                              `json:"from"`
	Seq      uint64                              `json:"seq"` // of the figures
	Made     time.Time                           `json:"made"`
	Switches map[string]bool                     `json:"switches,omitempty"`
	Desks    map[hotline.PhoneID]hotline.AgentID `json:"desks,omitempty"`
}

// foldConfig is what the figures need.
func (e *engine) foldConfig() reports.Config {
	return reports.Config{
		Now:    e.clock.Now,
		Trunks: trunkNames(e.cfg.SIP.Trunks),
		Centre: reportsCentre(e.centre.now()), Version: version, Commit: commitOf(debug.ReadBuildInfo), Logger: e.log,
		ExpectedWait: e.expected.of, Past: e.past,
		Serves: func(a hotline.AgentID, lent map[string]int) []hotline.QueueID {
			return servesNow(e.centre.now(), a, lent)
		},
	}
}

func trunkNames(trunks []wire.Trunk) []string {
	names := make([]string, len(trunks))
	for i, t := range trunks {
		names[i] = t.Name
	}
	return names
}

// openPast opens the chapters of what is settled.
func (e *engine) openPast() (err error) {
	e.past, err = archive.Open(archive.Config{Dir: filepath.Join(e.cfg.Data, "archive"), Logger: e.log})
	return err
}

// newFold is a fold without a past.
func (e *engine) newFold() *reports.Fold { return reports.New(e.foldConfig()) }

// lateFold is a fold of what is on disk and of a log that may have lost its beginning.
func (e *engine) lateFold() *reports.Fold {
	cfg := e.foldConfig()
	cfg.Behind = e.store.First() > 1
	return reports.New(cfg)
}

// resumeFold makes the figures from the latest snapshot that can be used, and returns the event after which the log is to be read.
func (e *engine) resumeFold() (after uint64) {
	for _, name := range []string{stillFile, stillOlder} {
		head, data, err := readStill(filepath.Join(e.cfg.Data, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && head.Seq > e.store.Last() {
			err = fmt.Errorf("it is younger than the log: %d, %d", head.Seq, e.store.Last())
		}
		if err == nil {
			e.fold = e.newFold()
			if err = e.fold.Restore(data); err == nil {
				e.switches.now.Store(&head.Switches)
				e.desks.at = head.Desks
				e.stills.note(name, head)
				return head.From
			}
		}
		e.log.Warn("a snapshot of the figures cannot be used: more of the log is read instead", "file", name, "error", err)
	}
	e.fold = e.lateFold()
	return 0
}

// keepStills makes snapshots until ctx is done.
func (e *engine) keepStills(ctx context.Context) error {
	tick := time.NewTicker(stillLook)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		seq, made := e.stills.last()
		if now := e.fold.Seq(); now < seq+stillEvents && (now == seq || time.Since(made) < stillPause) {
			continue
		}
		if err := e.saveStill(); err != nil {
			e.log.Warn("no snapshot of the figures can be kept: the next start takes longer", "error", err)
		}
	}
}

// forgetStills puts new snapshots in the places of both: nothing of what was erased is in them.
func (e *engine) forgetStills() error {
	return errors.Join(e.saveStill(), e.saveStill())
}

// saveStill makes a snapshot and keeps the one before.
func (e *engine) saveStill() error {
	e.stills.saving.Lock()
	defer e.stills.saving.Unlock()
	head := stillHead{From: e.followed.Load(), Made: time.Now().UTC(), Switches: e.switches.on(), Desks: e.desks.all()}
	data, seq, err := e.fold.Still()
	if err != nil {
		return err
	}
	head.Seq, head.From = seq, min(seq, head.From)
	// What a power cut may take back must not be in it.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := e.store.Durable(ctx, seq); err != nil {
		return err
	}
	path := filepath.Join(e.cfg.Data, stillFile)
	if err := writeStill(path+".tmp", head, data); err != nil {
		return err
	}
	if err := os.Rename(path, filepath.Join(e.cfg.Data, stillOlder)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := errors.Join(os.Rename(path+".tmp", path), syncFolder(e.cfg.Data)); err != nil {
		return err
	}
	e.stills.made(head)
	return nil
}

// lastStill makes a snapshot at the end, once nothing follows the log any more.
func (e *engine) lastStill() {
	if e.fold == nil || e.store == nil || e.web == nil { // the start has failed: what there is stays
		return
	}
	if seq, _ := e.stills.last(); e.fold.Seq() == seq {
		return
	}
	if err := e.saveStill(); err != nil {
		e.log.Warn("no snapshot of the figures at the end: the next start takes longer", "error", err)
	}
}

func writeStill(path string, head stillHead, data []byte) error {
	line, err := json.Marshal(head)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	if err == nil {
		_, err = f.Write(data)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// readStill reads a snapshot's head, and the figures' part unseen.
func readStill(path string) (head stillHead, data []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return head, nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		return head, nil, err
	}
	line, data, ok := bytes.Cut(b, []byte("\n"))
	if !ok {
		return head, nil, errors.New("it has no head")
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return head, nil, fmt.Errorf("its head cannot be read: %w", err)
	}
	return head, data, nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
