// Package acd decides who gets which call. It owns the queue visits, the offers and the agents of one shard, and nothing
// else: it rings no phone, plays no music and keeps no history.
//
// The Router is pure: Step takes the time and one request and returns the facts that became true, having applied each of them
// to itself as it found it; an error means that nothing changed. Apply is the only way state changes, so feeding the logged
// facts of a shard to a new Router makes an equal one. Next says when a Tick is due. A Router starts no goroutine, reads no
// clock and draws no random number; it is not safe for concurrent use.
//
// The Shard is the goroutine round one Router: it orders requests, appends their facts to the log before anybody hears of
// them, wakes up for Ticks, and rebuilds the Router from the log when an append failed or a step panicked. Calls and pages use
// the Shard; simulations, replays and tests use the Router.
//
// # Who is served
//
// A visit waits in the pool of agents that its queue's skill expression admits, and what it needs besides; each relax step moves
// it to a wider pool. One with a preferred agent waits in that agent's own line first. The order of visits is one for the whole
// shard: by priority and waiting, by waiting with ageing, by the share of the target waited, or by the length of the queue. An agent that becomes free takes
// the first of all visits that it fits; those for whom a phone rings already come behind all others. A visit that comes in, or comes back because an offer
// was lost, takes the best ready agent by its queue's strategy. Both happen in the step that made it possible, so at the end
// of every step no visit waits while an agent that fits is ready. Agents that the narrower needs admit are asked before those
// of a relax step that is due as well, so a step of no delay is a second choice. This holds for a visit that comes back, too.
//
// # Strategies
//
//	longest_idle    who has been ready longest; a ring restarts the clock, unless another agent was quicker
//	least_occupied  the lowest share of the day's time at work spent reserved to wrap-up, then the first in file order
//	weighted        the fewest calls of late by weight, then longest idle
//	least_talk      least time talked since signing in, then longest idle
//	fewest_calls    fewest calls answered since signing in, then longest idle
//	least_flexible  who can serve the fewest queues at once, then longest idle
//	round_robin     the next in file order after whom this queue asked last
//	linear          the first in file order
//	random          any, by a hash of visit and attempt: the same log gives the same choice
//	ring_all        all who are ready, longest idle first, up to a limit
//	progressive     one, and one more after each interval, all ring on
//
// A queue may ask the higher levels of one skill first, under any of them.
//
// Occupancy is counted from midnight in the centre's time zone. Busy is reserved to wrap-up, calls of the agent's own included;
// at work is busy, ready, and not ready for having let an offer go. Breaks and the time signed out count in neither. The shares
// of ready agents fall as time passes, each at its own pace; the lowest is found by a tournament whose matches are played again
// when two agents have changed places, not by timers and not by looking at everybody.
//
// An agent that let an offer of a visit go is not asked again by the next offer of that visit while another one is ready.
//
// # Agents
//
// What an agent may be doing, and what may come next, is the table of package agentstate. An offer reserves the agent; Rang says
// that its phone rings; the offer's time heals what nobody speaks of any more. Further rules, each in a file of its own:
//
//	after the call   a state asked for during a call follows it, and its after-call work; the last word counts, ready takes it back
//	misses           an offer let go rests the agent for the time of its cause, and the centre's limit of misses running makes it
//	                 not ready until it says otherwise; an answer and any state asked for start the count anew
//	phones           no phone, not ready; one that is back within ten minutes brings its agent back if that was ready before. An
//	                 agent sits at its own phone or at one desk; who sits down at a desk signs out whoever sat there
//	breaks           max_at_once counts who is away and who will be after the call. Who may not go stands in line: a free place
//	                 goes to the first, approval and more than the quota are a lead's. Over-long breaks raise an alarm
//	hand-over        a sign-out is refused, or waits, until the roster's relief has signed in
//	own calls        an outbound call ends in its queue's after-call work, then in what was before it
//	lost calls       CallGone and Heal give back what no live call stands behind, with an alarm
//	restarts         breaks, rests, lines, wrap-ups, desks and wishes go on as they were, each with its start and source
//
// # A queue's life
//
// Every visit ends once. What a rule of its queue does is named in the fact (Rule, Then, To); the call does it. Limits do not
// hold for a caller whom a ready agent can take at once, nor for one who comes back because its agent was lost or because it
// was called back; while a phone rings no rule ends the wait, and if nobody answers it does then.
//
//	closed       outside the hours, or while the switch is on: who comes is blocked, who waits at that moment leaves. Who came
//	             in although the queue was closed is served.
//	no_agents    no agent who fits and is in a state that counts: who comes is blocked, who waits leaves once it has been so for
//	             After, counted from the stay's start for who comes later.
//	max_waiting  so many are in the queue
//	long_wait    the expected wait of who comes is longer: it is queued and leaves in one step
//	max_wait     from the stay's start
//
// A contact may wait in several queues, from the start or after some waiting: a group of visits in one place. One phone rings
// for it at a time (one queue's ring_all apart); one visit has the outcome, the others are "dequeued". An abandon is the first
// visit's, and so are the limits.
//
// A caller who hung up and is back in the queue's Return time has its old place. Lead's words (move, withdraw, pull, priority)
// concern the first visit; a pulled caller goes to that agent whatever the order and the needs.
//
// # Callbacks
//
// A promise stands in the one order of all visits at the place of the caller who left it: it takes its turn as a live caller
// would, before nobody who stands before it, and after nobody behind it. Its turn come, an agent is reserved and the customer
// dialled, so there are never more such calls than agents for them. The customer, once reached, is offered to that agent; if
// the agent is gone it waits as any other, in its place. Between two tries, outside the hours for callbacks and while it is
// tried a promise stands nowhere. A try that failed by our own doing costs the customer none.
package acd
