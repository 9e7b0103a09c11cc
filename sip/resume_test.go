package sip

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/sdp"
	"hotline/sip/wire"
	"hotline/sip/wiretest"
)

// memory keeps records as a bucket does.
type memory struct {
	mu      sync.Mutex
	records map[string][]byte
	puts    int
}

func (m *memory) Put(leg string, state []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.records == nil {
		m.records = make(map[string][]byte)
	}
	m.records[leg] = append(m.records[leg][:0:0], state...)
	m.puts++
}

func (m *memory) Delete(leg string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.records, leg)
}

// of is the leg's record, nil if there is none.
func (m *memory) of(t *testing.T, leg hotline.LegID) *legRecord {
	t.Helper()
	m.mu.Lock()
	b, ok := m.records[string(leg)]
	m.mu.Unlock()
	if !ok {
		return nil
	}
	r, err := readLegRecord(b)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (m *memory) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.records)
}

// randomRecord fills every field there is, so that one that is not written shows.
func randomRecord(r *rand.Rand) *legRecord {
	rec := new(legRecord)
	v := reflect.ValueOf(rec).Elem()
	text := func() string { return strings.Repeat(string(rune('a'+r.IntN(26))), 1+r.IntN(200)) + "\x00\r\né" }
	addr := func() netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(r.Uint32()), byte(r.Uint32()), 1}), uint16(r.Uint32()|1))
	}
	for i := range v.NumField() {
		switch f := v.Field(i); p := f.Addr().Interface().(type) {
		case *string:
			*p = text()
		case *uint64:
			*p = r.Uint64() | 1
		case *int64:
			*p = r.Int64() | 1
		case *bool:
			*p = true
		case *[]byte:
			*p = []byte(text())
		case *[]string:
			*p = []string{text(), "", text()}
		case *netip.Addr:
			*p = addr().Addr()
		case *netip.AddrPort:
			*p = addr()
		case *[]branchRecord:
			*p = []branchRecord{{text(), text(), text(), text(), []string{text()}}, {text(), text(), text(), text(), []string{}}}
		default:
			panic(v.Type().Field(i).Name)
		}
	}
	return rec
}

// TestLegRecord: every field comes back; a record that was touched is refused whole.
func TestLegRecord(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		want := randomRecord(r)
		b := want.appendMedia(want.appendSignalling(nil))
		got, err := readLegRecord(b)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%v\n%+v\n%+v", err, got, want)
		}
		for range 20 {
			bad := bytes.Clone(b)
			switch i := r.IntN(len(bad)); r.IntN(3) {
			case 0:
				bad[i] ^= byte(1 + r.IntN(255))
			case 1:
				bad = bad[:i]
			default:
				bad = slices.Insert(bad, i, byte(r.Uint32()))
			}
			if _, err := readLegRecord(bad); !errors.Is(err, errRecord) {
				t.Fatalf("a damaged record was read: %v", err)
			}
		}
	}
	// one of a later version of this program, with more fields
	rec := randomRecord(r)
	b := appendOctets(appendNumber(rec.appendSignalling(nil), 1000, 7), 1001, []byte("what is this"))
	if got, err := readLegRecord(rec.appendMedia(b)); err != nil || !reflect.DeepEqual(got, rec) {
		t.Errorf("%v", err)
	}
	seen := map[uint64]bool{}
	for _, f := range rec.signalling() {
		if f.id != 0 && seen[f.id] {
			t.Errorf("field %d is there twice", f.id)
		}
		seen[f.id] = true
	}
}

func FuzzLegRecord(f *testing.F) {
	r := randomRecord(rand.New(rand.NewPCG(3, 4)))
	f.Add(r.appendMedia(r.appendSignalling(nil)))
	f.Add([]byte{recordVersion, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		var rec legRecord
		if len(b) > 1 { // past the checksum, which no fuzzer guesses
			rec2, err := readLegRecord(rec.appendMedia(append([]byte{recordVersion}, b...)))
			if err == nil {
				if _, err := readLegRecord(rec2.appendMedia(rec2.appendSignalling(nil))); err != nil {
					t.Errorf("what was read cannot be written: %v", err)
				}
			}
		}
		_, _ = readLegRecord(b)
	})
}

