package web

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"hotline"
	"hotline/reports"
	"hotline/web/auth"
	"hotline/web/table"
)

// afternoon is half an hour of the played day.
func afternoon(t *testing.T) []hotline.Event {
	t.Helper()
	return playDay(1, moment(t, "2026-11-22T14:00:00+08:00"), moment(t, testNow), moment(t, testNow))
}

// oneRecorded is the id of a contact with a recording.
func oneRecorded(t *testing.T, b *bench) string {
	t.Helper()
	p := read[reports.Page](t, b.get(t, b.as(t, auth.Director), "/api/v1/contacts?outcome=answered&limit=500"), 200)
	for _, c := range p.Items {
		if c.Recorded {
			return string(c.ID)
		}
	}
	t.Fatal("no contact has a recording")
	return ""
}

func TestContactsPageByPage(t *testing.T) {
	b := newBench(t, afternoon(t))
	tok := b.as(t, auth.Director)
	all := read[reports.Page](t, b.get(t, tok, "/api/v1/contacts?limit=500"), 200).Items
	if len(all) < 50 {
		t.Fatalf("only %d contacts", len(all))
	}
	var got []reports.Contact
	for cursor := ""; ; {
		p := read[reports.Page](t, b.get(t, tok, "/api/v1/contacts?limit=7&cursor="+cursor), 200)
		got = append(got, p.Items...)
		if cursor = p.Next; cursor == "" {
			break
		}
	}
	if len(got) != len(all) {
		t.Fatalf("%d by pages, %d at once", len(got), len(all))
	}
	for i := range got {
		if got[i].ID != all[i].ID {
			t.Fatalf("row %d is %s by pages, %s at once", i, got[i].ID, all[i].ID)
		}
	}
	from := all[len(all)/2].Started.Time()
	later := read[reports.Page](t, b.get(t, tok, "/api/v1/contacts?limit=500&from="+url.QueryEscape(from.Format("2006-01-02T15:04:05.000Z07:00"))), 200).Items
	for _, c := range later {
		if c.Started.Time().Before(from) {
			t.Errorf("%s began %v, before %v", c.ID, c.Started.Time(), from)
		}
	}
	if len(later) == 0 || len(later) == len(all) {
		t.Errorf("from narrows %d to %d", len(all), len(later))
	}
	for _, bad := range []string{"from=yesterday", "to=1", "limit=0", "limit=501", "limit=x", "cursor=x", "outcome=answerd", "outcomes=lost", "agnet=8001"} {
		if r := b.get(t, tok, "/api/v1/contacts?"+bad); r.StatusCode != 422 || r.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %s %s", bad, r.Status, r.body)
		}
	}
	for _, past := range []string{"queue=gone", "agent=left&outcome=no_agents", "code=old", "outcome="} {
		if r := b.get(t, tok, "/api/v1/contacts?"+past); r.StatusCode != 200 {
			t.Errorf("%s: %s %s", past, r.Status, r.body)
		}
	}
	if r := b.get(t, tok, "/api/v1/contacts?agnet=8001"); !strings.Contains(r.body, `"query.agnet"`) {
		t.Errorf("the filter is not named: %s", r.body)
	}
	if r := b.get(t, tok, "/api/v1/contacts/none"); r.StatusCode != 404 {
		t.Errorf("a contact that is not there: %s", r.Status)
	}
	empty := b.get(t, tok, "/api/v1/contacts?number=nope")
	if empty.body != `{"items":[],"next":""}`+"\n" {
		t.Errorf("an empty list is %q", empty.body)
	}
}

