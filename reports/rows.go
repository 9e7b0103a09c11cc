package reports

import (
	"slices"
	"time"

	"hotline"
)

// Level is a ratio with what it is made of: Ratio = Count ÷ Of, null when Of is 0.
type Level struct {
	Ratio *float64 `json:"ratio"`
	Count int      `json:"count"`
	Of    int      `json:"of"`
}

func level(count, of int) Level { return Level{Ratio: ratio(count, of), Count: count, Of: of} }

// Levels is the service level in every definition of the field, side by side (kpi 1.1). T is the queue's target, S its
// short-abandon time; a visit that still waits no longer than T is undecided and in no term, one that waits longer has
// failed already.
type Levels struct {
	V1        Level `json:"v1"`           // answered in T ÷ offered: the default
	V2        Level `json:"v2"`           // answered in T ÷ (answered + abandoned)
	V3Offered Level `json:"v3_offered"`   // answered in T ÷ (offered − short)
	V3        Level `json:"v3"`           // answered in T ÷ (answered + abandoned − short)
	V4        Level `json:"v4"`           // answered in T ÷ (offered − abandoned in T)
	V5        Level `json:"v5"`           // (answered + abandoned in T) ÷ offered
	V6        Level `json:"v6"`           // answered in T ÷ answered
	CN20      Level `json:"cn20"`         // 人工20秒应答率: answered in 20 s ÷ requested
	Connect   Level `json:"connect"`      // 转人工接通率: answered ÷ requested
	Abandon   Level `json:"abandon"`      // abandoned ÷ offered
	AbandonX  Level `json:"abandon_excl"` // (abandoned − short) ÷ (offered − short)
	Answer    Level `json:"answer"`       // answered ÷ offered
	RONA      Level `json:"rona"`         // rings not answered or rejected ÷ rings
}

// Blocked is the requests that never entered the queue, by reason.
type Blocked struct {
	Full    int `json:"full"`
	Closed  int `json:"closed"`
	NoStaff int `json:"no_staff"`
	Refused int `json:"refused"`
}

// FlowOut is the visits that ended neither answered nor abandoned nor lost, by outcome.
type FlowOut struct {
	Overflow  int `json:"overflow"`
	Timeout   int `json:"timeout"`
	Key       int `json:"key"`
	Callback  int `json:"callback"`
	Voicemail int `json:"voicemail"`
	Moved     int `json:"moved"`
	Closed    int `json:"closed"`
	NoAgents  int `json:"no_agents"`
}

// Rings is the ringing of agents' phones by result.
type Rings struct {
	Answered    int `json:"answered"`
	NoAnswer    int `json:"no_answer"`
	Rejected    int `json:"rejected"`
	Unreachable int `json:"unreachable"`
	Busy        int `json:"busy"`
	CallerGone  int `json:"caller_gone"`
	Elsewhere   int `json:"elsewhere"`
}

// Waits is the waiting time of the visits whose wait is over, whatever the outcome: exact, by nearest rank. Null when
// there are none.
type Waits struct {
	P50MS *int64 `json:"p50_ms"`
	P90MS *int64 `json:"p90_ms"`
	P95MS *int64 `json:"p95_ms"`
	P99MS *int64 `json:"p99_ms"`
	MaxMS *int64 `json:"max_ms"`
}

// Attribution says which interval a visit belongs to (kpi 1.4).
type Attribution string

// The attributions. Arrival is the default, for rates; the others are for comparison with other systems.
const (
	ByArrival    Attribution = "arrival"    // when its wait began, or when it was blocked
	ByWaitEnd    Attribution = "wait_end"   // when its wait was over
	ByCompletion Attribution = "completion" // when the call and its wrap-up were over
)

// Interval is the width of a report's rows, in the centre's time zone.
type Interval string

// The intervals. Whole is one row for all of the time asked for. Weeks begin on Monday.
const (
	Whole   Interval = ""
	Quarter Interval = "15m"
	Half    Interval = "30m"
	Hour    Interval = "1h"
	Day     Interval = "1d"
	Week    Interval = "1w"
	Month   Interval = "1M"
	Year    Interval = "1y"
)

// QueueQuery asks for the queue report.
type QueueQuery struct {
	From, To time.Time // [From, To)
	Interval Interval
	Queue    hotline.QueueID // empty: all
	By       Attribution     // empty: ByArrival

	Among    []hotline.QueueID // only these; nil: all
	Override Override
	Within   []time.Duration // further thresholds, each with its levels
	Curve    bool            // answered and abandoned by second
}

