package hotline

// The words of sentences. Package web has the words of the pages; these are for the one sentence that an explanation makes.

func ruleEnglish(rule string) string {
	switch rule {
	case "longest_idle":
		return "ready longest"
	case "least_occupied":
		return "least occupied"
	case "least_talk":
		return "least talk time"
	case "fewest_calls":
		return "fewest calls"
	case "round_robin":
		return "round robin"
	case "linear":
		return "order of the file"
	case "random":
		return "by lot"
	case "weighted":
		return "calls by weight"
	case "ring_all":
		return "all phones ring"
	case "progressive":
		return "one phone more at a time"
	case "least_flexible":
		return "serves the fewest queues"
	case "free":
		return "came free and took the first in line"
	case "preferred":
		return "preferred agent"
	case "pulled":
		return "given by hand"
	case "callback":
		return "reserved for the callback"
	}
	return rule
}

func ruleChinese(rule string) string {
	switch rule {
	case "longest_idle":
		return "空闲最久"
	case "least_occupied":
		return "占用率最低"
	case "least_talk":
		return "通话时长最少"
	case "fewest_calls":
		return "接听量最少"
	case "round_robin":
		return "轮选"
	case "linear":
		return "按顺序"
	case "random":
		return "随机"
	case "weighted":
		return "按权重"
	case "ring_all":
		return "同振"
	case "progressive":
		return "逐一加振"
	case "least_flexible":
		return "可服务队列最少"
	case "free":
		return "刚空闲,取排在最前的客户"
	case "preferred":
		return "指定坐席优先"
	case "pulled":
		return "人工指派"
	case "callback":
		return "为回呼预留"
	}
	return rule
}

func stateEnglish(s AgentState, reason string) string {
	switch s {
	case AgentSignedOut:
		return "signed out"
	case AgentWrapUp:
		return "in after-call work"
	case AgentHeld:
		return "in a call on hold"
	case AgentConsult:
		return "consulting"
	case AgentConfer:
		return "in a conference"
	case AgentOutbound:
		return "in a call of its own"
	case AgentNotReady:
		if reason == "" {
			return "not ready"
		}
		return "not ready (" + reason + ")"
	}
	return string(s)
}

func stateChinese(s AgentState, reason string) string {
	switch s {
	case AgentSignedOut:
		return "签出"
	case AgentReady:
		return "空闲"
	case AgentReserved:
		return "预占"
	case AgentRinging:
		return "振铃"
	case AgentTalking:
		return "通话"
	case AgentHeld:
		return "保持"
	case AgentConsult:
		return "咨询"
	case AgentConfer:
		return "三方"
	case AgentOutbound:
		return "外呼"
	case AgentWrapUp:
		return "话后整理"
	case AgentNotReady:
		if reason == "" {
			return "示忙"
		}
		return "示忙(" + reasonChinese(reason) + ")"
	}
	return string(s)
}

// reasonChinese says the engine's own reasons; those of the centre file are shown as they are.
func reasonChinese(reason string) string {
	switch reason {
	case ReasonSignedIn:
		return "刚签入"
	case ReasonNoAnswer:
		return "未接"
	case ReasonRejected:
		return "拒接"
	case ReasonUnreachable:
		return "话机不可达"
	case ReasonBusy:
		return "话机忙"
	case ReasonDeviceLost:
		return "话机掉线"
	case ReasonRestarted:
		return "系统重启"
	case ReasonSupervising:
		return "监听中"
	case ReasonUnspecified:
		return "未说明"
	}
	return reason
}

func resultChinese(result string) string {
	switch OfferResult(result) {
	case OfferNoAnswer:
		return "无人应答"
	case OfferRejected:
		return "拒接"
	case OfferUnreachable:
		return "不可达"
	case OfferBusy:
		return "忙"
	case OfferCallerGone:
		return "客户已挂机"
	case OfferElsewhere:
		return "他人已接"
	}
	return result
}

func outcomeChinese(outcome string) string {
	switch Outcome(outcome) {
	case OutcomeAnswered:
		return "已接听"
	case OutcomeAbandoned:
		return "客户放弃"
	case OutcomeOverflow:
		return "溢出"
	case OutcomeTimeout:
		return "排队超时"
	case OutcomeKey:
		return "按键退出"
	case OutcomeCallback:
		return "转回呼"
	case OutcomeVoicemail:
		return "转留言"
	case OutcomeMoved:
		return "人工移走"
	case OutcomeDequeued:
		return "已由其他队列接听"
	case OutcomeClosed:
		return "下班或应急关闭"
	case OutcomeNoAgents:
		return "无人在岗"
	case OutcomeLost:
		return "系统原因"
	}
	return outcome
}

// endedEnglish says how a wait of length d ended; some contacts never waited.
func endedEnglish(outcome, d string) string {
	how := outcome
	switch Outcome(outcome) {
	case "ivr":
		return "nobody was asked for: the dialogue ended the call"
	case "blocked":
		return "the queue took no more callers: there was no wait"
	case OutcomeTimeout:
		how = "waited too long"
	case OutcomeKey:
		how = "left by key"
	case OutcomeMoved:
		how = "moved by a person"
	case OutcomeDequeued:
		how = "answered through another queue"
	case OutcomeNoAgents:
		how = "nobody was there"
	case OutcomeLost:
		how = "lost by our own fault"
	}
	return "the wait ended after " + d + ": " + how
}

func endedChinese(outcome, d string) string {
	switch outcome {
	case "ivr":
		return "没有请求人工：通话在语音流程中结束"
	case "blocked":
		return "队列未接纳来电，没有排队"
	}
	return "等待" + d + "后结束：" + outcomeChinese(outcome)
}
