package web

import (
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"hotline/reports"
	"hotline/web/audit"
	"hotline/web/table"
)

// kpiNames are the rows of the sheet and what they are made of.
func kpiNames() map[string][2]table.Words {
	w := func(en, zh, means, heisst string) [2]table.Words {
		return [2]table.Words{{EN: en, ZH: zh}, {EN: means, ZH: heisst}}
	}
	return map[string][2]table.Words{
		reports.KPIConnect:   w("Connect rate", "转人工接通率", "answered ÷ requested", "接起 ÷ 请求"),
		reports.KPICN20:      w("Answered in 20 s", "人工 20 秒应答率", "answered in 20 s ÷ requested", "20 秒内接起 ÷ 请求"),
		reports.KPIAbandon:   w("Abandon rate", "放弃率", "abandoned ÷ offered", "放弃 ÷ 进入"),
		reports.KPIASA:       w("Mean speed of answer", "平均应答时长", "wait of the answered ÷ answered", "接起者等待 ÷ 接起"),
		reports.KPIPerAgent:  w("Answered per agent", "人均接听", "answered ÷ agents who were signed in", "接起 ÷ 签入过的坐席"),
		reports.KPITalk:      w("Mean talk", "平均通话时长", "talk without hold ÷ handled", "通话（不含保持）÷ 处理"),
		reports.KPIACW:       w("Mean after-call work", "平均话后时长", "after-call work ÷ handled", "话后 ÷ 处理"),
		reports.KPIAHT:       w("AHT", "平均处理时长", "(talk + hold + after-call work) ÷ handled", "（通话 + 保持 + 话后）÷ 处理"),
		reports.KPIOccupancy: w("Occupancy", "占用率", "busy ÷ (busy + ready)", "忙碌 ÷（忙碌 + 空闲）"),
		reports.KPIScript:    w("Script use", "规范用语使用率", "(sampled − without script) ÷ sampled", "（抽检 − 未用规范用语）÷ 抽检"),
		reports.KPIAccuracy:  w("Accuracy", "答复准确率", "(sampled − wrong) ÷ sampled", "（抽检 − 答错）÷ 抽检"),
		reports.KPIErrors:    w("Error rate", "差错率", "(without script + wrong) ÷ sampled", "（未用规范用语 + 答错）÷ 抽检"),
	}
}

// kpiTable is the sheet, whose figures have a unit in each row.
func kpiTable(r *reports.KPIReport) *table.Table {
	type k = reports.KPIRow
	unit := func(get func(k) *float64) func(k) table.Cell {
		return func(r k) table.Cell {
			switch v := get(r); r.Unit {
			case "ratio":
				return table.R(v).Exact()
			case "ms":
				return table.DF(v).Exact()
			default:
				return table.F(v)
			}
		}
	}
	names := kpiNames()
	cols := []table.Col[k]{
		table.C(table.ID, "month", "Month", "月份", func(k) table.Cell { return table.I(r.Month) }),
		table.C(table.ID, "id", "Figure", "指标", func(r k) table.Cell { return table.I(r.ID) }),
		table.C(table.Text, "name", "Name", "名称", func(r k) table.Cell { return table.W(names[r.ID][0]) }),
		table.C(table.Text, "unit", "Unit", "单位", func(r k) table.Cell { return table.T(r.Unit) }),
		table.C(table.Decimal, "target_min", "Standard, at least", "标准下限", unit(func(r k) *float64 { return r.Min })),
		table.C(table.Decimal, "target_max", "Standard, at most", "标准上限", unit(func(r k) *float64 { return r.Max })),
		table.C(table.Decimal, "last_month", "Last month", "上月", unit(func(r k) *float64 { return r.Last })),
		table.C(table.Decimal, "this_month", "This month", "本月", unit(func(r k) *float64 { return r.This })),
		table.C(table.Decimal, "change", "Change", "变化", unit(func(r k) *float64 { return r.Change })).Is("this month − last month", "本月 − 上月"),
		table.C(table.Ratio, "change_ratio", "Change %", "变化率", func(r k) table.Cell { return table.R(r.Rel).Exact() }).Is("(this month − last month) ÷ last month", "（本月 − 上月）÷ 上月"),
		table.C(table.Decimal, "count", "Numerator", "分子", func(r k) table.Cell { return table.F(&r.Count) }),
		table.C(table.Decimal, "of", "Denominator", "分母", func(r k) table.Cell { return table.F(&r.Of) }),
		table.C(table.Text, "formula", "Formula", "算法", func(r k) table.Cell { return table.W(names[r.ID][1]) }),
	}
	return table.Of(table.Table{
		Name: "kpi", Title: table.Words{EN: strings.TrimSpace("KPI sheet " + r.Month), ZH: strings.TrimSpace("KPI 考核表 " + r.Month)}, Count: len(r.Rows), Untotal: true, Notes: []table.Note{stateNote(!r.Final)}, Charts: kpiCharts(r),
	}, cols, table.Each(r.Rows), nil)
}