// wants says whether the queue is asked for.
func (q *QueueQuery) wants(id hotline.QueueID) bool {
	return (q.Queue == "" || id == q.Queue) && (q.Among == nil || slices.Contains(q.Among, id))
}

// QueueReport is the answer: Rows by interval, then in the centre's order of queues; Totals by interval over all of them.
type QueueReport struct {
	From   Moment      `json:"from"`
	To     Moment      `json:"to"`
	AsOf   Moment      `json:"as_of"`
	Seq    uint64      `json:"seq"` // every event up to this one is in it
	By     Attribution `json:"by"`
	Rows   []QueueRow  `json:"rows"`
	Totals []QueueRow  `json:"totals"` // sums of visits; Calls counts each call once

	Overridden bool       `json:"overridden"` // by other definitions than the queues' own
	HandOver   []HandOver `json:"hand_over"`  // between queues, over the whole time
}

// HandOver is what went on from one queue to another. Visits are stays in the second; a call that went the same way twice
// is one of Calls.
type HandOver struct {
	From   hotline.QueueID `json:"from"`
	To     hotline.QueueID `json:"to"`
	Visits int             `json:"visits"`
	Calls  int             `json:"calls"`
}

// Threshold is the service level at another time than the target's.
type Threshold struct {
	WithinMS  int64  `json:"within_ms"`
	Answered  int    `json:"answered"`
	Abandoned int    `json:"abandoned"`
	Level     Level  `json:"level"`
	Levels    Levels `json:"levels"`
}

// curveTo is the last second of a Curve.
const curveTo = 120

// Curve is how many were answered, and abandoned, within 0, 1 … 120 seconds.
type Curve struct {
	Answered  []int `json:"answered"`
	Abandoned []int `json:"abandoned"`
}

// QueueRow is one queue in one interval. requested = blocked + offered, and
// offered = answered + abandoned + flow-out + lost + waiting, hold exactly.
type QueueRow struct {
	Start Moment `json:"start"`
	End   Moment `json:"end"`
	Label string `json:"label"` // the start in the centre's time, with its offset: 2026-03-10T09:00+08:00
	Open  bool   `json:"open"`  // not final: the interval is not over, or a visit of it is not
	// Restated is when a figure of a final row was last corrected: a code, a rating or a promise's end that came
	// more than an hour after the last of its visits.
	Restated Moment          `json:"restated,omitzero"`
	Queue    hotline.QueueID `json:"queue,omitempty"`
	Name     string          `json:"name,omitempty"`

	Requested      int     `json:"requested"`
	BlockedAll     int     `json:"blocked"`
	Blocked        Blocked `json:"blocked_by"`
	Offered        int     `json:"offered"`
	Answered       int     `json:"answered"`
	AnsweredIn     int     `json:"answered_within"`
	AnsweredIn20   int     `json:"answered_20s"`
	Abandoned      int     `json:"abandoned"`
	AbandonedIn    int     `json:"abandoned_within"`
	Short          int     `json:"abandoned_short"`
	FlowOutAll     int     `json:"flow_out"`
	FlowOut        FlowOut `json:"flow_out_by"`
	Lost           int     `json:"lost"`
	Waiting        int     `json:"waiting"`
	Dequeued       int     `json:"dequeued"` // in neither requested nor offered
	Handled        int     `json:"handled"`  // by agents, a transfer again
	Rings          Rings   `json:"rings"`
	TargetWithinMS int64   `json:"target_within_ms,omitempty"`
	TargetRatio    float64 `json:"target_ratio,omitempty"`

	Level      Level       `json:"level"`                // by the queue's own definition
	Definition *Rules      `json:"definition,omitempty"` // in rows of one queue
	Thresholds []Threshold `json:"thresholds,omitempty"`
	Curve      *Curve      `json:"curve,omitempty"`

	Levels      Levels       `json:"levels"`
	ASAMS       *float64     `json:"asa_ms"`         // mean wait of the answered, ring included
	AbandonMS   *float64     `json:"avg_abandon_ms"` // mean wait of the abandoned
	WaitMS      *float64     `json:"avg_wait_ms"`    // mean wait of all whose wait is over
	Waits       Waits        `json:"waits"`
	RingMS      *float64     `json:"avg_ring_ms"` // mean ring of an attempt
	TalkMS      *float64     `json:"avg_talk_ms"` // ATT, hold not included; per handled
	HoldMS      *float64     `json:"avg_hold_ms"`
	ACWMS       *float64     `json:"avg_acw_ms"`
	AHTMS       *float64     `json:"aht_ms"` // talk + hold + ACW
	RingTotalMS int64        `json:"ring_ms"`
	TalkTotalMS int64        `json:"talk_ms"`
	HoldTotalMS int64        `json:"hold_ms"`
	ACWTotalMS  int64        `json:"acw_ms"`
	Held        int          `json:"held"`            // handled with a hold
	HoldRate    Level        `json:"hold_rate"`       // held ÷ handled
	ShortTalk   Level        `json:"short_talk"`      // answered with hardly a word said ÷ answered
	Calls       *CallFigures `json:"calls,omitempty"` // in Totals only

	Callbacks CallbackCounts `json:"callbacks"` // of those asked for in the interval
	Survey    SurveyCounts   `json:"survey"`    // of those invited in the interval
	Transfers TransferCounts `json:"transfers"` // out of the queue's talks
	Codes     CodeCounts     `json:"codes"`     // of the talks first coded in the interval

	settled Moment // when the last of its visits was over
}

