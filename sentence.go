package hotline

import (
	"fmt"
	"strings"
	"time"
)

// Sentence says the explanation in one sentence, in Chinese ("zh-CN") or else in English.
func (x Explanation) Sentence(lang string) string {
	zh := lang == "zh-CN"
	parts := []string{x.subject(zh) + x.Verdict.Sentence(lang)}
	for _, r := range x.Because {
		switch r.Code {
		case WhyAhead, WhyExpected, WhyRelaxes, WhyNoPhone, WhyNext, WhyNotFit, WhyOffers, WhyRests, WhyAsksBreak, WhyRelief, WhyPromise:
			if s := r.Sentence(lang); s != "" {
				parts = append(parts, s)
			}
		}
	}
	if zh {
		return strings.Join(parts, "；") + "。"
	}
	s := strings.Join(parts, "; ") + "."
	return strings.ToUpper(s[:1]) + s[1:]
}

// subject names the agent whom the explanation is about.
func (x Explanation) subject(zh bool) string {
	switch {
	case x.Agent == "":
		return ""
	case zh:
		return fmt.Sprintf("坐席 %s ", x.Agent)
	}
	return fmt.Sprintf("agent %s ", x.Agent)
}

// Sentence says the one finding, without a full stop.
func (r Reason) Sentence(lang string) string {
	if lang == "zh-CN" {
		return r.chinese()
	}
	return r.english()
}

func (r Reason) english() string {
	d := span(r.MS)
	switch r.Code {
	case WhyAnswered:
		s := fmt.Sprintf("agent %s took it: %s", r.Agent, ruleEnglish(r.Text))
		if r.N > 1 {
			s += fmt.Sprintf(", of %d who were ready", r.N)
		}
		if r.Of > 1 {
			s += fmt.Sprintf(", %d callers in line", r.Of)
		}
		return s
	case WhyRings:
		return fmt.Sprintf("%s, first that of agent %s, for a caller who has waited %s", count(r.N, "phone rings", "phones ring"), r.Agent, d)
	case WhyPhoneRings:
		return fmt.Sprintf("the phone of agent %s has rung for %s", r.Agent, d)
	case WhyPreferred:
		return fmt.Sprintf("only agent %s is asked for another %s; that agent is %s", r.Agent, d, stateEnglish(r.State, ""))
	case WhyNobodyFits:
		return fmt.Sprintf("no agent of the centre fits %q", r.Text)
	case WhyNobodyWorks:
		if r.N == 1 {
			return fmt.Sprintf("has waited %s because the only agent who fits is not signed in, or on a break", d)
		}
		return fmt.Sprintf("has waited %s because none of the %s who fit is signed in and off break", d, count(r.N, "agent", "agents"))
	case WhyAllBusy:
		if r.N == 1 {
			return fmt.Sprintf("has waited %s because the only agent who fits and works has another contact", d)
		}
		return fmt.Sprintf("has waited %s because %s who fit and work all have another contact", d, count(r.N, "agent", "agents"))
	case WhyEnded:
		return endedEnglish(r.Text, d)
	case WhyInFlow:
		return "has not asked for a person yet"
	case WhyNeeds:
		return fmt.Sprintf("%d of %d agents fit %s", r.N, r.Of, needs(r.Text, "everybody"))
	case WhyState:
		return fmt.Sprintf("%d of them: %s", r.N, stateEnglish(r.State, r.Text))
	case WhyAhead:
		return fmt.Sprintf("%d ahead in line", r.N)
	case WhyExpected:
		return "about " + d + " to go"
	case WhyRelaxes:
		return fmt.Sprintf("in %s it is enough to fit %s (%s)", d, needs(r.Text, "anything"), count(r.N, "agent", "agents"))
	case WhyEnds:
		return fmt.Sprintf("in %s the wait ends: %s %s", d, r.Text, r.Queue)
	case WhyOffers:
		return fmt.Sprintf("agent %s let it go (%s)", r.Agent, r.Text)
	}
	return r.agentEnglish()
}

// agentEnglish is english for what is found about an agent.
func (r Reason) agentEnglish() string {
	d := span(r.MS)
	switch r.Code {
	case WhyAgentIs:
		if r.MS == 0 {
			return "is " + stateEnglish(r.State, r.Text)
		}
		return fmt.Sprintf("has been %s for %s", stateEnglish(r.State, r.Text), d)
	case WhyGone:
		return "is no longer in the centre file"
	case WhyNobodyWaits:
		return fmt.Sprintf("has been ready for %s and nobody waits", d)
	case WhyFitsNobody:
		return fmt.Sprintf("has been ready for %s; %s, none of whom this agent may take", d, count(r.N, "caller waits", "callers wait"))
	case WhyNoPhone:
		return "no phone is registered"
	case WhyNext:
		return "then " + stateEnglish(r.State, r.Text)
	case WhyRests:
		return fmt.Sprintf("let %s go running and is ready again in %s", count(r.N, "offer", "offers"), d)
	case WhyAsksBreak:
		return "stands in line for " + r.Text
	case WhyRelief:
		return fmt.Sprintf("leaves when agent %s has signed in", r.Agent)
	case WhyPromise:
		return "is reserved for a customer who is being called back"
	case WhyNotFit:
		return fmt.Sprintf("in queue %s %d wait who need %s", r.Queue, r.N, needs(r.Text, "nothing"))
	case WhyTurn:
		return fmt.Sprintf("for queue %s number %d of %d ready agents by %s", r.Queue, r.N, r.Of, ruleEnglish(r.Text))
	case WhyMissed:
		return fmt.Sprintf("in queue %s %d wait whom this agent could take", r.Queue, r.N)
	}
	return r.Code
}

