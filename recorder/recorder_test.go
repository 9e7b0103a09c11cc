package recorder

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"hotline"
	"hotline/media"
)

// bench is a recorder whose clock stands still until told, with the log it writes to.
type bench struct {
	*Recorder
	now int64

	mu  sync.Mutex
	log []hotline.Event
}

func newBench(t *testing.T, dir string) *bench {
	t.Helper()
	b := new(bench)
	r, err := New(Config{
		Dir: dir, Logger: slog.New(slog.DiscardHandler), Clock: func() int64 { return b.now },
		Append: func(evs []hotline.Event) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.log = append(b.log, evs...)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Recorder = r
	return b
}

// turn is one visit of the writer and of the sealer.
func (b *bench) turn(last bool) {
	b.Recorder.turn(last)
	b.sealer.work()
}

func (b *bench) start(t *testing.T, id hotline.ContactID, codec media.Codec) *Session {
	t.Helper()
	s, err := b.Start(id, hotline.CallID(id), codec)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// advance lets time pass in steps of the writer.
func (b *bench) advance(d time.Duration) {
	for end := b.now + int64(d); b.now < end; {
		b.now = min(b.now+int64(flushEvery), end)
		b.turn(false)
	}
}

// stored ends the session's call and returns what the log got.
func (b *bench) stored(t *testing.T, s *Session) hotline.RecordingStored {
	t.Helper()
	b.Apply(hotline.Event{Contact: s.contact, Fact: hotline.CallStarted{}})
	b.Apply(hotline.Event{Contact: s.contact, Fact: hotline.CallEnded{}})
	s.Close()
	b.turn(false)
	return b.lastStored(t)
}

func (b *bench) lastStored(t *testing.T) hotline.RecordingStored {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := len(b.log) - 1; i >= 0; i-- {
		if f, ok := b.log[i].Fact.(hotline.RecordingStored); ok {
			return f
		}
	}
	t.Fatalf("no recording stored; the log has %v", b.log)
	return hotline.RecordingStored{}
}

// sides returns the two channels of a stored recording.
func (b *bench) sides(t *testing.T, file string) (left, right []byte) {
	t.Helper()
	f, _, err := b.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	_, n, err := codecOf(all)
	if err != nil || n != int64(len(all)-headLen) {
		t.Fatalf("head says %d bytes, %v; there are %d", n, err, len(all)-headLen)
	}
	for i := headLen; i < len(all); i += channels {
		left, right = append(left, all[i]), append(right, all[i+1])
	}
	return left, right
}

// packet is the i-th 20 ms packet of a stream, filled with one byte.
func packet(at time.Duration, i int, fill byte) media.Frame {
	return media.Frame{
		At: int64(at), Seq: uint16(i), Timestamp: uint32(i * 160), SSRC: 7, Codec: media.PCMA,
		Payload: bytes.Repeat([]byte{fill}, 160),
	}
}

func TestLostPacketsAreSilenceAndSidesStayAligned(t *testing.T) {
	b := newBench(t, t.TempDir())
	s := b.start(t, "c1", media.PCMA)
	left, right := s.Left(), s.Right()
	for i := range 100 { // two seconds; the left loses packet 50 to 54, the right comes 40 ms late and swaps 10 and 11
		at := time.Duration(i) * 20 * time.Millisecond
		b.now = int64(at)
		if i < 50 || i > 54 {
			left.Frame(packet(at, i, 1))
		}
		j := i
		switch i {
		case 10:
			j = 11
		case 11:
			j = 10
		}
		right.Frame(packet(at+40*time.Millisecond, j, byte(2+j)))
		if i%20 == 0 {
			b.turn(false)
		}
	}
	b.now = int64(2100 * time.Millisecond)
	got := b.stored(t, s)
	l, r := b.sides(t, got.File)
	if len(l) != 2100*8 || got.MS != 2100 {
		t.Fatalf("%d samples, %d ms; want the wall clock's 2100 ms", len(l), got.MS)
	}
	quiet := media.PCMA.Silence()
	for i := range 100 {
		wantL := byte(1)
		if i >= 50 && i <= 54 {
			wantL = quiet
		}
		if l[i*160] != wantL || l[i*160+159] != wantL {
			t.Fatalf("left packet %d: %x %x, want %x", i, l[i*160], l[i*160+159], wantL)
		}
		if at := 320 + i*160; r[at] != byte(2+i) || r[at+159] != byte(2+i) {
			t.Fatalf("right packet %d: %x, want %x", i, r[at], 2+i)
		}
	}
	if r[0] != quiet || r[319] != quiet {
		t.Error("the right channel sounds before its first packet")
	}
	if got.Gaps != 1 {
		t.Errorf("%d gaps, want the one of the left side", got.Gaps)
	}
	info, err := b.Info(got.File)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Span{Kind: "gap", Side: "left", FromMS: 1000, ToMS: 1100}); len(info.Spans) != 1 || info.Spans[0] != want {
		t.Errorf("spans %v, want %v", info.Spans, want)
	}
}

func TestOtherLawIsTranscoded(t *testing.T) {
	b := newBench(t, t.TempDir())
	s := b.start(t, "c1", media.PCMU)
	f := packet(0, 0, media.LinearToALaw(8000))
	s.Right().Frame(f)
	b.now = int64(100 * time.Millisecond)
	got := b.stored(t, s)
	_, r := b.sides(t, got.File)
	if v := media.MuLawToLinear(r[80]); v < 7600 || v > 8400 {
		t.Errorf("8000 became %d", v)
	}
	if info, _ := b.Info(got.File); info.Codec != "PCMU" {
		t.Errorf("codec %s", info.Codec)
	}
}

func TestReadableWhileItRuns(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, dir)
	s := b.start(t, "c1", media.PCMA)
	left := s.Left()
	for i := range 500 {
		at := time.Duration(i) * 20 * time.Millisecond
		b.now = int64(at)
		left.Frame(packet(at, i, 9))
		if i%25 != 24 {
			continue
		}
		b.turn(false)
		raw, err := os.ReadFile(filepath.Join(dir, s.name+wavExt))
		if err != nil {
			t.Fatal(err)
		}
		if _, n, err := codecOf(raw); err != nil || n != int64(len(raw)-headLen) {
			t.Fatalf("after %s: head says %d, %v; there are %d", at, n, err, len(raw)-headLen)
		}
		if missing := at - time.Duration(len(raw)-headLen)*time.Second/(rate*channels); missing > time.Second {
			t.Fatalf("after %s: %s are not in the file yet", at, missing)
		}
	}
}

func TestRepairAfterACrash(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, dir)
	s := b.start(t, "c1", media.PCMA)
	left := s.Left()
	for i := range 250 {
		b.now = int64(i) * 20e6
		left.Frame(packet(time.Duration(b.now), i, 9))
		if i%25 == 0 {
			b.turn(false)
		}
	}
	began := s.began
	raw, err := os.OpenFile(filepath.Join(dir, s.name+wavExt), os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	raw.Write([]byte{1, 2, 3}) // written behind the head's back, an odd byte too many
	raw.Close()

	b = newBench(t, dir)
	history := func(yield func(hotline.Event, error) bool) {
		_ = yield(hotline.Event{Contact: "c1", At: began, Fact: hotline.LegAnswered{Role: hotline.RoleCustomer}}, nil) &&
			yield(hotline.Event{Contact: "c1", At: began.Add(time.Second), Queue: "claims", Fact: hotline.Queued{}}, nil)
	}
	if n, err := b.Repair(t.Context(), history); n != 1 || err != nil {
		t.Fatalf("repaired %d, %v", n, err)
	}
	got := b.lastStored(t)
	if l, _ := b.sides(t, got.File); !got.Repaired || len(l) < 4*rate {
		t.Errorf("%+v with %d samples", got, len(l))
	}
	if err := b.Verify(got); err != nil {
		t.Error(err)
	}
	info, _ := b.Info(got.File)
	if len(info.Spans) != 2 || info.Spans[0] != (Span{Kind: "ivr", ToMS: 1000}) || info.Spans[1].Queue != "claims" {
		t.Errorf("spans %+v", info.Spans)
	}
	if n, err := b.Repair(t.Context(), history); n != 0 || err != nil {
		t.Errorf("a second repair found %d, %v", n, err)
	}
}

// TestRefusedDisk: what the disk refuses is silence and a gap, never a shorter recording or noise.
func TestRefusedDisk(t *testing.T) {
	b := newBench(t, t.TempDir())
	s := b.start(t, "c1", media.PCMA)
	left := s.Left()
	feed := func(from, to int) {
		for i := from; i < to; i++ {
			b.now = int64(i) * 20e6
			left.Frame(packet(time.Duration(b.now), i, 9))
			if i%20 == 0 {
				b.turn(false)
			}
		}
	}
	feed(0, 100)
	good := s.file
	bad, err := os.Open(good.Name())
	if err != nil {
		t.Fatal(err)
	}
	s.file = bad // read-only: every write is refused
	feed(100, 200)
	if b.Failures() != 1 {
		t.Errorf("%d failures counted, want one a session", b.Failures())
	}
	s.file = good
	feed(200, 300)
	b.now = int64(6 * time.Second)
	b.Apply(hotline.Event{Contact: "c1", Fact: hotline.CallStarted{}})
	b.Apply(hotline.Event{Contact: "c1", Fact: hotline.CallEnded{}})
	s.Close()
	b.turn(false)
	if _, ok := b.log[len(b.log)-1].Fact.(hotline.RecordingFailed); !ok {
		t.Errorf("the log says %#v, want that the recording is incomplete", b.log)
	}
	l, _ := b.sides(t, s.name+wavExt)
	if len(l) != 6*rate || l[rate] != 9 || l[5*rate] != 9 || l[3*rate] != media.PCMA.Silence() {
		t.Errorf("%d samples; at 1 s %x, 3 s %x, 5 s %x", len(l), l[rate], l[3*rate], l[5*rate])
	}
}

func TestVerifyFindsEveryAlteration(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, dir)
	s := b.start(t, "c1", media.PCMA)
	b.advance(time.Second)
	got := b.stored(t, s)
	if err := b.Verify(got); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, got.File)
	whole, _ := os.ReadFile(file)
	if sum := sha256.Sum256(whole); hex.EncodeToString(sum[:]) != got.SHA256 {
		t.Error("the hash is not the file's")
	}
	flip := bytes.Clone(whole)
	flip[500] ^= 1
	for name, content := range map[string][]byte{"a bit": flip, "cut": whole[:600], "longer": append(bytes.Clone(whole), 0)} {
		os.WriteFile(file, content, 0o600)
		if err := b.Verify(got); !errors.Is(err, ErrAltered) {
			t.Errorf("%s: %v", name, err)
		}
	}
	os.Remove(file)
	if err := b.Verify(got); !errors.Is(err, ErrNotFound) {
		t.Errorf("missing: %v", err)
	}
}

