package notify

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"hotline"
)

// EventFilesConfig is what EventFiles needs.
type EventFilesConfig struct {
	Dir    string
	Size   int64                             // a file is closed when it would grow longer; bytes
	Every  time.Duration                     // and when its first event is older; counted from midnight UTC
	Keep   time.Duration                     // closed files are deleted after; 0: never
	Redact func(hotline.Event) hotline.Event // hides numbers; nil: they are written
	Start  bool                              // a new folder begins with the log's first event, not with what comes
	Log    Log
	Places Places
	Append func([]hotline.Event) error // alarms
	Raised func(alarm string) bool     // whether it is, from a run before; nil: none is
	Logger *slog.Logger
}

// EventFiles writes every event that is safe from a power cut as a line of JSON, in order, each once, over restarts and crashes: the last
// whole line says how far it has come.
type EventFiles struct {
	export
	cfg EventFilesConfig

	pack        *packer
	file        *os.File
	w           *bufio.Writer
	size        int64
	first, last uint64    // in the file; 0: it is empty. last holds over files
	begun       time.Time // of the first event in the file
	fresh       uint64    // events not yet flushed
	unsynced    bool
}

const (
	eventsNow    = "events.ndjson"
	filesPlace   = "files"
	syncEvery    = time.Second
	longestEvent = 1 << 20 // a line longer than that is none
)

// NewEventFiles notes where a new folder begins. Nothing is written before Run.
func NewEventFiles(cfg EventFilesConfig) (*EventFiles, error) {
	if err := os.MkdirAll(cfg.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	e := &EventFiles{cfg: cfg, export: export{
		logger: cfg.Logger, alarm: newRaiser("export_failing", cfg.Append, cfg.Raised, cfg.Logger), stats: ExportStats{Name: "files"},
		cannot: "events cannot be written to files in " + cfg.Dir + ": it is tried again",
	}}
	place := filesPlace + " " + cfg.Dir
	val, err := cfg.Places.Get(place)
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	if e.last, err = strconv.ParseUint(string(val), 10, 64); err != nil {
		if e.last = 0; !cfg.Start {
			e.last = cfg.Log.Last()
		}
		if err := cfg.Places.Put(place, strconv.AppendUint(nil, e.last, 10)); err != nil {
			return nil, fmt.Errorf("events: %w", err)
		}
	}
	return e, nil
}

// Run writes until ctx is done. When the disk fails it begins again from what is in the files.
func (e *EventFiles) Run(ctx context.Context) error { return e.run(ctx, e.write) }

// write goes on where the files end.
func (e *EventFiles) write(ctx context.Context) error {
	if err := e.open(); err != nil {
		return err
	}
	defer func() { e.file.Close() }()
	e.pack = newPacker(e.cfg.Dir, e.cfg.Keep, e.cfg.Logger)
	e.pack.more()
	defer e.pack.wait()
	return e.fill(ctx, e.cfg.Log, e.last, e)
}

// put writes one event, in a new file if it is time.
func (e *EventFiles) put(ev hotline.Event) error {
	if ev.Seq <= e.last {
		return nil
	}
	seq := ev.Seq
	if e.cfg.Redact != nil {
		ev = e.cfg.Redact(ev)
	}
	line, err := hotline.MarshalEvent(ev)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	if e.first != 0 && (e.size+int64(len(line)) > e.cfg.Size || !ev.At.Truncate(e.cfg.Every).Equal(e.begun.Truncate(e.cfg.Every))) {
		if err := e.rotate(); err != nil {
			return err
		}
		e.pack.more()
	}
	if _, err := e.w.Write(line); err != nil {
		return err
	}
	if e.first == 0 {
		e.first, e.begun = seq, ev.At
	}
	e.fresh++
	e.last, e.size, e.unsynced = seq, e.size+int64(len(line)), true
	return nil
}

func (e *EventFiles) flush() error {
	if e.w.Buffered() == 0 {
		return nil
	}
	if err := e.w.Flush(); err != nil {
		return err
	}
	e.delivered(e.fresh, e.last)
	e.fresh = 0
	return nil
}

func (e *EventFiles) keep() error {
	if err := e.flush(); err != nil {
		return err
	}
	e.unsynced = false
	return e.file.Sync()
}

func (e *EventFiles) due() time.Duration {
	if e.unsynced {
		return syncEvery
	}
	return time.Hour
}

// rotate closes the file under a name that says what is in it.
func (e *EventFiles) rotate() error {
	if err := errors.Join(e.keep(), e.file.Close()); err != nil {
		return err
	}
	name := fmt.Sprintf("events-%012d-%012d.ndjson", e.first, e.last)
	if err := os.Rename(filepath.Join(e.cfg.Dir, eventsNow), filepath.Join(e.cfg.Dir, name)); err != nil {
		return err
	}
	return e.create()
}

func (e *EventFiles) create() (err error) {
	e.file, err = os.OpenFile(filepath.Join(e.cfg.Dir, eventsNow), os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return err
	}
	e.w, e.size, e.first = bufio.NewWriterSize(e.file, 64<<10), 0, 0
	return syncDir(e.cfg.Dir)
}

// open finds the end of what was written: the last whole line of the file, or else what the names of the closed ones say. What stands
// behind it is a write that a crash broke off.
func (e *EventFiles) open() error {
	closed, err := closedFiles(e.cfg.Dir)
	if err != nil {
		return err
	}
	for _, c := range closed {
		e.last = max(e.last, c.last)
	}
	if err := e.create(); err != nil {
		return err
	}
	size, first, last, err := wholeLines(e.file)
	if err == nil {
		err = e.file.Truncate(size)
	}
	if err == nil {
		_, err = e.file.Seek(size, io.SeekStart)
	}
	if err != nil {
		e.file.Close()
		return err
	}
	if e.size = size; size > 0 {
		e.first, e.begun, e.last = first.Seq, first.At, max(e.last, last)
	}
	e.mu.Lock()
	e.stats.Last = e.last
	e.mu.Unlock()
	return nil
}

// wholeLines is how far the file holds whole events, one a line.
func wholeLines(f io.Reader) (size int64, first hotline.Event, last uint64, err error) {
	r := bufio.NewReaderSize(f, 64<<10)
	for {
		line, err := readLine(r)
		if err == io.EOF || errors.Is(err, errTorn) {
			return size, first, last, nil
		}
		if err != nil {
			return 0, first, 0, err
		}
		ev, err := hotline.UnmarshalEvent(bytes.TrimRight(line, "\n"))
		if err != nil || ev.Seq <= last {
			return size, first, last, nil // a power cut may have left anything
		}
		if last == 0 {
			first = ev
		}
		last, size = ev.Seq, size+int64(len(line))
	}
}

// errTorn says that a line has no end.
var errTorn = errors.New("notify: a line without an end")

func readLine(r *bufio.Reader) ([]byte, error) {
	var all []byte
	for {
		part, err := r.ReadSlice('\n')
		all = append(all, part...)
		switch {
		case err == nil:
			return all, nil
		case errors.Is(err, bufio.ErrBufferFull) && len(all) <= longestEvent:
		case errors.Is(err, bufio.ErrBufferFull):
			return nil, errTorn
		case err == io.EOF && len(all) > 0:
			return nil, errTorn
		default:
			return nil, err
		}
	}
}
