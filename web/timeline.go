package web

import (
	"context"

	"hotline"
	"hotline/reports"
	"hotline/web/table"
)

func (s *server) timelineReport(ctx context.Context, in *figureIn) (any, *table.Table, error) {
	q, err := s.aboutFigures(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	q.Plan = s.turns(q.From, q.To)
	r, err := s.Fold.Timeline(q)
	if err != nil || !in.file() {
		return r, nil, err
	}
	t := stayTable(r.Rows)
	s.about(ctx, t, q.From, q.To, r.AsOf)
	return r, t, nil
}

// agentStay is a stay and whose it is.
type agentStay struct {
	who *reports.TimelineRow
	reports.TimelineSpan
}

// stayTable is the time line as a table: a row for each stay.
func stayTable(rows []reports.TimelineRow) *table.Table {
	type st = agentStay
	var all []st
	for i := range rows {
		for _, sp := range rows[i].Spans {
			all = append(all, st{&rows[i], sp})
		}
	}
	return table.Of(table.Table{
		Name: "timeline", Title: table.Words{EN: "Agents' time line", ZH: "坐席时间线"}, Count: len(all), Untotal: true,
	}, []table.Col[st]{
		table.C(table.ID, "agent", "Agent", "工号", func(r st) table.Cell { return table.I(r.who.Agent) }),
		table.C(table.Text, "name", "Name", "姓名", func(r st) table.Cell { return table.T(r.who.Name) }),
		table.C(table.Text, "team", "Team", "班组", func(r st) table.Cell { return table.T(r.who.Team) }),
		table.C(table.Time, "start", "From", "开始", func(r st) table.Cell { return table.At(r.Start) }),
		table.C(table.Text, "local", "Local time", "当地时间", func(r st) table.Cell { return table.Local(r.Start) }),
		table.C(table.Time, "end", "To", "结束", func(r st) table.Cell { return table.At(r.End) }),
		table.C(table.Duration, "ms", "Lasted", "时长", func(r st) table.Cell { return table.D(int64(r.End - r.Start)) }),
		table.C(table.Text, "state", "State", "状态", func(r st) table.Cell { return table.W(stateWords(r.State)) }),
		table.C(table.Text, "reason", "Reason", "原因", func(r st) table.Cell { return table.T(r.Reason) }),
		table.C(table.Duration, "over_ms", "Over time", "超时", func(r st) table.Cell {
			if r.OverAt == 0 {
				return table.D(0)
			}
			return table.D(int64(r.End - r.OverAt))
		}).Is("beyond what the break or the wrap-up may last", "超出该原因或话后的时限"),
		table.C(table.ID, "contact", "Contact", "联络", func(r st) table.Cell { return table.I(r.Contact) }),
		table.C(table.ID, "queue", "Queue", "队列", func(r st) table.Cell { return table.I(r.Queue) }),
	}, table.Each(all), nil)
}

func stateWords(s hotline.AgentState) table.Words {
	words := map[hotline.AgentState]table.Words{
		hotline.AgentReady: {EN: "ready", ZH: "空闲"}, hotline.AgentReserved: {EN: "chosen", ZH: "已分配"},
		hotline.AgentRinging: {EN: "ringing", ZH: "振铃"}, hotline.AgentTalking: {EN: "talking", ZH: "通话"},
		hotline.AgentHeld: {EN: "holding", ZH: "保持"}, hotline.AgentConsult: {EN: "consulting", ZH: "咨询"},
		hotline.AgentConfer: {EN: "in conference", ZH: "会议"}, hotline.AgentWrapUp: {EN: "wrap-up", ZH: "话后"},
		hotline.AgentNotReady: {EN: "not ready", ZH: "未就绪"}, hotline.AgentOutbound: {EN: "calling out", ZH: "外呼"},
	}
	if w, ok := words[s]; ok {
		return w
	}
	return table.Words{EN: string(s), ZH: "未知"}
}
