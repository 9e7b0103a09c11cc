// Package storm is a load of real telephone calls: callers that dial, press keys, wait, talk and give up, and agents that
// register, answer and speak, over real SIP and 20 ms RTP. It measures what they met.
//
// It is made to cost little, so that the engine is what is measured: a SIP of its own that knows just what a well-behaved
// phone needs (RFC 3261 over UDP), and a few RTP sockets shared by all calls, told apart by the engine's port. No packet
// wakes anybody: the sockets are emptied every 5 to 20 ms, many packets a system call, and the kernel's receive stamps keep
// the measured delay free of this process's own. What is left is the kernel's price of sending.
//
// It knows nothing of the engine's packages, and may be used by any command.
package storm
