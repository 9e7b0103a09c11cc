package web

import (
	"encoding/csv"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"hotline/reports"
)

// table is a report as rows of cells, for files.
type table struct {
	head []string
	rows [][]string
}

// writeCSV writes the table with a byte order mark, without which Excel takes UTF-8 for the local code page.
func (t *table) writeCSV(w io.Writer) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true // RFC 4180 §2
	rows := append([][]string{t.head}, t.rows...)
	for _, row := range rows {
		safe := make([]string, len(row))
		for i, c := range row {
			safe[i] = safeCell(c)
		}
		if err := out.Write(safe); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// safeCell keeps a spreadsheet from taking a cell for a formula. Numbers, also in E.164, are inert and stay as they are.
func safeCell(c string) string {
	if c == "" || !strings.ContainsRune("=+-@\t\r\n", rune(c[0])) {
		return c
	}
	if regexp.MustCompile(`^\+[0-9]{1,15}$|^-?[0-9]+(\.[0-9]+)?$`).MatchString(c) {
		return c
	}
	return "'" + c
}

// writeXLSX writes the table as a workbook of one sheet: figures as numbers, a head that stays in sight.
func (t *table) writeXLSX(w io.Writer, name string) error {
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", name); err != nil {
		return err
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	out, err := f.NewStreamWriter(name)
	if err != nil {
		return err
	}
	if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	if err := out.SetRow("A1", cells(t.head), excelize.RowOpts{StyleID: bold}); err != nil {
		return err
	}
	for i, row := range t.rows {
		if err := out.SetRow("A"+num(i+2), cells(row)); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	_, err = f.WriteTo(w)
	return err
}

// cells makes numbers of what is one, but not of telephone numbers and ids, which have no decimal point and may begin with
// a zero or be long. A text in a workbook is never a formula.
func cells(row []string) []any {
	out := make([]any, len(row))
	for i, c := range row {
		out[i] = c
		if v, err := strconv.ParseFloat(c, 64); err == nil && len(c) < 10 && (c == "0" || !strings.HasPrefix(c, "0") || strings.HasPrefix(c, "0.")) {
			out[i] = v
		}
	}
	return out
}

func num(n int) string { return strconv.Itoa(n) }

// utc is a moment in RFC 3339, UTC, with milliseconds.
func utc(m reports.Moment) string { return m.Time().UTC().Format("2006-01-02T15:04:05.000Z") }

func ms64(n int64) string { return strconv.FormatInt(n, 10) }

// opt is a number, or nothing.
func opt(n *int64) string {
	if n == nil {
		return ""
	}
	return ms64(*n)
}

// val is a figure in whole milliseconds, or nothing.
func val(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'f', 0, 64)
}

// ratio is a share with four digits, or nothing.
func ratio(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'f', 4, 64)
}

func queueTable(r *reports.QueueReport) *table {
	t := &table{head: []string{
		"start", "local", "queue", "name", "final", "requested", "blocked", "offered", "answered", "answered_within", "answered_20s", "abandoned",
		"abandoned_short", "flow_out", "lost", "waiting", "service_level_v1", "service_level_v4", "service_level_v6", "cn20", "connect_rate",
		"abandon_rate", "asa_ms", "wait_p95_ms", "wait_max_ms", "handled", "avg_talk_ms", "avg_hold_ms", "avg_acw_ms", "aht_ms",
		"codes", "codes_missing",
	}}
	for _, q := range r.Rows {
		t.rows = append(t.rows, []string{
			utc(q.Start), q.Label, string(q.Queue), q.Name, strconv.FormatBool(!q.Open), num(q.Requested), num(q.BlockedAll), num(q.Offered), num(q.Answered),
			num(q.AnsweredIn), num(q.AnsweredIn20), num(q.Abandoned), num(q.Short), num(q.FlowOutAll), num(q.Lost), num(q.Waiting),
			ratio(q.Levels.V1.Ratio), ratio(q.Levels.V4.Ratio), ratio(q.Levels.V6.Ratio), ratio(q.Levels.CN20.Ratio), ratio(q.Levels.Connect.Ratio),
			ratio(q.Levels.Abandon.Ratio), val(q.ASAMS), opt(q.Waits.P95MS), opt(q.Waits.MaxMS), num(q.Handled), val(q.TalkMS), val(q.HoldMS),
			val(q.ACWMS), val(q.AHTMS), codeCells(q.Codes), num(q.Codes.Missing),
		})
	}
	return t
}

