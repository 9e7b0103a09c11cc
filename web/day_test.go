package web

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"hotline"
	"hotline/centre"
	"hotline/reports"
)

func md5hex(s string) string { sum := md5.Sum([]byte(s)); return hex.EncodeToString(sum[:]) }

// line is one queue of the played day: how many agents, how many calls a day, how long they talk.
type line struct {
	id, name string
	agents   int
	calls    int
	talk     time.Duration
}

func lines() []line {
	return []line{
		{"claims", "报案", 27, 5200, 166 * time.Second},
		{"inquiry", "咨询", 17, 3400, 158 * time.Second},
		{"rescue", "救援", 8, 1150, 203 * time.Second},
		{"complaint", "投诉", 7, 620, 241 * time.Second},
		{"english", "English", 4, 330, 187 * time.Second},
		{"vip", "VIP 专线", 5, 420, 165 * time.Second},
	}
}

func people() []string {
	return strings.Fields("王芳 李雷 韩梅 赵磊 刘洋 张伟 陈静 杨帆 吴茜 孙玥 何杰 周敏 郑爽 林涛 马超 朱琳 胡兵 高翔 罗丹 谢军 唐慧 冯丽 于洋 董洁 萧山 程浩 曹阳 袁媛 邓超 许晴 傅强 沈冰 曾黎 彭磊 吕梁 苏醒 卢静 蒋欣 蔡琴 贾玲 丁洁 魏晨 薛佳 叶青 阎维 余男 潘悦 杜鹃 戴军 夏雨 钟汉 汪洋 田雨 任泉 姜武 范伟 方芳 石磊 姚晨 谭卓 廖凡 邹伟 熊黛 金星 陆毅 郝蕾 孔琳 白雪")
}

// centreText is the centre file of the played day.
func centreText() string {
	var b strings.Builder
	b.WriteString("name: 车险客服中心\ntime_zone: Asia/Shanghai\nlanguage: zh-CN\nteams: [{id: a, name: 一组}, {id: b, name: 二组}]\nswitches: [{id: emergency, name: 紧急公告}]\nagents:\n")
	n := 0
	for _, l := range lines() {
		for i := range l.agents {
			team := []string{"a", "b"}[i%2]
			fmt.Fprintf(&b, "  - {id: %q, name: %s, password: phone%d, team: %s, skills: {%s: %d}}\n", fmt.Sprint(8001+n), people()[n], 8001+n, team, l.id, 9-i%9)
			n++
		}
	}
	b.WriteString("not_ready_reasons:\n  - {id: rest, name: 小休, allowance: 15m, max_at_once: 3}\n  - {id: meal, name: 就餐, allowance: 45m}\n  - {id: training, name: 培训}\nqueues:\n")
	for _, l := range lines() {
		fmt.Fprintf(&b, "  - {id: %s, name: %s, needs: %s, target: {within: 20s, ratio: 0.8}, wrap_up: {mode: timed, after: 40s}, short_abandon: 5s}\n", l.id, l.name, l.id)
	}
	b.WriteString("flows:\n  main: [{answer: {}}, {queue: claims}]\nnumbers: {\"95500\": main}\n")
	return b.String()
}

// reportCentre is the centre as reports wants it.
func reportCentre(c *centre.Centre) reports.Centre {
	rc := reports.Centre{Location: c.TimeZone}
	for _, q := range c.Queues {
		row := reports.Queue{
			ID: q.ID, Name: q.Name, Within: q.Target.Within, Ratio: q.Target.Ratio, Short: q.ShortAbandon, Wrap: q.WrapUp.After,
			Codes: q.WrapUp.Codes, Extend: q.WrapUp.Extend, Extends: q.WrapUp.Extends,
		}
		for _, a := range c.Agents {
			if q.Needs.Eval(a.Skills) {
				row.Agents = append(row.Agents, a.ID)
			}
		}
		rc.Queues = append(rc.Queues, row)
	}
	for _, a := range c.Agents {
		rc.Agents = append(rc.Agents, reports.Agent{ID: a.ID, Name: a.Name, Team: a.Team})
	}
	for _, t := range c.Teams {
		rc.Teams = append(rc.Teams, reports.Team{ID: t.ID, Name: t.Name})
	}
	for _, s := range c.Switches {
		rc.Switches = append(rc.Switches, reports.Switch{ID: s.ID, Name: s.Name})
	}
	for _, r := range c.Reasons {
		rc.Reasons = append(rc.Reasons, reports.Reason{ID: r.ID, Name: r.Name, Allowance: r.Allowance})
	}
	return rc
}

