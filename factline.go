package hotline

// What lines to outside do that belongs to no call.

// Why a trunk's call was turned away before it was one, as TurnedAway has it.
const (
	TurnedByMaxCalls = "max_calls" // so many calls of the trunk are up
	TurnedByMaxCPS   = "max_cps"   // so many have begun within a second
	TurnedByEngine   = "engine"    // it is full, is ending or cannot write its log
)

// TurnedAway says that calls which came by the trunk were answered 503 and have no record: how many since the last such fact of the trunk
// and reason. The first is told at once, those after it once a second, so that a flood of calls is no flood of facts.
type TurnedAway struct {
	Trunk  string `json:"trunk"`
	Reason string `json:"reason"`
	Calls  int    `json:"calls"`
}

func (TurnedAway) Kind() string { return "turned_away" }

// lineDecoder is the part of factDecoder about lines.
func lineDecoder(kind string) (func([]byte) (Fact, error), bool) {
	if kind == "turned_away" {
		return decodeAs[TurnedAway], true
	}
	return nil, false
}
