package call_test

import (
	"slices"
	"time"

	"hotline"
)

func monkeyNumbers() []string {
	return []string{"95500", "95501", "95502", "95503", "95503", "95504", "95505", "95506", "95507", "1"}
}

// waits is any fact about a visit in several queues, one that a person moved, or one that a rule ended.
func (k *monkey) waits(v hotline.VisitID) hotline.Event {
	ev := hotline.Event{Shard: "s", Call: "C", Contact: "C", Queue: "vip"}
	ends := func(o hotline.Outcome, rule string) hotline.Fact {
		return hotline.Left{Visit: v, Outcome: o, Rule: rule, Then: "queue", To: pick(k.r, []string{"vip", "asked", "rules", ""})}
	}
	switch k.r.IntN(8) {
	case 0, 1, 2:
		side := v + "+vip"
		if !slices.Contains(k.visits, side) {
			k.visits = append(k.visits, side)
		}
		ev.Fact = hotline.Queued{Visit: side, Beside: v, Since: k.now, Place: k.now.Add(-time.Minute)}
	case 3:
		ev.Fact = ends(hotline.OutcomeDequeued, "")
	case 4:
		ev.Fact = ends(hotline.OutcomeMoved, pick(k.r, []string{hotline.RuleMoved, hotline.RuleWithdrawn}))
	case 5:
		ev.Fact = ends(pick(k.r, []hotline.Outcome{hotline.OutcomeCallback, hotline.OutcomeVoicemail, hotline.OutcomeKey}), "")
	case 6:
		ev.Fact = hotline.Reprioritised{Visit: v, Priority: 3}
	default:
		ev.Fact = pick(k.r, []hotline.Fact{
			ends(hotline.OutcomeTimeout, hotline.RuleMaxWait), ends(hotline.OutcomeClosed, hotline.RuleClosed),
			ends(hotline.OutcomeNoAgents, hotline.RuleNoAgents), ends(hotline.OutcomeOverflow, hotline.RuleLongWait),
			hotline.Blocked{Visit: v, Reason: hotline.BlockClosed, Rule: hotline.RuleClosed},
		})
	}
	return ev
}
