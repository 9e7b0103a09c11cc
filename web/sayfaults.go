package web

import (
	"context"
	"regexp"
	"strings"

	"hotline/centre"
)

// phrase is a sentence with gaps and the same in Chinese.
type phrase struct {
	english *regexp.Regexp
	chinese string // $1 is the first gap
}

// phrases makes them of their table: § is a gap.
func phrases() []phrase {
	var all []phrase
	for line := range strings.Lines(faultWords()) {
		english, chinese, ok := strings.Cut(strings.TrimSpace(line), " | ")
		if !ok {
			continue
		}
		pattern := strings.ReplaceAll(regexp.QuoteMeta(english), "§", "(.+?)")
		all = append(all, phrase{regexp.MustCompile("^" + pattern + "$"), chinese})
	}
	return all
}

// faultView is a fault of the centre file in the language of who asks.
func (s *server) faultView(ctx context.Context, f centre.Fault) faultView {
	if langOf(ctx) != langZH {
		return faultView{f.Line, f.Key, f.Problem, f.Want}
	}
	return faultView{f.Line, f.Key, s.phrase(f.Problem), s.phrase(f.Want)}
}

// phrase is a sentence about the centre file in Chinese, or as it is if there are no words for it.
func (s *server) phrase(text string) string {
	for _, p := range s.phrases {
		if p.english.MatchString(text) {
			return p.english.ReplaceAllString(text, p.chinese)
		}
	}
	return text
}