// TestKeptQuarantine: damaged records are handed out one by one and stop nothing.
func TestKeptQuarantine(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	all := map[string][]byte{}
	for i := range 100 {
		rec := randomRecord(r)
		rec.Leg = fmt.Sprint("leg", i)
		rec.Phase = uint64(phaseUp)
		b := rec.appendMedia(rec.appendSignalling(nil))
		if i%10 == 3 {
			b[r.IntN(len(b))] ^= 0x40
		}
		if i%10 == 7 {
			b = b[:r.IntN(len(b))]
		}
		all[rec.Leg] = b
	}
	all["another's"] = all["leg0"]
	bad := map[string]bool{}
	legs, err := Kept(func(f func(string, []byte) bool) error {
		for _, k := range slices.Sorted(maps.Keys(all)) {
			if !f(k, all[k]) {
				t.Error("stopped")
			}
		}
		return nil
	}, func(leg string, state []byte, err error) {
		if !errors.Is(err, errRecord) || !bytes.Equal(state, all[leg]) {
			t.Errorf("%s: %v", leg, err)
		}
		bad[leg] = true
	})
	if err != nil || len(legs) != 80 || len(bad) != 21 || !bad["another's"] || !bad["leg13"] || !legs[0].Talking {
		t.Errorf("%v: %d legs, %d bad", err, len(legs), len(bad))
	}
}

// otherProcess is a wire that knows of the calls nothing but the records.
func otherProcess(t *testing.T) *wire.Wire {
	t.Helper()
	cert, key := wiretest.CertFiles(t)
	w, err := wire.New(wire.Config{Listen: allNetworks(), Cert: cert, Key: key, Domain: testDomain, Logger: wiretest.NoLog()}, deaf{})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- w.Run(context.Background()) }()
	t.Cleanup(func() {
		w.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return w
}

// deaf is a handler that nothing is said to.
type deaf struct{}

func (deaf) Request(wire.Inbound)     {}
func (deaf) Cancelled(*wire.ServerTx) {}
func (deaf) Device(hotline.Signal)    {}

// TestRecordSuffices: what is kept of a leg is enough for another process to re-INVITE and to end it, in the eyes of the
// peer: same dialog, next number, its own addresses, our ports. Incoming and dialled, through a proxy that record-routes.
func TestRecordSuffices(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(*testing.T, *rig) (*phone, *line, hotline.LegID)
	}{
		{"incoming", func(t *testing.T, r *rig) (*phone, *line, hotline.LegID) {
			l, in, _ := r.inbound()
			return l.p, l, in.Leg
		}},
		{"incoming by a proxy", func(t *testing.T, r *rig) (*phone, *line, hotline.LegID) {
			p := newPhone(t, r.addr)
			l := p.dialler("95500")
			l.extra = fmt.Sprintf("Record-Route: <sip:%s;lr;x=1>\r\nRecord-Route: <sip:192.0.2.7;lr>\r\n", p.addr())
			l.ask("INVITE", p.sdp(1))
			in := want(r, func(s hotline.Incoming) bool { return r.isNew(s.Leg) })
			r.do(hotline.Answer{Leg: in.Leg})
			l.extra = ""
			l.establish()
			want(r, func(s hotline.PickedUp) bool { return s.Leg == in.Leg })
			return p, l, in.Leg
		}},
		{"dialled", func(t *testing.T, r *rig) (*phone, *line, hotline.LegID) {
			p, invite := r.dialAgent("c1", "c1-1", nil)
			p.reply(invite, 200, "there", p.sdp(1))
			p.want("ACK")
			want[hotline.PickedUp](r, nil)
			return p, p.called(invite, "there"), "c1-1"
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			kept := &memory{}
			r := newRig(t, func(c *Config) { c.Resume = kept })
			p, l, leg := c.make(t, r)
			l.ask("OPTIONS", "") // numbers move on
			p.want("200 OPTIONS")
			p.speak(fmt.Sprintf("m=audio %d", r.sw.leg(leg).handle.media.Load().LocalPort()), 0x55, 3)
			want[hotline.MediaUp](r, nil)
			var rec *legRecord
			wiretest.Eventually(t, "the record has all", func() bool {
				rec = kept.of(t, leg)
				return rec != nil && rec.Phase == uint64(phaseUp) && rec.Latched.IsValid() && rec.RemoteSeq == uint64(l.seq)
			})
			if int(rec.Latched.Port()) != p.rtpPort() || rec.Remote.Port() != rec.Latched.Port() || rec.RemoteSSRC == 0 || rec.SSRC == 0 || rec.Codec != "PCMA" {
				t.Errorf("media: %+v", rec)
			}
			goOn(t, p, l, rec)
		})
	}
}

