package acd

import "hotline"

// agentCommand handles the commands about agents that script.command does not know, and says whether it is one:
//
//	rang OFFER                              the reserved agent's phone rings
//	hold|unhold|consult|confer AGENT CONTACT
func (s *script) agentCommand(word string, args []string, _ map[string]string) bool {
	agent := func(i int) hotline.AgentID { return hotline.AgentID(args[i]) }
	switch word {
	case "rang":
		s.step(hotline.Rang{Offer: hotline.OfferID(args[0])})
	case "hold", "unhold", "consult", "confer":
		state := map[string]hotline.AgentState{
			"hold": hotline.AgentHeld, "unhold": hotline.AgentTalking, "consult": hotline.AgentConsult,
			"confer": hotline.AgentConfer,
		}[word]
		s.step(hotline.SetTalk{Agent: agent(0), Call: hotline.CallID(args[1]), State: state})
	default:
		return false
	}
	return true
}
