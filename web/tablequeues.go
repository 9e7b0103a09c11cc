package web

import (
	"fmt"
	"math"
	"slices"

	"hotline/reports"
	"hotline/web/table"
)

type queueCol = table.Col[reports.QueueRow]

func queueColumns() []queueCol {
	type q = reports.QueueRow
	n := func(id, en, zh string, get func(q) int) queueCol {
		return table.C(table.Number, id, en, zh, func(r q) table.Cell { return table.N(get(r)) }).Sums()
	}
	share := func(id, en, zh string, get func(q) *float64) queueCol {
		return table.C(table.Ratio, id, en, zh, func(r q) table.Cell { return table.R(get(r)) })
	}
	mean := func(id, en, zh string, get func(q) *float64) queueCol {
		return table.C(table.Duration, id, en, zh, func(r q) table.Cell { return table.DF(get(r)) })
	}
	return []queueCol{
		table.C(table.Time, "start", "From", "时段", func(r q) table.Cell { return table.At(r.Start) }),
		table.C(table.Text, "local", "Interval", "当地时段", func(r q) table.Cell { return table.T(r.Label) }),
		table.C(table.ID, "queue", "Queue", "队列", func(r q) table.Cell { return table.I(r.Queue) }),
		table.C(table.Text, "name", "Name", "队列名称", func(r q) table.Cell { return table.T(r.Name) }),
		table.C(table.Flag, "final", "Final", "已定稿", func(r q) table.Cell { return table.Yes(!r.Open) }).
			Is("no: the interval is not over, or a visit of it is not", "否：时段未结束，或其中仍有未结束的排队"),
		n("requested", "Requested", "请求", func(r q) int { return r.Requested }).Is("blocked + offered", "未进入 + 进入"),
		n("blocked", "Blocked", "未进入", func(r q) int { return r.BlockedAll }).Is("requests that never entered the queue: full, closed, nobody there, refused", "请求人工但没有进入队列：队满、关闭、无人、拒绝"),
		n("offered", "Offered", "进入", func(r q) int { return r.Offered }).Is("answered + abandoned + flow-out + lost + waiting", "接起 + 放弃 + 流出 + 丢失 + 仍在等待"),
		n("answered", "Answered", "接起", func(r q) int { return r.Answered }),
		n("answered_within", "Answered in target", "目标内接起", func(r q) int { return r.AnsweredIn }).Is("wait no longer than the queue's target", "等待不超过队列目标时间"),
		n("answered_20s", "Answered in 20 s", "20 秒内接起", func(r q) int { return r.AnsweredIn20 }),
		n("abandoned", "Abandoned", "放弃", func(r q) int { return r.Abandoned }),
		n("abandoned_short", "Short abandons", "短放弃", func(r q) int { return r.Short }).Is("abandoned sooner than the queue's short-abandon time", "早于队列短放弃时间挂机"),
		n("flow_out", "Flow-out", "流出", func(r q) int { return r.FlowOutAll }).Is("overflow, timeout, key, callback, voicemail, moved, closed, no agents", "溢出、超时、按键、回呼、留言、移走、关闭、无坐席"),
		n("lost", "Lost", "丢失", func(r q) int { return r.Lost }).Is("the engine was away", "引擎中断"),
		n("waiting", "Waiting", "仍在等待", func(r q) int { return r.Waiting }),
		share("service_level_v1", "Service level V1", "服务水平 V1", func(r q) *float64 { return r.Levels.V1.Ratio }).Is("answered in target ÷ offered", "目标内接起 ÷ 进入"),
		share("service_level_v4", "Service level V4", "服务水平 V4", func(r q) *float64 { return r.Levels.V4.Ratio }).Is("answered in target ÷ (offered − abandoned in target)", "目标内接起 ÷（进入 − 目标内放弃）"),
		share("service_level_v6", "Service level V6", "服务水平 V6", func(r q) *float64 { return r.Levels.V6.Ratio }).Is("answered in target ÷ answered", "目标内接起 ÷ 接起"),
		share("cn20", "Answered in 20 s ÷ requested", "人工 20 秒应答率", func(r q) *float64 { return r.Levels.CN20.Ratio }).Is("answered in 20 s ÷ requested", "20 秒内接起 ÷ 请求"),
		share("connect_rate", "Connect rate", "转人工接通率", func(r q) *float64 { return r.Levels.Connect.Ratio }).Is("answered ÷ requested", "接起 ÷ 请求"),
		share("abandon_rate", "Abandon rate", "放弃率", func(r q) *float64 { return r.Levels.Abandon.Ratio }).Is("abandoned ÷ offered", "放弃 ÷ 进入"),
		mean("asa_ms", "ASA", "平均应答时长", func(r q) *float64 { return r.ASAMS }).Is("mean wait of the answered, ring included", "已接起者的平均等待，含振铃"),
		table.C(table.Duration, "wait_p95_ms", "Wait p95", "等待 p95", func(r q) table.Cell { return table.DP(r.Waits.P95MS) }).Is("of the visits whose wait is over, nearest rank", "等待已结束者，最近秩法"),
		table.C(table.Duration, "wait_max_ms", "Longest wait", "最长等待", func(r q) table.Cell { return table.DP(r.Waits.MaxMS) }),
		n("handled", "Handled", "处理", func(r q) int { return r.Handled }).Is("talks of agents that are over, a transfer again", "坐席已结束的通话，转接另计"),
		mean("avg_talk_ms", "Mean talk", "平均通话", func(r q) *float64 { return r.TalkMS }).Is("talk without hold ÷ handled", "通话（不含保持）÷ 处理"),
		mean("avg_hold_ms", "Mean hold", "平均保持", func(r q) *float64 { return r.HoldMS }).Is("hold ÷ handled", "保持 ÷ 处理"),
		mean("avg_acw_ms", "Mean after-call work", "平均话后", func(r q) *float64 { return r.ACWMS }).Is("after-call work ÷ handled", "话后处理 ÷ 处理"),
		mean("aht_ms", "AHT", "平均处理时长", func(r q) *float64 { return r.AHTMS }).Is("(talk + hold + after-call work) ÷ handled", "（通话 + 保持 + 话后）÷ 处理"),
		share("level", "Service level", "服务水平", func(r q) *float64 { return r.Level.Ratio }).Is("by the queue's own definition, in the next column", "按队列自己的定义，见下一列"),
		table.C(table.Text, "definition", "Definition", "定义", func(r q) table.Cell { return table.W(ruleWords(r.Definition)) }),
		table.C(table.Duration, "target_within_ms", "Target time", "目标时间", func(r q) table.Cell { return given(table.D(r.TargetWithinMS), r.TargetWithinMS > 0) }),
		table.C(table.Ratio, "target_ratio", "Target", "目标", func(r q) table.Cell { return given(table.R(&r.TargetRatio), r.TargetRatio > 0) }),
		table.C(table.Time, "restated", "Corrected", "更正于", func(r q) table.Cell { return table.At(r.Restated) }).
			Is("when a figure of a final row was last corrected", "已定稿的行最后一次更正的时间"),
		table.C(table.Text, "codes", "Wrap-up codes", "小结编码", func(r q) table.Cell { return table.T(codeCells(r.Codes)) }),
		n("codes_missing", "Not coded", "该填未填", func(r q) int { return r.Codes.Missing }),
	}
}

