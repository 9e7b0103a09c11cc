package web

// Sentences about logins, their sessions and what is noted of them.
const (
	textNoLedger = "what people did cannot be read just now"
	textCursor   = "cursor is the next of the page before"
)

// rolesChinese are these sentences in Chinese.
func rolesChinese() map[string]string {
	return map[string]string{
		textNoLedger: "审计记录暂时读不出来",
		textCursor:   "cursor 应为上一页的 next",
	}
}
