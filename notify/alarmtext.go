package notify

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// words are the texts of messages about alarms in one language.
type words struct {
	title, test, raised, over, again, more, lost   string
	crit, warn, gone, since, until, times, taken   string
	wait, level, overTime, quality, engine, detail string
	engines                                        map[string]string
}

func wordsOf(language string) words {
	if language == "en-US" {
		return words{
			title: "Hotline", test: "This is a test: alarms of %s come here.", raised: "%d new", over: "%d over", again: "%d still open", more: "%d more", lost: "%d alarms had no room here: see the lead's page",
			crit: "CRITICAL", warn: "WARNING", gone: "OVER", since: "since %s", until: "%s – %s", times: "%d times", taken: "acknowledged by %s",
			wait: "%s: longest wait %s, limit %s", level: "%s: %s %% answered in time in the last 30 min, target %s %%", overTime: "%s: %s for %s, allowed %s",
			quality: "%s: poor call quality, %s calls in 15 min", engine: "%s", detail: " (%s)",
			engines: map[string]string{
				"storage": "The disk is nearly full", "webhook_lost": "Messages of a webhook are lost", "mail_lost": "Mails are lost", "events_behind": "Events cannot be handed over",
				"export_failing": "Events cannot be written to files", "queue_log_failing": "The queue_log cannot be written", "break_over": "Break over time", "agent_healed": "An agent was set free", "lost_call": "A call was lost",
				"trunk_down": "A trunk is down", "trunk_unregistered": "A trunk does not register us", "recorder_down": "Calls are not duplicated to the recorder",
				"clock": "The clock of the machine was put elsewhere", "certificate": "A certificate is about to end",
			},
		}
	}
	return words{
		title: "热线", test: "这是一条测试消息：%s 的告警会发到这里。", raised: "%d 条新告警", over: "%d 条恢复", again: "%d 条仍未恢复", more: "另有 %d 条", lost: "还有 %d 条放不下：请看班长页面",
		crit: "严重", warn: "警告", gone: "恢复", since: "%s 起", until: "%s – %s", times: "%d 次", taken: "%s 已确认",
		wait: "%s：最长等待 %s，上限 %s", level: "%s：近 30 分接通率 %s %%，目标 %s %%", overTime: "%s：%s %s，允许 %s",
		quality: "%s：通话质量差，近 15 分 %s 通", engine: "%s", detail: "（%s）",
		engines: map[string]string{
			"storage": "磁盘空间不足", "webhook_lost": "Webhook 消息丢失", "mail_lost": "邮件丢失", "events_behind": "事件未能送出",
			"export_failing": "事件未能写入文件", "queue_log_failing": "queue_log 未能写入", "break_over": "休息超时", "agent_healed": "坐席自动恢复", "lost_call": "通话丢失",
			"trunk_down": "中继不可用", "trunk_unregistered": "中继未注册", "recorder_down": "通话未能复制到录音系统",
			"clock": "服务器时钟被调整", "certificate": "证书即将到期",
		},
	}
}

// letterText is a message as a title and lines, the worst first.
type letterText struct {
	title string
	worst string // severity of the worst; empty: everything is over
	lines []alarmLine
}

// alarmLine is a line and what it is about: SeverityCrit, SeverityWarn, or empty for what is over.
type alarmLine struct{ severity, mark, text string }

