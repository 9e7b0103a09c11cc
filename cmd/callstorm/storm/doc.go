// Package storm is a load of real telephone calls: callers that dial, press keys, wait, talk and give up, and agents that
// register, answer and speak, over real SIP and 20 ms RTP. It measures what they met.
//
// It is made to cost little, so that the engine is what is measured: a SIP of its own that knows just what a well-behaved
// phone needs (RFC 3261 over UDP), and a few RTP sockets shared by all calls, told apart by the engine's port. It knows
// nothing of the engine's packages.
package storm