func (r Reason) chinese() string {
	d := spanChinese(r.MS)
	switch r.Code {
	case WhyAnswered:
		s := fmt.Sprintf("由坐席 %s 接听：%s", r.Agent, ruleChinese(r.Text))
		if r.N > 1 {
			s += fmt.Sprintf("，当时空闲 %d 人", r.N)
		}
		if r.Of > 1 {
			s += fmt.Sprintf("，当时排队 %d 位", r.Of)
		}
		return s
	case WhyRings:
		return fmt.Sprintf("已等待%s，正在振铃 %d 部话机，首先是坐席 %s", d, r.N, r.Agent)
	case WhyPhoneRings:
		return fmt.Sprintf("坐席 %s 的话机已振铃%s", r.Agent, d)
	case WhyPreferred:
		return fmt.Sprintf("还有%s只派给坐席 %s(现为%s)", d, r.Agent, stateChinese(r.State, ""))
	case WhyNobodyFits:
		return fmt.Sprintf("全中心没有坐席符合“%s”", r.Text)
	case WhyNobodyWorks:
		return fmt.Sprintf("已等待%s：符合条件的 %d 名坐席均未签入或在小休", d, r.N)
	case WhyAllBusy:
		return fmt.Sprintf("已等待%s：符合条件且在岗的 %d 名坐席都在服务其他客户", d, r.N)
	case WhyEnded:
		return endedChinese(r.Text, d)
	case WhyInFlow:
		return "还在自助语音流程中，尚未请求人工"
	case WhyNeeds:
		return fmt.Sprintf("%d 名坐席中有 %d 名符合%s", r.Of, r.N, needs(r.Text, "(不限技能)"))
	case WhyState:
		return fmt.Sprintf("其中 %d 名：%s", r.N, stateChinese(r.State, r.Text))
	case WhyAhead:
		return fmt.Sprintf("前面还有 %d 位", r.N)
	case WhyExpected:
		return "预计还需" + d
	case WhyRelaxes:
		return fmt.Sprintf("再过%s放宽为%s(%d 名坐席)", d, needs(r.Text, "不限技能"), r.N)
	case WhyEnds:
		return fmt.Sprintf("再过%s按规则结束等待：%s %s", d, r.Text, r.Queue)
	case WhyOffers:
		return fmt.Sprintf("坐席 %s 未接(%s)", r.Agent, resultChinese(r.Text))
	}
	return r.agentChinese()
}

// agentChinese is chinese for what is found about an agent.
func (r Reason) agentChinese() string {
	d := spanChinese(r.MS)
	switch r.Code {
	case WhyAgentIs:
		if r.MS == 0 {
			return stateChinese(r.State, r.Text)
		}
		return fmt.Sprintf("%s已%s", stateChinese(r.State, r.Text), d)
	case WhyGone:
		return "已不在配置文件中"
	case WhyNobodyWaits:
		return fmt.Sprintf("已空闲%s，没有客户在等待", d)
	case WhyFitsNobody:
		return fmt.Sprintf("已空闲%s；有 %d 位客户在等待，但都不在该坐席的技能范围内", d, r.N)
	case WhyNoPhone:
		return "没有已注册的话机"
	case WhyNext:
		return "之后转为" + stateChinese(r.State, r.Text)
	case WhyRests:
		return fmt.Sprintf("连续 %d 次未接，再过%s自动恢复空闲", r.N, d)
	case WhyAsksBreak:
		return "正在排队申请" + r.Text
	case WhyRelief:
		return fmt.Sprintf("等接班坐席 %s 签入后签出", r.Agent)
	case WhyPromise:
		return "已为正在回呼的客户预留"
	case WhyNotFit:
		return fmt.Sprintf("队列 %s 有 %d 位等待，需要%s", r.Queue, r.N, needs(r.Text, "(不限技能)"))
	case WhyTurn:
		return fmt.Sprintf("队列 %s：按%s排第 %d(空闲共 %d 人)", r.Queue, ruleChinese(r.Text), r.N, r.Of)
	case WhyMissed:
		return fmt.Sprintf("队列 %s 有 %d 位等待，该坐席可以接听", r.Queue, r.N)
	}
	return r.Code
}

// needs shows a skill expression, or what none means.
func needs(expr, none string) string {
	if expr == "" {
		return none
	}
	return "“" + expr + "”"
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n, " ", many)
}

// span is a time as people say it.
func span(ms int64) string {
	d := time.Duration(ms) * time.Millisecond
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}

func spanChinese(ms int64) string {
	d := time.Duration(ms) * time.Millisecond
	switch {
	case d < time.Minute:
		return fmt.Sprintf(" %d 秒", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf(" %d 分 %d 秒", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf(" %d 小时 %d 分", int(d.Hours()), int(d.Minutes())%60)
}