func contactTable(all iter.Seq2[reports.Contact, error]) *table.Table {
	type c = reports.Contact
	type col = table.Col[c]
	text := func(id, en, zh string, get func(c) string) col {
		return table.C(table.Text, id, en, zh, func(r c) table.Cell { return table.T(get(r)) })
	}
	ident := func(id, en, zh string, get func(c) string) col {
		return table.C(table.ID, id, en, zh, func(r c) table.Cell { return table.I(get(r)) })
	}
	ms := func(id, en, zh string, get func(c) int64) col {
		return table.C(table.Duration, id, en, zh, func(r c) table.Cell { return table.D(get(r)) }).Sums()
	}
	cols := []col{
		table.C(table.Time, "started", "Began", "开始", func(r c) table.Cell { return table.At(r.Started) }),
		table.C(table.Text, "local", "Local time", "当地时间", func(r c) table.Cell { return table.Local(r.Started) }),
		ident("id", "Contact", "联络", func(r c) string { return string(r.ID) }),
		ident("number", "Number", "号码", func(r c) string { return r.From.Number }),
		text("name", "Name", "姓名", func(r c) string { return r.From.Name }),
		ident("dialled", "Dialled", "被叫", func(r c) string { return r.To }),
		text("trunk", "Trunk", "中继", func(r c) string { return r.Trunk }),
		text("outcome", "Outcome", "结果", func(r c) string { return r.Outcome }),
		ident("queues", "Queues", "队列", func(r c) string { return spaced(r.Queues) }),
		ident("agents", "Agents", "坐席", func(r c) string { return spaced(r.Agents) }),
		ms("wait_ms", "Wait", "等待", func(r c) int64 { return r.WaitMS }),
		ms("talk_ms", "Talk", "通话", func(r c) int64 { return r.TalkMS }),
		ms("hold_ms", "Hold", "保持", func(r c) int64 { return r.HoldMS }),
		ms("wrap_up_ms", "After-call work", "话后", func(r c) int64 { return r.WrapMS }),
		ms("ms", "Length", "时长", func(r c) int64 { return r.MS }),
		text("cause", "Cause", "结束原因", func(r c) string { return string(r.Cause) }),
		table.C(table.Flag, "recording", "Recorded", "有录音", func(r c) table.Cell { return table.Yes(r.Recorded) }),
		ident("codes", "Wrap-up codes", "小结编码", func(r c) string { return strings.Join(r.Codes, " ") }),
		text("note", "Note", "备注", func(r c) string { return lastNote(r.Coded) }),
		text("direction", "Direction", "方向", func(r c) string { return string(r.Direction) }),
	}
	return table.Of(table.Table{Name: "contacts", Title: table.Words{EN: "Contacts", ZH: "来电明细"}, Count: -1}, cols, all, nil)
}

func auditTable(all iter.Seq2[audit.Entry, error]) *table.Table {
	type e = audit.Entry
	ident := func(id, en, zh string, get func(e) string) table.Col[e] {
		return table.C(table.ID, id, en, zh, func(x e) table.Cell { return table.I(get(x)) })
	}
	return table.Of(table.Table{Name: "audit", Title: table.Words{EN: "Audit", ZH: "审计"}, Count: -1, Untotal: true}, []table.Col[e]{
		table.C(table.Number, "n", "No.", "序号", func(x e) table.Cell { return table.N(x.N) }),
		table.C(table.Time, "at", "At", "时间", func(x e) table.Cell { return table.At(x.At.UnixMilli()) }),
		table.C(table.Text, "local", "Local time", "当地时间", func(x e) table.Cell { return table.Local(x.At.UnixMilli()) }),
		ident("user", "Login", "登录名", func(x e) string { return x.User }),
		ident("agent", "Agent", "工号", func(x e) string { return string(x.Agent) }),
		ident("act", "Act", "操作", func(x e) string { return x.Act }),
		ident("target", "Target", "对象", func(x e) string { return x.Target }),
		ident("addr", "Address", "来源地址", func(x e) string { return x.Addr }),
		table.C(table.Number, "seq", "Event", "事件号", func(x e) table.Cell { return table.N(x.Seq) }),
		ident("prev", "Hash before", "前一哈希", func(x e) string { return x.Prev }),
		ident("hash", "Hash", "哈希", func(x e) string { return x.Hash }),
	}, all, nil)
}

func spaced[S ~string](all []S) string {
	var out []string
	for _, s := range all {
		out = append(out, string(s))
	}
	return strings.Join(out, " ")
}

// codeCells is how often which code was given: "car=12 home=3".
func codeCells(c reports.CodeCounts) string {
	var out []string
	for _, id := range slices.Sorted(maps.Keys(c.ByCode)) {
		out = append(out, id+"="+strconv.Itoa(c.ByCode[id]))
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
