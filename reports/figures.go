package reports

import "strings"

// Figure is what one figure of the reports means.
type Figure struct {
	ID      string            `json:"id"`
	Name    map[string]string `json:"name"`    // by language: zh-CN, en-US
	Formula map[string]string `json:"formula"` // by language
	Unit    string            `json:"unit"`    // count, ratio, ms, per_hour, mos, time
	Source  string            `json:"source"`  // where the definition comes from
	Reports []string          `json:"reports"` // in which it stands
	Field   string            `json:"field"`   // its path in a row
}

// Figures is every figure, in the order in which they are explained.
func Figures() []Figure {
	var out []Figure
	for _, part := range []string{figuresOfVisits(), figuresOfWaits(), figuresOfWork(), figuresOfCustomers(), figuresOfLines()} {
		for line := range strings.Lines(part) {
			cell := strings.Split(strings.TrimSpace(line), " | ")
			if len(cell) != 9 {
				continue
			}
			out = append(out, Figure{
				ID: cell[0], Field: cell[1], Reports: strings.Fields(cell[2]), Unit: cell[3], Source: cell[4],
				Name:    map[string]string{"en-US": cell[5], "zh-CN": cell[7]},
				Formula: map[string]string{"en-US": cell[6], "zh-CN": cell[8]},
			})
		}
	}
	return out
}

// Each line: id | field | reports | unit | source | English name | English formula | Chinese name | Chinese formula.

