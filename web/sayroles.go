package web

// Sentences about logins, their sessions and what is noted of them.
const (
	textNoLedger      = "what people did cannot be read just now"
	textCursor        = "cursor is the next of the page before"
	textNoSession     = "there is no such session of yours"
	textCodeAsked     = "this login asks for the code of its authenticator program"
	textWrongCode     = "wrong code, or one that was used: wait for the next one"
	textWrongPassword = "that is not your password"
	textTooMany       = "too many tries; try again in a few minutes"
	textShortPassword = "a password has at least 8 characters"
	textPhonePassword = "an agent's password is that of its phone: it is changed in the centre"
	textHasFactor     = "this login has a second factor already: give it up first"
	textMaskedSearch  = "you see numbers masked: search by their first three or last four digits"
	textTeamContact   = "no agent of your team had this contact"
	textOtherTeam     = "no agent of your team had this contact: its recording is not yours to hear"
	textNoFactor      = "this login has no second factor"
	textOtherSite     = "a page of another site may not do this"
	textNoOrigin      = "a change by the cookie says which page it comes from (Origin): programs use the token"
)

// rolesChinese are these sentences in Chinese.
func rolesChinese() map[string]string {
	return map[string]string{
		textNoLedger:      "审计记录暂时读不出来",
		textCursor:        "cursor 应为上一页的 next",
		textNoSession:     "您没有这个登录会话",
		textCodeAsked:     "请输入身份验证器上的动态码",
		textWrongCode:     "动态码不对或已用过，请等下一个",
		textWrongPassword: "密码不对",
		textTooMany:       "尝试次数过多，请几分钟后再试",
		textShortPassword: "密码至少 8 个字符",
		textPhonePassword: "坐席的密码就是话机密码，请在中心配置里修改",
		textHasFactor:     "已启用动态码，请先停用",
		textMaskedSearch:  "您看到的是脱敏号码：只能按前三位或后四位查找",
		textTeamContact:   "本班组没有坐席接过这个联络",
		textOtherTeam:     "本班组没有坐席接过这个联络，不能听它的录音",
		textNoFactor:      "没有启用动态码",
		textOtherSite:     "其他网站的页面不能这样做",
		textNoOrigin:      "用 Cookie 提交修改须带 Origin，程序请用令牌",
	}
}
