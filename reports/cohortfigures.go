package reports

import (
	"strings"
	"time"
)

// recordCounts is how a contact's record says whether it counts in a figure of lines, flows or sound.
func recordCounts(q CountedQuery, of, name string) (*cohort, error) {
	var c *cohort
	switch of {
	case "trunk":
		c = q.ofTrunk(name)
	case "ivr":
		c = q.ofFlow(name)
	case "line":
		c = q.ofSound(name)
	}
	if c == nil {
		return nil, noFigure(q)
	}
	return c, nil
}

// ofTrunk counts calls of a trunk: Cell.ID.
func (q CountedQuery) ofTrunk(name string) *cohort {
	pick := map[string]func(lineCell) int{
		"in": func(c lineCell) int { return c.In }, "out": func(c lineCell) int { return c.Out },
		"refused": func(c lineCell) int { return c.Refused }, "failed": func(c lineCell) int { return c.Failed },
	}[name]
	if name == "up" {
		return upAt(q)
	}
	if pick == nil {
		return nil
	}
	from, to := quarters(q.From, q.To)
	return &cohort{from: from, to: to, times: func(a *lone) (n int) {
		for c := range a.lines.span(q.From.UnixMilli(), q.To.UnixMilli(), a.now) {
			if c.Trunk == q.Cell.ID {
				n += pick(c)
			}
		}
		return n
	}}
}

// upAt counts the calls of a trunk that were up at a moment.
func upAt(q CountedQuery) *cohort {
	at := int64(q.Cell.At)
	return &cohort{from: at, to: at + 1, until: at, times: func(a *lone) int {
		if l := a.lines.now[q.Cell.ID]; l != nil {
			return l.Level
		}
		return 0
	}}
}

// ofFlow counts what became of calls in flows, and their ways between steps.
func (q CountedQuery) ofFlow(name string) *cohort {
	cell := q.Cell
	var pick func(ivrCell) bool
	switch name {
	case "calls":
		pick = func(c ivrCell) bool { return c.From == "" }
	case IVRAsked, IVRVoicemail, IVRCallback, IVRAbandoned, IVREnded:
		pick = func(c ivrCell) bool { return c.From == "" && fate(c.To) == name }
	case "node":
		pick = func(c ivrCell) bool {
			return cell.Node == nodeStart && c.From == "" || cell.Node != nodeStart && c.From != "" && c.To == cell.Node
		}
	case "gone":
		pick = func(c ivrCell) bool { return c.From == cell.Node && c.To == nodeExit+IVRAbandoned }
	case "link":
		pick = func(c ivrCell) bool { return c.From == cell.Node && c.To == cell.To }
	default:
		return nil
	}
	from, to := quarters(q.From, q.To)
	return &cohort{from: from, to: to, times: func(a *lone) (n int) {
		for c := range a.paths.span(q.From.UnixMilli(), q.To.UnixMilli()) {
			if (cell.Flow == "" || c.Flow == cell.Flow) && pick(c) {
				n += int(c.N)
			}
		}
		return n
	}}
}

// fate is as what the report shows what became of a call.
func fate(what string) string {
	switch what {
	case IVRAsked, IVRVoicemail, IVRCallback, IVRAbandoned:
		return what
	}
	return IVREnded
}

// ofSound counts lines by how they sounded, in whole days: those of Cell.ID in the report by Cell.Group.
func (q CountedQuery) ofSound(name string) *cohort {
	pick := map[string]func(heardCell) int64{
		"legs": func(c heardCell) int64 { return c.Legs }, "rated": func(c heardCell) int64 { return c.Rated },
		"silent": func(c heardCell) int64 { return c.Silent },
	}[name]
	if band, ok := strings.CutPrefix(name, "band"); ok && len(band) == 1 && band >= "0" && band <= "4" {
		pick = func(c heardCell) int64 { return c.Bands[band[0]-'0'] }
	}
	switch q.Cell.Group {
	case GroupTrunk, GroupAgent, GroupCodec:
	default:
		return nil
	}
	if pick == nil {
		return nil
	}
	who := Span{Agent: q.Agent, Of: Scope{Team: q.Team}}
	day := 25 * time.Hour
	return &cohort{from: q.From.Add(-day).UnixMilli(), to: q.To.Add(day).UnixMilli(), times: func(a *lone) int {
		from, _ := today(q.From, a.book.loc)
		n := int64(0)
		for c := range a.heard.span(from.UnixMilli(), q.To.UnixMilli()) {
			if id, ok := c.of(q.Cell.Group, who, a.book); ok && id == q.Cell.ID {
				n += pick(c)
			}
		}
		return int(n)
	}}
}
