// Package call is one call from the first ring to the last byte. Machine is the decider: a pure state machine for each
// call, which takes what the switch heard and what the shard decided and returns what to record, what to do and what to
// ask. Hub is the doer: one goroutine for each call with a bounded inbox, and the reader of the log's tail that routes the
// shard's facts to their calls.
//
// The order is kept always: record, then act, then ask. A refusal is an input, not an error path; legs are joined on the
// shard's Connected, not on the phone's answer; everything a call waits for has a limit in time, so that nobody is ever
// stuck.
//
// The package owns the phase of each call and of its legs. It knows neither SIP nor queues: it meets a Switch in Actions
// and Signals, a Router in Requests and Events. Package cmd makes the one Hub.
package call
