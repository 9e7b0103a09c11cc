package past

import (
	"fmt"
	"strings"
	"time"

	"hotline"
	"hotline/reports"
)

// names are what agents and queues are called, over and over.
func names() (queues, family, given []string) {
	return []string{"报案", "咨询", "救援", "English", "投诉", "续保", "查勘", "理赔"},
		[]string{"王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙"},
		[]string{"芳", "雷", "敏", "晨", "洋", "雪", "杰", "刚", "爽", "丽", "超", "琳", "兵", "涛", "静", "翔", "伟"}
}

func queueName(i int) string {
	queues, _, _ := names()
	if i < len(queues) {
		return queues[i]
	}
	return fmt.Sprintf("队列%d", i+1)
}

func agentName(i int) string {
	_, family, given := names()
	return family[i%len(family)] + given[(i/len(family)+i*5)%len(given)]
}

// teamOf puts twelve agents in a team.
func teamOf(i int) string { return fmt.Sprintf("t%d", i/12+1) }

// Centre is the centre as the folds know it.
func Centre(cfg Config) reports.Centre {
	w := newWorld(cfg)
	c := reports.Centre{Location: w.cfg.Location, Reasons: []reports.Reason{
		{ID: "rest", Name: "小休", Allowance: 15 * time.Minute}, {ID: "meal", Name: "就餐", Allowance: 45 * time.Minute},
	}}
	for i, q := range w.queues {
		r := reports.Queue{
			ID: q.id, Name: queueName(i), Within: 20 * time.Second, Ratio: 0.8, Short: 5 * time.Second, Wrap: time.Minute, Codes: reports.CodesOptional,
		}
		for _, a := range w.agents {
			for _, served := range a.queues {
				if served == q {
					r.Agents = append(r.Agents, a.id)
				}
			}
		}
		c.Queues = append(c.Queues, r)
	}
	for i, a := range w.agents {
		c.Agents = append(c.Agents, reports.Agent{ID: a.id, Name: agentName(i), Team: teamOf(i)})
		if i%12 == 0 {
			c.Teams = append(c.Teams, reports.Team{ID: teamOf(i), Name: fmt.Sprintf("%d组", i/12+1)})
		}
	}
	return c
}

// CentreFile is the same as a centre file; the password of agent 8001 is demo8001.
func CentreFile(cfg Config) []byte {
	c := Centre(cfg)
	serves := map[hotline.AgentID][]string{}
	for _, q := range c.Queues {
		for _, a := range q.Agents {
			serves[a] = append(serves[a], string(q.ID)+": 7")
		}
	}
	var b strings.Builder
	b.WriteString("name: 客服中心\ntime_zone: Asia/Shanghai\nlanguage: zh-CN\nteams:\n")
	for _, t := range c.Teams {
		fmt.Fprintf(&b, "  - {id: %s, name: %s}\n", t.ID, t.Name)
	}
	b.WriteString("agents:\n")
	for _, a := range c.Agents {
		fmt.Fprintf(&b, "  - {id: %q, name: %s, password: demo%s, team: %s, skills: {%s}}\n", a.ID, a.Name, a.ID, a.Team, strings.Join(serves[a.ID], ", "))
	}
	b.WriteString(`not_ready_reasons:
  - {id: rest, name: 小休, allowance: 15m}
  - {id: meal, name: 就餐, allowance: 45m}
wrap_up_codes:
  - id: claim
    name: 报案
    codes: [{id: claim.new, name: 新报案}, {id: claim.progress, name: 查进度}]
  - id: policy
    name: 保单
    codes: [{id: policy.quote, name: 报价}, {id: policy.change, name: 批改}]
  - {id: rescue, name: 道路救援}
  - {id: complaint, name: 投诉}
  - {id: other, name: 其他, codes: [{id: other.wrong, name: 打错}]}
queues:
`)
	for _, q := range c.Queues {
		fmt.Fprintf(&b, `  - id: %s
    name: %s
    needs: %s >= 3
    target: {within: 20s, ratio: 0.80}
    ring_timeout: 12s
    wrap_up: {mode: timed, after: 60s}
    max_wait: {after: 3m, then: hangup}
`, q.ID, q.Name, q.ID)
	}
	b.WriteString("flows:\n  main:\n    - answer: {}\n    - play: welcome\n    - menu:\n        prompt: main-menu\n        keys: {")
	for i, q := range c.Queues[:min(len(c.Queues), 9)] {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q: {queue: %s}", fmt.Sprint(i+1), q.ID)
	}
	fmt.Fprintf(&b, "}\n        tries: 3\n        timeout: 5s\n        otherwise: {queue: %s}\nnumbers: {\"95500\": main}\n", c.Queues[0].ID)
	return []byte(b.String())
}
