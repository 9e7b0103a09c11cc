//go:build e2e

package e2e

import (
	"bytes"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"
)

// TestFlood: mutated messages of strangers, as fast as a socket takes them and far more than the engine is asked for otherwise. They
// may cost it time, but no memory to speak of: what it needs for calls is not theirs. FLOOD=n sends n of them, SEED=n the same again.
func TestFlood(t *testing.T) {
	count, _ := strconv.Atoi(os.Getenv("FLOOD"))
	count = max(count, 150_000)
	seed, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64)
	if err != nil {
		seed = uint64(time.Now().UnixNano())
	}
	chance := rand.New(rand.NewPCG(seed, 1))
	var messages [][]byte
	for _, name := range tortureMessages(t) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		messages = append(messages, data)
	}
	e := startEngine(t, "127.0.0.77", centreFile)
	var strangers []net.Conn
	for i := range 200 {
		d := net.Dialer{LocalAddr: &net.UDPAddr{IP: net.IPv4(127, 64, byte(i), byte(1+chance.IntN(254)))}}
		conn, err := d.Dial("udp4", e.ip+":5060")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		strangers = append(strangers, conn)
	}
	const memory = "process_resident_memory_bytes"
	before, most := e.metric(memory), 0.0
	began := time.Now()
	for i := range count {
		if _, err := strangers[i/20%len(strangers)].Write(mutated(chance, messages)); err != nil {
			t.Fatal(err)
		}
		if i%100 == 99 {
			time.Sleep(time.Millisecond) // that most is read, and not thrown away by the kernel
		}
		if i%20_000 == 0 {
			most = max(most, e.metric(memory))
		}
	}
	most = max(most, e.metric(memory))
	t.Logf("SEED=%d: %d datagrams in %v, %g of them read; memory %.0f MB before, %.0f MB at most", seed, count, time.Since(began).Round(time.Millisecond),
		e.metric("hotline_sip_received_total"), before/1e6, most/1e6)
	if most-before > 50e6 {
		t.Errorf("memory grew by %.0f MB", (most-before)/1e6)
	}
	if n := e.metric("hotline_sip_received_total"); n < float64(count)/4 {
		t.Errorf("%g of %d were read: this says nothing", n, count)
	}
	if n := e.metric("hotline_sip_panics_total"); n != 0 {
		t.Errorf("%g panics", n)
	}
	if !alive(e) {
		t.Error("the engine does not answer")
	}
}

// mutated is one of the messages with a name of its own and some octets changed, left out, doubled or cut off.
func mutated(chance *rand.Rand, messages [][]byte) []byte {
	data := bytes.Clone(messages[chance.IntN(len(messages))])
	for _, mark := range []string{"Call-ID: ", "branch="} { // else most are repeated ones
		if i := bytes.Index(data, []byte(mark)); i >= 0 {
			data = slices.Insert(data, i+len(mark), []byte(strconv.FormatUint(chance.Uint64(), 36))...)
		}
	}
	for range chance.IntN(5) {
		at := chance.IntN(len(data))
		to := min(len(data), at+1+chance.IntN(40))
		switch chance.IntN(4) {
		case 0:
			data[at] = byte(chance.Uint32())
		case 1:
			data = slices.Delete(data, at, to)
		case 2:
			data = slices.Insert(data, at, bytes.Clone(data[at:to])...)
		case 3:
			data = data[:at]
		}
		if len(data) == 0 {
			return []byte("\r\n\r\n")
		}
	}
	return data
}