func agentTable(r *reports.AgentReport) *table {
	t := &table{head: []string{
		"start", "local", "agent", "name", "team", "signed_in_ms", "ready_ms", "ringing_ms", "talking_ms", "held_ms", "wrap_up_ms", "not_ready_ms",
		"answered", "handled", "talk_ms", "hold_ms", "acw_ms", "avg_talk_ms", "avg_acw_ms", "aht_ms", "occupancy",
		"reserved_ms", "consulting_ms", "conference_ms", "outbound_ms", "unknown_ms",
		"codes", "codes_missing",
		"outbound_calls", "outbound_reached", "outbound_talk_ms", "outbound_hold_ms", "outbound_acw_ms", "internal_talk_ms",
	}}
	for _, a := range r.Rows {
		t.rows = append(t.rows, []string{
			utc(a.Start), a.Label, string(a.Agent), a.Name, a.Team, ms64(a.SignedInMS), ms64(a.States.ReadyMS), ms64(a.States.RingingMS), ms64(a.States.TalkingMS),
			ms64(a.States.HeldMS), ms64(a.States.WrapUpMS), ms64(a.States.NotReadyMS), num(a.Answered), num(a.Handled), ms64(a.TalkMS), ms64(a.HoldMS),
			ms64(a.ACWMS), val(a.AvgTalkMS), val(a.AvgACWMS), val(a.AHTMS), ratio(a.Occupancy),
			ms64(a.States.ReservedMS), ms64(a.States.ConsultingMS), ms64(a.States.ConferenceMS), ms64(a.States.OutboundMS), ms64(a.States.UnknownMS),
			codeCells(a.Codes), num(a.Codes.Missing),
			num(a.Outbound.Calls), num(a.Outbound.Reached), ms64(a.Outbound.TalkMS), ms64(a.Outbound.HoldMS), ms64(a.Outbound.ACWMS), ms64(a.Outbound.InternalMS),
		})
	}
	return t
}

func kpiTable(r *reports.KPIReport) *table {
	t := &table{head: []string{"month", "id", "unit", "target_min", "target_max", "last_month", "this_month", "change", "change_ratio", "count", "of"}}
	exact := func(v *float64) string {
		if v == nil {
			return ""
		}
		return strconv.FormatFloat(*v, 'g', -1, 64)
	}
	for _, k := range r.Rows {
		t.rows = append(t.rows, []string{
			r.Month, k.ID, k.Unit, exact(k.Min), exact(k.Max), exact(k.Last), exact(k.This), exact(k.Change), exact(k.Rel),
			exact(&k.Count), exact(&k.Of),
		})
	}
	return t
}

// codeCells is how often which code was given: "car=12 home=3".
func codeCells(c reports.CodeCounts) string {
	var out []string
	for _, id := range slices.Sorted(maps.Keys(c.ByCode)) {
		out = append(out, id+"="+num(c.ByCode[id]))
	}
	return strings.Join(out, " ")
}

func lastNote(all []reports.Coded) (note string) {
	for _, c := range all {
		if c.Note != "" {
			note = c.Note
		}
	}
	return note
}

func contactTable(all []reports.Contact, loc *time.Location) *table {
	t := &table{head: []string{
		"started", "local", "id", "number", "name", "dialled", "trunk", "outcome", "queues", "agents", "wait_ms", "talk_ms", "hold_ms", "wrap_up_ms", "ms", "cause", "recording",
		"codes", "note",
		"direction",
	}}
	for _, c := range all {
		var queues, agents []string
		for _, q := range c.Queues {
			queues = append(queues, string(q))
		}
		for _, a := range c.Agents {
			agents = append(agents, string(a))
		}
		t.rows = append(t.rows, []string{
			utc(c.Started), c.Started.Time().In(loc).Format("2006-01-02 15:04:05"), string(c.ID), c.From.Number, c.From.Name, c.To, c.Trunk, c.Outcome,
			strings.Join(queues, " "), strings.Join(agents, " "), ms64(c.WaitMS), ms64(c.TalkMS), ms64(c.HoldMS), ms64(c.WrapMS), ms64(c.MS),
			string(c.Cause), strconv.FormatBool(c.Recorded),
			strings.Join(c.Codes, " "), lastNote(c.Coded),
			string(c.Direction),
		})
	}
	return t
}