// CallCounts counts calls (contacts) that asked for a person, each once however many queues it was in, by its first
// request. The wait runs from the first request to the first answer.
type CallCounts struct {
	Calls    int `json:"calls"`
	Answered int `json:"answered"`
	Within   int `json:"answered_within"` // the target of the queue first asked for
	Waiting  int `json:"waiting"`         // once, in however many queues at a time
	// Abandoned is calls whose customer hung up waiting and had spoken with nobody.
	Abandoned int `json:"abandoned"`
}

// CallFigures are the counts with the service level that customers see.
type CallFigures struct {
	CallCounts
	Level Level `json:"level"` // answered within ÷ calls
}

// AgentQuery asks for the agent report.
type AgentQuery struct {
	From, To time.Time
	Interval Interval
	Agent    hotline.AgentID // empty: all
	Team     string          // empty: all
	Plan     Plan            // of the agents and the time; nil: nobody was planned
}

// AgentReport is the answer: Rows by interval, then in the centre's order of agents.
type AgentReport struct {
	From Moment     `json:"from"`
	To   Moment     `json:"to"`
	AsOf Moment     `json:"as_of"`
	Seq  uint64     `json:"seq"`
	Rows []AgentRow `json:"rows"`
}

// AgentRow is one agent in one interval. State times are clipped at its edges: their sum is SignedInMS to the
// millisecond. Calls are counted where they were answered, handled calls and their times where their wrap-up ended, so
// that handle time may exceed the interval.
type AgentRow struct {
	Start Moment          `json:"start"`
	End   Moment          `json:"end"`
	Label string          `json:"label"`
	Open  bool            `json:"open"`
	Agent hotline.AgentID `json:"agent"`
	Name  string          `json:"name"`
	Team  string          `json:"team,omitempty"`

	// Restated is when a figure of the row was last corrected, more than an hour after its end: a code or a rating.
	Restated Moment `json:"restated,omitzero"`

	SignedInMS int64            `json:"signed_in_ms"`
	StaffedMS  int64            `json:"staffed_ms"` // signed in and not "not ready"
	States     StateTimes       `json:"states"`
	Reasons    map[string]int64 `json:"not_ready_by"` // ms by reason; their sum is States.NotReadyMS

	Answered int   `json:"answered"`
	Handled  int   `json:"handled"`
	TalkMS   int64 `json:"talk_ms"`
	HoldMS   int64 `json:"hold_ms"`
	ACWMS    int64 `json:"acw_ms"`
	RingMS   int64 `json:"ring_ms"`
	Rings    Rings `json:"rings"`
	RONA     Level `json:"rona"`

	Held      int      `json:"held"`           // handled with a hold
	HoldRate  Level    `json:"hold_rate"`      // held ÷ handled
	ShortTalk Level    `json:"short_talk"`     // handled with hardly a word said ÷ handled
	PerHour   *float64 `json:"calls_per_hour"` // handled ÷ staffed time

	Breaks BreakCounts  `json:"breaks"`
	Survey SurveyCounts `json:"survey"` // of those invited in the interval

	Transfers TransferCounts `json:"transfers"` // by the agent
	Outbound  OutboundCounts `json:"outbound"`  // calls of its own making
	Codes     CodeCounts     `json:"codes"`

	AvgTalkMS        *float64 `json:"avg_talk_ms"`
	AvgHoldMS        *float64 `json:"avg_hold_ms"`
	AvgACWMS         *float64 `json:"avg_acw_ms"`
	AHTMS            *float64 `json:"aht_ms"`
	Occupancy        *float64 `json:"occupancy"`          // (reserved+ring+talk+hold+ACW+outbound) ÷ (the same + ready)
	OccupancyInbound *float64 `json:"occupancy_inbound"`  // (talk+hold+ACW) ÷ (the same + ready)
	HandleOverLogin  *float64 `json:"handle_over_login"`  // (talk+hold+ACW+outbound) ÷ signed in
	StaffedOverLogin *float64 `json:"staffed_over_login"` // (signed in − not ready) ÷ signed in

	PlannedMS  int64    `json:"planned_ms"`  // of the roster, as far as it is over; unknown time is not in it
	AdherentMS int64    `json:"adherent_ms"` // of that: signed in and not "not ready"
	Adherence  *float64 `json:"adherence"`   // 遵时率: adherent ÷ planned

	ghosts int
	noted  int64
}

