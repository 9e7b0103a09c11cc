package web

import "hotline"

// callsChinese are the refusals of what is asked of a call.
func callsChinese() map[string]string {
	return map[string]string{
		"that is not possible in a call among colleagues":                         "同事之间的通话不能这样做",
		"the call is %s, not %s":                                                  "通话现在是%s，不是%s",
		"the call is %s: that is not possible now":                                "通话现在是%s，不能这样做",
		"the phone itself holds the call: take it back there":                     "是话机自己保持的通话，请在话机上取回",
		"the verb %q is not known":                                                "没有操作 %s",
		"somebody is being consulted: complete it or drop who is consulted first": "正在咨询，请先完成转接或结束咨询",
		"no phone of agent %s rings for this call":                                "坐席 %s 没有为这个通话振铃的话机",
		"the phone of agent %s cannot be made to pick up from here: pick it up":   "坐席 %s 的话机不能由系统接起，请在话机上接听",
		"who is consulted has just left":                                          "咨询对象刚刚离开",
		"no such party takes part now":                                            "这一方现在不在通话中",
		"only the customer's agent mutes others":                                  "只有客户的坐席可以让别人静音",
		"only the customer's agent may do that":                                   "只有客户的坐席可以这样做",
		"keys are 1 to %d of 0-9, *, #, A-D":                                      "按键为 1 到 %d 个 0-9、*、#、A-D",
		"this customer has been in %d queues: it cannot be sent to another":       "这位客户已进过 %d 个队列，不能再转队列",
		"nobody can be asked at %q: transfer the customer there":                  "%s 没有人可以咨询，请直接转接",
		"say to whom: an agent, a queue or a number":                              "请说明对象：坐席、队列或号码",
		"agents may not dial %q":                                                  "坐席不能拨打 %s",
		"agent %s is in this call":                                                "坐席 %s 就在这个通话中",
		"there is no agent, queue or number %q":                                   "没有坐席、队列或号码 %s",
		"say which party is to go":                                                "请指明让哪一方离开",
		"a conference is not told of its transfer: say it yourself":               "会议转接没有提示音，请您自己说明",
		"the phone takes no keys: neither as events of its sound nor by INFO":     "对方话机收不了按键（既不支持 RFC 4733，也不支持 INFO）",
		"the phone has not said whether it takes keys":                            "对方话机没有回应按键，不知是否收到",
		"%d parties are the most":                                                 "最多 %d 方",
		"nobody has picked up yet":                                                "对方还没有接起",
		"the two are on two lines of the phone: change there":                     "两路通话在话机的两条线路上，请在话机上切换",
		"unknown: call %q":                                                        "没有通话 %s，可能已经结束",
		hotline.StateRinging:                                                      "振铃", hotline.StateTalking: "通话中", hotline.StateHeld: "保持", hotline.StateConsulting: "咨询中",
		hotline.StateConference: "会议", hotline.StateTransferring: "转接中", hotline.StateOutbound: "外呼", hotline.StateAfter: "客户已离开",
		hotline.StateOver: "已结束",

		"a conference does not wait in a queue: drop the others first, or transfer it to an agent or a number": "会议不能进队列排队：请先让其他人离开，或转给坐席或号码",
		"unknown: callback %q": "没有这个待回呼（%s），可能已完成或取消",
	}
}
