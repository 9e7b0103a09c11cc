package web

// Sentences about reports that leave as files, are kept and are sent.
const (
	textNoExport      = "reports may be looked at as %s, not copied out: that needs the permission export"
	textTooLong       = "more than a million rows: choose a shorter span, or CSV"
	textNoSaved       = "there is no such kept report"
	textOthersKept    = "that belongs to another login"
	textTooManyKept   = "too many are kept already: remove one first"
	textNoSuchReport  = "there is no such report"
	textSpanOrTimes   = "a kept report has a span, or from and to"
	textNoSuchRole    = "there is no role %s"
	textNoSuchFilter  = "the report does not take %s so"
	textNoSchedule    = "there is no such timetable"
	textNoRhythm      = "every is daily, weekly on a weekday from 1 to 7, or monthly on a day from 1 to 31, at a time such as 07:30"
	textOneOfTwo      = "name mail addresses or a webhook: one of the two"
	textTooManyTo     = "at most %d addresses"
	textNoMail        = "no mail can be sent: hotline.yaml names no mail server"
	textNoHook        = "hotline.yaml names no webhook %s"
	textNoAddress     = "%s is not a mail address"
	textNoDomain      = "mails with reports may not go to %s"
	textScheduleNewer = "somebody else has changed it meanwhile: look at it again"
	textOwnLogin      = "what is sent by itself belongs to a login: log in anew"
)

// reportsChinese are these sentences in Chinese.
func reportsChinese() map[string]string {
	return map[string]string{
		textNoExport:      "%s 只能查看报表，不能导出：需要 export 权限",
		textTooLong:       "超过一百万行：请缩短时段，或导出 CSV",
		textNoSaved:       "没有这个已存报表",
		textOthersKept:    "这是别的账号的，不能改",
		textTooManyKept:   "已存的太多，请先删除一个",
		textNoSuchReport:  "没有这个报表",
		textSpanOrTimes:   "请选相对时段，或填起止时间",
		textNoSuchRole:    "没有角色 %s",
		textNoSuchFilter:  "报表不接受这样的 %s",
		textNoSchedule:    "没有这个定时发送",
		textNoRhythm:      "周期为每天、每周（星期 1–7）或每月（1–31 日），时间如 07:30",
		textOneOfTwo:      "请填邮箱地址或 webhook，二者选一",
		textTooManyTo:     "最多 %d 个地址",
		textNoMail:        "不能发邮件：hotline.yaml 没有配置邮件服务器",
		textNoHook:        "hotline.yaml 没有名为 %s 的 webhook",
		textNoAddress:     "%s 不是邮箱地址",
		textNoDomain:      "报表邮件不允许发往 %s",
		textScheduleNewer: "刚才已被他人修改，请重新查看后再改",
		textOwnLogin:      "定时发送须归属一个有效账号，请重新登录",
	}
}
