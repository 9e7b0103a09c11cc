package hotline

// CodeWrap says what the agent's part of a contact was about: during the call, in its after-call work or later. Who asks sees
// to it that the agent had that part; Queue, whose codes may be given, is the one it had it for.
type CodeWrap struct {
	Agent   AgentID
	Contact ContactID
	Call    CallID
	Visit   VisitID // empty: a call of the agent's own making
	Queue   QueueID // empty: of no queue
	Code    string
	By      string // the login; empty: the agent
}

// ExtendWrap asks for more time for timed after-call work, as often and as long as the queue has it. A lead may do it more often.
type ExtendWrap struct {
	Agent  AgentID
	Source Source
}

func (CodeWrap) request()   {}
func (ExtendWrap) request() {}
