package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"hotline"
	"hotline/centre/strict"
	"hotline/store/local"
)

// logConfig is how long the log is kept: figures, contacts and the chain of acts do not need it for longer than a snapshot.
type logConfig struct {
	Keep    time.Duration // 0: for ever
	Archive string        // folder to which old segments are copied, packed, before they go; empty: they just go
}

// defaultLogKeep lets a span be replayed beside the same one a year ago.
const defaultLogKeep = 400 * 24 * time.Hour

// logKeep reads how long the log is kept: a day at least, because segments go whole and followers may be a little behind.
func (r configReader) logKeep(c *logConfig, v strict.Value) {
	m := v.Map("keep", "archive")
	if k := m.Get("keep"); k.Present() && k.Text("") == "forever" {
		c.Keep = 0
	} else {
		c.Keep = k.Duration(c.Keep, 24*time.Hour, 100*365*24*time.Hour)
	}
	c.Archive = r.path(m.Get("archive"), "")
}

// keepLog lets old segments of the log go, now and every hour.
func (e *engine) keepLog(ctx context.Context) error {
	for {
		n, err := e.dropOld(ctx, time.Now())
		switch {
		case err != nil && ctx.Err() == nil:
			e.log.Warn("old segments of the log are still there", "error", err)
		case n > 0:
			e.log.Info("old segments of the log are gone", "segments", n, "first", e.store.First(), "archive", e.cfg.Log.Archive)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Hour):
		}
	}
}

// dropOld lets go of what is older than it is kept and needed by nobody.
func (e *engine) dropOld(ctx context.Context, now time.Time) (n int, err error) {
	if e.cfg.Log.Keep <= 0 {
		return 0, nil
	}
	upTo, err := e.needed(now)
	if err != nil {
		return 0, err
	}
	old, err := e.store.Droppable(upTo, now.Add(-e.cfg.Log.Keep))
	if err != nil {
		return 0, err
	}
	for _, g := range old {
		if ctx.Err() != nil {
			return n, nil
		}
		if e.cfg.Log.Archive != "" {
			if err := archiveSegment(g, e.cfg.Log.Archive); err != nil {
				return n, err
			}
		}
		if err := e.store.Drop(g); local.Held(err) {
			return n, nil // a backup is being made: in an hour
		} else if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// needed is the last event that nobody will read again.
func (e *engine) needed(now time.Time) (upTo uint64, err error) {
	upTo = min(e.stills.need(), e.followed.Load())
	at, _, err := e.store.LastSnapshot("acd." + string(shardID))
	if err != nil {
		return 0, err
	}
	upTo = min(upTo, at)
	if e.ledger != nil {
		upTo = min(upTo, e.ledger.Followed())
	}
	if n, began, err := e.recorder.Unstored(); err != nil {
		return 0, err
	} else if n > 0 {
		before, err := e.store.Before(began)
		if err != nil {
			return 0, err
		}
		upTo = min(upTo, before)
	}
	for bucket, names := range e.followers() {
		for _, name := range names {
			val, err := e.store.Bucket(bucket).Get(name)
			if err != nil {
				return 0, err
			}
			if at, ok := placeOf(val); ok && at < upTo {
				if upTo = at; now.Minute() == 0 {
					e.log.Info("the log is kept for a follower that is behind", "bucket", bucket, "name", name, "after", at)
				}
			}
		}
	}
	return upTo, nil
}

// followers is who reads the log at a pace of its own, by the bucket that holds its place.
func (e *engine) followers() map[string][]string {
	out := map[string][]string{}
	for _, h := range e.cfg.Webhooks {
		out["webhooks"] = append(out["webhooks"], h.Name)
	}
	for _, h := range e.cfg.Out.Events.Hooks {
		out["event_hooks"] = append(out["event_hooks"], h.Name)
	}
	for bucket, file := range map[string]string{"event_files": e.cfg.Out.Events.Dir, "queue_log": e.cfg.Out.QueueLog.Path} {
		if file == "" {
			continue // the place of one that was taken out of the config holds nothing: the log would be kept for ever
		}
		// They have one place each, under a name of theirs. A bucket that cannot be read is found out by whoever writes it.
		_ = e.store.Bucket(bucket).Each("", func(key string, _ []byte) bool {
			out[bucket] = append(out[bucket], key)
			return true
		})
	}
	return out
}

// placeOf reads a place: a number, or JSON that has one.
func placeOf(val []byte) (uint64, bool) {
	if n, err := strconv.ParseUint(string(bytes.TrimSpace(val)), 10, 64); err == nil {
		return n, true
	}
	var p struct{ Low, Read *uint64 }
	if json.Unmarshal(val, &p) != nil {
		return 0, false
	}
	switch {
	case p.Low != nil:
		return *p.Low, true
	case p.Read != nil:
		return *p.Read, true
	}
	return 0, false
}

// archiveSegment copies a segment, packed, to the folder of its month. Unpacked and put back into the log's folder of an engine that does not run,
// it is part of the log again.
func archiveSegment(g local.Segment, dir string) error {
	name := filepath.Join(dir, g.From.UTC().Format("2006-01"), filepath.Base(g.Path)+".gz")
	if _, err := os.Stat(name); err == nil {
		return sameSegment(g, name) // the last try came this far
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return err
	}
	in, err := os.Open(g.Path)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(name+".tmp", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	zip := gzip.NewWriter(out)
	_, err = io.Copy(zip, io.NewSectionReader(in, 0, g.Size))
	if err == nil {
		err = errors.Join(zip.Close(), out.Sync())
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	return errors.Join(os.Rename(name+".tmp", name), syncFolder(filepath.Dir(name)))
}

// kept is the log for who would read it from its beginning: what is gone is passed over.
type kept struct{ *local.Store }

// Read begins with the first event there is, at the earliest, also when segments go meanwhile.
func (k kept) Read(ctx context.Context, after uint64) iter.Seq2[hotline.Event, error] {
	return func(yield func(hotline.Event, error) bool) {
		for at, again := after, true; again; {
			again = false
			for ev, err := range k.Store.Read(ctx, at) {
				var gone *hotline.GoneError
				if errors.As(err, &gone) && gone.First > at+1 {
					at, again = gone.First-1, true
					break
				}
				if !yield(ev, err) {
					return
				}
				at = max(at, ev.Seq)
			}
		}
	}
}

// goesBack returns an error that says since when there is a log, unless it reaches back to the time.
func (e *engine) goesBack(ctx context.Context, at time.Time) error {
	first := e.store.First()
	if first <= 1 {
		return nil
	}
	for ev, err := range (kept{e.store}).Read(ctx, 0) {
		if err != nil {
			return err
		}
		if at.Before(ev.At) {
			return &goneSince{ev.At, &hotline.GoneError{First: first}}
		}
		return nil
	}
	return nil
}

// goneSince is a GoneError that knows the time.
type goneSince struct {
	since time.Time
	gone  *hotline.GoneError
}

func (g *goneSince) Error() string {
	return "the log is kept since " + g.since.Format(time.RFC3339) + ": " + g.gone.Error()
}

func (g *goneSince) Unwrap() error { return g.gone }
