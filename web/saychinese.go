package web

import (
	"maps"
)

// Sentences that the API says in more than one place.
const (
	textTryAgain  = "not possible just now, try again"
	textLogIn     = "log in first: POST /api/v1/login"
	textRole      = "the role %s may not do this"
	textOwnOnly   = "the role %s may do this only for its own agent"
	textTeamOnly  = "agent %s is not in your team: ask the lead of the shift"
	textTeamQueue = "queue %s is not served by your team: ask the lead of the shift"
	textNoAgent   = "there is no agent of that id"
	textNoContact = "there is no contact of that id"
	textNoVisit   = "the caller does not wait any more"
	textNoTask    = "there is no task of that id"
	textTaskDone  = "%s has dealt with it already"
	textTaskOther = "the task belongs to %s"
	textNoPromise = "the promise is kept, over or taken back already"
	textNoSwitch  = "there is no switch of that id"
	textNoAudio   = "the recording's file is not there"
	textGone      = "the events of that time were archived"
	textNoPhones  = "this engine has no phones in its pages"
	textNoLog     = "the log cannot be written just now, try again later"
)

// hints say in English what to do about a refusal; the Chinese words of it say so themselves.
func hints() map[string]string {
	return map[string]string{
		"agent %s has no registered phone":                    "switch the phone on, or wait until it has registered",
		"agent %s: %s":                                        "wait until the state has changed",
		"agent %s is signed out":                              "sign in first",
		"agent %s is in a call":                               "wait until the call is over",
		"agent %s is in a call at phone %s":                   "choose another desk, or wait until the call is over",
		"agent %s, the relief of agent %s, has not signed in": "wait for the relief, or ask the lead of the shift",
		"agent %s is %s":                                      "choose an agent who is ready",
		"agent %s has asked for no break":                     "it may have been answered already",
		"agent %s is not away":                                "nothing has to be done",
		"a phone rings for visit %q already":                  "wait whether it is answered",
		"visit %q is in queue %q":                             "choose another queue",
		"%d callbacks are promised":                           "no more can be: offer to leave a message",
		"priority %d is not one of 1 to 20":                   "1 is the lowest, 20 the highest",
		"agent %s has not coded the call":                     "give a wrap-up code first, or ask the lead of the shift",
		"wrap-up code %s is none of queue %s":                 "choose one of the queue's",
		"the after-call work of agent %s has no end":          "it goes on until it is ended",
		"queue %s gives no longer for after-call work":        "ask the lead of the shift",
		"agent %s had longer %d times, and no more":           "ask the lead of the shift",
		"number %q cannot be dialled":                         "give it in digits, with its area code",
	}
}

// chinese are the sentences of the API in Chinese, by the English ones.
func chinese() map[string]string {
	words := deskChinese()
	maps.Copy(words, refusalsChinese())
	maps.Copy(words, dialChinese())
	maps.Copy(words, callsChinese())
	maps.Copy(words, planChinese())
	maps.Copy(words, superviseChinese())
	maps.Copy(words, rolesChinese())
	maps.Copy(words, reportsChinese())
	maps.Copy(words, leadChinese())
	maps.Copy(words, map[string]string{
		textTryAgain:  "现在办不到，请再试一次",
		textLogIn:     "请先登录：POST /api/v1/login",
		textRole:      "角色 %s 无权这样做",
		textOwnOnly:   "角色 %s 只能操作自己的坐席",
		textTeamOnly:  "坐席 %s 不在您的班组，请找值班长",
		textTeamQueue: "您的班组不服务队列 %s，请找值班长",
		textNoAgent:   "没有这个工号的坐席",
		textNoContact: "没有这个编号的联络",
		textNoVisit:   "这位来电者已不在排队",
		textNoTask:    "没有这个编号的待办",
		textTaskDone:  "%s 已经处理过了",
		textTaskOther: "这条待办归 %s",
		textNoPromise: "这个回呼已完成、过期或已取消",
		textNoSwitch:  "没有这个编号的开关",
		textNoAudio:   "录音文件不在了",
		textGone:      "那段时间的事件已经归档",
		textNoPhones:  "本机没有网页电话",
		textNoLog:     "事件日志暂时写不进去，请稍后再试",

		"wrong name or password":                        "用户名或密码不对",
		"too many failed logins; try again in a minute": "失败次数太多，请一分钟后再试",
		"the session cannot be kept just now":           "暂时保存不了登录，请稍后再试",
		"nobody can take away the login they are using": "不能删除自己正在使用的登录",
		"the recording's sidecar is not there":          "录音的标注文件不在了",
		"the recording cannot be read":                  "录音读不出来",
	})
	return words
}