// faultWords are the sentences that package centre says of a file, and of what would be right.
func faultWords() string {
	return `
comes back to flow § without anything that takes time | 会回到流程 $1，中间没有任何耗时的步骤
a play or a menu on the way, or hangup | 中间加 play 或 menu，或改为 hangup
comes back to this queue at once | 会立刻回到这个队列
end the chain with hangup, busy or a message | 最后用 hangup、busy 或留言结束
is empty | 是空的
unknown time zone § | 没有时区 $1
a name of the IANA list, for example Asia/Shanghai | IANA 时区名，例如 Asia/Shanghai
id § is an agent's | 编号 $1 是坐席的
another id: a desk registers by its own | 换一个编号：座位用自己的编号注册
id § stands twice | 编号 $1 出现了两次
another id; the first is on line § | 换一个编号；第一次在第 $1 行
number § stands twice | 号码 $1 出现了两次
keep one; the first is on line § | 只留一个；第一次在第 $1 行
§ stands twice | $1 出现了两次
stands twice | 出现了两次
keep one | 只留一个
up to 64 of A-Z a-z 0-9 _ . - not beginning with . or - | 最多 64 个 A-Z a-z 0-9 _ . -，不能以 . 或 - 开头
digits, letters and + * # _ . -, up to 64 | 数字、字母和 + * # _ . -，最多 64 个
begins with ${ but names no variable | 以 ${ 开头，但不是变量名
${NAME} alone, or a password that does not begin with ${ | 只写 ${NAME}，或写不以 ${ 开头的密码
variable § is not set | 环境变量 $1 没有设置
set it in the engine's environment | 请在引擎的环境里设置
is to be kept, but there is none yet | 要求保持不变，但现在还没有
write it in full | 请完整写出
cannot be put back here | 不能放回这里
write § on the line of its key | 把 $1 写在键的同一行
sends a variable of the machine to a web service | 会把机器的变量发给网络服务
put it into the file at the machine and apply it there | 请在机器上写进文件并应用
is an emergency number, which never comes to a flow or a queue | 是紧急号码，从不进入流程或队列
remove it here or from emergency_numbers | 在这里或从 emergency_numbers 去掉
§ cannot be shown as a number | $1 不能作为显示号码
§ is no beginning of a number | $1 不是号码开头
how numbers begin, in digits, for example "0" or "+86" | 号码的开头数字，例如 "0" 或 "+86"
§ cannot be the name of a flow | $1 不能作为流程名
§ cannot be the name of a question | $1 不能作为题目名
§ cannot be dialled | $1 不能拨打
§ cannot be an id | $1 不能作为编号
§ cannot be a skill | $1 不能作为技能名
§ cannot be a prompt | $1 不能作为语音名
§ cannot be a header | $1 不能作为请求头
§ cannot be an attribute | $1 不能作为属性名
has no steps | 没有步骤
a list of steps | 写步骤列表
is nested too deeply | 嵌套太深
make inner steps flows of their own | 把里层步骤另立流程
is never reached | 永远走不到
remove it: nothing comes after § before it | 去掉它：前面的 $1 之后不会再有步骤
a step or a list of steps | 一个步骤或步骤列表
has no keys | 没有按键
for example § | 例如 $1
§ is no key of a phone | $1 不是电话按键
one of 0-9, * and #, in quotes§ | 0-9、* 或 #，加引号$1
§, or "" for none | $1，或写 "" 表示没有
one of 0-9, * and #, in quotes | 0-9、* 或 #，加引号
a file's name without .wav, for example welcome | 不带 .wav 的文件名，例如 welcome
ends before it begins | 结束早于开始
up to 24:00; what comes after midnight is a date of its own | 最晚 24:00；午夜以后另写一天
is missing: these hours are never open | 没有填：这个时间表永远不开放
days and times, for example § | 星期和时间，例如 $1
a date or dates, for example § | 日期或日期段，例如 $1
a date and times, for example § | 日期和时间，例如 $1
§ is no day of the week | $1 不是星期
mon, tue, wed, thu, fri, sat, sun, or a run such as mon-fri | mon、tue、wed、thu、fri、sat、sun，或 mon-fri 这样的区间
§ is no span of time | $1 不是时间段
§ has no length | $1 没有长度
the whole day is 00:00-24:00 | 全天写 00:00-24:00
§ is no time of day | $1 不是钟点
from 00:00 to 24:00 | 00:00 到 24:00
§ is no date | $1 不是日期
§ is no number | $1 不是号码
a number, or the beginning of numbers and *, for example "138*" | 号码，或号码开头加 *，例如 "138*"
a letter, then letters, digits, _ . - and not the words and, or, not, in | 字母开头，后接字母、数字、_ . -，不能是 and、or、not、in
a letter, then letters, digits, _ . - and not the words and, or, not | 字母开头，后接字母、数字、_ . -，不能是 and、or、not
the level in a queue stands in queues: {ID: level} | 按队列的等级写在 queues: {编号: 等级}
§ is a reason of the engine's own | $1 是引擎自己的原因
another id | 换一个编号
is the agent itself | 就是坐席自己
who comes after it | 写接班的人
no agent has the skill § | 没有坐席有技能 $1
a skill of agents | 写坐席已有的技能
has no effect with strategy § | 在分配方式 $1 下不起作用
remove it, or strategy: ring_all or progressive | 去掉它，或改 strategy: ring_all、progressive
remove it, or § | 去掉它，或改 $1
§ column §: § | $1 第 $2 列：$3
is before the step above it | 早于上面一步
steps in order of time | 按时间先后写
unknown agent or team § | 没有坐席或班组 $1
the id of one | 写已有的编号
unknown prompt § | 没有语音 $1
prompt § cannot be played: § | 语音 $1 无法播放：$2
a WAV file §, or a default prompt such as welcome | 录音文件 $1，或自带的语音，例如 welcome
unknown trunk § | 没有中继 $1
a trunk of the machine's file: it has none | 先在机器配置里加中继：现在一条也没有
a trunk of the machine's file: § | 机器配置里的中继：$1
unknown queue § | 没有队列 $1
unknown flow § | 没有流程 $1
unknown team § | 没有班组 $1
unknown agent § | 没有坐席 $1
unknown hours § | 没有时间表 $1
unknown switch § | 没有开关 $1
unknown key | 没有这个键
unknown not-ready reason § | 没有未就绪原因 $1
unknown table § | 没有号码表 $1
unknown desk § | 没有座位 $1
unknown § "§" | 没有 $1 "$2"
unknown § § | 没有 $1 $2
one of § | 可用的有 $1
is an empty list | 是空列表
name one, or remove the key | 写一个，或去掉这个键
the states that count as having somebody | 写算作有人的状态
has no effect: not_ready counts whatever the reason | 不起作用：not_ready 不论原因都算
has no effect with at: join | 在 at: join 时不起作用
has no effect with mode § | 在 mode: $1 时不起作用
has no effect with abandons: § | 在 abandons: $1 时不起作用
remove it, or abandons: all | 删掉它，或写 abandons: all
required has no effect with mode § | 在 mode: $1 时不能要求必填
optional, or mode: timed or manual | 改为 optional，或 mode: timed、manual
does not say when | 没有说什么时候
add hours: ID or switch: ID | 加 hours: 编号 或 switch: 编号
does nothing | 什么也不做
add join: hangup, or what else is done with callers | 加 join: hangup，或其他处理
add § or § | 加 $1 或 $2
names the queue itself | 写的是这个队列自己
other queues | 写别的队列
§ is in a step above already | $1 在上面的步骤里已经有了
name it once | 只写一次
no key lets the caller wait on | 没有按键让来电者继续等
a key for it, for example § | 加一个按键，例如 $1
has no effect with rule § | 在 rule: $1 时不起作用
§ is the id of an agent or a desk | $1 是坐席或座位的编号
another id there | 那里换一个编号
is not one step | 不是一个步骤
one key, for example {play: welcome}; several steps are a list | 一个键，例如 {play: welcome}；多个步骤写成列表
§ does not say which | $1 没有说是哪一个
hangup, busy, voicemail, callback, or a step such as {queue: ID} | hangup、busy、voicemail、callback，或 {queue: 编号} 这样的步骤
stands outside a queue's choice | 不在队列的选择里
nobody waits here: remove it | 这里没有人在等：去掉它
does not say what | 没有说是什么
sets nothing | 什么也没有设置
attrs, needs or priority | attrs、needs 或 priority
is less than min | 小于 min
at least § | 至少 $1
at most § codes and groups | 最多 $1 个
at most § levels | 最多 $1 层
at most § | 最多 $1
is no address of a web service | 不是网络服务的地址
http:// or https:// and a server without {…}, § | http:// 或 https:// 加不含 {…} 的服务器，$1
holds a line break | 含有换行
holds a control character | 含有控制字符
remove it | 去掉它
§ is no field | $1 不是字段
names and places with points between them, for example § | 名称和序号用点隔开，例如 $1
leaves no room between min and max | min 和 max 之间没有余地
min less than max | min 要小于 max
does not say from which queue | 没有说是哪个队列
has a } without { | 有 } 没有 {
has a { without } | 有 { 没有 }
§ names no attribute | $1 不是属性
§ is set by the engine | $1 由引擎设置
another name | 换一个名字
is one code too many | 小结太多
is too deep | 层次太深
§ is no field of a screen pop | $1 不是弹屏的字段
{number}, {name}, {contact}, {queue}, {agent} or {attr.NAME} | {number}、{name}、{contact}、{queue}、{agent} 或 {attr.NAME}
is no address of a page | 不是网页地址
the file has no wrap_up_codes | 文件里没有 wrap_up_codes
is missing | 没有填
add it | 请补上
nothing here: {} | 这里什么也不写：{}
is a map | 是键值表
is a list | 是列表
a map of key: value | 要写 键: 值
key is not a word | 键不是一个词
a key is a single word before the colon | 冒号前写一个词
a list: lines that begin with - | 要写列表：每行以 - 开头
a text | 要写文字
has the tag § | 带有标记 $1
a plain text | 写普通文字
give it a value or remove the key | 填上值，或去掉这个键
is longer than § characters | 超过 $1 个字符
shorten it | 写短一些
§ does not fit | $1 不合适
a whole number from § to § | $1 到 $2 的整数
a share above 0 and up to 1, for example 0.80 | 大于 0、不超过 1 的比例，例如 0.80
true or false | true 或 false
§ is unknown | 没有 $1
a time such as 15s | 写时间，例如 15s
§ is no time | $1 不是时长
a number with its unit, such as 15s, 10m, 2h or 180d | 数字加单位，例如 15s、10m、2h、180d
from § to § | $1 到 $2
is § | 是 $1
has § bytes | 有 $1 字节
is not UTF-8 | 不是 UTF-8
save the file as UTF-8 | 请存为 UTF-8
has a second document | 有第二个文档
one document a file: remove the line --- | 一个文件一个文档：去掉 --- 行
is not YAML: § | 不是 YAML：$1
check indentation, colons and quotes here and above | 请检查这里和上面的缩进、冒号、引号
is nested too deeply or grows without bound through aliases | 嵌套太深，或用别名无限展开
write the values out | 请把值写出来
has more faults than are shown | 错误太多，没有全部列出
mend these first | 先改这些
`
}