// TestSpansOfMessageAndSurvey: a message stands at its place, a survey lasts to the end of the call.
func TestSpansOfMessageAndSurvey(t *testing.T) {
	began := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	st := new(story)
	for _, ev := range []hotline.Event{
		{At: began, Fact: hotline.LegAnswered{Role: hotline.RoleCustomer}},
		{At: began.Add(9 * time.Second), Fact: hotline.VoicemailLeft{OffsetMS: 2000, MS: 3000}},
		{At: began.Add(9 * time.Second), Fact: hotline.VoicemailLeft{OffsetMS: 60_000, MS: 3000}}, // past the end of the file
		{At: began.Add(10 * time.Second), Queue: "claims", Agent: "8001", Fact: hotline.SurveyStepped{Stage: "invited"}},
		{At: began.Add(11 * time.Second), Queue: "claims", Agent: "8001", Fact: hotline.SurveyStepped{Stage: "accepted"}},
		{At: began.Add(15 * time.Second), Fact: hotline.CallEnded{}},
	} {
		st.apply(ev)
	}
	want := []Span{
		{Kind: "ivr", ToMS: 15_000},
		{Kind: "message", FromMS: 2000, ToMS: 5000},
		{Kind: "survey", Queue: "claims", Agent: "8001", FromMS: 10_000, ToMS: 15_000},
	}
	if got := st.spans(began, 20_000); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

// TestSpansOfSupervision: a span for each mode of each supervisor; one that has taken the customer over is none any more.
func TestSpansOfSupervision(t *testing.T) {
	began := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	st := new(story)
	at := func(s int, leg hotline.LegID, f hotline.Supervised) {
		st.apply(hotline.Event{At: began.Add(time.Duration(s) * time.Second), Queue: "claims", Agent: "8001", Leg: leg, Fact: f})
	}
	at(1, "w1-1", hotline.Supervised{By: "lead", Mode: hotline.ModeListen, On: true})
	at(2, "w2-1", hotline.Supervised{By: "qa", Mode: hotline.ModeListen, On: true})
	at(3, "w1-1", hotline.Supervised{By: "lead", Mode: hotline.ModeWhisper, On: true, Was: hotline.ModeListen})
	at(5, "w2-1", hotline.Supervised{By: "qa", Mode: hotline.ModeListen})
	at(6, "w1-1", hotline.Supervised{By: "lead", Mode: hotline.ModeTakeOver, On: true, Was: hotline.ModeWhisper})
	at(6, "w1-1", hotline.Supervised{By: "lead", Mode: hotline.ModeTakeOver})
	at(7, "w3-1", hotline.Supervised{By: "boss", Mode: hotline.ModeBarge, On: true})
	st.apply(hotline.Event{At: began.Add(9 * time.Second), Fact: hotline.CallEnded{}})
	span := func(by, mode string, from, to int64) Span {
		return Span{Kind: "supervised", Queue: "claims", Agent: "8001", By: by, Mode: mode, FromMS: from, ToMS: to}
	}
	want := []Span{span("lead", "listen", 1000, 3000), span("qa", "listen", 2000, 5000), span("lead", "whisper", 3000, 6000), span("boss", "barge", 7000, 9000)}
	if got := st.spans(began, 20_000); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestHostileNames(t *testing.T) {
	b := newBench(t, t.TempDir())
	for _, id := range []hotline.ContactID{"", "..", "../x", "a/b", "a.", ".a", "-x", "a\x00b", "报案"} {
		if _, err := b.Start(id, "c", media.PCMA); !errors.Is(err, ErrName) {
			t.Errorf("%q: %v", id, err)
		}
	}
	if _, err := b.Start("01m4k.1.cb-1", "c", media.PCMA); err != nil { // the call of a promise
		t.Error(err)
	}
	for _, file := range []string{"../../etc/passwd", "/etc/passwd", "x.json", "", "../x.wav", "2026/x.wav"} {
		if _, _, err := b.Open(file); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: %v", file, err)
		}
	}
}

func TestRunCompletesEverythingAtItsEnd(t *testing.T) {
	b := newBench(t, t.TempDir())
	s := b.start(t, "c1", media.PCMA)
	s.Left().Frame(packet(0, 0, 9))
	b.now = int64(time.Second)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if got := b.lastStored(t); got.MS != 1000 || b.Running() != 0 {
		t.Errorf("%+v, %d running", got, b.Running())
	}
}