// StateTimes is time by state, in ms.
type StateTimes struct {
	ReadyMS      int64 `json:"ready_ms"`
	ReservedMS   int64 `json:"reserved_ms"` // chosen, the phone did not ring yet: in every ratio as ringing
	RingingMS    int64 `json:"ringing_ms"`
	TalkingMS    int64 `json:"talking_ms"`
	HeldMS       int64 `json:"held_ms"`
	ConsultingMS int64 `json:"consulting_ms"` // in every ratio as talking
	ConferenceMS int64 `json:"conference_ms"` // in every ratio as talking
	WrapUpMS     int64 `json:"wrap_up_ms"`
	NotReadyMS   int64 `json:"not_ready_ms"`
	OutboundMS   int64 `json:"outbound_ms"`
	UnknownMS    int64 `json:"unknown_ms"` // the engine was away; in no ratio
}

// handle is the time with contacts of the centre's queues.
func (t StateTimes) handle() int64 {
	return t.TalkingMS + t.HeldMS + t.ConsultingMS + t.ConferenceMS + t.WrapUpMS
}

// busy is the work of kpi 1.2. Ringing is work: Erlang's server is busy while the phone rings.
func (t StateTimes) busy() int64 { return t.ReservedMS + t.RingingMS + t.handle() + t.OutboundMS }

func (t *StateTimes) add(o StateTimes) {
	t.ReadyMS += o.ReadyMS
	t.ReservedMS += o.ReservedMS
	t.RingingMS += o.RingingMS
	t.TalkingMS += o.TalkingMS
	t.HeldMS += o.HeldMS
	t.ConsultingMS += o.ConsultingMS
	t.ConferenceMS += o.ConferenceMS
	t.WrapUpMS += o.WrapUpMS
	t.NotReadyMS += o.NotReadyMS
	t.OutboundMS += o.OutboundMS
	t.UnknownMS += o.UnknownMS
}

// KPIReport is the monthly sheet (requirements R8).
type KPIReport struct {
	Month string   `json:"month"`         // 2026-11; empty: the sheet is of From to To
	From  Moment   `json:"from,omitzero"` // of a sheet that is not a month's
	To    Moment   `json:"to,omitzero"`
	Final bool     `json:"final"` // the time is over and so are its visits
	AsOf  Moment   `json:"as_of"`
	Rows  []KPIRow `json:"rows"`
}

// KPIRow is one figure of the sheet. Unit is "ratio", "ms" or "count".
type KPIRow struct {
	ID     string   `json:"id"`
	Unit   string   `json:"unit"`
	Min    *float64 `json:"target_min"`
	Max    *float64 `json:"target_max"`
	Last   *float64 `json:"last_month"`
	This   *float64 `json:"this_month"`
	Change *float64 `json:"change"`       // this − last
	Rel    *float64 `json:"change_ratio"` // (this − last) ÷ last
	Met    *bool    `json:"met"`          // null: no target or no figure
	Count  float64  `json:"count"`        // numerator and denominator of this month
	Of     float64  `json:"of"`
}