func given(c table.Cell, there bool) table.Cell {
	if !there {
		return table.Cell{Kind: c.Kind}
	}
	return c
}

// ruleWords is a queue's own definition of the service level in words.
func ruleWords(r *reports.Rules) table.Words {
	if r == nil {
		return table.Words{}
	}
	w := table.Words{EN: fmt.Sprintf("answered in %g s ÷ (answered", float64(r.WithinMS)/1000), ZH: fmt.Sprintf("%g 秒内接起 ÷（接起", float64(r.WithinMS)/1000)}
	if r.Positive {
		w = table.Words{EN: fmt.Sprintf("(answered or abandoned in %g s) ÷ (answered", float64(r.WithinMS)/1000), ZH: fmt.Sprintf("%g 秒内接起或放弃 ÷（接起", float64(r.WithinMS)/1000)}
	}
	add := func(en, zh string) { w.EN, w.ZH = w.EN+" + "+en, w.ZH+" + "+zh }
	switch r.Abandons {
	case reports.AbandonsAll:
		add("abandoned", "放弃")
	case reports.AbandonsAfter:
		add("abandoned later than that", "超过目标时间的放弃")
	case reports.AbandonsNotShort:
		add(fmt.Sprintf("abandoned after %g s", float64(r.ShortMS)/1000), fmt.Sprintf("%g 秒后的放弃", float64(r.ShortMS)/1000))
	}
	if r.FlowOuts != reports.Exclude {
		add("flow-out, lost and waiting too long", "流出、丢失与超时等待")
	}
	if r.Blocked == reports.Include {
		add("blocked", "未进入")
	}
	w.EN, w.ZH = w.EN+")", w.ZH+"）"
	if r.Clock == reports.ClockFirst {
		w.EN, w.ZH = w.EN+", from the call's first request", w.ZH+"，从首次请求人工算起"
	}
	return w
}