// play is a day of a centre, played by rule and seed: the same events each time.
type play struct {
	rng    *rand.Rand
	events []hotline.Event
	free   map[hotline.AgentID]int64
	n      int
}

// playDay makes the events of the calls that come in [from, to). Some agents go away shortly before away; all go home an
// hour after to.
func playDay(seed byte, from, to, away time.Time) []hotline.Event {
	p := &play{rng: rand.New(rand.NewChaCha8([32]byte{seed})), free: map[hotline.AgentID]int64{}}
	p.put(from.UnixMilli(), hotline.Event{}, hotline.EngineStarted{Version: "test"})
	n := 0
	for _, l := range lines() {
		var ids []hotline.AgentID
		for i := range l.agents {
			id := hotline.AgentID(fmt.Sprint(8001 + n))
			n++
			at := from.UnixMilli() + p.rng.Int64N(1_200_000)
			p.put(at, hotline.Event{Agent: id}, hotline.DeviceChanged{Up: true})
			p.set(at, id, "", hotline.AgentReady, "")
			if p.free[id] = at; i == l.agents-1 && l.agents > 7 {
				p.leave(id, away.UnixMilli(), n)
				continue
			}
			ids = append(ids, id)
		}
		p.line(l, ids, from, to)
	}
	for id := range p.free {
		p.set(to.Add(time.Hour).UnixMilli(), id, "", hotline.AgentSignedOut, "")
	}
	slices.SortStableFunc(p.events, func(a, b hotline.Event) int { return a.At.Compare(b.At) })
	return p.events
}

// leave takes an agent off the lines: away, away too long, or gone.
func (p *play) leave(id hotline.AgentID, end int64, n int) {
	switch n % 3 {
	case 0:
		p.set(end-1_092_000, id, "", hotline.AgentNotReady, "rest")
	case 1:
		p.set(end-400_000, id, "", hotline.AgentNotReady, "meal")
	default:
		p.set(end-90_000, id, "", hotline.AgentSignedOut, "")
	}
}

// profile is the share of the day's calls per hour of the day.
func profile(t time.Time) float64 {
	h := float64(t.Hour()) + float64(t.Minute())/60
	bump := func(at, width float64) float64 { return math.Exp(-(h - at) * (h - at) / (2 * width * width)) }
	return 0.02 + bump(10.2, 1.5) + 0.85*bump(15.4, 1.7) + 0.35*bump(20, 1.5)
}

func (p *play) line(l line, agents []hotline.AgentID, from, to time.Time) {
	const sum = 9.2 // of the profile over the hours of a day, near enough
	for at := from; at.Before(to); {
		rate := float64(l.calls) * profile(at.In(time.FixedZone("", 8*3600))) / sum / 3600 // per second
		at = at.Add(time.Duration(p.rng.ExpFloat64() / rate * float64(time.Second)))
		p.call(l, agents, at.UnixMilli())
	}
}

func (p *play) put(at int64, ev hotline.Event, f hotline.Fact) {
	ev.At, ev.Fact = time.UnixMilli(at).UTC(), f
	p.events = append(p.events, ev)
}

func (p *play) set(at int64, a hotline.AgentID, call hotline.CallID, s hotline.AgentState, reason string) {
	p.put(at, hotline.Event{Agent: a, Call: call}, hotline.AgentSet{State: s, Reason: reason, Source: hotline.SourceSystem})
}