// Roles without the right see no number, no name, in no answer of any route.
func TestNumbersAreMasked(t *testing.T) {
	b := newBench(t, afternoon(t))
	clear := b.as(t, auth.Director)
	page := read[reports.Page](t, b.get(t, clear, "/api/v1/contacts?limit=500"), 200)
	secret := map[string]bool{}
	for _, c := range page.Items {
		secret[c.From.Number] = true
	}
	id := oneRecorded(t, b)
	routes := []string{"/api/v1/live", "/api/v1/contacts?limit=500", "/api/v1/contacts/" + id, "/api/v1/contacts/" + id + "/explain", "/api/v1/reports/contacts", "/api/v1/reports/contacts?format=csv"}
	for _, path := range routes {
		seen := b.get(t, clear, path)
		masked := b.get(t, b.as(t, auth.QA), path)
		if seen.StatusCode != 200 || masked.StatusCode != 200 {
			t.Fatalf("%s: %s, %s", path, seen.Status, masked.Status)
		}
		in := 0
		for n := range secret {
			if strings.Contains(seen.body, n) {
				in++
			}
			if strings.Contains(masked.body, n) {
				t.Errorf("%s shows %s to a role that may not see it", path, n)
			}
		}
		if in == 0 && !strings.HasSuffix(path, "explain") {
			t.Errorf("%s shows nobody any number: the test would hold nothing", path)
		}
		if strings.Contains(masked.body, "陈建国") {
			t.Errorf("%s shows a name to a role that may not see it", path)
		}
	}
	if got := mask(hotline.Party{Number: "13800138000", Name: "x"}); got != (hotline.Party{Number: "138****8000"}) {
		t.Errorf("mask: %+v", got)
	}
	if got := mask(hotline.Party{Number: "anonymous", Name: "x"}); got != (hotline.Party{Number: "anonymous"}) {
		t.Errorf("who is not shown anyway: %+v", got)
	}
	if got := mask(hotline.Party{Number: "110"}); got.Number != "****" {
		t.Errorf("a short number: %+v", got)
	}
}

// wavOf is a stereo recording: A-law frames of the given amplitudes, left and right.
func wavOf(tag uint16, frames [][2]byte) []byte {
	var w bytes.Buffer
	w.WriteString("RIFF\x00\x00\x00\x00WAVEfmt \x12\x00\x00\x00")
	for _, v := range []any{tag, uint16(2), uint32(8000), uint32(16000), uint16(2), uint16(8), uint16(0)} {
		_ = binary.Write(&w, binary.LittleEndian, v)
	}
	w.WriteString("fact\x03\x00\x00\x00abc\x00") // of odd length, padded
	w.WriteString("data")
	_ = binary.Write(&w, binary.LittleEndian, uint32(2*len(frames)))
	for _, f := range frames {
		w.Write(f[:])
	}
	return w.Bytes()
}

func TestRecordingAndItsAudit(t *testing.T) {
	b := newBench(t, afternoon(t))
	id := oneRecorded(t, b)
	audio := wavOf(tagALaw, make([][2]byte, 8000))
	b.tapes[id+".wav"] = audio
	tok, before := b.as(t, auth.QA), len(b.log.audited())
	path := "/api/v1/contacts/" + id + "/recording"
	acts := func() string { return strings.Join(b.log.audited()[before:], "; ") }

	whole := b.get(t, tok, path)
	if whole.StatusCode != 200 || whole.body != string(audio) || whole.Header.Get("Content-Type") != "audio/wav" ||
		whole.Header.Get("Accept-Ranges") != "bytes" {
		t.Errorf("%s %v, %d bytes", whole.Status, whole.Header, len(whole.body))
	}
	part := b.get(t, tok, path, "Range", "bytes=100-199")
	if part.StatusCode != 206 || part.body != string(audio[100:200]) {
		t.Errorf("range: %s, %d bytes", part.Status, len(part.body))
	}
	if r := b.get(t, tok, path, "Range", "bytes=999999-"); r.StatusCode != 416 || r.Header.Get("Content-Type") != "application/problem+json" ||
		r.Header.Get("Content-Range") != fmt.Sprintf("bytes */%d", len(audio)) || !strings.HasPrefix(r.body, `{`) || !strings.HasSuffix(r.body, "}\n") {
		t.Errorf("beyond the end: %s %v %s", r.Status, r.Header, r.body)
	}
	if got := acts(); got != "qa play_recording "+id {
		t.Errorf("one player's ranges are one act: %q", got)
	}
	// Another session that begins in the middle is another act: no range is a way round.
	if r := b.get(t, b.as(t, auth.Lead), path+"?format=wav", "Range", "bytes=5000-"); r.StatusCode != 206 {
		t.Errorf("%s", r.Status)
	}
	down := b.get(t, tok, path+"?download=true")
	if !strings.HasPrefix(down.Header.Get("Content-Disposition"), "attachment; filename=") {
		t.Errorf("download: %q", down.Header.Get("Content-Disposition"))
	}
	if want := fmt.Sprintf("qa play_recording %[1]s; lead play_recording %[1]s; qa download_recording %[1]s", id); acts() != want {
		t.Errorf("audited\n%s, want\n%s", acts(), want)
	}
	b.log.mu.Lock()
	b.log.broken = hotline.ErrLogFull
	b.log.mu.Unlock()
	if r := b.get(t, b.as(t, auth.Director), path, "Range", "bytes=4-"); r.StatusCode != 503 || strings.Contains(r.body, "WAVE") {
		t.Errorf("what cannot be noted is played: %s", r.Status)
	}
	delete(b.tapes, id+".wav")
	if r := b.get(t, tok, path); r.StatusCode != 404 {
		t.Errorf("a file that is gone: %s", r.Status)
	}
}