// goOn lets another process take the dialog up: re-INVITE with the session's next description, then BYE.
func goOn(t *testing.T, p *phone, l *line, rec *legRecord) {
	t.Helper()
	w := otherProcess(t)
	d, err := dialogOf(w, rec)
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan *gosip.Response, 4)
	send := func(req *gosip.Request) {
		t.Helper()
		if _, err := w.Request(t.Context(), wire.Outbound{Req: req, Path: d.path, Answer: func(res *gosip.Response) { heard <- res }}); err != nil {
			t.Fatal(err)
		}
	}
	was := p.engine
	defer func() { p.engine = was }()
	p.engine = w.Listening()[0].Addr // where its answers go; it tells dialogs by their names alone
	answered := func(m *sipMsg, code int, body string) *gosip.Response {
		t.Helper()
		p.reply(m, code, "", body)
		select {
		case res := <-heard:
			return res
		case <-time.After(5 * time.Second):
			t.Fatal("its answer is not matched")
			return nil
		}
	}
	belongs := func(m *sipMsg, last int) {
		t.Helper()
		if m.get("call-id") != l.callID || m.get("from") != l.them || tagIn(m.get("to")) != tagIn(l.me) || uriIn(m.get("to")) != uriIn(l.me) {
			t.Errorf("another dialog:\nFrom: %s, was %s\nTo: %s, was %s", m.get("from"), l.them, m.get("to"), l.me)
		}
		if m.seq() <= last {
			t.Errorf("CSeq %d after %d", m.seq(), last)
		}
		if uri := strings.Fields(m.start)[1]; uri != "sip:me@"+p.addr() {
			t.Errorf("Request-URI %s", uri)
		}
		if want := l.inviteMsg; want == nil && len(l.routes) > 0 { // the route set of the callee: as the INVITE had it
			if got := m.all("route"); len(got) != 2 || !strings.Contains(got[0], p.addr()) || !strings.Contains(got[1], "192.0.2.7") {
				t.Errorf("Route: %q", got)
			}
		}
	}
	again := d.request(gosip.INVITE, 0)
	session := rec.kept().Session()
	setSDP(again, session.Offer())
	send(again)
	invite := p.want("INVITE")
	last := 0
	if l.inviteMsg != nil {
		last = l.inviteMsg.seq()
	}
	belongs(invite, last)
	port := regexp.MustCompile(`m=audio (\d+)`).FindStringSubmatch(invite.body)
	if port == nil || port[1] != fmt.Sprint(rec.Port) || rec.Port == 0 {
		t.Errorf("our port changed: %v, was %d", port, rec.Port)
	}
	res := answered(invite, 200, p.sdp(2))
	if err := w.Send(d.request(gosip.ACK, d.localSeq), d.path); err != nil || res.StatusCode != 200 {
		t.Fatal(err)
	}
	belongs(p.want("ACK"), invite.seq()-1)
	send(d.request(gosip.BYE, 0))
	bye := p.want("BYE")
	belongs(bye, invite.seq())
	answered(bye, 200, "")
}

// TestRecordOfUnanswered: of a call that waits for its answer there is what another process needs to answer it, and of a
// phone that rings what it needs to CANCEL.
func TestRecordOfUnanswered(t *testing.T) {
	kept := &memory{}
	r := newRig(t, func(c *Config) { c.Resume = kept })
	caller := newPhone(t, r.addr)
	l := caller.dialler("95500")
	l.ask("INVITE", caller.sdp(1))
	in := want[hotline.Incoming](r, nil)
	r.do(hotline.Ring{Leg: in.Leg})
	ring := caller.want("180 INVITE")
	agent, invite := r.dialAgent(in.Call, in.Call.Sub(1), nil)
	agent.reply(invite, 180, "there", "")
	want[hotline.Ringing](r, nil)

	rec := kept.of(t, in.Leg)
	if rec == nil || !rec.Incoming || rec.Trunk != "carrier" || rec.Phase != uint64(phaseNew) {
		t.Fatalf("%+v", rec)
	}
	text := "SIP/2.0 503 Restarted\r\n" + string(rec.Invite) + "Content-Length: 0\r\n\r\n"
	res := parseMsg(text)
	for _, name := range []string{"via", "from", "call-id", "cseq", "to"} {
		if res.get(name) == "" || res.get(name) != ring.get(name) {
			t.Errorf("%s: %q, the 180 had %q", name, res.get(name), ring.get(name))
		}
	}
	out := kept.of(t, in.Call.Sub(1))
	if out == nil || len(out.Branches) != 1 || out.Agent != "8001" {
		t.Fatalf("%+v", out)
	}
	b := out.Branches[0]
	if !strings.Contains(invite.get("via"), "branch="+b.Branch) || b.Target != strings.Fields(invite.start)[1] || uriIn(invite.get("to")) != b.To || !strings.HasSuffix(b.Path, agent.addr()) {
		t.Errorf("%+v\n%s\nVia: %s", b, invite.start, invite.get("via"))
	}
	r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseBusy})
	r.do(hotline.Hangup{Leg: in.Call.Sub(1), Cause: hotline.CauseBusy})
	l.ackRefusal(caller.want("486 INVITE"))
	cancel := agent.want("CANCEL")
	agent.reply(cancel, 200, "there", "")
	agent.reply(invite, 487, "there", "")
	r.idle(5 * time.Second)
	if n := kept.count(); n != 0 {
		t.Errorf("%d records of legs that are over", n)
	}
}

