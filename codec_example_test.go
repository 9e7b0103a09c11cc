package hotline_test

import (
	"time"

	. "hotline"
)

// examples is one event of every kind, with every field of its fact set: what stands in the log of a call from 138… to
// 95500, near enough. testdata/v1 holds them as they are encoded.
func examples() []Event {
	facts := callFacts()
	facts = append(facts, shardFacts()...)
	facts = append(facts, engineFacts()...)
	facts = append(facts, deskFacts()...)
	facts = append(facts, commandFacts()...)
	facts = append(facts, leadFacts()...)
	evs := make([]Event, len(facts))
	for i, f := range facts {
		evs[i] = Event{
			Seq: uint64(i + 1), At: clock(i), Shard: "main", Contact: "0j4tq8m2k5", Call: "0j4tq8m2k5", Leg: "0j4tq8m2k5-1",
			Agent: "8001", Queue: "claims", Fact: f,
		}
	}
	return evs
}

func clock(i int) time.Time {
	return time.Date(2025, 11, 22, 9, 30, i, 7*int(time.Millisecond), time.UTC)
}

func callFacts() []Fact {
	return []Fact{
		CallStarted{Direction: Inbound, From: Party{Number: "13800138000", Name: "张\"三\" <x>"}, To: "95500", Trunk: "carrier", Flow: "main", Anonymous: true, Diverted: Diversion{Number: "95500", Reason: "no-answer", Count: 2}, Callback: "0j4tq8m2k5.1.cb", Test: true, For: "0j4tq8m2k4"},
		LegStarted{Role: RoleAgent, To: "8001", Offer: "0j4tq8m2k5.1.1", Trunk: "carrier"},
		LegRang{},
		LegAnswered{Role: RoleCustomer, Codec: "PCMA"},
		LegEnded{Role: RoleAgent, Cause: CauseHangup, Stats: MediaStats{
			Received: 4211, Lost: 3, Foreign: 1, JitterMS: 1.25, MaxGapMS: 60, Codec: "PCMA",
			RemoteLost: 2, RoundTripMS: 12.5, MOS: 4.35, RemoteMOS: 4.1, Secure: "dtls",
		}},
		FlowStepped{Flow: "main", Path: "main.3", Step: "menu", Detail: "no_key"},
		Answered{Visit: "0j4tq8m2k5.1", WaitMS: 8123, NoMedia: true},
		Held{On: true, MS: 15000, By: RoleCustomer, Away: true},
		Transferred{Visit: "0j4tq8m2k5.1", How: TransferAttended, Target: TargetAgent, To: "8002", Result: TransferDone},
		LegMoved{From: "0j4tq8m2k6"},
		Announced{What: "position", Value: 3},
		ConsentAsked{Given: true},
		VoicemailLeft{
			Task: "0j4tq8m2k5.vm1", Owner: "a", Due: clock(50), OffsetMS: 21000, MS: 14500, From: Party{Number: "13800138000", Name: "张三"},
		},
		SurveyStepped{Visit: "0j4tq8m2k5.1", Stage: "answered", Question: "overall", Score: 5},
		MediaWentSilent{MS: 30000},
		CallEnded{Cause: CauseHangup, By: RoleCustomer},
	}
}