func TestPeaks(t *testing.T) {
	b := newBench(t, afternoon(t))
	id := oneRecorded(t, b)
	frames := make([][2]byte, 8000) // a second: silence, but loud on the left in the second half, on the right at the end
	for i := range frames {
		frames[i] = [2]byte{0xD5, 0xD5} // A-law silence
		if i >= 4000 {
			frames[i][0] = 0xAA // the loudest
		}
		if i == 7999 {
			frames[i][1] = 0xAA
		}
	}
	b.tapes[id+".wav"] = wavOf(tagALaw, frames)
	tok := b.as(t, auth.QA)
	path := "/api/v1/contacts/" + id + "/peaks?points=4"
	got := read[peaks](t, b.get(t, tok, path), 200)
	quiet := func(v float32) bool { return v < 0.001 }
	loud := func(v float32) bool { return v > 0.95 && v <= 1 }
	if got.MS != 1000 || len(got.Left) != 4 || !quiet(got.Left[1]) || !loud(got.Left[2]) || !quiet(got.Right[2]) || !loud(got.Right[3]) {
		t.Errorf("%+v", got)
	}
	b.tapes[id+".wav"] = wavOf(tagALaw, nil)
	if got := read[peaks](t, b.get(t, tok, path), 200); got.MS != 0 || len(got.Left) != 0 {
		t.Errorf("an empty recording: %+v", got)
	}
	good := wavOf(tagALaw, frames)
	for i, bad := range [][]byte{nil, []byte("RIFF"), good[:20], good[:44], wavOf(3, frames), bytes.Repeat([]byte("x"), 99)} {
		b.tapes[id+".wav"] = bad
		if r := b.get(t, tok, path); r.StatusCode != 404 {
			t.Errorf("bad file %d: %s", i, r.Status)
		}
	}
	if acts := b.log.audited(); len(acts) != 0 {
		t.Errorf("a drawing is no listening: %v", acts)
	}
}

// G.711 against its own tables' ends and middle (ITU-T G.711, tables 1 and 2, on the scale of 16 bits).
func TestLaws(t *testing.T) {
	for _, c := range []struct {
		name string
		got  int
		want int
	}{
		{"A-law loudest", aLaw(0xAA), 32256},
		{"A-law silence", aLaw(0xD5), 8},
		{"A-law sign", aLaw(0x2A), 32256},
		{"A-law second segment", aLaw(0x55 ^ 0x10), 264},
		{"µ-law loudest", muLaw(0x80), 32124},
		{"µ-law silence", muLaw(0xFF), 0},
		{"µ-law sign", muLaw(0x00), 32124},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", c.name, c.got, c.want)
		}
	}
}

func FuzzPeaks(f *testing.F) {
	f.Add(wavOf(tagALaw, make([][2]byte, 100)), 10)
	f.Add([]byte("RIFF\xff\xff\xff\xffWAVEdata\xff\xff\xff\xff"), 1)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		p, err := readPeaks(bytes.NewReader(b), n)
		if err == nil && (len(p.Left) != len(p.Right) || len(p.Left) > maxPeaks) {
			t.Errorf("%d and %d points", len(p.Left), len(p.Right))
		}
	})
}