func figuresOfVisits() string {
	return `
requested | requested | queues heatmap | count | kpi 1.0 | Requested | blocked + offered: every asking for a person in the queue, a call that asks again counts again | 人工请求量 | 未进队列量 + 进队列量；同一通电话再次请求再计一次
blocked | blocked | queues | count | kpi 1.0 | Blocked | requests that never entered the queue: full, closed, no staff, refused | 未进队列量 | 请求人工但未能进入队列：队列满、已关闭、无坐席、被拒绝
offered | offered | queues heatmap | count | kpi 1.0 | Offered | answered + abandoned + flowed out + lost + waiting | 进队列量 | 接起 + 放弃 + 流出 + 系统丢失 + 仍在等待
answered | answered | queues heatmap | count | kpi 1.0 | Answered | visits in which the customer heard an agent, or the agent's number announced | 接起量 | 客户听到坐席或报工号音即为接起
answered_within | answered_within | queues | count | kpi 1.1 | Answered in time | answered with a wait ≤ T, the queue's target, in ms | 时限内接起量 | 等待 ≤ T（队列目标，按毫秒）即接起
answered_20s | answered_20s | queues | count | kpi 1.1 | Answered in 20 s | answered with a wait ≤ 20,000 ms | 20秒内接起量 | 等待 ≤ 20000 毫秒即接起
abandoned | abandoned | queues heatmap | count | kpi 1.0 | Abandoned | the customer hung up waiting, while a phone rang too | 放弃量 | 客户在等待中（含振铃）挂机
abandoned_within | abandoned_within | queues | count | kpi 1.1 | Abandoned in time | abandoned with a wait ≤ T | 时限内放弃量 | 等待 ≤ T 即放弃
abandoned_short | abandoned_short | queues | count | kpi 1.1 | Short abandons | abandoned with a wait < S, the queue's short-abandon time; S = 0: none | 短放弃量 | 等待 < S（队列短放弃时限）即放弃；S = 0 表示没有
flow_out | flow_out | queues | count | kpi 1.0 | Flowed out | overflow, timeout, key, callback, voicemail, moved, closed, no agents | 流出量 | 溢出、超时、按键、回呼、留言、移动、关闭、无坐席
lost | lost | queues | count | kpi 2.7 | Lost | cut by the system; never an abandon | 系统丢失量 | 因系统原因中断，不算放弃
waiting | waiting | queues | count | kpi 2.9 | Waiting | in the queue at as_of | 仍在等待 | 数据时刻仍在队列中
dequeued | dequeued | queues | count | kpi 1.3 | Dequeued | waited in several queues at once and was answered in another: in no rate | 并行出队 | 同时在多个队列等待，被其他队列接起：不计入任何比率
level | level | queues heatmap | ratio | kpi 1.1 | Service level | by the queue's own definition (row.definition): T, S, abandons, flowouts, blocked, positive, wait_clock | 服务水平 | 按队列自己的口径（row.definition）：T、S、放弃、流出、未进队列、正向、等待起点
v1 | levels.v1 | queues | ratio | kpi 1.1 V1 | Service level V1 | answered in T ÷ offered | 服务水平 V1 | T 内接起 ÷ 进队列量
v2 | levels.v2 | queues | ratio | kpi 1.1 V2 | Service level V2 | answered in T ÷ (answered + abandoned) | 服务水平 V2 | T 内接起 ÷（接起 + 放弃）
v3_offered | levels.v3_offered | queues | ratio | kpi 1.1 V3 | Service level V3 (offered) | answered in T ÷ (offered − short abandons) | 服务水平 V3（进队列） | T 内接起 ÷（进队列量 − 短放弃）
v3 | levels.v3 | queues | ratio | kpi 1.1 V3 | Service level V3 | answered in T ÷ (answered + abandoned − short abandons) | 服务水平 V3 | T 内接起 ÷（接起 + 放弃 − 短放弃）
v4 | levels.v4 | queues | ratio | kpi 1.1 V4 | Service level V4 | answered in T ÷ (offered − abandoned in T) | 服务水平 V4 | T 内接起 ÷（进队列量 − T 内放弃）
v5 | levels.v5 | queues | ratio | kpi 1.1 V5 | Service level V5 | (answered in T + abandoned in T) ÷ offered | 服务水平 V5 | （T 内接起 + T 内放弃）÷ 进队列量
v6 | levels.v6 | queues | ratio | kpi 1.1 V6 | Service level V6 | answered in T ÷ answered | 服务水平 V6 | T 内接起 ÷ 接起量
cn20 | levels.cn20 | queues kpi | ratio | kpi 1.1 CN20 | 20-second answer rate | answered in 20 s ÷ requested | 人工20秒应答率 | 20 秒内接起 ÷ 人工请求量
connect | levels.connect | queues kpi | ratio | kpi 1.1 | Connect rate | answered ÷ requested | 转人工接通率 | 接起 ÷ 人工请求量
abandon | levels.abandon | queues heatmap kpi | ratio | kpi 1.2 | Abandonment rate | abandoned ÷ offered | 放弃率 | 放弃 ÷ 进队列量
abandon_excl | levels.abandon_excl | queues | ratio | kpi 1.2 | Abandonment rate without short ones | (abandoned − short) ÷ (offered − short) | 放弃率（不含短放弃） | （放弃 − 短放弃）÷（进队列量 − 短放弃）
answer | levels.answer | queues | ratio | kpi 1.2 | Answer rate | answered ÷ offered | 应答率 | 接起 ÷ 进队列量
thresholds | thresholds | queues | ratio | kpi 1.1 | Levels at other thresholds | every level with T replaced, for each of within= | 多个时限的服务水平 | 对 within= 的每个时限替换 T 后的全部口径
curve | curve | queues | count | kpi 1.1 | Curve by second | answered, and abandoned, with a wait ≤ 0, 1 … 120 s | 按秒曲线 | 等待 ≤ 0、1 … 120 秒的接起量与放弃量
calls | calls.calls | queues | count | kpi 1.3 | Calls | contacts that asked for a person, each once, by their first request | 通话数（去重） | 请求过人工的联络，各计一次，归于首次请求的时段
calls_level | calls.level | queues | ratio | kpi 1.3 | Level of calls | answered within T of the first queue, from the first request to the first answer ÷ calls | 通话服务水平 | 首次请求到首次接起 ≤ 首个队列的 T ÷ 通话数
calls_abandoned | calls.abandoned | queues | count | kpi 1.3 | Abandoned calls | calls whose customer hung up waiting and had spoken with nobody | 放弃的通话 | 客户在等待中挂机且未与任何人通话
hand_over | hand_over | queues | count | kpi 1.3 | Handed over between queues | visits that came from one queue to another, and calls that did | 队列间流转 | 由一个队列到另一个队列的人次与通话数
callbacks | callbacks | queues | count | kpi 1.3 | Callbacks | asked = connected + failed + expired + cancelled + open, by when they were asked for | 预约回呼 | 预约 = 已接通 + 失败 + 过期 + 取消 + 未完成，按预约时间
`
}