// thresholdColumns are the service level at other times than the target's, where they were asked for.
func thresholdColumns(r *reports.QueueReport) (cols []queueCol) {
	if len(r.Totals) == 0 {
		return nil
	}
	for i, x := range r.Totals[0].Thresholds {
		s := fmt.Sprintf("%g", float64(x.WithinMS)/1000)
		cols = append(cols,
			table.C(table.Number, "answered_"+s+"s", "Answered in "+s+" s", s+" 秒内接起", func(r reports.QueueRow) table.Cell { return table.N(r.Thresholds[i].Answered) }).Sums(),
			table.C(table.Ratio, "level_"+s+"s", "Service level, "+s+" s", "服务水平 "+s+" 秒", func(r reports.QueueRow) table.Cell { return table.R(r.Thresholds[i].Level.Ratio) }))
	}
	return cols
}

// queueTable is the report as a table; whole is the same span in one row.
func queueTable(r *reports.QueueReport, whole *reports.QueueRow) *table.Table {
	t := table.Of(table.Table{
		Name: "queues", Title: table.Words{EN: "Queues", ZH: "队列报表"}, Count: len(r.Rows), Charts: slices.Concat(courseCharts(r.Totals, r.Rows), curveChart(r.Totals)),
		Notes: []table.Note{
			{Name: table.Words{EN: "A visit belongs to the interval of its", ZH: "排队归入时段的依据"}, Words: attributionWords(r.By)},
			stateNote(whole == nil || whole.Open),
		},
	}, append(queueColumns(), thresholdColumns(r)...), table.Each(r.Rows), whole)
	return t
}

func attributionWords(by reports.Attribution) table.Words {
	switch by {
	case reports.ByWaitEnd:
		return table.Words{EN: "end of the wait", ZH: "等待结束"}
	case reports.ByCompletion:
		return table.Words{EN: "completion: call and wrap-up over", ZH: "完成：通话与话后均结束"}
	}
	return table.Words{EN: "arrival", ZH: "到达"}
}

func stateNote(open bool) table.Note {
	n := table.Note{Name: table.Words{EN: "State", ZH: "状态"}, Words: table.Words{EN: "final", ZH: "已定稿"}}
	if open {
		n.Words = table.Words{EN: "open: the span is not over, or a visit of it is not; figures may still change", ZH: "未定稿：时段未结束，或仍有未结束的排队，数字可能变化"}
	}
	return n
}

// courseCharts are the course of the calls and the service level beside its target.
func courseCharts(totals, rows []reports.QueueRow) []table.Chart {
	if len(totals) < 2 || len(totals) > 2000 {
		return nil
	}
	name := func(en, zh string) table.Words { return table.Words{EN: en, ZH: zh} }
	course := table.Chart{Title: name("Course of the calls", "来电走势"), Kind: table.Bars, Series: []table.Series{
		{Name: name("Offered", "进入")}, {Name: name("Answered", "接起")}, {Name: name("Abandoned", "放弃")},
	}}
	level := table.Chart{Title: name("Service level", "服务水平"), Kind: table.Lines, Series: []table.Series{
		{Name: name("Service level", "服务水平")}, {Name: name("Target", "目标"), Dashed: true},
	}}
	target := math.NaN()
	for _, r := range rows {
		if r.TargetRatio > 0 {
			target = r.TargetRatio
			break
		}
	}
	for _, r := range totals {
		label := r.Label[:min(len(r.Label), 16)]
		course.Labels, level.Labels = append(course.Labels, label), append(level.Labels, label)
		for i, v := range []int{r.Offered, r.Answered, r.Abandoned} {
			course.Series[i].Values = append(course.Series[i].Values, float64(v))
		}
		reached := math.NaN()
		if r.Level.Ratio != nil {
			reached = *r.Level.Ratio
		}
		level.Series[0].Values = append(level.Series[0].Values, reached)
		level.Series[1].Values = append(level.Series[1].Values, target)
	}
	return []table.Chart{course, level}
}
