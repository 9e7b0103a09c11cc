package hotline_test

import . "hotline"

func leadFacts() []Fact {
	return []Fact{
		AlarmAcknowledged{Key: "longest_wait:claims:1767254400000", By: "lead"},
		Lent{Skills: map[string]int{"claims": 3, "sales": 0}, Until: clock(59), By: "lead"},
		CustomerErased{
			Pseudonym: Pseudonym("kqzvbtrmwx"), Contacts: []ContactID{"0j4tq8m2k5", "0j4tq8m2k6"}, Tasks: []TaskID{"0j4tq8m2k7.t1"}, By: "boss",
		},
		TurnedAway{Trunk: "carrier", Reason: TurnedByMaxCalls, Calls: 3},
		TransferRefused{Visit: "0j4tq8m2k5.1", To: "00881612345678", Code: 403},
	}
}