func figuresOfWaits() string {
	return `
asa | asa_ms | queues kpi | ms | kpi 1.2 | Average speed of answer | Σ wait of the answered ÷ answered; ringing and waits of 0 included | 平均应答速度 | 接起者等待之和 ÷ 接起量，含振铃与零等待
avg_abandon | avg_abandon_ms | queues | ms | kpi 1.2 | Average wait of the abandoned | Σ wait of the abandoned ÷ abandoned | 平均放弃时长 | 放弃者等待之和 ÷ 放弃量
avg_wait | avg_wait_ms | queues heatmap | ms | kpi 1.2 | Average wait | Σ wait ÷ offered whose wait is over | 平均排队时长 | 等待之和 ÷ 等待已结束的进队列量
wait_p50 | waits.p50_ms | queues | ms | kpi 2.2 | Median wait | the shortest wait that half of all waits do not exceed, exact | 等待中位数 | 半数等待不超过的最小值，精确
wait_p90 | waits.p90_ms | queues | ms | kpi 2.2 | 90th percentile of waits | by nearest rank over every wait, exact | 等待 P90 | 全部等待的最近秩，精确
wait_p95 | waits.p95_ms | queues | ms | kpi 2.2 | 95th percentile of waits | by nearest rank over every wait, exact | 等待 P95 | 全部等待的最近秩，精确
wait_p99 | waits.p99_ms | queues | ms | kpi 2.2 | 99th percentile of waits | by nearest rank over every wait, exact | 等待 P99 | 全部等待的最近秩，精确
wait_max | waits.max_ms | queues | ms | kpi 1.2 | Longest wait | of the visits whose wait is over, whatever the outcome | 最长等待 | 等待已结束者的最大值，不论结果
avg_ring | avg_ring_ms | queues | ms | kpi 1.2 | Average ringing | Σ ringing ÷ rings | 平均振铃时长 | 振铃之和 ÷ 振铃次数
rings | rings | queues agents teams | count | kpi 1.2 | Rings by result | answered, no_answer, rejected, unreachable, busy, caller_gone, elsewhere | 振铃结果 | 接起、无应答、拒接、不可达、忙、来电者已挂、他处接起
rona | levels.rona | queues agents teams | ratio | kpi 1.2 | RONA | rings not answered or rejected ÷ rings; the visit waits on | 振铃未接率 | （无应答 + 拒接）÷ 振铃次数；来电继续排队
handled | handled | queues agents teams | count | kpi 1.2 | Handled | agents' parts of answered visits; a transfer makes another one | 处理量 | 坐席参与的通话段，转接再计一次
avg_talk | avg_talk_ms | queues agents teams kpi | ms | kpi 1.2 | Average talk | Σ talk ÷ handled; hold not included | 平均通话时长 | 通话之和 ÷ 处理量，不含保持
avg_hold | avg_hold_ms | queues agents teams | ms | kpi 1.2 | Average hold | Σ hold ÷ handled | 平均保持时长 | 保持之和 ÷ 处理量
avg_acw | avg_acw_ms | queues agents teams kpi | ms | kpi 1.2 | Average after-call work | Σ after-call work ÷ handled | 平均话后时长 | 话后之和 ÷ 处理量
aht | aht_ms | queues agents teams kpi | ms | kpi 1.2 | Average handling time | Σ (talk + hold + after-call work) ÷ handled | 平均处理时长 | （通话 + 保持 + 话后）÷ 处理量
hold_rate | hold_rate | queues agents teams | ratio | kpi 1.2 | Hold rate | handled with a hold ÷ handled | 保持率 | 有保持的处理量 ÷ 处理量
short_talk | short_talk | queues agents teams | ratio | kpi 1.2 | Short talks | answered with less talk than G (10 s, or short_talk=) ÷ answered; never abandons | 短通话率 | 通话不足 G（10 秒或 short_talk=）的接起 ÷ 接起，不算放弃
transfers | transfers | queues agents teams | count | kpi 1.2 | Transfers | completed, by blind and attended, to agent, queue, number; failed apart | 转接 | 已完成：盲转、咨询转；到坐席、队列、外线；失败另计
transfer_rate | transfers.rate | queues agents teams | ratio | kpi 1.2 | Transfer rate | completed transfers ÷ handled | 转接率 | 完成的转接 ÷ 处理量
`
}

