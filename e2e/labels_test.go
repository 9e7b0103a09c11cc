//go:build e2e

package e2e

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestHostileLabels: whatever ten thousand messages and requests call themselves, whom they call and how they ask, the series that are
// scraped stay those there were (reliability.md §4, 30). A number, a name or a path that became a label would be one more each.
func TestHostileLabels(t *testing.T) {
	e := startEngine(t, "127.0.0.78", centreFile)
	chance := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	ask := func(messages, requests int) {
		t.Helper()
		for range messages / 100 {
			hostileMessages(t, e, chance, 100)
		}
		for range requests {
			hostileRequest(t, e, chance)
		}
	}
	ask(1000, 200) // what answers and refusals there are
	before := e.series()
	ask(10_000, 1000)
	if read := e.metric("hotline_sip_received_total"); read < 10_000 {
		t.Fatalf("%g messages were read: this says nothing", read)
	}
	after := e.series()
	ours := regexp.MustCompile(`(?i)w[0-9a-f]{6}`)
	for _, s := range after {
		if ours.MatchString(s) {
			t.Errorf("a stranger's word is a label: %s", s)
		}
	}
	if len(after) > len(before)+10 { // an answer that was not given before, such as 503, may be new
		t.Errorf("new: %v", slices.DeleteFunc(after, func(s string) bool { _, known := slices.BinarySearch(before, s); return known }))
	}
	t.Logf("%d series before, %d after", len(before), len(after))
}

// hostileMessages sends messages of an address of its own, no faster than they are read.
func hostileMessages(t *testing.T, e *engine, chance *rand.Rand, n int) {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.UDPAddr{IP: net.IPv4(127, 65, byte(chance.Uint32()), byte(1+chance.IntN(254)))}}
	conn, err := d.Dial("udp4", e.ip+":5060")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for i := range n {
		word := hostileWord(chance)
		method := []string{"INVITE", "REGISTER", "OPTIONS", "MESSAGE", "SUBSCRIBE", "BYE", "X" + word}[chance.IntN(7)]
		fmt.Fprintf(conn, "%[1]s sip:%[2]s@%[3]s SIP/2.0\r\nVia: SIP/2.0/UDP %[4]s;rport;branch=z9hG4bK%[2]s%[5]d\r\nMax-Forwards: 70\r\nFrom: \"%[2]s\" <sip:%[2]s@%[2]s>;tag=%[2]s\r\nTo: <sip:%[2]s@%[3]s>\r\nCall-ID: %[2]s%[5]d\r\nCSeq: 1 %[1]s\r\nContact: <sip:%[2]s@%[4]s>\r\nUser-Agent: %[2]s\r\nEvent: %[2]s\r\nReason: %[2]s;cause=%[6]d\r\nContent-Length: 0\r\n\r\n",
			method, word, e.ip, conn.LocalAddr(), i, chance.IntN(1000))
	}
	time.Sleep(time.Duration(n/5) * time.Millisecond) // as fast as it reads, 5,000 a second
}

// hostileRequest asks the pages, or the listener of metrics, for what there is not.
func hostileRequest(t *testing.T, e *engine, chance *rand.Rand) {
	t.Helper()
	word := hostileWord(chance)
	host, path := e.web, []string{"/", "/api/v1/", "/api/v1/contacts/", "/api/v1/agents/", "/sip/", "/ui/"}[chance.IntN(6)]+word
	if chance.IntN(5) == 0 {
		host = e.metrics
	}
	req, err := http.NewRequest([]string{"GET", "POST", "DELETE", "X" + strings.ToUpper(word)}[chance.IntN(4)], "http://"+host+path+"?"+word+"="+word, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(word, word)
	req.Header.Set("User-Agent", word)
	if chance.IntN(2) == 0 {
		req.Header.Set("Authorization", "Bearer "+e.token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	res.Body.Close()
}

func hostileWord(chance *rand.Rand) string { return fmt.Sprintf("w%x", chance.Uint64()) }

// series are the names and labels of all that is scraped, sorted.
func (e *engine) series() []string {
	e.t.Helper()
	_, text := e.health("/metrics")
	var all []string
	for line := range strings.Lines(text) {
		if i := strings.LastIndexByte(strings.TrimSpace(line), ' '); i > 0 && line[0] != '#' {
			all = append(all, line[:i])
		}
	}
	slices.Sort(all)
	return all
}