// call plays one call from the first ring to the end of the wrap-up.
func (p *play) call(l line, agents []hotline.AgentID, at int64) {
	p.n++
	id := hotline.CallID(fmt.Sprintf("c%s%05d", l.id[:2], p.n))
	ev := hotline.Event{Contact: id.Contact(), Call: id}
	first := ev
	first.Leg = id.Sub(0)
	who := hotline.Party{Number: fmt.Sprintf("13%09d", p.rng.IntN(1_000_000_000)), Name: []string{"", "陈建国", "<b>x</b>", "=1+2"}[p.rng.IntN(4)]}
	p.put(at, first, hotline.CallStarted{Direction: hotline.Inbound, From: who, To: "95500", Trunk: "carrier", Flow: "main"})
	p.put(at, first, hotline.LegAnswered{Role: hotline.RoleCustomer, Codec: "PCMA"})
	p.put(at+200, ev, hotline.FlowStepped{Flow: "main", Path: "main.1", Step: "play", Detail: "welcome"})
	at += 4000 + p.rng.Int64N(20_000)
	ev.Queue = hotline.QueueID(l.id)
	visit := ev.Contact.Visit(1)
	p.put(at, ev, hotline.Queued{Visit: visit, Entry: "ivr", Priority: 5, Since: time.UnixMilli(at).UTC(), Position: 1, From: who})
	patience := at + int64(p.rng.ExpFloat64()*150_000)
	agent := p.first(agents)
	start := max(at, p.free[agent])
	if start > patience {
		p.put(patience, ev, hotline.Abandoned{Visit: visit, WaitMS: patience - at})
		p.put(patience, ev, hotline.CallEnded{Cause: hotline.CauseHangup, By: hotline.RoleCustomer})
		return
	}
	p.talk(l, ev, visit, agent, at, start)
}

func (p *play) first(agents []hotline.AgentID) hotline.AgentID {
	best := agents[0]
	for _, a := range agents {
		if p.free[a] < p.free[best] {
			best = a
		}
	}
	return best
}

// talk offers the visit to the agent at start and plays what follows.
func (p *play) talk(l line, ev hotline.Event, visit hotline.VisitID, agent hotline.AgentID, since, start int64) {
	ring := 2000 + p.rng.Int64N(5000)
	ev.Agent, ev.Leg = agent, ev.Call.Sub(1)
	p.set(start, agent, ev.Call, hotline.AgentRinging, "")
	p.put(start, ev, hotline.Offered{Visit: visit, Offer: visit.Offer(1), Attempt: 1, Until: time.UnixMilli(start + 15_000).UTC(), WaitMS: start - since, Why: "longest_idle 00:41"})
	up := start + ring
	p.put(up, ev, hotline.Connected{Visit: visit, Offer: visit.Offer(1), Leg: ev.Leg, WaitMS: up - since, RingMS: ring})
	p.set(up, agent, ev.Call, hotline.AgentTalking, "")
	p.put(up, ev, hotline.Answered{Visit: visit, WaitMS: up - since})
	end := up + int64(float64(l.talk.Milliseconds())*(0.4+0.6*p.rng.ExpFloat64()))
	hold := int64(0)
	if p.rng.IntN(7) == 0 && end-up > 40_000 {
		hold = (end - up) / 3
		p.set(up+20_000, agent, ev.Call, hotline.AgentHeld, "")
		p.put(up+20_000, ev, hotline.Held{On: true})
		p.set(up+20_000+hold, agent, ev.Call, hotline.AgentTalking, "")
		p.put(up+20_000+hold, ev, hotline.Held{MS: hold})
	}
	wrap := 8000 + p.rng.Int64N(34_000)
	p.put(end, ev, hotline.Released{Visit: visit, TalkMS: end - up, HoldMS: hold, Cause: hotline.CauseHangup, By: hotline.RoleCustomer, Wrap: "timed", WrapUntil: time.UnixMilli(end + 40_000).UTC()})
	p.set(end, agent, "", hotline.AgentWrapUp, "")
	p.put(end, ev, hotline.CallEnded{Cause: hotline.CauseHangup, By: hotline.RoleCustomer})
	p.put(end+300, hotline.Event{Contact: ev.Contact, Call: ev.Call}, hotline.RecordingStored{File: string(ev.Contact) + ".wav", SHA256: md5hex("x") + md5hex("y"), MS: end - since, Bytes: (end - since) * 16})
	p.put(end+wrap, ev, hotline.WrapEnded{Visit: visit, MS: wrap, Source: hotline.SourceAgent})
	p.set(end+wrap, agent, "", hotline.AgentReady, "")
	p.free[agent] = end + wrap + 1
}