func figuresOfWork() string {
	return `
signed_in | signed_in_ms | agents teams | ms | kpi 2.8 | Signed in | time signed in, clipped to the interval = Σ states | 签入时长 | 签入时间（按时段裁剪）= 各状态之和
staffed | staffed_ms | agents teams | ms | kpi 1.2 | Staffed time | signed in − not ready − unknown | 在岗时长 | 签入 − 示忙 − 未知
states | states | agents teams | ms | kpi 2.8 | States | time by state, clipped to the interval | 状态时长 | 各状态时间，按时段裁剪
not_ready_by | not_ready_by | agents teams | ms | kpi 2.8 | Not ready by reason | time not ready by reason; their sum is states.not_ready_ms | 示忙原因时长 | 各原因示忙时间，其和为示忙时长
agent_answered | answered | agents teams | count | kpi 1.4 | Answered by agents | answers, in the interval of the answer | 坐席接起量 | 接起次数，归于接起的时段
occupancy | occupancy | agents teams kpi | ratio | kpi 1.2 | Occupancy | (reserved + ringing + talk + hold + after-call work + own calls) ÷ (the same + ready) | 占用率 | （预留 + 振铃 + 通话 + 保持 + 话后 + 外呼）÷（同上 + 就绪）
planned | planned_ms | agents teams | ms | kpi 1.2 | Planned | time of the roster that is over; time in which the engine was away is not in it | 排班时长 | 排班中已过去的时间，不含引擎中断
adherence | adherence | agents teams | ratio | kpi 1.2 | Adherence | planned time in which the agent was signed in and not "not ready" ÷ planned time | 遵时率 | 排班内在线且非未就绪的时间 ÷ 排班时长
occupancy_inbound | occupancy_inbound | agents teams | ratio | kpi 1.2 | Occupancy, inbound | (talk + hold + after-call work) ÷ (the same + ready) | 呼入占用率 | （通话 + 保持 + 话后）÷（同上 + 就绪）
handle_over_login | handle_over_login | agents teams | ratio | kpi 1.2 | Handling over login | (talk + hold + after-call work + own calls) ÷ (signed in − unknown) | 处理占签入比 | （通话 + 保持 + 话后 + 外呼）÷（签入 − 未知）
staffed_over_login | staffed_over_login | agents teams | ratio | kpi 1.2 | Staffed over login | staffed ÷ (signed in − unknown) | 在岗占签入比 | 在岗 ÷（签入 − 未知）
calls_per_hour | calls_per_hour | agents teams | per_hour | kpi 1.2 | Calls an hour | handled ÷ staffed hours | 每小时处理量 | 处理量 ÷ 在岗小时
calls_per_agent | calls_per_agent | teams | count | requirements R8 | Calls per agent | handled ÷ agents | 人均处理量 | 处理量 ÷ 坐席数
per_agent | per_agent | kpi | count | requirements R8 | Answered per agent | answered ÷ agents who were signed in | 人均接听量 | 接起量 ÷ 签入过的坐席数
outbound | outbound | agents teams | count | kpi 1.2 | Own calls | calls that the agent made, reached, and their times, in the interval of their end | 坐席外呼 | 坐席自行拨出的通话、接通数与时长，归于结束时段
breaks | breaks | agents | count | kpi 1.2 | Breaks | breaks ended in the interval, and those over their time | 小休 | 时段内结束的小休与超时次数
codes | codes | queues agents teams | count | kpi 2.11 | Wrap-up codes | talks by code, in the interval of the first coding; missing: required and not given | 小结代码 | 按代码的通话数，归于首次填写的时段；missing 为必填未填
restated | restated | queues agents teams survey | time | kpi 2.11 | Restated | when a figure of a final row was last corrected | 重述时间 | 已定稿的行最近一次更正的时间
`
}

