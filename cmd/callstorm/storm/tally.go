package storm

import (
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// tally collects what a storm met. Its methods may be called from any goroutine.
type tally struct {
	mu       sync.Mutex
	setup    *hdrhistogram.Histogram // INVITE of the caller → INVITE at an agent, µs
	twoWay   *hdrhistogram.Histogram // INVITE of the caller → both hear each other, µs
	answer   *hdrhistogram.Histogram // INVITE of the caller → 200, µs
	next     *hdrhistogram.Histogram // BYE of an agent while callers wait → the next INVITE at its phone, µs
	res      Result
	now, top int
	each     io.Writer // nil: nobody wants to know
}

func newTally() *tally {
	return &tally{setup: newHistogram(), twoWay: newHistogram(), answer: newHistogram(), next: newHistogram(), res: Result{Failed: map[string]int{}}}
}

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, int64(10*time.Minute/time.Microsecond), 3)
}

func record(h *hdrhistogram.Histogram, d time.Duration) {
	_ = h.RecordValue(max(d.Microseconds(), 1)) // longer than ten minutes cannot happen within a call's limits
}

func (t *tally) note(f func(t *tally)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f(t)
}

// end tells how a call ended. A line that cannot be written is missed by who reads the file.
func (t *tally) end(number, how string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.each != nil {
		fmt.Fprintln(t.each, number, how)
	}
}

func (t *tally) failed(code int, late bool) {
	name := strconv.Itoa(code)
	if late {
		name = "no answer"
	}
	t.note(func(t *tally) { t.res.Failed[name]++ })
}

func (t *tally) busy(n int) {
	t.note(func(t *tally) { t.now += n; t.top = max(t.top, t.now) })
}

// Latency is a distribution in milliseconds.
type Latency struct {
	N   int64   `json:"n"`
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

func latency(h *hdrhistogram.Histogram) Latency {
	ms := func(v int64) float64 { return float64(v) / 1000 }
	if h.TotalCount() == 0 {
		return Latency{}
	}
	return Latency{h.TotalCount(), ms(h.ValueAtQuantile(50)), ms(h.ValueAtQuantile(90)), ms(h.ValueAtQuantile(99)), ms(h.Max())}
}

// Result is what a storm measured, printed as one line of JSON.
type Result struct {
	Seed       uint64         `json:"seed"`
	Seconds    float64        `json:"seconds"`
	Calls      int            `json:"calls"`     // dialled
	Connected  int            `json:"connected"` // an agent was heard
	Abandoned  int            `json:"abandoned"` // the caller gave up first
	Failed     map[string]int `json:"failed"`    // by SIP status
	Unjoined   int            `json:"unjoined"`  // ended without an agent and without failing: by a menu, or nothing was heard
	Peak       int            `json:"peak"`      // calls at the same time
	AgentCalls int            `json:"agent_calls"`
	Refused    int            `json:"agent_refused"` // rejected, or let ring out, on purpose
	Died       int            `json:"agent_died,omitempty"`
	Inversions int            `json:"order_inversions"` // an agent was rung for a caller while one who came clearly before waited, and went on waiting

	AnswerMS Latency `json:"invite_to_answer_ms"`
	SetupMS  Latency `json:"invite_to_agent_invite_ms"`
	TwoWayMS Latency `json:"invite_to_two_way_audio_ms"`
	OneWayMS Latency `json:"one_way_delay_ms"`
	NextMS   Latency `json:"free_agent_to_next_invite_ms"` // an agent hung up while callers waited

	Expected uint64   `json:"rtp_expected"`
	Received uint64   `json:"rtp_received"`
	Loss     *float64 `json:"rtp_loss_ratio"` // null: nothing was expected
	Holes    uint64   `json:"rtp_holes"`      // silences of more than 60 ms in a stream
	Resent   uint64   `json:"sip_retransmissions"`

	OwnCPU     float64  `json:"own_cpu_s"`
	EngineCPU  *float64 `json:"engine_cpu_s,omitempty"`
	CallMin    float64  `json:"call_minutes"` // minutes of calls that were up
	CPUPerMin  *float64 `json:"engine_cpu_s_per_call_minute,omitempty"`
	CPUPerCall *float64 `json:"engine_cpu_ms_per_call,omitempty"`
	CPUPerSec  *float64 `json:"engine_cpu_s_per_s,omitempty"`
	EngineRSS  int64    `json:"engine_rss_bytes,omitempty"`
	RSSBefore  int64    `json:"engine_rss_before_bytes,omitempty"`
	RSSPeak    int64    `json:"engine_rss_peak_bytes,omitempty"`     // with the most calls up
	RSSPerCall int64    `json:"engine_rss_bytes_per_call,omitempty"` // what was added up to then, by calls that were up
	OwnPerCall *float64 `json:"own_cpu_s_per_call_minute,omitempty"`

	// While all calls of a storm of so many were up (Config.Calls), from two seconds after the last came; with EnginePID only.
	TalkSeconds float64  `json:"talking_s,omitempty"`
	TalkCPU     *float64 `json:"talking_engine_cpu_s,omitempty"`
	TalkPerMin  *float64 `json:"talking_engine_cpu_s_per_call_minute,omitempty"`
	TalkOwn     *float64 `json:"talking_own_cpu_s_per_call_minute,omitempty"`
	TalkOneWay  *Latency `json:"talking_one_way_delay_ms,omitempty"`
}
