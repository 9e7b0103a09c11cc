package web

import (
	"cmp"
	"slices"

	"hotline/reports"
	"hotline/web/table"
)

func agentColumns() []table.Col[reports.AgentRow] {
	type a = reports.AgentRow
	type col = table.Col[a]
	n := func(id, en, zh string, get func(a) int) col {
		return table.C(table.Number, id, en, zh, func(r a) table.Cell { return table.N(get(r)) }).Sums()
	}
	ms := func(id, en, zh string, get func(a) int64) col {
		return table.C(table.Duration, id, en, zh, func(r a) table.Cell { return table.D(get(r)) }).Sums()
	}
	mean := func(id, en, zh string, get func(a) *float64) col {
		return table.C(table.Duration, id, en, zh, func(r a) table.Cell { return table.DF(get(r)) })
	}
	handled := []string{"handled"}
	busy := []string{"reserved_ms", "ringing_ms", "talking_ms", "held_ms", "consulting_ms", "conference_ms", "wrap_up_ms", "outbound_ms"}
	return []col{
		table.C(table.Time, "start", "From", "时段", func(r a) table.Cell { return table.At(r.Start) }),
		table.C(table.Text, "local", "Interval", "当地时段", func(r a) table.Cell { return table.T(r.Label) }),
		table.C(table.ID, "agent", "Agent", "工号", func(r a) table.Cell { return table.I(r.Agent) }),
		table.C(table.Text, "name", "Name", "姓名", func(r a) table.Cell { return table.T(r.Name) }),
		table.C(table.Text, "team", "Team", "班组", func(r a) table.Cell { return table.T(r.Team) }),
		ms("signed_in_ms", "Signed in", "在线", func(r a) int64 { return r.SignedInMS }).Is("sum of all states, clipped at the interval's edges", "各状态时间之和，按时段边界截取"),
		ms("ready_ms", "Ready", "空闲", func(r a) int64 { return r.States.ReadyMS }),
		ms("ringing_ms", "Ringing", "振铃", func(r a) int64 { return r.States.RingingMS }),
		ms("talking_ms", "Talking", "通话状态", func(r a) int64 { return r.States.TalkingMS }),
		ms("held_ms", "Holding", "保持状态", func(r a) int64 { return r.States.HeldMS }),
		ms("wrap_up_ms", "Wrap-up", "话后状态", func(r a) int64 { return r.States.WrapUpMS }),
		ms("not_ready_ms", "Not ready", "未就绪", func(r a) int64 { return r.States.NotReadyMS }),
		n("answered", "Answered", "接起", func(r a) int { return r.Answered }).Is("counted where it was answered", "按接起时刻归入时段"),
		n("handled", "Handled", "处理", func(r a) int { return r.Handled }).Is("counted where the wrap-up ended", "按话后结束时刻归入时段"),
		ms("talk_ms", "Talk of the handled", "处理的通话", func(r a) int64 { return r.TalkMS }),
		ms("hold_ms", "Hold of the handled", "处理的保持", func(r a) int64 { return r.HoldMS }),
		ms("acw_ms", "After-call work of the handled", "处理的话后", func(r a) int64 { return r.ACWMS }),
		mean("avg_talk_ms", "Mean talk", "平均通话", func(r a) *float64 { return r.AvgTalkMS }).Is("talk ÷ handled", "通话 ÷ 处理").Per([]string{"talk_ms"}, handled),
		mean("avg_acw_ms", "Mean after-call work", "平均话后", func(r a) *float64 { return r.AvgACWMS }).Is("after-call work ÷ handled", "话后 ÷ 处理").Per([]string{"acw_ms"}, handled),
		mean("aht_ms", "AHT", "平均处理时长", func(r a) *float64 { return r.AHTMS }).Is("(talk + hold + after-call work) ÷ handled", "（通话 + 保持 + 话后）÷ 处理").
			Per([]string{"talk_ms", "hold_ms", "acw_ms"}, handled),
		table.C(table.Ratio, "occupancy", "Occupancy", "占用率", func(r a) table.Cell { return table.R(r.Occupancy) }).
			Is("(ringing + talking + holding + wrap-up + outbound) ÷ (the same + ready)", "（振铃 + 通话 + 保持 + 话后 + 外呼）÷（同上 + 空闲）").
			Per(busy, append([]string{"ready_ms"}, busy...)),
		ms("planned_ms", "Planned", "排班", func(r a) int64 { return r.PlannedMS }).Is("of the roster, as far as it is over", "排班中已过去的时间"),
		ms("adherent_ms", "Kept of the plan", "遵时", func(r a) int64 { return r.AdherentMS }),
		table.C(table.Ratio, "adherence", "Adherence", "遵时率", func(r a) table.Cell { return table.R(r.Adherence) }).
			Is("planned time signed in and not \"not ready\" ÷ planned", "排班内在线且非未就绪的时间 ÷ 排班").Per([]string{"adherent_ms"}, []string{"planned_ms"}),
		ms("reserved_ms", "Chosen", "已分配", func(r a) int64 { return r.States.ReservedMS }),
		ms("consulting_ms", "Consulting", "咨询", func(r a) int64 { return r.States.ConsultingMS }),
		ms("conference_ms", "In conference", "会议", func(r a) int64 { return r.States.ConferenceMS }),
		ms("outbound_ms", "Outbound", "外呼", func(r a) int64 { return r.States.OutboundMS }),
		ms("unknown_ms", "Unknown", "未知", func(r a) int64 { return r.States.UnknownMS }).Is("the engine was away; in no ratio", "引擎中断，不计入任何比率"),
		table.C(table.Text, "codes", "Wrap-up codes", "小结编码", func(r a) table.Cell { return table.T(codeCells(r.Codes)) }),
		n("codes_missing", "Not coded", "该填未填", func(r a) int { return r.Codes.Missing }),
		n("outbound_calls", "Outbound calls", "外呼次数", func(r a) int { return r.Outbound.Calls }),
		n("outbound_reached", "Outbound reached", "外呼接通", func(r a) int { return r.Outbound.Reached }),
		ms("outbound_talk_ms", "Outbound talk", "外呼通话", func(r a) int64 { return r.Outbound.TalkMS }),
		ms("outbound_hold_ms", "Outbound hold", "外呼保持", func(r a) int64 { return r.Outbound.HoldMS }),
		ms("outbound_acw_ms", "Outbound after-call work", "外呼话后", func(r a) int64 { return r.Outbound.ACWMS }),
		ms("internal_talk_ms", "Internal talk", "内部通话", func(r a) int64 { return r.Outbound.InternalMS }),
	}
}