// text writes the message in the channel's language. Times are those of the zone.
func (n *news) text(language string, zone *time.Location) letterText {
	w := wordsOf(language)
	var heads []string
	head := func(form string, count int) {
		if count > 0 {
			heads = append(heads, fmt.Sprintf(form, count))
		}
	}
	open, gone := []told{}, []told{}
	for _, t := range n.raised {
		if t.Over.IsZero() || t.Alarm.Momentary {
			open = append(open, t)
		} else {
			gone = append(gone, t) // come and gone while nobody could be told
		}
	}
	gone = append(gone, n.over...)
	head(w.raised, len(open))
	head(w.again, len(n.open))
	head(w.over, len(gone))
	out := letterText{title: w.title + ": " + strings.Join(heads, ", ")}
	if language != "en-US" {
		out.title = "【" + w.title + "】" + strings.Join(heads, "，")
	}
	all := append(append(open, n.open...), gone...)
	for i, t := range all {
		if out.worst = cmp.Or(worse(out.worst, t), out.worst); i < alarmLines {
			out.lines = append(out.lines, w.line(&t, zone))
		}
	}
	if more := len(all) - alarmLines; more > 0 {
		out.lines = append(out.lines, alarmLine{text: fmt.Sprintf(w.more, more)})
	}
	if n.dropped > 0 {
		out.lines = append(out.lines, alarmLine{text: fmt.Sprintf(w.lost, n.dropped)})
	}
	return out
}

func worse(so string, t told) string {
	if so == SeverityCrit || !t.Over.IsZero() && !t.Alarm.Momentary {
		return so
	}
	return t.Alarm.Severity
}

func (w *words) line(t *told, zone *time.Location) alarmLine {
	a := &t.Alarm
	out := alarmLine{severity: a.Severity, mark: w.warn, text: w.what(a)}
	if a.Severity == SeverityCrit {
		out.mark = w.crit
	}
	when := fmt.Sprintf(w.since, clockTime(a.Since, zone))
	if !t.Over.IsZero() && !a.Momentary {
		out.severity, out.mark = "", w.gone
		when = fmt.Sprintf(w.until, clockTime(a.Since, zone), clockTime(t.Over, zone))
	}
	notes := []string{when}
	if t.Times > 1 {
		notes = append(notes, fmt.Sprintf(w.times, t.Times))
	}
	if a.Taken != "" {
		notes = append(notes, fmt.Sprintf(w.taken, headerText(a.Taken, 64)))
	}
	out.text += " · " + strings.Join(notes, " · ")
	return out
}

// what says what is wrong. Names come from the centre file, details from anywhere: both are texts in one line, without numbers.
func (w *words) what(a *Alarm) string {
	queue, agent := headerText(cmp.Or(a.QueueName, string(a.Queue)), 64), headerText(cmp.Or(a.AgentName, string(a.Agent)), 64)
	switch a.Kind {
	case "longest_wait":
		return fmt.Sprintf(w.wait, queue, clockSpan(a.ValueMS), clockSpan(a.LimitMS))
	case "service_level":
		return fmt.Sprintf(w.level, queue, percent(a.Value), percent(a.Limit))
	case "over_time":
		return fmt.Sprintf(w.overTime, agent, headerText(a.Reason, 64), clockSpan(a.ValueMS), clockSpan(a.LimitMS))
	case "quality":
		n := "?"
		if a.Value != nil {
			n = fmt.Sprint(int(*a.Value))
		}
		return fmt.Sprintf(w.quality, agent, n) + w.about(a.Detail)
	}
	id, of, _ := strings.Cut(a.Alarm, ":")
	text := fmt.Sprintf(w.engine, cmp.Or(w.engines[id], headerText(id, 64)))
	for _, who := range []string{of, queue, agent} {
		text += w.about(who)
	}
	if a.Detail != of {
		text += w.about(a.Detail)
	}
	return text
}

func (w *words) about(s string) string {
	if s = headerText(hideNumbers(s), 200); s == "" {
		return ""
	}
	return fmt.Sprintf(w.detail, s)
}

func percent(v *float64) string {
	if v == nil {
		return "—"
	}
	return fmt.Sprintf("%.1f", 100**v)
}

// clockSpan is a time as m:ss or h:mm:ss.
func clockSpan(ms int64) string {
	s := ms / 1000
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

func clockTime(t time.Time, zone *time.Location) string { return t.In(zone).Format("01-02 15:04") }