func shardFacts() []Fact {
	return []Fact{
		Queued{
			Visit: "0j4tq8m2k5.1", Entry: "ivr", Priority: 5, Since: clock(1), Position: 2,
			From: Party{Number: "13800138000", Name: "张三"}, Attrs: map[string]string{"lang": "zh-CN", "vip": "1"},
			Place: clock(0), Needs: "english >= 3", Prefer: "8002", PreferUntil: clock(31), Beside: "0j4tq8m2k5.0", Callback: "0j4tq8m2k4.1.cb",
		},
		PreferEnded{Visit: "0j4tq8m2k5.1"},
		Reprioritised{Visit: "0j4tq8m2k5.1", Priority: 9, By: "lead"},
		Blocked{Visit: "0j4tq8m2k5.1", Entry: "ivr", Reason: BlockFull, Rule: "max_waiting", Then: "message", To: "all-busy"},
		Relaxed{Visit: "0j4tq8m2k5.1", Step: 1, Needs: "claims >= 1"},
		Offered{
			Visit: "0j4tq8m2k5.1", Offer: "0j4tq8m2k5.1.1", Attempt: 1, Until: clock(16), WaitMS: 3001, Why: "longest_idle 312s",
			Pick: Pick{Rule: "longest_idle", Figure: 312, Ready: 3, Line: 1, Level: 1}, Phone: "desk7",
		},
		OfferLost{Visit: "0j4tq8m2k5.1", Offer: "0j4tq8m2k5.1.1", Result: OfferNoAnswer, RingMS: 15000},
		Connected{Visit: "0j4tq8m2k5.1", Offer: "0j4tq8m2k5.1.2", Leg: "0j4tq8m2k5-3", WaitMS: 18110, RingMS: 2900},
		CalledIn{Visit: "0j4tq8m2k5.1", By: "8001", Phone: "desk7"},
		Joined{Visit: "0j4tq8m2k5.1", Leg: "0j4tq8m2k5-2", RingMS: 9000},
		Abandoned{Visit: "0j4tq8m2k5.1", WaitMS: 4000, Ringing: true},
		Left{Visit: "0j4tq8m2k5.1", Outcome: OutcomeTimeout, WaitMS: 600000, Rule: "max_wait", Then: "queue", To: "general", By: "lead"},
		Released{
			Visit: "0j4tq8m2k5.1", TalkMS: 93000, HoldMS: 15000, Cause: CauseHangup, By: RoleCustomer, Wrap: "timed",
			WrapUntil: clock(40), Missing: true,
		},
		AgentSet{
			State: AgentNotReady, Reason: "meal", Source: SourcePhone, From: AgentWrapUp, Was: "rest", MS: 20000,
			Next: AgentReady, Until: clock(55), Misses: 2, Phone: "desk3",
		},
		AgentNext{State: AgentNotReady, Reason: "rest", Source: SourceAgent},
		BreakAsked{Reason: "rest", Ahead: 2},
		BreakAnswered{Reason: "rest", Granted: true, Source: SourceLead, By: "lead"},
		Recalled{By: "lead"},
		PhoneTaken{Phone: "desk7", Was: "desk3", Source: SourcePhone},
		SignOutAsked{Relief: "8002", Off: true, Until: clock(59)},
		CallbackAsked{
			Callback: "0j4tq8m2k5.1.cb", Visit: "0j4tq8m2k5.1", Number: "13800138000", From: Party{Number: "13800138000", Name: "张三"},
			Since: clock(1), Place: clock(0), Expires: clock(59), Priority: 5, Needs: "english >= 3", Attrs: map[string]string{"vip": "1"},
		},
		CallbackDue{Callback: "0j4tq8m2k5.1.cb", Number: "13800138000", Try: 1, Until: clock(58)},
		CallbackTried{Callback: "0j4tq8m2k5.1.cb", Try: 1, Cause: CauseNoAnswer, Next: clock(57)},
		CallbackEnded{Callback: "0j4tq8m2k5.1.cb", Result: "failed", By: "lead"},
		SwitchSet{Switch: "emergency", On: true, By: "lead"},
		WrapEnded{Visit: "0j4tq8m2k5.1", MS: 20000, Source: SourceSystem, Missing: true},
		DeviceChanged{Up: true, Phone: "d01"},
	}
}

func engineFacts() []Fact {
	return []Fact{
		EngineStarted{Version: "0.1.0"},
		EngineStopped{Reason: "TERM"},
		CentreApplied{SHA256: "9f86d081884c7d659a2feaa0c55ad015", By: "admin"},
		RecordingStored{
			File: "2025/11/22/0j4tq8m2k5.wav", SHA256: "60303ae22b998861bce3b28f33eec1be", MS: 93020, Bytes: 1488378, Gaps: 1,
			Repaired: true,
		},
		RecordingFailed{Error: "no space left on device"},
		Audited{User: "admin", Act: "play_recording", Target: "0j4tq8m2k5", Addr: "127.0.0.1"},
		TaskClosed{Task: "0j4tq8m2k5.vm1", By: "8001", Note: "called back"},
		AlarmRaised{Alarm: "disk_full", Detail: "no space left on device"},
		AlarmCleared{Alarm: "disk_full"},
		Supervised{By: "lead", Mode: ModeWhisper, On: true, Was: ModeListen, Own: "8100", Follow: true, MS: 20000},
	}
}

func commandFacts() []Fact {
	return []Fact{
		Muted{On: true, Own: true, MS: 1200},
		Consulted{On: true, Visit: "0j4tq8m2k5.1", Target: TargetAgent, To: "8002", Result: ConsultEnded, MS: 41000},
		Conferred{Visit: "0j4tq8m2k5.1", Target: TargetNumber, To: "13900000000", Parties: 3},
		PartyLeft{Target: TargetNumber, To: "13900000000", Cause: CauseHangup, MS: 41000, Parties: 2},
	}
}