func agentTable(r *reports.AgentReport) *table.Table {
	open := len(r.Rows) == 0
	for _, a := range r.Rows {
		open = open || a.Open
	}
	return table.Of(table.Table{
		Name: "agents", Title: table.Words{EN: "Agents", ZH: "坐席报表"}, Count: len(r.Rows), Charts: stateChart(r.Rows), Notes: []table.Note{stateNote(open)},
	}, agentColumns(), table.Each(r.Rows), nil)
}

// stateChart is where the time of each agent went, of those who were signed in longest.
func stateChart(rows []reports.AgentRow) []table.Chart {
	const most = 50
	type one struct {
		label string
		all   int64
		by    []int64
	}
	found, order := map[string]*one{}, []*one{}
	for _, r := range rows {
		o := found[string(r.Agent)]
		if o == nil {
			o = &one{label: string(r.Agent) + " " + r.Name, by: make([]int64, 6)}
			found[string(r.Agent)], order = o, append(order, o)
		}
		s := r.States
		o.all += r.SignedInMS
		for i, ms := range []int64{
			s.TalkingMS + s.HeldMS + s.ConsultingMS + s.ConferenceMS, s.WrapUpMS, s.OutboundMS, s.RingingMS + s.ReservedMS, s.ReadyMS, s.NotReadyMS,
		} {
			o.by[i] += ms
		}
	}
	order = slices.DeleteFunc(order, func(o *one) bool { return o.all == 0 })
	slices.SortStableFunc(order, func(a, b *one) int { return cmp.Compare(b.all, a.all) })
	if len(order) == 0 {
		return nil
	}
	c := table.Chart{Title: table.Words{EN: "Agents' states", ZH: "坐席时间去向"}, Kind: table.Stacked}
	for i, w := range []table.Words{{EN: "With customers", ZH: "通话"}, {EN: "Wrap-up", ZH: "话后"}, {EN: "Outbound", ZH: "外呼"}, {EN: "Ringing", ZH: "振铃"}, {EN: "Ready", ZH: "空闲"}, {EN: "Not ready", ZH: "未就绪"}} {
		s := table.Series{Name: w}
		for _, o := range order[:min(len(order), most)] {
			s.Values = append(s.Values, float64(o.by[i]))
		}
		c.Series = append(c.Series, s)
	}
	for _, o := range order[:min(len(order), most)] {
		c.Labels = append(c.Labels, o.label)
	}
	return []table.Chart{c}
}