func TestReportsAsFiles(t *testing.T) {
	b := newBench(t, afternoon(t))
	tok := b.as(t, auth.Lead)
	for _, name := range []string{"queues", "agents", "kpi", "contacts"} {
		r := b.get(t, tok, "/api/v1/reports/"+name+"?format=csv")
		if r.StatusCode != 200 || r.Header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.HasPrefix(r.body, "\ufeff") ||
			r.Header.Get("Content-Disposition") != `attachment; filename="`+name+`.csv"` {
			t.Errorf("%s: %s %v", name, r.Status, r.Header)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(r.body, "\ufeff"))).ReadAll()
		if err != nil || len(rows) < 2 {
			t.Fatalf("%s: %d rows, %v", name, len(rows), err)
		}
		for _, row := range rows[1:] {
			for i, cell := range row {
				if table.Safe(cell) != cell {
					t.Errorf("%s: column %s holds %q", name, rows[0][i], cell)
				}
			}
		}
		r = b.get(t, tok, "/api/v1/reports/"+name+"?format=xlsx")
		book, err := excelize.OpenReader(strings.NewReader(r.body))
		if err != nil {
			t.Fatalf("%s as xlsx: %s, %v", name, r.Status, err)
		}
		sheet, err := book.GetRows(name)
		totals := 1
		if name == "kpi" {
			totals = 0
		}
		if err != nil || len(sheet) != len(rows)+totals || len(sheet[0]) != len(rows[0]) {
			t.Errorf("%s as xlsx: %d rows of %v, %v; as csv %d of %v", name, len(sheet), sheet[0], err, len(rows), rows[0])
		}
		var any map[string]json.RawMessage
		if r := b.get(t, tok, "/api/v1/reports/"+name); r.StatusCode != 200 || json.Unmarshal([]byte(r.body), &any) != nil || any["rows"] == nil {
			t.Errorf("%s as JSON: %s %.100s", name, r.Status, r.body)
		}
	}
	if !strings.Contains(b.get(t, tok, "/api/v1/reports/contacts?format=csv").body, "'=1+2") {
		t.Error("a caller named =1+2 would be a formula")
	}
	for _, bad := range []string{"queues?interval=7m", "queues?from=x", "queues?by=event", "kpi?month=2026", "kpi?month=2026-13", "agents?to=1"} {
		if r := b.get(t, tok, "/api/v1/reports/"+bad); r.StatusCode != 422 {
			t.Errorf("%s: %s", bad, r.Status)
		}
	}
	for _, by := range []string{"arrival", "wait_end", "completion"} {
		if r := b.get(t, tok, "/api/v1/reports/queues?interval=30m&by="+by); r.StatusCode != 200 {
			t.Errorf("by %s: %s %s", by, r.Status, r.body)
		}
	}
}

// TestNumbersAreNotGuessed: who sees numbers masked searches by what is shown of them. Who asks for a hidden digit is refused, whether it
// is right or not.
func TestNumbersAreNotGuessed(t *testing.T) {
	h := newHall(t, deskCentre)
	h.rings("c1", hotline.Party{Number: "13800138765"}, nil)
	qa, lead := h.as(t, auth.QA), h.as(t, auth.Lead)
	for number, want := range map[string]int{"138": 1, "8765": 1, "138%2A%2A%2A%2A8765": 1, "1387": 0, "0013": 0} {
		if p := read[reports.Page](t, h.get(t, qa, "/api/v1/contacts?number="+number), 200); len(p.Items) != want || want > 0 && p.Items[0].From.Number != "138****8765" {
			t.Errorf("%s: %+v", number, p.Items)
		}
	}
	for _, number := range []string{"13800138765", "38765", "99999"} {
		for _, path := range []string{"/api/v1/contacts?number=", "/api/v1/reports/abandoned?number="} {
			if r := h.get(t, qa, path+number, "Accept-Language", "zh"); r.StatusCode != 422 || !strings.Contains(r.body, "只能按前三位或后四位查找") {
				t.Errorf("%s%s: %s %s", path, number, r.Status, r.body)
			}
		}
		if r := h.get(t, lead, "/api/v1/contacts?number="+number); r.StatusCode != 200 {
			t.Errorf("who sees numbers: %s", r.Status)
		}
	}
}