func figuresOfCustomers() string {
	return `
fcr | fcr | fcr | ratio | kpi 1.2 | First-contact resolution | first contacts answered without another call of the same number within N days ÷ first contacts begun N days ago or longer; unknown numbers in neither | 一次解决率 | 已接起且同一号码 N 天内未再来电的首次联络 ÷ 已满 N 天的首次联络；匿名号码不计
repeats | repeats | fcr | ratio | kpi 1.2 | Repeat calls | answered contacts of a number that had asked for a person within N days before ÷ answered contacts with a known number | 重复来电率 | N 天内曾请求人工的号码的已接起联络 ÷ 号码已知的已接起联络
fcr_pending | pending | fcr | count | kpi 1.2 | Not yet known | first contacts begun less than N days ago | 尚未满期 | 未满 N 天的首次联络
survey_invited | survey.invited | queues agents teams survey | count | kpi 4 | Surveys invited | from when the invitation begins | 邀评量 | 自播放邀请起计
survey_accepted | survey.accepted | queues agents teams survey | count | kpi 4 | Surveys accepted | the customer stayed for the first question | 接受量 | 客户留下听第一题
survey_answered | survey.answered | queues agents teams survey | count | kpi 4 | Surveys answered | with at least one rating | 参评量 | 至少答一题
survey_completed | survey.completed | queues agents teams survey | count | kpi 4 | Surveys completed | to the end | 完成量 | 全部答完
participation | survey.participation | queues agents teams survey | ratio | kpi 4 | Participation | answered ÷ invited | 参评率 | 参评 ÷ 邀评
invite_rate | invite_rate | survey | ratio | kpi 4 | Invitation rate | invited ÷ answered (of agents and teams: ÷ handled) | 邀评率 | 邀评 ÷ 接起（坐席、班组：÷ 处理量）
satisfaction | satisfaction | survey | ratio | kpi 1.1 | Satisfaction | first questions rated with a satisfied score (satisfied=, default 4-5) ÷ surveys answered | 满意率 | 首题评分为满意（satisfied=，默认 4-5）÷ 参评量
completion | completion | survey | ratio | kpi 4 | Completion | completed ÷ answered | 完成率 | 完成 ÷ 参评
avg_score | survey.avg_score | queues agents teams survey | count | kpi 4 | Average score | Σ scores ÷ ratings | 平均得分 | 得分之和 ÷ 评分数
ivr_calls | calls | ivr | count | kpi 1.2 | Calls in flows | asked + voicemail + callback + abandoned + ended, of calls that began in the time | 进入流程的通话 | 请求人工 + 留言 + 回呼 + 放弃 + 结束，按来电开始时间
ivr_asked | asked | ivr | count | kpi 1.2 | Asked for a person | calls that asked for a person | 请求人工 | 请求过人工的通话
ivr_abandoned | abandoned | ivr | count | kpi 1.2 | Abandoned in the flow | calls whose caller hung up in the flow, without request, message or promise; in no queue's figures | 流程内放弃 | 未请求人工、未留言、未预约回呼即挂机；不计入队列
ivr_ended | ended | ivr | count | kpi 1.2 | Served by the flow | calls that the flow brought to its end | 自助完成 | 由流程走完结束
ivr_links | links | ivr | count | kpi 1.2 | Ways through the flow | how often calls went from one step to another | 流程路径 | 由一步到另一步的次数
gave_up_state | state | abandoned | count | kpi 1.2 | What became of it | open, promised, called_again, called_back, reached | 后续情况 | 未处理、已预约、再次来电、已回拨、已联系上
`
}

func figuresOfLines() string {
	return `
peak_calls | calls.peak | peaks | count | kpi 3.1 | Calls at once | the most calls with customers up at the same millisecond, and when that was first so; quarters of an hour counted whole | 并发通话峰值 | 同一毫秒最多的客户通话数及首次出现时间；按整刻钟
peak_waiting | waiting.peak | peaks | count | kpi 3.1 | Waiting at once | the most that waited at the same millisecond, and when; over all queues each call once | 同时等待峰值 | 同一毫秒最多的等待数及时间；全部队列合计每通电话计一次
trunk_in | in | trunks | count | kpi 3.1 | Calls in | calls that came by the trunk | 中继呼入 | 经该中继呼入的通话
trunk_out | out | trunks | count | kpi 3.1 | Calls out | calls made by the trunk, and lines to outside by which customers were handed on | 中继呼出 | 经该中继呼出的通话及转外线的线路
trunk_requested | requested | trunks | count | kpi 1.0 | Requested | blocked + calls in: all that the carrier tried | 中继请求量 | 未接入 + 呼入：运营商送来的全部
trunk_blocked | blocked | trunks | count | kpi 1.0 | Blocked | calls in that were answered 503 because of max_calls, max_cps or the engine's own room, and have no record | 未接入 | 因 max_calls、max_cps 或系统已满而以 503 拒绝、没有记录的呼入
trunk_refused | refused | trunks | count | kpi 3.1 | Refused | calls in, with a record, that were turned away before anything answered | 拒绝 | 有记录、应答前被拒的呼入
trunk_failed | failed | trunks | count | kpi 3.1 | Failed | calls out that the carrier did not bring through | 失败 | 运营商未能接续的呼出
trunk_busy | busy_ms | trunks | ms | kpi 3.1 | Time in use | Σ time of its calls | 占用时长 | 其通话时间之和
trunk_peak | peak | trunks | count | kpi 3.1 | Calls at once on the trunk | the most at the same millisecond, and when | 中继并发峰值 | 同一毫秒最多的通话数及时间
mos | mos | quality | mos | ITU-T G.107 | MOS | mean of the E-model's estimates of what was heard from the line | MOS | E 模型对该线路来音估计的均值
lost_ratio | lost_ratio | quality | ratio | RFC 3550 | Packets lost | lost ÷ (received + lost) | 丢包率 | 丢失 ÷（收到 + 丢失）
jitter | jitter_ms | quality | ms | RFC 3550 | Jitter | mean over the lines of the jitter at their end | 抖动 | 各线路结束时抖动的均值
silent | silent | quality | count | kpi 2.7 | Silent lines | lines of which nothing was heard for too long | 无声线路 | 过久没有收到声音的线路
`
}
