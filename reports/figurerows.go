package reports

import (
	"time"

	"hotline"
)

// Span is the time, the interval and whose figures a report is about.
type Span struct {
	From, To time.Time // [From, To)
	Interval Interval
	Queue    hotline.QueueID // empty: all
	Agent    hotline.AgentID // empty: all
	Of       Scope
	Plan     Plan // of agents and teams, and of the time line
}

// Head is what every row of a report begins with.
type Head struct {
	Start Moment `json:"start"`
	End   Moment `json:"end"`
	Label string `json:"label"` // the start in the centre's time, with its offset
	Open  bool   `json:"open"`  // not final
}

func head(b bin, now int64, loc *time.Location) Head {
	return Head{Start: Moment(b.start), End: Moment(b.end), Label: label(b.start, loc), Open: now < b.end}
}

// Report is the answer of every report beside the queues', the agents' and the KPI sheet.
type Report[R any] struct {
	From Moment `json:"from"`
	To   Moment `json:"to"`
	AsOf Moment `json:"as_of"`
	Seq  uint64 `json:"seq"` // every event up to this one is in it
	Rows []R    `json:"rows"`
}

func report[R any](s Span, now time.Time, seq uint64) *Report[R] {
	return &Report[R]{From: At(s.From), To: At(s.To), AsOf: At(now), Seq: seq, Rows: []R{}}
}

// query is the queue query about the same.
func (s Span) query() QueueQuery {
	return QueueQuery{From: s.From, To: s.To, Interval: s.Interval, Queue: s.Queue, Among: s.Of.Queues}
}

// agents says whose rows belong to the report.
func (s Span) agents(a Agent) bool {
	return (s.Agent == "" || a.ID == s.Agent) && (s.Of.Team == "" || a.Team == s.Of.Team)
}

// TrunkRow is one trunk in one interval: "" are calls of which no trunk is known. A call to outside by which an agent or a
// flow hands a customer on is one of its trunk, too. Quarters of an hour are counted whole.
type TrunkRow struct {
	Head
	Trunk   string `json:"trunk"`
	In      int    `json:"in"`
	Out     int    `json:"out"`
	Refused int    `json:"refused"` // in: turned away before anybody answered
	Failed  int    `json:"failed"`  // out: the carrier did not bring them through
	// Asked is every call that came by the trunk: those turned away by its limits or the engine's, which have no record, and In.
	Asked   int    `json:"requested"`
	Blocked int    `json:"blocked"`
	BusyMS  int64  `json:"busy_ms"` // of all its calls
	Peak    int    `json:"peak"`    // calls at once
	PeakAt  Moment `json:"peak_at,omitzero"`
}

// Peak is the most there were at once, and when that was first so.
type Peak struct {
	Most int    `json:"peak"`
	At   Moment `json:"at,omitzero"`
}

// PeakRow is the most at once in an interval: Queue "" is the whole centre, whose calls are those up with customers; a call
// that waits in several queues waits once there.
type PeakRow struct {
	Head
	Queue   hotline.QueueID `json:"queue"`
	Name    string          `json:"name,omitempty"`
	Calls   *Peak           `json:"calls,omitempty"` // of the whole centre
	Waiting Peak            `json:"waiting"`
}

// QualityRow is how the lines of a trunk or an agent sounded, or those with a codec, to who was at our end of them.
type QualityRow struct {
	Head
	Group    string   `json:"group"` // trunk, agent, codec
	ID       string   `json:"id"`
	Name     string   `json:"name,omitempty"`
	Legs     int64    `json:"legs"`
	Rated    int64    `json:"rated"` // those of which a MOS is known
	MOS      *float64 `json:"mos"`   // mean
	Worst    *float64 `json:"mos_min"`
	Bands    [5]int64 `json:"bands"` // by MOS: below 3.1, 3.6, 4.0, 4.3, and from there
	Lost     *float64 `json:"lost_ratio"`
	JitterMS *float64 `json:"jitter_ms"` // mean of the legs
	Silent   int64    `json:"silent"`    // legs of which nothing was heard for too long
}

// Groups of reports that can be made by several.
const (
	GroupQueue = "queue"
	GroupAgent = "agent"
	GroupTeam  = "team"
	GroupTrunk = "trunk"
	GroupCodec = "codec"
	GroupCode  = "code"
)
