package web

import "context"

// word is a fixed sentence in the language of who asks; what has no Chinese is said as it is.
func (s *server) word(ctx context.Context, text string) string {
	if own, ok := s.chinese[text]; ok && langOf(ctx) == langZH {
		return own
	}
	return text
}

// chineseCentre are the sentences about the centre file, its tables and prompts in Chinese, by the English ones.
func chineseCentre() map[string]string {
	return map[string]string{
		textFaults:                         "文件有 %d 处错误；第一处在第 %d 行，%s：%s",
		textNotBase:                        "其间有人发布了新的配置：请重新读取后再改",
		textNoEdit:                         "%s：文件里没有这个位置",
		textByHand:                         "%s 的写法只能在文本里修改",
		textValue:                          "%s：文件里不能写这个值",
		"no such centre file is kept":      "没有保存这个版本",
		"the file in force cannot be read": "读不了现行的配置文件",
		"the file holds a password over several lines, which cannot be hidden: write it on one": "文件里有跨行的密码，无法遮盖：请写成一行",

		textNoPrompt: "没有这个语音",
		"a prompt's name is made of letters, digits, _ . and -":                                     "语音名只能用字母、数字、_ . 和 -",
		"the prompt's file cannot be read: put another in its place":                                "这个语音的文件读不了，请重新上传",
		"this is no WAV that can be played (%s): save it as PCM, 16 bit, 8 to 48 kHz":               "这不是可以播放的 WAV（%s）：请另存为 PCM、16 位、8 至 48 kHz",
		"no speech engine is installed on the machine (espeak-ng): record the prompt and upload it": "机器上没有安装语音合成（espeak-ng）：请录音后上传",
		"the prompt is needed by %s: take it out there first":                                       "%s 还在用这个语音：请先在那里去掉",

		"is neither UTF-8 nor GBK text":                                 "既不是 UTF-8 也不是 GBK 文本",
		"save it as CSV UTF-8":                                          "请另存为“CSV UTF-8”",
		"has a quote that is not closed, or one within a cell":          "有没闭合的引号，或引号在单元格中间",
		`quotes stand around a whole cell; one within it is written ""`: `引号要包住整个单元格，里面的引号写成 ""`,
		"there are more rows than are read":                             "行数太多，读不完",
		"make several tables of it":                                     "请分成几个表",
		"is empty":                                                      "是空的",
		"a first row with the columns' names":                           "第一行写列名",
		"no such column is known":                                       "没有这一列",
		"stands twice":                                                  "出现了两次",
		"keep one":                                                      "只留一个",
		"the column is missing":                                         "缺少这一列",
		"add it":                                                        "请补上",
		"is missing":                                                    "没有填",
		"the spreadsheet has shortened the number to %s":                "电子表格把号码缩写成了 %s",
		"format the column as text and write the number anew":           "请把这一列设为文本格式，重新填写号码",
		"%s stands in row %d already":                                   "%s 在第 %d 行已经有了",
		"%q is no action":                                               "%s 不是可用的操作",
		"empty, or remove":                                              "留空，或写“删除”",
		"%q is no such number":                                          "%s 不在允许的数值内",
		"%q is none of the words":                                       "%s 不是可选的词",
		"there is no agent %s":                                          "没有坐席 %s",
		"the id of an agent":                                            "已有坐席的工号",
		"%q cannot be an id":                                            "%s 不能作为编号",
		"letters, digits, _ . - up to 64":                               "字母、数字、_ . -，最多 64 个",
		"is missing: the agent is new":                                  "没有填：新坐席必须有密码",
		"there is no team %q":                                           "没有班组 %s",
		"%q is no name with a level":                                    "%s 不是“技能 等级”",
		"claims 5; english 3":                                           "claims 5; english 3",
		"the level of %s is %s":                                         "%s 的等级是 %s",
		"there is no queue %q":                                          "没有队列 %s",
		"the id of a queue":                                             "已有队列的编号",
		"there is no number %s":                                         "没有号码 %s",
		"a number of the centre":                                        "中心已有的号码",
		"there is no flow %q":                                           "没有流程 %s",
		"%q cannot be dialled":                                          "%s 不能拨打",
		"digits, also with + * #":                                       "数字，可含 + * #",
		"there is no table %q":                                          "没有号码表 %s",
		"the id of a table":                                             "已有号码表的编号",
		"a number of the table":                                         "表里已有的号码",
		"%q is no date":                                                 "%s 不是日期",
	}
}
