package web

// Sentences about reports that leave as files, are kept and are sent.
const (
	textNoExport = "reports may be looked at as %s, not copied out: that needs the permission export"
	textTooLong  = "more than a million rows: choose a shorter span, or CSV"
)

// reportsChinese are these sentences in Chinese.
func reportsChinese() map[string]string {
	return map[string]string{
		textNoExport: "%s 只能查看报表，不能导出：需要 export 权限",
		textTooLong:  "超过一百万行：请缩短时段，或导出 CSV",
	}
}
