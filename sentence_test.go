package hotline_test

import (
	"strings"
	"testing"

	. "hotline"
)

// TestSentences: every finding has a sentence in both languages, with everything in it that it knows.
func TestSentences(t *testing.T) {
	codes := []string{
		WhyAnswered, WhyRings, WhyPhoneRings, WhyPreferred, WhyNobodyFits, WhyNobodyWorks, WhyAllBusy, WhyEnded, WhyInFlow, WhyNeeds, WhyState,
		WhyAhead, WhyExpected, WhyRelaxes, WhyEnds, WhyOffers, WhyAgentIs, WhyGone, WhyNobodyWaits, WhyFitsNobody, WhyNoPhone,
		WhyNext, WhyRests, WhyAsksBreak, WhyRelief, WhyPromise, WhyNotFit, WhyTurn, WhyMissed,
	}
	for _, code := range codes {
		r := Reason{Code: code, Agent: "8001", Queue: "claims", State: AgentNotReady, Text: "rest", N: 3, Of: 7, MS: 3_725_000}
		en, zh := r.Sentence("en-US"), r.Sentence("zh-CN")
		if en == code || zh == code {
			t.Errorf("%s has no sentence: %q, %q", code, en, zh)
		}
		if en == zh || strings.Contains(en+zh, "%!") {
			t.Errorf("%s: %q, %q", code, en, zh)
		}
	}
	if got := (Reason{Code: "of_a_later_version"}).Sentence("zh-CN"); got != "of_a_later_version" {
		t.Errorf("an unknown code says %q", got)
	}
}

// TestWordsOfSentences: no state, outcome, result, rule or reason of the engine is shown in English on a Chinese page.
func TestWordsOfSentences(t *testing.T) {
	latin := func(s string) bool {
		return strings.ContainsFunc(s, func(r rune) bool { return r >= 'a' && r <= 'z' || r == '_' })
	}
	for _, r := range []Reason{
		{Code: WhyAgentIs, State: AgentReserved},
		{Code: WhyAgentIs, State: AgentConsult},
		{Code: WhyAgentIs, State: AgentConfer},
		{Code: WhyAgentIs, State: AgentOutbound},
		{Code: WhyAgentIs, State: AgentWrapUp},
		{Code: WhyAgentIs, State: AgentHeld},
		{Code: WhyAgentIs, State: AgentNotReady, Text: ReasonNoAnswer},
		{Code: WhyAgentIs, State: AgentNotReady, Text: ReasonRestarted},
		{Code: WhyOffers, Agent: "1", Text: string(OfferElsewhere)},
		{Code: WhyOffers, Agent: "1", Text: string(OfferUnreachable)},
		{Code: WhyEnded, Text: string(OutcomeDequeued)},
		{Code: WhyEnded, Text: string(OutcomeCallback)},
		{Code: WhyEnded, Text: "ivr"},
		{Code: WhyEnded, Text: "blocked"},
		{Code: WhyAnswered, Agent: "1", Text: "least_flexible"},
		{Code: WhyAnswered, Agent: "1", Text: "weighted"},
		{Code: WhyAnswered, Agent: "1", Text: "callback"},
	} {
		if s := r.Sentence("zh-CN"); latin(s) {
			t.Errorf("%+v: %q", r, s)
		}
	}
}