// TestRecordsEnd: however legs end, no record is left, and few are written: one for what really changed.
func TestRecordsEnd(t *testing.T) {
	kept := &memory{}
	r := newRig(t, func(c *Config) { c.Resume = kept })
	for i := range 20 {
		l, in, _ := r.inbound()
		switch i % 3 {
		case 0:
			l.ask("BYE", "")
			l.p.want("200 BYE")
		case 1:
			r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
			l.p.reply(l.p.want("BYE"), 200, "", "")
		default:
			r.do(hotline.Hangup{Leg: in.Leg, Cause: hotline.CauseHangup})
			l.p.reply(l.p.want("BYE"), 481, "", "")
		}
	}
	r.idle(5 * time.Second)
	if n := kept.count(); n != 0 {
		t.Errorf("%d records left", n)
	}
	if kept.puts > 20*5 {
		t.Errorf("%d records written for 20 calls", kept.puts)
	}
	t.Logf("%d records written for 20 calls", kept.puts)
}

// upLeg is a leg that is up, of a switch that only keeps records.
func upLeg(kept Resume) *leg {
	uri := gosip.Uri{Scheme: "sip", User: "13800001111", Host: "192.0.2.1", Port: 5060}
	l := &leg{
		sw: &Switch{cfg: Config{Resume: kept}, seed: maphash.MakeSeed(), bufs: recordBuffers()}, id: "01JD3K4QG5-1", call: &call{id: "01JD3K4QG5"}, sipID: wire.NewDialogID(),
		localTag: wire.NewDialogID(), phase: phaseUp, incoming: true, handle: &handle{},
		local: sdp.Session{Codecs: []string{"PCMA", "PCMU"}, Addr: netip.MustParseAddr("192.0.2.9"), Port: 20000},
		dlg:   &dialog{remoteTag: wire.NewDialogID(), local: nameAddr{uri: uri}, remote: nameAddr{"Li Lei", uri}, target: uri, contact: uri, routes: []gosip.Uri{uri}},
	}
	l.local.Offer()
	return l
}

// nowhere is a Resume that keeps nothing.
type nowhere struct{}

func (nowhere) Put(string, []byte) {}
func (nowhere) Delete(string)      {}

// TestKeepLeavesNoGarbage: a record is looked at after everything that is done on a leg, and written whenever it says something new.
func TestKeepLeavesNoGarbage(t *testing.T) {
	l := upLeg(nowhere{})
	l.dlg.routes = nil // their texts are made anew each time
	for _, change := range []uint32{0, 1} {
		n := testing.AllocsPerRun(100, func() {
			l.dlg.localSeq += change
			l.keep()
		})
		if n >= 1 { // the pool's buffer may be collected
			t.Errorf("%v allocations with a change of %d", n, change)
		}
	}
}

// TestKeepFollowsTheDialog: what is remembered of a dialog's texts is that dialog's.
func TestKeepFollowsTheDialog(t *testing.T) {
	m := &memory{}
	l := upLeg(m)
	l.keep()
	for _, change := range []func(u *gosip.Uri){
		func(u *gosip.Uri) { u.Host = "192.0.2.2" },
		func(u *gosip.Uri) { u.Port++ },
		func(u *gosip.Uri) { u.User = "13900001111" },
		func(u *gosip.Uri) { u.Scheme = "sips" },
		func(u *gosip.Uri) { u.UriParams = gosip.HeaderParams{{K: "transport", V: "tcp"}} },
		func(u *gosip.Uri) { u.UriParams[0].V = "tls" }, // where it lies
		func(u *gosip.Uri) { u.UriParams = nil },
	} {
		for _, u := range []*gosip.Uri{&l.dlg.target, &l.dlg.contact, &l.dlg.local.uri, &l.dlg.remote.uri} {
			change(u)
			l.keep()
			r := m.of(t, l.id)
			if r.Target != l.dlg.target.String() || r.Contact != l.dlg.contact.String() || r.LocalURI != l.dlg.local.uri.String() || r.RemoteURI != l.dlg.remote.uri.String() {
				t.Fatalf("kept %+v of %+v", r, l.dlg)
			}
		}
	}
}

// BenchmarkKeep is what a piece of work on a leg that is up costs more because its record is kept: when it has changed the
// dialog, and when it has not.
func BenchmarkKeep(b *testing.B) {
	kept := &memory{}
	l := upLeg(kept)
	for _, change := range []uint32{0, 1} {
		b.Run([]string{"same", "changed"}[change], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				l.dlg.localSeq += change
				l.keep()
			}
		})
	}
	b.Logf("%d octets", len(kept.records[string(l.id)]))
}
