package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotline"
	"hotline/bench/past"
	"hotline/recorder"
	"hotline/reports"
	"hotline/sip/wire"
	"hotline/store/local"
)

// pastEngine is a whole engine whose centre is that of the made-up past.
func pastEngine(t *testing.T, dir string, cfg past.Config, change func(*config)) *engine {
	t.Helper()
	c := defaults()
	c.Data, c.Centre, c.Ports = filepath.Join(dir, "data"), filepath.Join(dir, "centre.yaml"), [2]uint16{0, 0}
	if err := os.WriteFile(c.Centre, past.CentreFile(cfg), 0o600); err != nil {
		t.Fatal(err)
	}
	c.SIP.Listen = []wire.Listen{{Network: "udp", Addr: freeUDP(t)}}
	c.Web.Listen, c.Metrics = netip.MustParseAddrPort("127.0.0.1:0"), netip.AddrPort{}
	t.Setenv("HOTLINE_ADMIN_PASSWORD", "correct horse battery staple")
	if change != nil {
		change(&c)
	}
	e, err := openEngine(c, slog.New(slog.NewTextHandler(io.Discard, nil)), true)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// load appends a made-up past to the engine's log, with the recordings that it tells of, until stop is called.
func load(t *testing.T, e *engine, cfg past.Config) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		for ev := range past.Events(cfg) {
			if ctx.Err() != nil {
				break
			}
			if f, ok := ev.Fact.(hotline.RecordingStored); ok {
				if err := record(filepath.Join(e.cfg.Data, "recordings"), ev.Contact, &f); err != nil {
					done <- err
					return
				}
				ev.Fact = f
			}
			if _, err := e.store.Append([]hotline.Event{ev}); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// record makes the recording that the fact tells of, with its sidecar.
func record(dir string, contact hotline.ContactID, f *hotline.RecordingStored) error {
	sound := []byte(strings.Repeat(string(contact), 50))
	f.SHA256, f.Bytes = fmt.Sprintf("%x", sha256.Sum256(sound)), int64(len(sound))
	side, err := json.Marshal(recorder.Info{Version: 1, File: f.File, Contact: contact, MS: f.MS, Bytes: f.Bytes, SHA256: f.SHA256})
	if err != nil {
		return err
	}
	file := filepath.Join(dir, filepath.FromSlash(f.File))
	return errors.Join(os.MkdirAll(filepath.Dir(file), 0o750), os.WriteFile(file, sound, 0o640),
		os.WriteFile(strings.TrimSuffix(file, ".wav")+".json", side, 0o640))
}

// figures is every report of a log, up to an event.
func figures(t *testing.T, events iter.Seq2[hotline.Event, error], upTo uint64, cfg past.Config) string {
	t.Helper()
	now := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	f := reports.New(reports.Config{Centre: past.Centre(cfg), Now: func() time.Time { return now }})
	for ev, err := range events {
		if err != nil {
			t.Fatal(err)
		}
		if ev.Seq > upTo {
			break
		}
		f.Apply(ev)
	}
	if f.Seq() != upTo {
		t.Fatalf("the log ends at %d, not %d", f.Seq(), upTo)
	}
	from, to := now.AddDate(-1, 0, 0), now
	queues, err1 := f.Queues(reports.QueueQuery{From: from, To: to, Interval: reports.Month})
	agents, err2 := f.Agents(reports.AgentQuery{From: from, To: to, Interval: reports.Month})
	page, err3 := f.Contacts(reports.Search{Limit: 500})
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	b, err := json.MarshalIndent([]any{queues, agents, page}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestBackup: a backup of a running engine under load, taken through its socket, is restored with the same figures up to the
// backup's last event, with every recording that its log names; then a second one, of the restored folder without an engine.
func TestBackup(t *testing.T) {
	cfg := past.Config{Contacts: 60_000, Days: 20, Agents: 16}
	dir := t.TempDir()
	e := pastEngine(t, dir, cfg, nil)
	defer e.close()
	end, err := serveControl(e.cfg.Data, e)
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	stop := load(t, e, cfg)
	for e.store.Last() < 6_000 {
		time.Sleep(10 * time.Millisecond)
	}
	machine := filepath.Join(dir, "hotline.yaml")
	if err := os.WriteFile(machine, []byte("data: data\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "first.tar.gz")
	var said bytes.Buffer
	before := e.store.Last()
	if err := (&backupCmd{at: at{Config: machine}, File: file, Recordings: true}).Run(t.Context(), &said); err != nil {
		t.Fatal(err)
	}
	after := e.store.Last()
	stop()
	t.Logf("%s", said.String())
	if before == after {
		t.Error("nothing was written meanwhile")
	}
	if err := (&backupCmd{at: at{Config: machine}, File: file}).Run(t.Context(), &said); err == nil {
		t.Error("a backup that is there was written over")
	}

	last := restored(t, file, filepath.Join(dir, "second"), e.store, cfg)
	if last < before || last > after {
		t.Errorf("backup of %d: between %d and %d it was asked for", last, before, after)
	}

	// Without an engine, from the restored folder.
	second := filepath.Join(dir, "second.yaml")
	if err := os.WriteFile(second, []byte("data: second\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	again := filepath.Join(dir, "again.tar.gz")
	if err := (&backupCmd{at: at{Config: second}, File: again, Recordings: true}).Run(t.Context(), &said); err != nil {
		t.Fatal(err)
	}
	if n := restored(t, again, filepath.Join(dir, "third"), e.store, cfg); n != last {
		t.Errorf("the second backup ends at %d, the first at %d", n, last)
	}
}

// restored restores the backup and holds it against the log that it was made of.
func restored(t *testing.T, file, to string, whole hotline.Log, cfg past.Config) (last uint64) {
	t.Helper()
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var said bytes.Buffer
	if err := restore(t.Context(), in, to, &said); err != nil {
		t.Fatal(err)
	}
	s, err := local.Open(to, local.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	last = s.Last()
	got, want := figures(t, s.Read(t.Context(), 0), last, cfg), figures(t, whole.Read(t.Context(), 0), last, cfg)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-engine +restored:\n%s", d)
	}
	var verified bytes.Buffer
	e := &engine{cfg: config{Data: to}, store: s, log: slog.New(slog.DiscardHandler)}
	if err := e.verify(t.Context(), &verified); err != nil || strings.HasPrefix(verified.String(), "0 ") {
		t.Errorf("recordings: %v, %s", err, verified.String())
	}
	_, err = in.Seek(0, io.SeekStart)
	if err != nil {
		t.Fatal(err)
	}
	if err := restore(t.Context(), in, to, &said); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("restored over a folder in use: %v", err)
	}
	return last
}

// TestRestoreRefuses: of a backup that is not whole, not as it was written, or that would write elsewhere, nothing is restored.
func TestRestoreRefuses(t *testing.T) {
	dir := t.TempDir()
	s, err := local.Open(filepath.Join(dir, "data"), local.Config{})
	if err != nil {
		t.Fatal(err)
	}
	var evs []hotline.Event
	for ev := range past.Events(past.Config{Contacts: 200, Days: 1}) {
		evs = append(evs, ev)
	}
	if _, err := s.Append(evs); err != nil {
		t.Fatal(err)
	}
	var whole bytes.Buffer
	e := &engine{cfg: config{Data: filepath.Join(dir, "data")}, store: s, log: slog.New(slog.DiscardHandler)}
	if err := errors.Join(e.backup(t.Context(), nil, &whole), s.Close()); err != nil {
		t.Fatal(err)
	}
	elsewhere := func(name string) []byte {
		var b bytes.Buffer
		w, err := newBackupWriter(&b, backupInfo{Format: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.add(name, 3, strings.NewReader("abc")), w.close()); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for name, bad := range map[string][]byte{
		"empty":       nil,
		"cut short":   whole.Bytes()[:whole.Len()*2/3],
		"without end": withoutSums(t, whole.Bytes()),
		"altered":     altered(t, whole.Bytes()),
		"climbs":      elsewhere("../outside"),
		"absolute":    elsewhere("/tmp/outside"),
		"no log":      elsewhere("prompts/zh-CN/x.wav"),
		"text":        []byte(strings.Repeat("nothing ", 100)),
	} {
		to := filepath.Join(dir, "to")
		err := restore(t.Context(), bytes.NewReader(bad), to, io.Discard)
		entries, _ := os.ReadDir(to)
		if err == nil || len(entries) != 0 {
			t.Errorf("%s: %v, %d entries", name, err, len(entries))
		}
	}
	if err := restore(t.Context(), &whole, filepath.Join(dir, "to"), io.Discard); err != nil {
		t.Error(err)
	}
}

// altered changes one letter in a file, and nothing that tar or gzip would notice.
func altered(t *testing.T, b []byte) []byte {
	t.Helper()
	return repack(t, b, func(name string, content []byte) []byte {
		if strings.HasPrefix(name, "log/") {
			content[len(content)/2] ^= 1
		}
		return content
	})
}

func withoutSums(t *testing.T, b []byte) []byte {
	t.Helper()
	return repack(t, b, func(name string, content []byte) []byte {
		if name == backupSums {
			return nil
		}
		return content
	})
}

func repack(t *testing.T, b []byte, change func(string, []byte) []byte) []byte {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	to := gzip.NewWriter(&out)
	w := tar.NewWriter(to)
	for r := tar.NewReader(zip); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		content, err2 := io.ReadAll(r)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		if content = change(h.Name, content); content == nil {
			continue
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), to.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