// refusalsChinese are what the router and calls refuse.
func refusalsChinese() map[string]string {
	return map[string]string{
		"agent %s has no registered phone":                       "坐席 %s 的话机没有注册，请打开话机，等它注册上再试",
		"agent %s: %s":                                           "坐席 %s：%s",
		"agent %s is signed out":                                 "坐席 %s 已签出，请先签入",
		"agent %s is in a call":                                  "坐席 %s 正在通话，请等通话结束",
		"agent %s is in a call at phone %s":                      "坐席 %s 正在话机 %s 上通话，请换一个座位或等通话结束",
		"agent %s, the relief of agent %s, has not signed in":    "接班坐席 %s 还没有签入，坐席 %s 暂时不能签出：请等接班人或找值班长",
		"agent %s is %s":                                         "坐席 %s 现在%s，请选一位空闲的坐席",
		"agent %s has asked for no break":                        "坐席 %s 没有在申请小休，可能已经批复过",
		"agent %s is not away":                                   "坐席 %s 没有离开，不用召回",
		"reason %s (%s) needs a lead's word: ask for it":         "%[2]s需要值班长批准，请先申请",
		"reason %s (%s): %d of %d at once are taken: ask for it": "%[2]s名额已满（%[3]d/%[4]d），请申请排队",
		"a phone rings for visit %q already":                     "已有话机在为这位来电者振铃，请看是否接起",
		"visit %q is in queue %q":                                "这位来电者已经在队列 %[2]s 里，请选别的队列",
		"priority %d is not one of 1 to 20":                      "优先级 %d 不在 1 到 20 之间（20 最高）",
		"%d callbacks are promised":                              "已有 %d 个回呼，不能再多了，请改为留言",
		"number %q cannot be dialled":                            "号码 %s 不能拨打，请写全数字和区号",
		"offer %q is over":                                       "这次振铃 %s 已经结束",
		"state %q cannot be asked for":                           "不能申请状态 %s",
		"a callback needs its contact":                           "回呼缺少所属的联络",
		"callback %q makes no such try":                          "回呼 %s 没有这次呼叫",

		"not in after-call work": "不在话后处理中",
		"not ready for a call":   "不在空闲状态",
		"not in a call":          "不在通话中",
		"in another call":        "在另一个通话中",
		"signed out":             "已签出",
		"no offer":               "没有振铃",
		"unknown input":          "不明的请求",

		"unknown: agent %q":                   "没有坐席 %s",
		"unknown: visit %q":                   "这位来电者（%s）已不在排队",
		"unknown: queue %q":                   "没有队列 %s",
		"unknown: phone %q":                   "没有座位 %s",
		"unknown: reason %q":                  "没有未就绪原因 %s",
		"unknown: switch %q":                  "没有开关 %s",
		"unknown: agent %s is not in call %q": "坐席 %s 不在通话 %s 中",

		"state ready": "空闲", "state reserved": "预占", "state ringing": "振铃", "state talking": "通话", "state held": "保持",
		"state consulting": "咨询", "state conference": "三方通话", "state outbound": "外呼", "state wrap_up": "话后",
		"state not_ready": "未就绪", "state signed_out": "已签出",
	}
}
