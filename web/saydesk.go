package web

// Sentences about what is done at a desk.
const (
	textSignInFirst  = "agent %s is signed out: customers' data is there for who is at work"
	textNotYours     = "agent %s has had no part in this contact"
	textNoCustomer   = "this customer is none of agent %s's: only those of its own contacts and tasks are shown"
	textNoNumber     = "a customer without a number has no card"
	textNoNotice     = "there is no such notice on the board"
	textNoticeNewer  = "the notice reads differently now: read it again"
	textCodeFirst    = "the wrap-up code is what is to be done: give it"
	textTaskKept     = "a missing wrap-up code stays with the agent who had the contact"
	textNoOwner      = "there is no agent and no team %s"
	textNoTeam       = "there is no team %s"
	textTaskWho      = "say which customer: a contact, or a number of digits"
	textOwnTeam      = "you lead team %s: a notice of yours is for it"
	textNoStore      = "customer cards cannot be kept just now"
	textCustomerOpen = "something of this customer is not over (%s): a call, after-call work, a promise or a task. End it first"
	textErasedLater  = "%s: the customer is erased, but stands on disk still; that is tried again by itself"
	textManyNotes    = "the card has %d notes: remove some"
)

// deskChinese are these sentences, and the router's refusals about desks, in Chinese.
func deskChinese() map[string]string {
	return map[string]string{
		textSignInFirst:  "坐席 %s 已签出：上班签入后才能看客户资料",
		textNotYours:     "坐席 %s 没有接过这个联络",
		textNoCustomer:   "这位客户不是坐席 %s 接待的：只能看自己联络和待办里的客户",
		textNoNumber:     "没有号码的客户没有客户卡",
		textNoNotice:     "公告栏上没有这条公告",
		textNoticeNewer:  "公告内容已更新，请重新阅读",
		textCodeFirst:    "这条待办就是补话后小结，请填写小结编码",
		textTaskKept:     "漏填的小结编码只能由接待的坐席补",
		textNoOwner:      "没有坐席或班组 %s",
		textNoTeam:       "没有班组 %s",
		textTaskWho:      "请指明客户：一个联络，或由数字组成的号码",
		textOwnTeam:      "您是班组 %s 的组长，只能给本班组发公告",
		textNoStore:      "客户卡暂时存不进去",
		textCustomerOpen: "该客户还有未结束的事项（%s）：通话、话后处理、预约回呼或待办，请先处理完再删除",
		textErasedLater:  "%s：客户资料已删除，但磁盘上的旧档还没有改写完，系统会自动重试",
		textManyNotes:    "客户卡已有 %d 条备注，请先删掉一些",

		"agent %s has not coded the call":              "坐席 %s 还没有填话后小结编码，请先填写或找值班长",
		"unknown: wrap-up code %q":                     "没有可填的小结编码 %s",
		"wrap-up code %s is none of queue %s":          "小结编码 %s 不属于队列 %s，请选本队列的编码",
		"a wrap-up code needs its contact":             "小结编码缺少所属的联络",
		"the after-call work of agent %s has no end":   "坐席 %s 的话后处理没有时限，不用延长",
		"queue %s gives no longer for after-call work": "队列 %s 的话后处理不能延长，请找值班长",
		"agent %s had longer %d times, and no more":    "坐席 %s 已延长 %d 次，不能再延长，请找值班长",
	}
}
